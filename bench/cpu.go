package bench

import (
	"bytes"
	"os"
	"strconv"
	"time"
)

// clockTick is the unit of /proc/PID/stat: every Linux that Go runs on has 100 a second.
const clockTick = 10 * time.Millisecond

// cpuTime is what processes used of the processors, by the kernel's own accounting.
type cpuTime struct {
	User   time.Duration `json:"user_ns"`
	System time.Duration `json:"system_ns"`
	Known  bool          `json:"known"`
}

func (c cpuTime) total() time.Duration { return c.User + c.System }

func (c cpuTime) since(before cpuTime) cpuTime {
	return cpuTime{c.User - before.User, c.System - before.System, c.Known && before.Known}
}

func selfPID() int { return os.Getpid() }

// cpuOf returns the sum of what the processes and their living children have used. It is not known if one of them
// cannot be read, or if there are none.
func cpuOf(pids ...int) cpuTime {
	sum := cpuTime{Known: len(pids) > 0}
	for _, pid := range pids {
		one, ok := readStat(pid)
		sum.User += one.User
		sum.System += one.System
		sum.Known = sum.Known && ok
	}
	return sum
}

// readStat reads utime and stime, the 14th and 15th field. The 2nd is the program's name in parentheses and may hold
// anything.
func readStat(pid int) (cpuTime, bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return cpuTime{}, false
	}
	fields := statFields(text)
	if len(fields) < 13 {
		return cpuTime{}, false
	}
	user, err1 := strconv.ParseInt(string(fields[11]), 10, 64)
	system, err2 := strconv.ParseInt(string(fields[12]), 10, 64)
	return cpuTime{time.Duration(user) * clockTick, time.Duration(system) * clockTick, true}, err1 == nil && err2 == nil
}

// statFields returns the fields after the program's name.
func statFields(text []byte) [][]byte {
	return bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
}

// withChildren returns a process and all that it started, directly or not.
func withChildren(pid int) []int {
	parents := map[int]int{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return []int{pid}
	}
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		text, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue // it has ended
		}
		if fields := statFields(text); len(fields) > 1 {
			parents[child], _ = strconv.Atoi(string(fields[1]))
		}
	}
	pids := []int{pid}
	for i := 0; i < len(pids); i++ {
		for child, parent := range parents {
			if parent == pids[i] {
				pids = append(pids, child)
			}
		}
	}
	return pids
}
