package store

import (
	"errors"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

func TestUpgradeTakesEachStepWholeOrNotAtAll(t *testing.T) {
	fs := vfs.NewMem()
	db := openDB(t, fs, nil)
	broken := errors.New("broken")
	var third error
	steps := []upgrade{
		{"first", func(_ *DB, b *Batch) error { b.Set([]byte("\x11two"), nil); return nil }},
		{"second", func(_ *DB, b *Batch) error { b.Set([]byte("\x11three"), nil); return third }},
	}
	var told []int
	tell := func(to int, _ string) { told = append(told, to) }
	third = broken
	if err := db.upgrade(steps, tell); !errors.Is(err, broken) || db.Format() != 2 {
		t.Errorf("format %d, %v", db.Format(), err)
	}
	if getText(t, db.Reader(), "\x11two") != "" || getText(t, db.Reader(), "\x11three") != "-" {
		t.Error("the first step is not whole, or the second is there")
	}
	third = nil
	if err := db.upgrade(steps, tell); err != nil || db.Format() != 3 {
		t.Errorf("format %d, %v", db.Format(), err)
	}
	if err := db.upgrade(steps, tell); err != nil || !slices.Equal(told, []int{2, 3, 3}) {
		t.Errorf("steps to %v were taken, %v", told, err)
	}
	closeDB(t, db)
	if _, err := Open("data", Options{FS: fs}); !errors.Is(err, ErrNewerFormat) {
		t.Errorf("opened: %v", err)
	}
}

func TestEveryFormatHasItsUpgrade(t *testing.T) {
	if len(upgrades) != FormatVersion-1 {
		t.Errorf("%d steps lead to format %d", len(upgrades), FormatVersion)
	}
}
