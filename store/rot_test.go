package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"footfall/fault"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// rotten returns a directory with one table of many blocks, of which the block in the middle does not check, and the
// table's name.
func rotten(t testing.TB) (fs *vfs.MemFS, table string) {
	t.Helper()
	fs = vfs.NewMem()
	db := openDB(t, fs, nil)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 100 {
		noise := make([]byte, 10_000)
		for k := range noise {
			noise[k] = byte(random.Uint32())
		}
		set(t, db, fmt.Sprintf("\x11%03d", i), string(noise))
	}
	settle(t, db, true)
	closeDB(t, db)
	for name, text := range contents(t, fs, "data") {
		if strings.HasSuffix(name, ".sst") && len(text) > 500_000 {
			at := len(text) / 2
			if err := replaceFile(fs, "data/"+name, flipped(text, at)); err != nil {
				t.Fatal(err)
			}
			table = name
		}
	}
	if table == "" {
		t.Fatal("there is no large table")
	}
	return fs, table
}

func TestDamageIsAFaultOfWhatItTouchesAndItsFileIsNamed(t *testing.T) {
	fs, table := rotten(t)
	var named atomic.Pointer[string]
	db, err := Open("data", Options{FS: fs, ReadOnly: true, Corrupt: func(file string) { named.Store(&file) }})
	if err != nil {
		t.Fatal(err)
	}
	defer closeDB(t, db)
	bad := 0
	for i := range 100 {
		_, found, err := db.Get(fmt.Appendf(nil, "\x11%03d", i))
		switch {
		case err == nil && found:
		case errors.Is(err, ErrDamaged) && fault.Is(err, fault.DataCorrupt):
			bad++
			if message := fault.From(err).Message; strings.Contains(message, table) || strings.Contains(message, "data/") {
				t.Errorf("clients would be told %q", message)
			}
		default:
			t.Errorf("%d: %t %v", i, found, err)
		}
	}
	if bad == 0 || bad > 10 {
		t.Errorf("%d of 100 values cannot be read", bad)
	}
	lo, hi := Leads.Span()
	err = db.Reader().Scan(Range{Lo: lo, Hi: hi}, func(_, _ []byte) error { return nil })
	if !fault.Is(err, fault.DataCorrupt) {
		t.Errorf("a scan over it: %v", err)
	}
	if got := named.Load(); got == nil || *got != table {
		t.Errorf("named %v, want %s", got, table)
	}
}

// A table that cannot be compacted would be tried again for ever: the program ends, and says which it is.
func TestDamageFoundByACompactionEndsTheProgram(t *testing.T) {
	fs, table := rotten(t)
	ended := make(chan string, 1)
	db, err := Open("data", Options{FS: fs, Mem: 1 << 20, Cache: 1 << 20, Fatal: func(msg string) {
		select {
		case ended <- msg:
		default:
		}
		select {} // the store stays open, as the program would have ended
	}})
	if err != nil {
		t.Fatal(err)
	}
	set(t, db, "\x11000", "new", "\x11099", "new")
	go func() {
		_ = db.p.Flush() // the program may have ended
		_ = db.p.Compact(context.Background(), []byte{0}, []byte{0xff}, false)
	}()
	select {
	case msg := <-ended:
		if !strings.Contains(msg, ErrDamaged.Error()) || !strings.Contains(msg, table) {
			t.Errorf("it ends with %q", msg)
		}
	case <-time.After(time.Minute):
		t.Error("it goes on")
	}
}
