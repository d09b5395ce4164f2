package server

import (
	"testing"
	"testing/fstest"
)

func TestSizesAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "33554432": 32 << 20, "32MiB": 32 << 20, "32mb": 32 << 20, "32M": 32 << 20, " 1.5 GiB ": 3 << 29,
		"64KiB": 64 << 10, "2TiB": 2 << 40, "7B": 7,
	} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("%q is read as %d, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "many", "-1", "-1G", "1PiB", "NaN", "inf", "9e30", "MiB", "1 2"} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %d", text, s)
		}
	}
	for s, want := range map[Size]string{0: "0 bytes", 1023: "1023 bytes", 1024: "1 KiB", 32 << 20: "32 MiB", 3 << 29: "1.5 GiB", 20<<30 - 1: "19.9 GiB"} {
		if s.String() != want {
			t.Errorf("%d is written as %q, want %q", int64(s), s, want)
		}
	}
}

func TestMemoryIsThatOfTheSmallestLimit(t *testing.T) {
	const meminfo = "MemTotal:       1048576 kB\nMemFree: 5 kB\n" // 1 GiB
	for name, c := range map[string]struct {
		files map[string]string
		want  Size
	}{
		"no machine says anything": {nil, unknownMemory},
		"a machine":                {map[string]string{"proc/meminfo": meminfo}, 1 << 30},
		"a group without a limit": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n",
		}, 1 << 30},
		"a group": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "1000000\n",
		}, 1_000_000},
		"the group above it": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "1000000\n", "sys/fs/cgroup/a/memory.max": "500000\n",
		}, 500_000},
		"a container, whose path is the one outside": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/docker/1\n", "sys/fs/cgroup/memory.max": "700000\n",
		}, 700_000},
		"version 1": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "5:cpu:/x\n4:memory:/x\nodd\n",
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "600000\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 600_000},
	} {
		root := fstest.MapFS{}
		for file, text := range c.files {
			root[file] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := memoryOf(root); got != c.want {
			t.Errorf("%s: %d bytes, want %d", name, got, c.want)
		}
	}
}

func TestTheBudgetPartsTheMemory(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		total, queue Size
		disk         uint64
		want         budget
	}{
		{1000 * mib, 0, 1 << 40, budget{1000 * mib, 150 * mib, 100 * mib, 350 * mib, 32 * mib, 100 * mib, 50 * mib, 581}},
		{100 * mib, 0, 1 << 40, budget{100 * mib, 15 * mib, 10 * mib, 35 * mib, 5 * mib, 10 * mib, 5 * mib, 58}},
		{1000 * mib, 99 * mib, 1 << 30, budget{1000 * mib, 150 * mib, 4 * 64 * mib / 20, 350 * mib, 99 * mib, 100 * mib, 50 * mib, 581}}, // a small disk
		{10_000 * mib, 0, 1 << 40, budget{10_000 * mib, 1500 * mib, 256 * mib, 3500 * mib, 32 * mib, 1000 * mib, 500 * mib, 1000}},
	} {
		got, err := newBudget(c.total, c.queue, c.disk)
		near := func(a, b Size) bool { return a-b < 400 && b-a < 400 } // whole percents of whole bytes
		if err != nil || !near(got.cache, c.want.cache) || !near(got.memtables, c.want.memtables) ||
			!near(got.live, c.want.live) || !near(got.queue, c.want.queue) || !near(got.conns, c.want.conns) || !near(got.bodies, c.want.bodies) || got.total != c.want.total {
			t.Errorf("%s on a disk of %s: %+v, %v", c.total, Size(c.disk), got, err)
		}
	}
	if _, err := newBudget(63*mib, 0, 1<<40); err == nil {
		t.Error("63 MiB are enough")
	}
}
