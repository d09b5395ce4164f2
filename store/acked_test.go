package store

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

func TestWhatIsAckedIsRememberedOrSaidToBeDamaged(t *testing.T) {
	fs := vfs.NewMem()
	db := openDB(t, fs, nil)
	if _, found, err := db.Acked(); found || err != nil {
		t.Errorf("a new directory: %t %v", found, err)
	}
	for _, pos := range []uint64{0, 1, 12, math.MaxUint64} {
		if err := db.NoteAcked(pos); err != nil {
			t.Fatal(err)
		}
		if got, found, err := db.Acked(); got != pos || !found || err != nil {
			t.Errorf("%d: %d %t %v", pos, got, found, err)
		}
	}
	closeDB(t, db)
	good := contents(t, fs, "data")[ackedName] // while nothing cleans the directory up
	db = openFor(t, fs, nil)
	for i := range good {
		for _, bad := range []string{good[:i], flipped(good, i), good[:i] + " " + good[i:]} {
			if err := replaceFile(fs, "data/"+ackedName, bad); err != nil {
				t.Fatal(err)
			}
			if got, _, err := db.Acked(); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), ackedName) {
				t.Errorf("%q: %d %v", bad, got, err)
			}
		}
	}
}
