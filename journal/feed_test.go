package journal

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Pages of any window, cut anywhere, give the records that Read gives, in its order, each once.
func TestPagesGiveWhatReadGives(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := newRig(t).open()
		defer g.close()
		for i := range rapid.IntRange(0, 30).Draw(rt, "records") {
			if rapid.IntRange(0, 2).Draw(rt, "kind") == 0 {
				g.submit(note(fmt.Sprint(i)))
			} else {
				g.submit(chunk(fmt.Sprint("s", rapid.IntRange(0, 3).Draw(rt, "session")), fmt.Sprint(i)))
			}
		}
		chunks := rapid.Bool().Draw(rt, "chunks")
		var want, got []string
		for r, err := range g.Read(0) {
			g.must(err)
			if chunks || r.Kind != KindChunk {
				want = append(want, lineOf(&r))
			}
		}
		p := Page{Chunks: chunks, Site: func(uint32) bool { return true }}
		for rest := true; rest; {
			p.Window = Position(rapid.IntRange(1, 40).Draw(rt, "window"))
			left := rapid.IntRange(1, 5).Draw(rt, "limit")
			before := p.After
			var err error
			p.After, rest, err = g.ReadPage(p, func(r *Record) (bool, error) {
				got = append(got, lineOf(r))
				left--
				return left > 0, nil
			})
			if g.must(err); rest && p.After == before {
				rt.Fatalf("it stays at %d", before)
			}
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("got\n%q\nwant\n%q", got, want)
		}
	})
}

func TestThePositionUpToWhichEventsAreRetiredIsKnown(t *testing.T) {
	g := newRig(t).open()
	defer g.close()
	g.submit(chunk("a", "1"))
	g.submit(note("x"))
	g.submit(chunk("b", "2"))
	g.clock.Store(24 * 3600 * 1000)
	g.submit(chunk("c", "3"))
	today := uint16(noon.Unix()/86400) + 1
	g.must(g.RetireEvents(today))
	if pos, err := RetiredThrough(g.db.Reader()); err != nil || pos != 3 {
		t.Errorf("%d %v", pos, err)
	}
	b := g.db.NewBatch() // as a version that did not note it leaves it
	b.Delete(retiredKey)
	g.must(b.Commit(true))
	if pos, err := RetiredThrough(g.db.Reader()); err != nil || pos != 3 {
		t.Errorf("found out: %d %v", pos, err)
	}
}
