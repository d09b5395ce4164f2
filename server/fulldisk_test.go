package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// mount is a small file system in memory, in a mount namespace of its own.
type mount struct {
	t      *testing.T
	dir    string
	holder *exec.Cmd // keeps the namespace
	fill   *os.File  // takes what others do not
}

// newMount mounts, where that is permitted; in CI it must be.
func newMount(t *testing.T, mib int) *mount {
	t.Helper()
	m := &mount{t: t, dir: t.TempDir()}
	m.holder = exec.Command("unshare", "--mount", "sh", "-c",
		fmt.Sprintf(`mount -t tmpfs -o size=%dm none "$0" && echo mounted && read never`, mib), m.dir)
	in, err := m.holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	err = m.holder.Start()
	line := ""
	if err == nil {
		line, _ = bufio.NewReader(out).ReadString('\n')
		t.Cleanup(func() { _, _ = in.Close(), m.holder.Wait() }) // what is mounted goes with its namespace
	}
	if line != "mounted\n" {
		if os.Getenv("CI") != "" {
			t.Fatalf("CI must mount a small disk: %v", err)
		}
		t.Skip("mounting a small disk needs root and unshare")
	}
	if m.fill, err = os.Create(m.path("fill")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.fill.Close() })
	return m
}

// path is where a file of the mount is seen from outside.
func (m *mount) path(name string) string {
	return filepath.Join(fmt.Sprintf("/proc/%d/root", m.holder.Process.Pid), m.dir, name)
}

// enter is what runs a program inside.
func (m *mount) enter() []string {
	return []string{"nsenter", "--mount", "--target", fmt.Sprint(m.holder.Process.Pid)}
}

func (m *mount) free() int64 {
	m.t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(m.path("."), &s); err != nil {
		m.t.Fatal(err)
	}
	return int64(s.Bavail) * s.Bsize
}

// leave makes the filler as large as leaves so much free, or as small.
func (m *mount) leave(free int64) {
	m.t.Helper()
	info, err := m.fill.Stat()
	if err != nil {
		m.t.Fatal(err)
	}
	size := info.Size() + m.free() - free
	if err := m.fill.Truncate(max(size, 0)); err != nil {
		m.t.Fatal(err)
	}
	if grow := size - info.Size(); grow > 0 {
		if err := syscall.Fallocate(int(m.fill.Fd()), 0, info.Size(), grow); err != nil && !errors.Is(err, syscall.ENOSPC) {
			m.t.Fatal(err)
		}
	}
}

func startOn(t *testing.T, m *mount, flags ...string) *process {
	t.Helper()
	env := []string{"env"}
	for _, f := range flags {
		env = append(env, "FOOTFALL_"+f)
	}
	return start(t, m.dir, append(m.enter(), env...)...)
}

// lead posts a lead form and returns the status.
func (p *process) lead() int {
	p.t.Helper()
	status, answer, err := p.do("POST", "/v1/leads", `{"formData":{"email":"a@example.com"}}`)
	if err != nil || status != http.StatusCreated && !strings.Contains(answer, "disk_low") {
		p.t.Fatalf("lead: %d %s %v", status, answer, err)
	}
	return status
}

// until posts beacons, which are all acknowledged or refused with disk_low, until one is answered as wanted.
func (l *load) until(p *process, random *rand.Rand, n *int, wanted int) {
	p.t.Helper()
	for status := 0; status != wanted; *n++ {
		s := beacon(random, "c", *n)
		got, answer, err := p.do("POST", "/v1/events?k="+writeKey, s.body)
		switch {
		case err != nil:
			p.t.Fatal(err)
		case got == http.StatusNoContent:
			l.acked = append(l.acked, s)
		case got != http.StatusServiceUnavailable || !strings.Contains(answer, `"disk_low"`) || !strings.Contains(answer, "--min-free 20 MiB"):
			p.t.Fatalf("%d %s", got, answer)
		}
		status = got
	}
}

// The disk is filled and freed under load. The program says so and goes on, and has all that it acknowledged.
func TestLowDiskRefusesBeaconsThenLeadsAndResumes(t *testing.T) {
	seed := seedOf(t)
	t.Parallel() // it waits for the program to look at the disk most of the time
	random := rand.New(rand.NewPCG(seed, 0))
	m := newMount(t, 256)
	p := startOn(t, m, "MIN_FREE=20MiB")
	l, n := &load{}, 0
	for range 2 {
		l.until(p, random, &n, http.StatusNoContent)
		m.leave(15 << 20)
		l.until(p, random, &n, http.StatusServiceUnavailable)
		if status := p.lead(); status != http.StatusCreated {
			t.Errorf("a lead is answered %d while there is room for it", status)
		}
		m.leave(8 << 20)
		for p.lead() != http.StatusServiceUnavailable {
		}
		m.leave(23 << 20) // more than the minimum, but less than 1.25 times
		for p.lead() != http.StatusCreated {
		}
		if status, _, err := p.do("POST", "/v1/events?k="+writeKey, beaconOf("x")); status != http.StatusServiceUnavailable {
			t.Errorf("resumed too early: %d %v", status, err)
		}
		m.leave(60 << 20)
		l.until(p, random, &n, http.StatusNoContent)
	}
	l.verify(p)
	if code := p.stop(); code != 0 {
		t.Errorf("it exits %d:\n%s", code, p.log.String())
	}
}

// Where no free space is kept and the disk is full to the last byte, the program ends with 10 and has lost nothing
// that it acknowledged.
func TestFullDiskExits10AndLosesNothing(t *testing.T) {
	seed := seedOf(t)
	m := newMount(t, 64)
	p := startOn(t, m, "MIN_FREE=1")
	var stopped atomic.Bool
	filled := make(chan struct{})
	l := &load{}
	go func() {
		defer close(filled)
		block := make([]byte, 1<<20)
		for !stopped.Load() {
			if _, err := m.fill.Write(block); err != nil {
				block = block[:max(len(block)/2, 1)]
			}
		}
	}()
	l.run(p, seed, "f", func(int) {})
	for range 20 { // the ballast, and what was written ahead, have been room for some more
		select {
		case <-p.ended:
		default:
			again := &load{}
			again.run(p, seed, "g", func(int) {})
			l.acked, l.unanswered = append(l.acked, again.acked...), append(l.unanswered, again.unanswered...)
		}
	}
	stopped.Store(true)
	<-filled
	select {
	case <-p.ended:
		if code := p.cmd.ProcessState.ExitCode(); code != 10 {
			t.Errorf("it exits %d, want 10:\n%s", code, p.log.String())
		}
	default:
		t.Log("it outlived the full disk")
		p.kill()
	}
	if err := os.Remove(m.path("ballast")); err != nil && !errors.Is(err, os.ErrNotExist) { // else giving it up makes room to start in
		t.Fatal(err)
	}
	m.leave(0)
	again := append(m.enter(), binary, "serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "--data", m.dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // who does not end is no reason to wait for ever
	defer cancel()
	out, err := exec.CommandContext(ctx, again[0], again[1:]...).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 10 {
		t.Errorf("started on the full disk: %v, want exit status 10:\n%s", err, out)
	}
	m.leave(30 << 20)
	p = startOn(t, m, "MIN_FREE=1")
	l.verify(p)
	if code := p.stop(); code != 0 {
		t.Errorf("it exits %d:\n%s", code, p.log.String())
	}
}
