package journal

import (
	"encoding/hex"
	"errors"
	"reflect"
	"testing"
	"time"

	"footfall/event"
	"footfall/store"
)

// The format is frozen: records read so for ever.
func TestRetireEncodesToTheFrozenBytes(t *testing.T) {
	want := Retire{Space: store.Sessions, Before: 20416, IDs: []store.ID{{0xa0, 15: 0xaf}, {1}}}
	b := EncodeRetire(&want)
	const frozen = "01" + "03" + "4fc0" + "a00000000000000000000000000000af" + "01000000000000000000000000000000"
	if got := hex.EncodeToString(b); got != frozen {
		t.Errorf("got  %s\nwant %s", got, frozen)
	}
	if got, err := DecodeRetire(b); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("came back as %+v, %v", got, err)
	}
	for n := range b {
		if got, err := DecodeRetire(b[:n]); (n < 4 || (n-4)%16 != 0) && !errors.Is(err, errRecord) {
			t.Errorf("the first %d of %d bytes: %+v, %v", n, len(b), got, err)
		}
	}
}

// Events of whole days go, and what is no event stays; the journal opens again after that.
func TestRetiredDaysAreGoneAndTheJournalGoesOn(t *testing.T) {
	g := newRig(t, &recorder{name: "a", eager: true}).open()
	at := func(day int64, r Record) Record {
		r.At = time.UnixMilli(day * event.MsPerDay)
		return r
	}
	for day := range int64(4) {
		g.submit(at(20_000+day, chunk("s", "e")), at(20_000+day, note("n")))
	}
	g.must(g.RetireEvents(20_000))
	if kept, err := FirstKept(g.db.Reader()); kept != 0 || err != nil {
		t.Errorf("nothing to retire, and kept from %d on, %v", kept, err)
	}
	g.must(g.RetireEvents(20_002))
	g.must(g.RetireEvents(20_001)) // less than before changes nothing
	g.crash(0)
	defer g.close()
	if kept, err := FirstKept(g.db.Reader()); kept != 20_002 || err != nil {
		t.Errorf("kept from %d on, %v", kept, err)
	}
	if got := g.stored(0); len(got) != 6 {
		t.Errorf("left are %q", got)
	}
	if pos := g.submit(note("goes on")); pos != 9 {
		t.Errorf("the next record stands at %d, want 9", pos)
	}
}
