package server_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// newDisk mounts an ext4 file system from a file, where that is permitted, in a namespace of its own; in CI it must be
// where the tests are root.
func newDisk(t *testing.T) (m *mount, image string) {
	t.Helper()
	image = filepath.Join(t.TempDir(), "disk")
	m = &mount{t: t, dir: t.TempDir()}
	m.holder = exec.Command("unshare", "--mount", "sh", "-c",
		`truncate -s 400M "$1" && mkfs.ext4 -q -F "$1" && mount -o loop,errors=remount-ro "$1" "$0" && echo mounted && read never`, m.dir, image)
	in, err := m.holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	line := ""
	if err = m.holder.Start(); err == nil {
		line, _ = bufio.NewReader(out).ReadString('\n')
		t.Cleanup(func() { _, _ = in.Close(), m.holder.Wait() }) // what is mounted goes with its namespace
	}
	if line != "mounted\n" {
		if os.Getenv("CI") != "" && os.Getuid() == 0 {
			t.Fatalf("CI must mount a disk from a file: %v", err)
		}
		t.Skip("mounting a disk from a file needs root, unshare, mkfs.ext4 and loop devices")
	}
	return m, image
}

// run runs a command of the shell inside, where $0 is the mounted folder and $1 the image.
func (m *mount) run(command, image string) {
	m.t.Helper()
	args := append(m.enter()[1:], "sh", "-c", command, m.dir, image)
	if out, err := exec.Command("nsenter", args...).CombinedOutput(); err != nil {
		m.t.Fatalf("%s: %v: %s", command, err, strings.TrimSpace(string(out)))
	}
}

// A file system that turns read-only under load, as ext4 does after an error, ends the program with 74. What it had
// acknowledged can be read there with --read-only, and is there once the disk is well.
func TestADiskThatTurnsReadOnlyExits74(t *testing.T) {
	seed := seedOf(t)
	m, image := newDisk(t)
	for round := range roundsOf(t, 1) {
		p := startOn(t, m, "MIN_FREE=1")
		l := &load{}
		broken := make(chan struct{})
		var once sync.Once
		l.run(p, seed+uint64(round), fmt.Sprint("ro", round), func(acked int) {
			if acked >= 100 {
				once.Do(func() {
					go func() {
						defer close(broken)
						m.run(`mount -o remount,abort "$0"`, image)
					}()
				})
			}
		})
		<-broken
		<-p.ended
		if code := p.cmd.ProcessState.ExitCode(); code != 74 {
			t.Errorf("it exits %d, want 74:\n%s", code, p.log.String())
		}
		p = startOn(t, m, "READ_ONLY=true")
		l.verify(p)
		if code := p.stop(); code != 0 {
			t.Errorf("of the broken disk, read only, it exits %d:\n%s", code, p.log.String())
		}
		m.run(`umount "$0" && mount -o loop,errors=remount-ro "$1" "$0"`, image)
		p = startOn(t, m, "MIN_FREE=1")
		l.verify(p)
		l.resend(p)
		l.verify(p)
		if code := p.stop(); code != 0 {
			t.Errorf("it exits %d:\n%s", code, p.log.String())
		}
	}
}
