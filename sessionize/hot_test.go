package sessionize

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/event"
	"footfall/journal"
	"footfall/store"

	"github.com/cockroachdb/datadriven"
)

// The files of testdata/hot are worked out by hand from the eight rules. Beside the commands of testdata/rules:
//
//	lead session t    an accepted lead form that names the session
//	look t            what the Watch tells at that time: a line a session, and one for each rule that fires
//	hot visitor t     what a list of visitors shows of one
//	restart           the process ends and begins again
func TestRulesOfWhoIsHot(t *testing.T) {
	datadriven.Walk(t, "testdata/hot", func(t *testing.T, path string) {
		h := newHotWorld(t)
		datadriven.RunTest(t, path, func(st *testing.T, d *datadriven.TestData) string {
			arg := func(i int) string { return d.CmdArgs[i].Key }
			switch d.Cmd {
			case "new":
				h = newHotWorld(t)
			case "lead":
				h.lead(&event.Chunk{Session: arg(0), Received: rulesBase + duration(st, arg(1))}, 1)
			case "look":
				return h.look(rulesBase + duration(st, arg(0)))
			case "hot":
				hot, err := h.sessions.HotOf(testSite, arg(0), nil, rulesBase+duration(st, arg(1)))
				h.must(err)
				return showHot(hot)
			case "restart":
				h.close()
				h.open()
				h.watch = h.sessions.NewWatch(h.journal)
				h.must(h.sessions.Warm(context.Background(), false))
				h.sessions.Resume(0)
			default:
				return h.run(st, d)
			}
			return ""
		})
	})
}

type hotWorld struct {
	*world
	rules
	watch *Watch
}

func newHotWorld(t *testing.T) *hotWorld {
	w := newWorld(t)
	return &hotWorld{world: w, rules: rules{answers: w}, watch: w.sessions.NewWatch(w.journal)}
}

func (h *hotWorld) look(at int64) string {
	moved, err := h.watch.Step(context.Background(), at, true)
	h.must(err)
	slices.SortFunc(moved, func(a, b Moved) int { return strings.Compare(a.Session.SessionID, b.Session.SessionID) })
	var b strings.Builder
	for _, m := range moved {
		fmt.Fprintf(&b, "%s visitor=%s\n%s", m.Session.SessionID, m.Session.VisitorID, showHot(m.Hot))
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

func showHot(hot []Hot) string {
	var b strings.Builder
	for _, h := range hot {
		fmt.Fprintf(&b, "  %s: %s\n", h.Rule, h.Sentence())
	}
	return b.String()
}

// rows returns the space hot as it is stored.
func (h *hotWorld) rows() string {
	var b strings.Builder
	lo, hi := store.Hot.Span()
	h.must(h.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(k, v []byte) error {
		fmt.Fprintf(&b, "%x %x\n", k, v)
		return nil
	}))
	return b.String()
}

// fire makes visitors hot by several rules, one of them a session that is bound to nobody.
func (h *hotWorld) fire(t *testing.T) {
	h.send(t, `
		t=-340h type=page_view session=s0 visitor=v1
		t=0s type=property_view session=s1 visitor=v1 listing=L%d n=5 every=1s
		t=10s type=property_view session=s2 listing=L%d n=5 every=1s
		t=20s type=property_view session=s3 visitor=v3 listing=L%d n=5 every=1s`)
	h.look(rulesBase + 30_000)
}

func (h *hotWorld) erase(kind journal.EraseKind, id string, at int64) {
	h.t.Helper()
	_, err := h.journal.Submit(context.Background(), journal.Record{
		Kind: journal.KindErase, Site: testSite, At: time.UnixMilli(at),
		Body: journal.EncodeErase([]journal.Target{{Kind: kind, ID: h.db.ID(id)}}),
	})
	h.must(err)
}

func TestWhoIsHotIsTheSameLiveRecoveredAndRebuilt(t *testing.T) {
	h := newHotWorld(t)
	h.fire(t)
	h.erase(journal.EraseVisitor, "v3", rulesBase+40_000)
	want := h.rows()
	if n := strings.Count(want, "\n"); n != 3 { // v1: back, 5 listings; s2: 5 listings
		t.Fatalf("%d rows:\n%s", n, want)
	}
	for seed := range uint64(4) {
		h.crash(seed * 33)
		if got := h.rows(); got != want {
			t.Fatalf("after a crash\n%s\nwant\n%s", got, want)
		}
	}
	h.rebuild()
	if got := h.rows(); got != want {
		t.Fatalf("rebuilt\n%s\nwant\n%s", got, want)
	}
}

// A rule fires once in 24 hours although two watches look at once, as it may be after a restart.
func TestTheCommitterLetsARuleFireOnce(t *testing.T) {
	h := newHotWorld(t)
	h.fire(t)
	before, want := h.journal.Applied(), h.rows()
	body := encodeHot(person{testSite, journal.EraseVisitor, h.db.ID("v1")}, &Hot{Rule: RuleListingsDay, Count: 9})
	submit := func(session string, at int64) bool {
		recs := []journal.Record{{Kind: journal.KindHot, Site: testSite, Session: session, At: time.UnixMilli(at), Body: body}}
		_, err := h.journal.Submit(context.Background(), recs...)
		h.must(err)
		return !recs[0].Void
	}
	if submit("s1", rulesBase+30_000+hotFor-1) || h.journal.Applied() != before || h.rows() != want {
		t.Error("it fired twice in 24 hours")
	}
	if submit("never seen", rulesBase+30_000+hotFor) {
		t.Error("it fired for a session that is not there")
	}
	if !submit("s1", rulesBase+30_000+hotFor) {
		t.Error("it does not fire after 24 hours")
	}
	h.erase(journal.EraseVisitor, "v1", rulesBase+31_000+hotFor)
	if rows := h.rows(); strings.Contains(rows, fmt.Sprintf("%x", h.db.ID("v1"))) {
		t.Errorf("forgotten, and hot still:\n%s", rows)
	}
	if submit("s1", rulesBase+32_000+2*hotFor-3_600_000) {
		t.Error("who was forgotten turned hot")
	}
}

// While nobody listens only who may turn hot is looked at; once somebody does, everyone who moves is told of.
func TestWhoseVisitIsDullIsLookedAtForListenersOnly(t *testing.T) {
	h := newHotWorld(t)
	at := rulesBase
	step := func(everyone bool) (told, hot int) {
		at += 10_000
		h.add(oneView("dull", "v1", at))
		h.send(t, `t=0s type=property_view session=keen visitor=v2 listing=L%d n=5 every=1s`)
		moved, err := h.watch.Step(t.Context(), at, everyone)
		h.must(err)
		for _, m := range moved {
			hot += len(m.Hot)
		}
		return len(moved), hot
	}
	if told, hot := step(false); told != 1 || hot != 1 {
		t.Errorf("with nobody listening: %d told of, %d hot, want 1 and 1", told, hot)
	}
	if told, hot := step(true); told != 2 || hot != 0 {
		t.Errorf("with somebody listening: %d told of, %d hot again, want 2 and 0", told, hot)
	}
}

func TestWatchingCostsABeaconNoAllocation(t *testing.T) {
	o := &Sessions{}
	s, c := &Session{}, &event.Chunk{Events: []event.Event{{Type: event.PageView}}}
	o.moves.marks, o.moves.wake = map[sessionKey]mark{}, make(chan struct{}, 1)
	for _, watched := range []bool{false, true} {
		o.moves.watched.Store(watched)
		o.moved(sessionKey{}, s, c)
		if n := testing.AllocsPerRun(100, func() { o.moved(sessionKey{}, s, c) }); n != 0 {
			t.Errorf("watched %t: %v allocations a beacon", watched, n)
		}
	}
}

func FuzzHot(f *testing.F) {
	f.Add(encodeHot(person{1, journal.EraseVisitor, store.ID{1}}, &Hot{Rule: RuleListingAgain, Count: 3, What: "L1"}), appendHotRow(nil, &Hot{At: 1, Count: 5}, store.ID{2}))
	f.Fuzz(func(t *testing.T, body, row []byte) {
		p, h, err := decodeHot(&journal.Record{Site: 1, At: time.UnixMilli(5), Body: body})
		if err == nil && string(encodeHot(p, &h)) != string(body) {
			if _, again, err := decodeHot(&journal.Record{Site: 1, At: time.UnixMilli(5), Body: encodeHot(p, &h)}); err != nil || again != h {
				t.Errorf("%x is read as %+v and then as %+v", body, h, again)
			}
		}
		key := person{1, journal.EraseVisitor, store.ID{1}}.key(RuleIntent)
		if r, err := decodeHotRow(key, row); err == nil {
			if again, err := decodeHotRow(key, appendHotRow(nil, &r.Hot, r.session)); err != nil || again != r {
				t.Errorf("%x is read as %+v and then as %+v", row, r, again)
			}
		}
	})
}
