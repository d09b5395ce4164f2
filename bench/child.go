package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	startPatience = 30 * time.Second
	stopPatience  = 30 * time.Second
)

// child is a server that this run started and will stop.
type child struct {
	name  string
	cmd   *exec.Cmd
	addr  string
	said  tail
	ended chan struct{}
	err   error // how it ended, once ended is closed
	after func() error
}

// tail keeps the end of what a child wrote.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 2000

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-tailSize):]
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.text))
}

// freeAddress returns an address of this machine at which nothing listens now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// start starts cmd and waits until something answers at the address, which is a TCP one or the path of a socket. after,
// if not nil, is called when the child has ended.
func start(ctx context.Context, name string, cmd *exec.Cmd, network, addr string, after func() error) (*child, error) {
	c := &child{name: name, cmd: cmd, addr: addr, ended: make(chan struct{}), after: after}
	tie(cmd)
	cmd.Stdout, cmd.Stderr = &c.said, &c.said
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), c.cleanUp())
	}
	go func() {
		c.err = cmd.Wait()
		close(c.ended)
	}()
	deadline := time.NewTimer(startPatience)
	defer deadline.Stop()
	for {
		if conn, err := net.DialTimeout(network, addr, time.Second); err == nil {
			return c, conn.Close()
		}
		select {
		case <-c.ended:
			return nil, errors.Join(fmt.Errorf("%s ended at once: %w\n%s", name, c.err, c.said.String()), c.cleanUp())
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), c.stop())
		case <-deadline.C:
			return nil, errors.Join(fmt.Errorf("%s does not listen at %s\n%s", name, addr, c.said.String()), c.stop())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop asks the child to end, waits for that and cleans up behind it.
func (c *child) stop() error {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-c.ended:
	case <-time.After(stopPatience):
		_ = c.cmd.Process.Kill()
		<-c.ended
	}
	err := c.err
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled() {
		err = nil // it has no answer to SIGTERM, which is right for a server without data
	}
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", c.name, err, c.said.String())
	}
	return errors.Join(err, c.cleanUp())
}

func (c *child) cleanUp() error {
	if c.after == nil {
		return nil
	}
	return c.after()
}

// startOwn starts this program on an empty directory and makes it the target.
func startOwn(ctx context.Context, o *Options) (*child, error) {
	dir, err := os.MkdirTemp(o.Dir, "footfall-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the server: %w", err)
	}
	remove := func() error { return os.RemoveAll(dir) }
	listen, err1 := freeAddress()
	ops, err2 := freeAddress()
	if err := errors.Join(err1, err2); err != nil {
		return nil, errors.Join(err, remove())
	}
	cmd := exec.Command(o.Program, "serve", "--data", filepath.Join(dir, "data"), "--listen", listen, "--ops-listen", ops,
		"--write-key", o.WriteKey, "--admin-key", o.AdminKey)
	c, err := start(ctx, "footfall serve", cmd, "tcp", listen, remove)
	if err != nil {
		return nil, err
	}
	o.Target, o.PID = "http://"+listen, cmd.Process.Pid
	return c, nil
}

// startPeer starts one of this program's hidden servers.
func startPeer(ctx context.Context, o *Options, after func() error, args ...string) (*child, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	args = append([]string{"bench"}, append(args, "--listen", addr)...)
	return start(ctx, args[1], exec.Command(o.Program, args...), "tcp", addr, after)
}
