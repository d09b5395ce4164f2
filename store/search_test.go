package store

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

func none([]byte) bool { return false }

// occurrencesIn looks for texts in a directory, without its lock.
func occurrencesIn(t *testing.T, fs vfs.FS, texts ...string) []Occurrences {
	t.Helper()
	var needles [][]byte
	for _, text := range texts {
		needles = append(needles, []byte(text))
	}
	found, err := search(t.Context(), fs, "data", needles, none)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestSearchLooksIntoTablesLogsAndManifests(t *testing.T) {
	fs := vfs.NewMem()
	db := openDB(t, fs, nil)
	defer closeDB(t, db)
	set(t, db, "\x11first key", "first value")
	settle(t, db, false)
	set(t, db, "\x11second key", strings.Repeat("-", 40_000)+"second value"+strings.Repeat("-", 40_000))
	for i, o := range occurrencesIn(t, fs, "first key", "first value", "second value") {
		want := []Occurrences{{Tables: 1, Logs: 0, Manifests: 2}, {Tables: 1}, {Logs: 1}}[i]
		o.Logs = min(o.Logs, want.Logs) // what is written over may still hold the first
		if o.Manifests = min(o.Manifests, want.Manifests); o != want {
			t.Errorf("%d: %+v, want %+v", i, o, want)
		}
	}
}

// The bytes of a text are found wherever the blocks of a log cut it.
func TestSearchFindsWhatALogCuts(t *testing.T) {
	fs := vfs.NewMem()
	db := openDB(t, fs, nil)
	defer closeDB(t, db)
	for i := range 60 {
		set(t, db, fmt.Sprintf("\x11%d", i), strings.Repeat("-", 5_000+i)+"needle")
	}
	if o := occurrencesIn(t, fs, "needle"); o[0].Logs != 60 {
		t.Errorf("found %+v, want 60 in logs", o[0])
	}
}

func TestWhatWasDeletedIsInNoFileAfterCompactionAndTurnover(t *testing.T) {
	fs := vfs.NewMem()
	db := openDB(t, fs, nil)
	for i := range 40 { // logs that are written over, and a manifest with bounds
		set(t, db, fmt.Sprintf("\x11%02d secret key", i), "secret value", fmt.Sprintf("\x11%02d other", i), "kept")
		if i%4 == 0 {
			settle(t, db, false)
		}
	}
	b := db.NewBatch()
	for i := range 20 {
		b.Delete(fmt.Appendf(nil, "\x11%02d secret key", i))
	}
	b.DeleteRange([]byte("\x1120 secret key"), []byte("\x1120 secret kez"))
	for i := 21; i < 40; i++ {
		b.Delete(fmt.Appendf(nil, "\x11%02d secret key", i))
	}
	commit(t, b, true)
	lo, hi := Leads.Span()
	if err := db.Compact(t.Context(), Range{Lo: lo, Hi: hi}); err != nil {
		t.Fatal(err)
	}
	if err := db.Turnover(t.Context()); err != nil {
		t.Fatal(err)
	}
	closeDB(t, db)
	found := occurrencesIn(t, fs, "secret key", "secret value", "kept")
	if !found[0].None() || !found[1].None() {
		t.Errorf("of what was deleted is left: %+v", found[:2])
	}
	if found[2].Tables != 40 {
		t.Errorf("of what was not deleted is left: %+v", found[2])
	}
	db = openDB(t, fs, nil)
	defer closeDB(t, db)
	if got := getText(t, db.Reader(), "\x1139 other"); got != "kept" {
		t.Errorf("opened again it has %q", got)
	}
}

func TestTheErasureListIsCountedApart(t *testing.T) {
	fs := vfs.NewMem()
	db := openDB(t, fs, nil)
	id := db.ID("somebody")
	set(t, db, "\x50\x00\x00\x00\x01\x01"+string(id[:]), "listed", "\x03\x00\x00\x00\x01"+string(id[:]), "a session")
	settle(t, db, false)
	closeDB(t, db)
	found, err := search(t.Context(), fs, "data", [][]byte{id[:]}, none)
	if err != nil || found[0].Tables != 1 || found[0].Listed == 0 {
		t.Errorf("%+v, %v", found, err)
	}
}
