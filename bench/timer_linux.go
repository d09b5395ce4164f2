package bench

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// timer is a timer that is a file: it wakes its reader as a socket does, without a thread of its own.
type timer struct {
	fd   int      // of f, whose own Fd would make it block a thread
	f    *os.File // nil if there is none
	read [8]byte
}

func newTimer() *timer {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return &timer{}
	}
	return &timer{fd: fd, f: os.NewFile(uintptr(fd), "timer")}
}

// sleep sleeps for d and tells whether it could.
func (t *timer) sleep(d time.Duration) bool {
	if t.f == nil {
		return false
	}
	set := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}
	if err := unix.TimerfdSettime(t.fd, 0, &set, nil); err != nil {
		return false
	}
	_, err := t.f.Read(t.read[:])
	return err == nil
}

func (t *timer) close() {
	if t.f != nil {
		_ = t.f.Close() // there is nothing to lose
	}
}
