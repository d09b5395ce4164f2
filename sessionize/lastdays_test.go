package sessionize

import (
	"fmt"
	"testing"

	"footfall/event"
	"footfall/store"
)

// A question that took long hands in rows that a checkpoint has changed since.
func TestARowThatChangedSinceItWasReadIsNotKept(t *testing.T) {
	w := newWorld(t)
	day := uint16(event.UTCDay(rulesBase))
	sum := func() int64 {
		sums, err := w.sessions.ListingSums(testSite, day, day)
		w.must(err)
		return sums[0].Unique
	}
	view := func(n int) {
		w.add(oneView(fmt.Sprint("s", n), fmt.Sprint("v", n), rulesBase))
		w.must(w.journal.Checkpoint(t.Context()))
	}
	view(1)
	sum()
	view(2)
	rows, epoch := map[store.ID]*ListingDay{}, w.sessions.changes.epoch
	days, err := w.sessions.ListingDays(testSite, oneView("", "", 0).Events[0].Listing, day, day)
	w.must(err)
	id := w.db.ID(days[0].Listing)
	rows[id] = days[0]
	view(3)
	w.sessions.keep(testSite, day, epoch, rows)
	c := &w.sessions.changes // as if so many rows had changed that it is not known any more which
	known := c.last
	c.last, c.since = nil, c.epoch
	w.sessions.keep(testSite, day, epoch, rows)
	c.last, c.since = known, 0
	view(4)
	if got := sum(); got != 4 {
		t.Errorf("%d visitors, not 4", got)
	}
	if n := len(w.sessions.lastDays.rows); n != 1 {
		t.Errorf("%d rows are kept of what was asked for", n)
	}
	view(5)
	if row := w.sessions.lastDays.rows[dayKey{testSite, id, day}]; row.Visitors().GetCardinality() != 5 {
		t.Errorf("the checkpoint left the row at %v", row.Visitors())
	}
	if got := sum(); got != 5 {
		t.Errorf("%d visitors, not 5", got)
	}
}

func TestKeptRowsAreBoundedAndGoWhenNobodyAsks(t *testing.T) {
	l := lastDays{rows: map[dayKey]*ListingDay{}}
	row := newListingDay("l", 1)
	row.Seen.AddRange(0, 1)
	for i := range uint32(maxLastDays/row.bytes() + 1) {
		l.put(dayKey{site: i}, row)
		if l.bytes != len(l.rows)*row.bytes() {
			t.Fatalf("%d rows are %d bytes", len(l.rows), l.bytes)
		}
	}
	if len(l.rows) != 0 {
		t.Errorf("%d rows are kept beside one too many", len(l.rows))
	}
	for range 2 {
		l.put(dayKey{site: 1}, row)
	}
	if l.bytes != row.bytes() {
		t.Errorf("one row is %d bytes", l.bytes)
	}
	for range restsUnasked {
		l.note(map[dayKey]*ListingDay{{site: 1}: newListingDay("l", 1)})
	}
	if len(l.of(0, 0)) != 0 || len(l.rows) != 1 {
		t.Errorf("%d rows are kept while somebody asks", len(l.rows))
	}
	for range restsUnasked + 1 {
		l.note(nil)
	}
	if len(l.rows) != 0 || l.bytes != 0 {
		t.Errorf("%d rows of %d bytes are kept when nobody asks", len(l.rows), l.bytes)
	}
}
