package sessionize

import (
	"cmp"
	"slices"

	"footfall/event"
	"footfall/journal"
	"footfall/scorer"
	"footfall/store"
)

// Lately is what somebody did since a moment, and how they stood then.
type Lately struct {
	Views int // of listings, with event times from the moment on
	Then  int // behavioral score at the moment: of the session that was newest then; of somebody who was not known yet, that of nothing
}

// Bounds of one call: of somebody with more, the newest count.
const (
	maxLatelySessions = 200
	maxLatelyChunks   = 1000
)

// Lately returns what the visitor of a session did since a moment, ms; as for Recent, a session that is bound to nobody
// speaks for itself. States do not keep when each of their views was, so the chunks of the sessions that reach past the
// moment are folded once more.
func (o *Sessions) Lately(site uint32, id string, since int64) (Lately, error) {
	sessions, runs, anonymous, err := o.pastOf(site, id)
	if err != nil || anonymous {
		return Lately{}, err
	}
	l := latelyFold{o: o, since: since, chunks: maxLatelyChunks}
	for i := range sessions {
		l.own = standing{}
		if err := l.session(&sessions[i]); err != nil {
			return Lately{}, err
		}
		if l.own.at > l.then.at { // of equal ones the one that was written to last, which comes first
			l.then = l.own
		}
	}
	b := l.then.Behavior
	b.VisitCount = visitCount(runsBefore(runs, since))
	return Lately{Views: l.views, Then: scorer.BehavioralScore(b)}, nil
}

// pastSession is a session with what is needed to fold it again.
type pastSession struct {
	key       sessionKey
	id        string
	first     int64
	last      int64
	through   journal.Position
	days      []uint16
	forgotten journal.Position
	behavior  scorer.Behavior
}

// pastOf returns the sessions of a session's visitor, newest first, and the visitor's visits.
func (o *Sessions) pastOf(site uint32, id string) (sessions []pastSession, runs []Run, anonymous bool, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	key := sessionKey{site, o.db.ID(id)}
	var s Session
	found, err := o.state(key, &s)
	if err != nil || !found || s.Anonymous {
		return nil, nil, s.Anonymous, err
	}
	keys := []sessionKey{key}
	runs = slices.Clone(s.Runs)
	if s.Visitor != "" {
		visitor := sessionKey{site, o.db.ID(s.Visitor)}
		v, err := o.visitor(o.db.Get, visitor)
		if err != nil {
			return nil, nil, false, err
		}
		runs = v.Runs
		others, err := o.sessionsOf(visitor)
		if err != nil {
			return nil, nil, false, err
		}
		others = slices.DeleteFunc(others, func(k sessionKey) bool { return k == key })
		keys = append(keys, others[:min(len(others), maxLatelySessions-1)]...)
	}
	for _, k := range keys {
		found, err := o.state(k, &s)
		if err != nil {
			return nil, nil, false, err
		}
		if !found || s.First == 0 { // it has no event that counts
			continue
		}
		p := pastSession{key: k, id: cloneAll([]string{s.ID})[0], first: s.First, last: s.Last, through: s.Through, days: slices.Clone(s.Days), behavior: s.behavior()}
		if p.forgotten, err = o.forgottenBefore(o.db.Get, k, o.pos+1); err != nil {
			return nil, nil, false, err
		}
		sessions = append(sessions, p)
	}
	slices.SortFunc(sessions, func(a, b pastSession) int {
		return cmp.Or(cmp.Compare(b.last, a.last), cmp.Compare(b.through, a.through))
	})
	return sessions, runs, false, nil
}

// behavior is what a session by itself adds to its score.
func (s *Session) behavior() scorer.Behavior {
	return scorer.Behavior{
		TotalDuration: s.TotalDuration(), Viewed: min(len(s.Listings), maxListings), Deep: len(s.DeepEngagement()),
		FormStarted: s.Started(), FormCompleted: s.FormCompleted(),
	}
}

// runsBefore returns the visits that had begun by a moment.
func runsBefore(runs []Run, moment int64) []Run {
	n := 0
	for n < len(runs) && runs[n].From < moment {
		n++
	}
	return runs[:n]
}

// latelyFold goes through sessions, newest first.
type latelyFold struct {
	o      *Sessions
	since  int64
	chunks int // that may still be folded

	views int
	then  standing // of the session that was newest at the moment
	own   standing // of the session at hand
}

// standing is how a session stood when its newest event was at a time.
type standing struct {
	at int64
	scorer.Behavior
}

func (l *latelyFold) session(p *pastSession) error {
	if p.last < l.since {
		l.own = standing{p.last, p.behavior}
		return nil
	}
	var s Session
	s.reset(p.id)
	var out Deltas
	for _, day := range p.days {
		err := journal.ReadSession(l.o.db.Reader(), day, p.key.site, p.key.id, p.forgotten, func(r *journal.Record) error {
			if l.chunks == 0 {
				return store.ErrStop
			}
			l.chunks--
			l.chunk(&s, r.Chunk, &out)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// chunk folds the events of a chunk one by one.
func (l *latelyFold) chunk(s *Session, c *event.Chunk, out *Deltas) {
	one := *c
	for i := range c.Events {
		one.Events = c.Events[i : i+1]
		out.reset()
		Fold(s, &one, out)
		if c.Flags&event.Flagged != 0 {
			continue
		}
		if c.Events[i].At < l.since {
			if s.Last < l.since { // else a late event: how it was before is known already
				l.own = standing{s.Last, s.behavior()}
			}
			continue
		}
		for k := range out.Days {
			l.views += int(out.Days[k].Views)
		}
	}
}
