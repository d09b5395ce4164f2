package journal

import (
	"slices"
	"strings"
	"testing"

	"footfall/store"
)

func positions(first, last Position) (ps []Position) {
	for p := first; p <= last; p++ {
		ps = append(ps, p)
	}
	return ps
}

func TestRecoveryGivesEachOwnerWhatItLacks(t *testing.T) {
	threes, fives := &recorder{name: "threes", every: 3}, &recorder{name: "fives", every: 5}
	eager := &recorder{name: "eager", eager: true}
	g := newRig(t, threes, fives, eager)
	g.o.CheckpointAfter = 1
	g.open()
	want := g.fill(14)
	newcomer := &recorder{name: "newcomer"}
	g.owners = append(g.owners, newcomer)
	g.o.CheckpointAfter = 100
	g.stop(100)
	g.open()
	for _, c := range []struct {
		owner *recorder
		first Position
	}{{threes, 13}, {fives, 11}, {eager, 15}, {newcomer, 1}} {
		if got := c.owner.given; !slices.Equal(got, positions(c.first, 14)) {
			t.Errorf("%s was given %v, want what is after %d", c.owner.name, got, c.first-1)
		}
		if !slices.Equal(c.owner.lines, want) {
			t.Errorf("%s has\n%s\nwant\n%s", c.owner.name, strings.Join(c.owner.lines, "\n"), strings.Join(want, "\n"))
		}
	}
	if pos := g.submit(note("next")); pos != 15 {
		t.Errorf("the next record stands at %d", pos)
	}
	g.close()
}

func TestRecoveryWritesCheckpointsOnItsWay(t *testing.T) {
	g := newRig(t, &recorder{name: "a"}).open()
	g.fill(50)
	g.stop(100)
	late := &recorder{name: "late", every: 7, checkpoints: make(chan Position, 100)}
	g.owners = []*recorder{late}
	g.o.CheckpointAfter = 7
	g.open()
	if !slices.Equal(late.given, positions(1, 50)) {
		t.Errorf("given %v", late.given)
	}
	if got, err := StoredPosition(g.db.Reader(), "late"); err != nil || got != 49 {
		t.Errorf("stored position %d, %v", got, err)
	}
	g.close()
}

func TestPositionsGoOnWhereNothingIsLeftToRead(t *testing.T) {
	g := newRig(t).open()
	g.fill(5)
	b := g.db.NewBatch()
	b.DeleteRange(store.Events.Span())
	b.DeleteRange(store.Journal.Span())
	g.must(b.Commit(true))
	g.close()
	g.open()
	if pos := g.submit(note("next")); pos != 6 {
		t.Errorf("the next record stands at %d", pos)
	}
	g.close()
}

func TestForgottenPositionsApplyTheWholeJournalAgain(t *testing.T) {
	o := &recorder{name: "a"}
	g := newRig(t, o).open()
	want := g.fill(9)
	g.must(g.Close())
	b := g.db.NewBatch()
	ForgetPositions(b)
	b.DeleteRange(store.Leads.Span())
	g.must(b.Commit(true))
	g.must(g.db.Close())
	g.open()
	if !slices.Equal(o.given, positions(1, 9)) || !slices.Equal(o.lines, want) {
		t.Errorf("given %v", o.given)
	}
	g.close()
}

func TestHoleInTheTailIsRefused(t *testing.T) {
	for _, pos := range []Position{1, 4, 7} {
		g := newRig(t, &recorder{name: "a"}).open()
		g.fill(8)
		g.erase(pos)
		g.stop(100)
		err := g.tryOpen()
		if err == nil || !strings.Contains(err.Error(), "the record at position "+string('0'+rune(pos))+" is missing") {
			t.Errorf("position %d: %v", pos, err)
		}
	}
}

func TestHoleBeforeTheTailIsAnErasure(t *testing.T) {
	g := newRig(t, &recorder{name: "a"}).open()
	g.fill(8)
	g.close()
	g.open()
	g.erase(4)
	g.submit(note("nine"))
	g.crash(100)
	if got := len(g.stored(0)); got != 8 {
		t.Errorf("%d records are there, want 8", got)
	}
	g.close()
}

func TestUnreadableRecordInTheTailIsRefused(t *testing.T) {
	g := newRig(t, &recorder{name: "a"}).open()
	g.submit(note("one"), note("two"))
	b := g.db.NewBatch()
	b.Set(recordKey(2), []byte{recordVersion, 3, 0xff})
	g.must(b.Commit(true))
	g.stop(100)
	if err := g.tryOpen(); err == nil || !strings.Contains(err.Error(), "position 2") {
		t.Errorf("got %v", err)
	}
}
