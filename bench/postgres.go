package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// ErrNoPostgres says that PostgreSQL is not installed.
var ErrNoPostgres = errors.New("PostgreSQL is not installed (no initdb and postgres in PATH or /usr/lib/postgresql)")

const postgresUser = "postgres"

// postgresBinaries returns the newest initdb and postgres.
func postgresBinaries() (initdb, postgres string, err error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", "", fmt.Errorf("look for PostgreSQL: %w", err)
	}
	slices.SortFunc(found, func(a, b string) int { return len(b) - len(a) + slices.Compare([]byte(b), []byte(a)) })
	if p, err := exec.LookPath("postgres"); err == nil {
		found = append(found, p)
	}
	for _, p := range found {
		if initdb = filepath.Join(filepath.Dir(p), "initdb"); exists(initdb) {
			return initdb, p, nil
		}
	}
	return "", "", ErrNoPostgres
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// startPostgres makes a cluster of its own in a temporary directory and starts it, with its own settings but for
// memory: what it acknowledges is synced.
func startPostgres(ctx context.Context, o *Options) (*child, string, error) {
	initdb, postgres, err := postgresBinaries()
	if err != nil {
		return nil, "", err
	}
	dir, err := os.MkdirTemp(o.Dir, "footfall-pg-")
	if err != nil {
		return nil, "", fmt.Errorf("make a directory for PostgreSQL: %w", err)
	}
	remove := func() error { return os.RemoveAll(dir) }
	as, err := unprivileged(dir)
	if err != nil {
		return nil, "", errors.Join(err, remove())
	}
	data := filepath.Join(dir, "data")
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.SysProcAttr = dir, as
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		return cmd
	}
	if text, err := command(initdb, "-D", data, "-U", postgresUser, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync").CombinedOutput(); err != nil {
		return nil, "", errors.Join(fmt.Errorf("run initdb in %s, which PostgreSQL's user must be able to enter: %w\n%s", dir, err, text), remove())
	}
	const port = "5432"
	cmd := command(postgres, "-D", data, "-p", port, "-c", "listen_addresses=", "-c", "unix_socket_directories="+dir,
		"-c", "max_connections=100", "-c", "shared_buffers=256MB", "-c", "fsync=on", "-c", "synchronous_commit=on")
	c, err := start(ctx, "postgres", cmd, "unix", filepath.Join(dir, ".s.PGSQL."+port), remove)
	if err != nil {
		return nil, "", err
	}
	return c, fmt.Sprintf("host=%s port=%s user=%s dbname=postgres sslmode=disable", dir, port, postgresUser), nil
}

// unprivileged returns the attributes of a process that may run PostgreSQL, which refuses root, and gives it dir.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup(postgresUser)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root: %w", err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2, os.Chown(dir, int(uid), int(gid))); err != nil {
		return nil, fmt.Errorf("give the directory to PostgreSQL: %w", err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}
