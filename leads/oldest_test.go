package leads

import (
	"testing"
	"time"

	"footfall/store"
)

func TestTheOldestLeadIsThatOfAllSites(t *testing.T) {
	w := newWorld(t)
	if at, found, err := w.leads.Oldest(); found || err != nil {
		t.Errorf("without leads: %v, %v, %v", at, found, err)
	}
	first := w.clock()
	w.create(Create{})
	w.now.Add(1000)
	w.create(Create{})
	if at, found, err := w.leads.Oldest(); !found || err != nil || !at.Equal(first) {
		t.Errorf("%v, %v, %v; want %v", at, found, err, first)
	}
	// Another site's, which is older.
	older := first.Add(-time.Hour)
	key := timeKey(2, older.UnixMilli(), store.ID{1})
	set := func(delete bool) {
		t.Helper()
		b := w.db.NewBatch()
		if delete {
			b.Delete(key)
		} else {
			b.Set(key, nil)
		}
		w.must(b.Commit(true))
	}
	set(false)
	if at, found, err := w.leads.Oldest(); !found || err != nil || !at.Equal(older) {
		t.Errorf("%v, %v, %v; want %v", at, found, err, older)
	}
	set(true) // no lead stands behind it
}
