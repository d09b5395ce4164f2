package server

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"footfall/fault"
	"footfall/journal"
)

// fakeDisk is a disk of 100 GiB whose free space the test sets.
func fakeDisk(t *testing.T, free *uint64) *disk {
	t.Helper()
	d, _, err := newDisk(t.TempDir(), 1000, func() (uint64, uint64, error) { return *free, 100 << 30, nil }, true, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWhatIsRefusedGoesByTheFreeSpaceAndResumesLater(t *testing.T) {
	free := uint64(1000)
	d := fakeDisk(t, &free)
	for _, step := range []struct {
		free           uint64
		beacons, leads bool
	}{
		{1000, true, true},
		{999, false, true},  // under the minimum
		{1100, false, true}, // not a quarter above it
		{1250, true, true},
		{1000, true, true},
		{500, false, true},
		{499, false, false}, // under half
		{600, false, false},
		{625, false, true},
		{1249, false, true},
		{1250, true, true},
		{0, false, false},
		{2000, true, true},
	} {
		d.free.Store(step.free)
		d.room.Store(int32(d.roomWith(step.free, room(d.room.Load()))))
		beacon, lead := d.refuse(journal.KindChunk), d.refuse(journal.KindLead)
		if (beacon == nil) != step.beacons || (lead == nil) != step.leads || d.low() == step.beacons {
			t.Errorf("%d bytes free: beacons %v, leads %v", step.free, beacon, lead)
		}
		if err := d.refuse(journal.KindRetire); err != nil {
			t.Errorf("%d bytes free: what makes room is refused: %v", step.free, err)
		}
		if beacon != nil && fault.From(beacon).Code != fault.DiskLow {
			t.Errorf("refused with %v", beacon)
		}
	}
}

func TestBallastIsThereWhileThereIsRoomAndGivenUpBeforeTheEnd(t *testing.T) {
	const size = 64 << 20
	free := uint64(10 << 30)
	dir := t.TempDir()
	usage := func() (uint64, uint64, error) { return free, 100 << 30, nil }
	d, _, err := newDisk(dir, 1<<30, usage, true, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		free  uint64
		there bool
	}{
		{10 << 30, true}, {1 << 30, true}, {1 << 29, true}, {1<<29 - 1, false},
		{1 << 30, false}, {1<<30 + 1<<28 + size, true}, // not made again until there is plenty
	} {
		free = step.free
		if err := d.poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "ballast")); (err == nil) != step.there {
			t.Errorf("%d bytes free: ballast there %t", step.free, err == nil)
		}
	}
	d.full()
	if _, err := os.Stat(filepath.Join(dir, "ballast")); err == nil || !d.low() {
		t.Errorf("the disk is full: ballast %v, low %t", err, d.low())
	}
}

func TestAFreeSpaceThatCannotBeReadIsAnError(t *testing.T) {
	broken := errors.New("broken")
	fails := func() (uint64, uint64, error) { return 0, 0, broken }
	if _, _, err := newDisk(t.TempDir(), 0, fails, true, slog.New(slog.DiscardHandler)); !errors.Is(err, broken) {
		t.Errorf("newDisk: %v", err)
	}
}

func TestSmallDisksGiveInProportion(t *testing.T) {
	for _, c := range []struct{ disk, minFree, ballast uint64 }{
		{1 << 30, 1 << 30 / 20, 64 << 20 / 20},
		{10 << 30, 1 << 29, 32 << 20},
		{20 << 30, 1 << 30, 64 << 20},
		{100 << 30, 2 << 30, 64 << 20},
		{10 << 40, 10 << 40 / 50, 64 << 20},
	} {
		if got := defaultMinFree(c.disk); got != c.minFree {
			t.Errorf("a disk of %s keeps %s free, want %s", Size(c.disk), Size(got), Size(c.minFree))
		}
		if got := scaled(mostBallast, c.disk); got != c.ballast {
			t.Errorf("a disk of %s has a ballast of %s, want %s", Size(c.disk), Size(got), Size(c.ballast))
		}
	}
}
