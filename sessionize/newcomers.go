package sessionize

import (
	"slices"

	"footfall/store"
)

// mostYoung is how many newcomers make a generation.
const mostYoung = 1 << 14

// newcomers are visitors whose first session is the only one, as most are: what the Watch wants to know of them need not
// be read from the store. Two generations are kept; of who is in neither, the store tells.
//
// The committer writes them with the lock of the Sessions held. What they hold follows from what was applied since the
// process began, and nothing that is stored follows from them.
type newcomers struct {
	young, old map[sessionKey]*newcomer // by visitor
}

type newcomer struct {
	session store.ID // that they came with
	several bool     // another one followed
	runs    []Run
}

// add adds what a chunk of a session added to its visitor. first says that there was nothing of the visitor before.
func (n *newcomers) add(visitor sessionKey, session store.ID, runs []Run, first bool) {
	v := n.find(visitor)
	switch {
	case v != nil:
		v.several = v.several || v.session != session
	case first:
		if n.young == nil {
			n.young = map[sessionKey]*newcomer{}
		}
		v = &newcomer{session: session}
		n.young[visitor] = v
	default:
		return
	}
	for _, r := range runs {
		v.runs = addRun(v.runs, r)
	}
}

func (n *newcomers) find(visitor sessionKey) *newcomer {
	if v := n.young[visitor]; v != nil {
		return v
	}
	return n.old[visitor]
}

// runsOf returns the runs of a visitor who has this session alone, and whether they are known to.
func (n *newcomers) runsOf(visitor sessionKey, session store.ID) (runs []Run, alone bool) {
	v := n.find(visitor)
	if v == nil || v.several || v.session != session {
		return nil, false
	}
	return slices.Clone(v.runs), true
}

// age lets a generation go when there is a next one. All visitors must be in the store, so that none is taken for new again.
func (n *newcomers) age() {
	if len(n.young) >= mostYoung {
		n.young, n.old = nil, n.young
	}
}

// forget lets all go: some of their sessions may be gone.
func (n *newcomers) forget() { n.young, n.old = nil, nil }
