package server

import (
	"context"
	"log/slog"
	"sync/atomic"

	"footfall/fault"
	"footfall/journal"
	"footfall/store"
)

// What is taken at most of a disk of smallDisk or more; smaller ones give in proportion.
const (
	smallDisk     = 20 << 30
	mostBallast   = 64 << 20
	mostMemtable  = 64 << 20 // also of a log that is written ahead
	leastMemtable = 1 << 20
)

// scaled returns the part of a size that a disk may give.
func scaled(size, disk uint64) uint64 {
	if disk >= smallDisk {
		return size
	}
	return uint64(float64(size) / smallDisk * float64(disk))
}

// defaultMinFree is 5 % of a small disk, else 2 % but no less than 1 GiB.
func defaultMinFree(disk uint64) uint64 {
	if disk < smallDisk {
		return disk / 20
	}
	return max(1<<30, disk/50)
}

// room says what the disk has room for.
type room int32

const (
	roomForAll   room = iota
	roomForLeads      // beacons and imports are refused
	roomForNone       // leads are refused too; what makes room goes on
)

// disk watches the free space and says what there is room for.
type disk struct {
	usage   func() (free, total uint64, err error)
	minFree uint64
	ballast *store.Ballast
	log     *slog.Logger

	free atomic.Uint64
	room atomic.Int32
}

// newDisk looks at the disk of a directory. minFree 0 is the default. Where there is to be no ballast, none is made.
func newDisk(dir string, minFree uint64, usage func() (free, total uint64, err error), ballast bool, log *slog.Logger) (d *disk, total uint64, err error) {
	if usage == nil {
		usage = func() (uint64, uint64, error) { return store.DiskUsage(dir) }
	}
	_, total, err = usage()
	if err != nil {
		return nil, 0, err
	}
	if minFree == 0 {
		minFree = defaultMinFree(total)
	}
	size := uint64(0)
	if ballast {
		size = scaled(mostBallast, total)
	}
	d = &disk{usage: usage, minFree: minFree, ballast: store.NewBallast(dir, int64(size)), log: log}
	return d, total, d.poll(context.Background())
}

// poll looks at the free space. The ballast is given up under half of the minimum and made again once there is plenty.
func (d *disk) poll(context.Context) error {
	free, _, err := d.usage()
	if err != nil {
		return err
	}
	d.free.Store(free)
	was := room(d.room.Load())
	is := d.roomWith(free, was)
	d.room.Store(int32(is))
	if is != was {
		d.log.Warn("free space on the disk", "bytes", free, "min_free", d.minFree,
			"beacons", is == roomForAll, "leads", is != roomForNone)
	}
	switch {
	case free < d.minFree/2:
		return d.ballast.Free()
	case free >= enough(d.minFree)+uint64(d.ballast.Size()):
		return d.ballast.Make()
	}
	return nil
}

// enough is where what was refused under a limit is taken again.
func enough(limit uint64) uint64 { return limit + limit/4 }

// roomWith says what there is room for with so much free space, and what there was room for before.
func (d *disk) roomWith(free uint64, was room) room {
	half := d.minFree / 2
	switch {
	case free < half, was == roomForNone && free < enough(half):
		return roomForNone
	case free < d.minFree, was != roomForAll && free < enough(d.minFree):
		return roomForLeads
	}
	return roomForAll
}

// full is told by the store that the disk is full: whatever the last look said.
func (d *disk) full() {
	d.room.Store(int32(roomForNone))
	if err := d.ballast.Free(); err != nil {
		d.log.Error("the disk is full", "error", err)
	}
}

// low says whether anything is refused.
func (d *disk) low() bool { return room(d.room.Load()) != roomForAll }

// refuse is journal.Options.Refuse.
func (d *disk) refuse(kind journal.Kind) error {
	has := room(d.room.Load())
	if has == roomForAll {
		return nil
	}
	limit := Size(d.minFree)
	switch kind {
	case journal.KindLead, journal.KindPatch:
		if has != roomForNone {
			return nil
		}
		limit /= 2
	case journal.KindChunk, journal.KindModel, journal.KindScore:
	default: // what makes room again, and what those who run the server do
		return nil
	}
	return fault.New(fault.DiskLow, "The server's disk has less than %s left (--min-free %s). Nothing of this request was taken: send it again later.",
		limit, Size(d.minFree))
}

// openDisk looks at the disk, parts the memory, which depends on it, and begins to watch.
func (s *Server) openDisk() error {
	d, total, err := newDisk(s.o.Data, uint64(s.o.MinFree), s.o.DiskUsage, !s.o.ReadOnly, s.o.Log)
	if err != nil {
		return err
	}
	if s.budget, err = newBudget(s.o.Memory, s.o.QueueBytes, total); err != nil {
		return err
	}
	s.disk, s.jobs = d, newJobs(s.o.Log)
	s.jobs.start(s.watches())
	return nil
}
