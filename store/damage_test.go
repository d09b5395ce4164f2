package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// Whichever way a table is read, and however far: what cannot be read is an error, and not the end.
func TestWhatCannotBeReadIsNeverTakenForTheEnd(t *testing.T) {
	var left atomic.Int64 // reads of tables until one fails
	left.Store(1 << 40)
	mem := vfs.NewMem()
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileReadAt && strings.HasSuffix(op.Path, ".sst") && left.Add(-1) < 0 {
			return syscall.EIO
		}
		return nil
	}))
	db := openFor(t, fs, nil)
	random := rand.New(rand.NewPCG(1, 2))
	const keys = 300
	for i := range keys { // more than the cache holds
		noise := make([]byte, 10_000)
		for k := range noise {
			noise[k] = byte(random.Uint32())
		}
		set(t, db, fmt.Sprintf("\x11%04d", i), string(noise))
	}
	settle(t, db, false)
	lo, hi := Leads.Span()
	scan := func(rg Range) (n int, err error) {
		err = db.Reader().Scan(rg, func(_, _ []byte) error { n++; return nil })
		return n, err
	}
	for name, read := range map[string]func() (int, error){
		"scan":         func() (int, error) { return scan(Range{Lo: lo, Hi: hi}) },
		"reverse scan": func() (int, error) { return scan(Range{Lo: lo, Hi: hi, Reverse: true}) },
		"gets": func() (n int, err error) {
			for i := range keys {
				_, found, err := db.Get(fmt.Appendf(nil, "\x11%04d", i))
				if err != nil || !found {
					return n, err
				}
				n++
			}
			return n, nil
		},
		"lookups": func() (n int, err error) {
			l := db.NewLookup()
			defer func() { _ = l.Close() }() // it says what Get must have said
			for i := range keys {
				_, found, err := l.Get(fmt.Appendf(nil, "\x11%04d", i))
				if err != nil || !found {
					return n, err
				}
				n++
			}
			return n, nil
		},
	} {
		failures := 0
		for after := int64(0); after < 40; after++ {
			left.Store(after)
			n, err := read()
			left.Store(1 << 40)
			if err != nil {
				failures++
			} else if n != keys {
				t.Errorf("%s, with a failure after %d reads: %d of %d, and no error", name, after, n, keys)
			}
		}
		if failures < 20 {
			t.Errorf("%s: only %d of 40 failed", name, failures)
		}
	}
}

// A power failure may keep the name of a new manifest, or the marker that names it, and not the other.
func TestPowerMayFailWhereAManifestIsNamed(t *testing.T) {
	mem := vfs.NewCrashableMem()
	var moments []*vfs.MemFS
	random := rand.New(rand.NewPCG(3, 4))
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if strings.Contains(op.Path, "marker.manifest") || op.Kind == errorfs.OpFileSync && op.Path == "data" {
			for range 10 {
				moments = append(moments, mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: random}))
			}
		}
		return nil
	}))
	closeDB(t, openDB(t, fs, nil))
	closeDB(t, openDB(t, fs, nil))
	if len(moments) < 50 {
		t.Errorf("only %d moments", len(moments))
	}
	for i, left := range moments {
		db, err := Open("data", Options{FS: left, Mem: 1 << 20, Cache: 1 << 20})
		if err != nil {
			t.Fatalf("moment %d of %d: %v", i, len(moments), err)
		}
		closeDB(t, db)
	}
}

func TestOpenNamesTheFileThatIsDamaged(t *testing.T) {
	for name, damage := range map[string]func(fs vfs.FS, file string) error{
		"marker.manifest": vfs.FS.Remove, "marker.format-version": vfs.FS.Remove,
		"MANIFEST-": truncate, "OPTIONS-": truncate, guardName: truncate,
	} {
		fs := vfs.NewMem()
		db := openDB(t, fs, nil)
		set(t, db, "\x11a", "1")
		settle(t, db, false)
		closeDB(t, db)
		files, err := fs.List("data")
		if err != nil {
			t.Fatal(err)
		}
		file := ""
		for _, f := range files {
			if strings.HasPrefix(f, name) {
				file = max(file, f) // an older manifest may stand beside
			}
		}
		if err := damage(fs, "data/"+file); err != nil {
			t.Fatal(err)
		}
		if db, err = Open("data", Options{FS: fs}); err == nil {
			closeDB(t, db)
			t.Errorf("%s: opened", file)
		} else if !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// truncate keeps the first 20 bytes.
func truncate(fs vfs.FS, name string) error {
	b, err := readFile(fs, name)
	if err != nil {
		return err
	}
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(b[:20])
	return errors.Join(err, f.Close())
}
