package journal

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// lastLog returns the name and the bytes of the newest log, without the zeros that are written ahead.
func (g *rig) lastLog() (name string, text []byte) {
	g.t.Helper()
	names, err := g.fs.List("data")
	g.must(err)
	for _, n := range names {
		if strings.HasSuffix(n, ".log") {
			name = max(name, n)
		}
	}
	f, err := g.fs.Open("data/" + name)
	g.must(err)
	text, err = io.ReadAll(f)
	g.must(errors.Join(err, f.Close()))
	return name, bytes.TrimRight(text, "\x00")
}

func (g *rig) write(name string, text []byte) {
	g.t.Helper()
	f, err := g.fs.Create("data/"+name, vfs.WriteCategoryUnspecified)
	g.must(err)
	_, err = f.Write(text)
	g.must(errors.Join(err, f.Sync(), f.Close()))
}

// lost returns a rig that is closed and had eight records, with its newest log as cut leaves it.
func lost(t *testing.T, cut func(log []byte) []byte) (g *rig, log string) {
	t.Helper()
	g = newRig(t, &recorder{name: "a"}).open()
	g.fill(8)
	g.close()
	log, text := g.lastLog()
	g.write(log, cut(text))
	return g, log
}

// However much of the end of the log is gone, or whichever bit of it: it is noticed, or nothing is missing.
func TestTheEndOfTheLogIsNotLostWithoutAWord(t *testing.T) {
	_, text := func() (string, []byte) {
		g := newRig(t, &recorder{name: "a"}).open()
		g.fill(8)
		g.close()
		return g.lastLog()
	}()
	refused := 0
	try := func(how string, at int, cut func([]byte) []byte) {
		g, log := lost(t, cut)
		db, err := store.Open("data", store.Options{FS: g.fs, Mem: 256 << 10, Cache: 1 << 20})
		if err != nil {
			if !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), log) {
				t.Errorf("%s at %d: %v", how, at, err)
			}
			return
		}
		g.must(db.Close())
		err = g.tryOpen()
		switch {
		case err == nil:
			if n := len(g.stored(0)); n != 8 {
				t.Errorf("%s at %d: %d records, and not a word", how, at, n)
			}
			g.close()
		case errors.Is(err, ErrTailLost) && errors.Is(err, store.ErrDamaged):
			refused++
		case !errors.Is(err, store.ErrDamaged):
			t.Errorf("%s at %d: %v", how, at, err)
		}
	}
	for at := 0; at < len(text); at += 17 {
		try("a cut", at, func(log []byte) []byte { return log[:at] })
		try("a flip", at, func(log []byte) []byte { log[at] ^= 16; return log })
	}
	if refused < 10 {
		t.Errorf("%d were refused", refused)
	}
}

func TestALostEndIsNamedAndCanBeAccepted(t *testing.T) {
	g, log := lost(t, func(log []byte) []byte { return log[:len(log)/4] })
	err := g.tryOpen()
	if !errors.Is(err, ErrTailLost) || !strings.Contains(err.Error(), log) || !strings.Contains(err.Error(), "up to 8 ") {
		t.Fatalf("got %v, want the name %s", err, log)
	}
	if err := g.tryOpen(); !errors.Is(err, ErrTailLost) {
		t.Errorf("the second time: %v", err)
	}
	g.o.AcceptLoss = true
	g.open()
	left := g.Applied()
	if left == 0 || left >= 8 {
		t.Errorf("%d records are left", left)
	}
	g.stop(0) // before anything is written
	g.o.AcceptLoss = false
	g.open()
	if g.Applied() != left {
		t.Errorf("then %d records are left", g.Applied())
	}
	g.close()
}

func TestADamagedNoteIsRefusedAndCanBeAccepted(t *testing.T) {
	g := newRig(t, &recorder{name: "a"}).open()
	g.fill(8)
	g.close()
	g.write("acked", []byte("8 00000000\n"))
	if err := g.tryOpen(); !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), "acked") {
		t.Errorf("got %v", err)
	}
	g.o.AcceptLoss = true
	g.open().close()
	g.o.AcceptLoss = false
	g.open()
	if g.Applied() != 8 {
		t.Errorf("%d records are left", g.Applied())
	}
	g.close()
}

// What is acknowledged is noted while the journal is open, too.
func TestWhatIsAcknowledgedIsNotedBetimes(t *testing.T) {
	g := newRig(t, &recorder{name: "a"})
	g.o.CheckpointEvery = time.Millisecond
	g.open()
	pos := g.submit(note("one"), note("two"))
	for {
		acked, _, err := g.db.Acked()
		g.must(err)
		if acked > uint64(pos) {
			t.Fatalf("%d is noted, %d is the newest", acked, pos)
		}
		if acked == uint64(pos) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	g.close()
}
