package server

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

const (
	leastMemory   = 64 << 20
	unknownMemory = 2 << 30 // of a machine that does not say
	mostQueue     = 32 << 20
	memtables     = 4 // that may be full at once; writes wait then
)

// connMemory is what a connection takes while a request comes in: what fasthttp reads into, its goroutine and context.
const connMemory = 32 << 10

// Event streams: what one takes while its reader is slow, and how many there are at least and at most.
const (
	streamMemory = 64<<10 + 24<<10
	leastStreams = 20
	mostStreams  = 1000
)

// resumeFor is since when sessions have been active that are looked at again after a start.
const resumeFor = 30 * time.Minute

// budget parts the memory that the program may use. What is left is for queries, hashing and slack, which nothing here
// holds to a number.
type budget struct {
	total     Size
	cache     Size // of blocks
	memtables Size
	live      Size // state of live sessions
	queue     Size // of records that wait for the disk
	conns     Size
	bodies    Size // that are being read, beyond what their connections hold of them
	streams   int  // event streams that may be open
}

// newBudget parts total. A small disk makes memtables smaller: the log that is written ahead is as large.
func newBudget(total, queue Size, disk uint64) (budget, error) {
	if total == 0 {
		total = DefaultMemory()
	}
	if total < leastMemory {
		return budget{}, fmt.Errorf("--memory is %s: %s is the least that works", total, Size(leastMemory))
	}
	part := func(percent Size) Size { return total / 100 * percent }
	b := budget{total: total, cache: part(15), live: part(35), queue: queue, conns: part(10), bodies: part(5)}
	b.streams = max(leastStreams, min(mostStreams, int(part(5)/streamMemory)))
	table := min(part(10)/memtables, Size(scaled(mostMemtable, disk)), mostMemtable)
	b.memtables = memtables * max(table, leastMemtable)
	if b.queue == 0 {
		b.queue = min(part(5), mostQueue)
	}
	return b, nil
}

// DefaultMemory returns 60 % of what the process may use: the smallest limit of its control groups, or the machine's
// memory.
func DefaultMemory() Size { return memoryOf(os.DirFS("/")) / 100 * 60 }

func memoryOf(root fs.FS) Size {
	limit := machineMemory(root)
	groups, _ := fs.ReadFile(root, "proc/self/cgroup") // not there: not limited
	for line := range strings.Lines(string(groups)) {
		// number:controllers:path. Version 2 has no controllers.
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(part) < 3:
		case part[1] == "":
			limit = min(limit, groupMemory(root, "sys/fs/cgroup", part[2], "memory.max"))
		case part[1] == "memory":
			limit = min(limit, groupMemory(root, "sys/fs/cgroup/memory", part[2], "memory.limit_in_bytes"))
		}
	}
	return limit
}

// groupMemory returns the smallest limit of a control group and those above it. In a container the path may be the one
// outside, which does not exist inside: then the topmost is the container's.
func groupMemory(root fs.FS, mount, group, file string) Size {
	limit := Size(math.MaxInt64)
	for dir := path.Join("/", group); ; dir = path.Dir(dir) {
		text, err := fs.ReadFile(root, path.Join(mount, dir, file))
		if n, perr := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && perr == nil && n > 0 { // "max" is no number
			limit = min(limit, Size(n))
		}
		if dir == "/" {
			return limit
		}
	}
}

func machineMemory(root fs.FS) Size {
	text, _ := fs.ReadFile(root, "proc/meminfo") // not there: not known
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "MemTotal:" {
			if kib, err := strconv.ParseInt(f[1], 10, 64); err == nil && kib > 0 {
				return Size(kib) << 10
			}
		}
	}
	return unknownMemory
}
