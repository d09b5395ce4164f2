package server

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"footfall/journal"
	"footfall/sessionize"
	"footfall/store"
)

// ErasuresFile is the name of the erasure list as it stands outside of the store: in the data directory, and where backups
// are written. A backup that is older than an erasure still holds the person; whoever restores it needs the list.
//
// A line is: the directory that it is of, site, kind, the keyed hash, and when. The hashes mean nothing without the
// directory's secret, which every backup of it has.
const ErasuresFile = "erasures"

const erasureLine = "%x %d %d %x %s"

// directoryOf tells directories apart in erasure lists.
func directoryOf(db *store.DB) []byte {
	id := db.ID("the directory of an erasure list")
	return id[:8]
}

// noteErasures completes the erasure lists by what the store knows.
func (s *Server) noteErasures() error {
	var lines []string
	err := sessionize.EachErased(s.db.Reader(), 0, func(e sessionize.Erased) error {
		at := time.UnixMilli(e.At).UTC().Format(time.RFC3339)
		lines = append(lines, fmt.Sprintf(erasureLine, directoryOf(s.db), e.Site, e.Kind, e.ID, at))
		return nil
	})
	if err != nil || len(lines) == 0 {
		return err
	}
	dirs := []string{s.o.Data}
	if s.o.BackupDir != "" {
		dirs = append(dirs, s.o.BackupDir)
	}
	for _, dir := range dirs {
		if err := completeList(dir, lines); err != nil {
			return fmt.Errorf("write the erasure list: %w", err)
		}
	}
	return nil
}

// completeList adds the lines that a list lacks, which may be one of other directories too.
func completeList(dir string, lines []string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	name := filepath.Join(dir, ErasuresFile)
	b, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	have := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	all := slices.DeleteFunc(append(have, lines...), func(l string) bool { return l == "" })
	slices.Sort(all)
	text := strings.Join(slices.Compact(all), "\n") + "\n"
	if text == string(b) {
		return nil
	}
	return replaceSynced(name, text)
}

func replaceSynced(name, text string) error {
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(name+".new", name)
	}
	if err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// readErasures returns the lines of a list that are of a directory. One that cannot be read is an error: nobody may come
// back because of it.
func readErasures(name string, directory []byte) (listed []sessionize.Erased, err error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the erasure list: %w", err)
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		if line == "" {
			continue
		}
		e, of, err := parseErasure(line)
		if err != nil {
			return nil, fmt.Errorf("line %d of the erasure list %s: %w", i+1, name, err)
		}
		if string(of) == string(directory) {
			listed = append(listed, e)
		}
	}
	return listed, nil
}

func parseErasure(line string) (e sessionize.Erased, directory []byte, err error) {
	var of, id, at string
	var kind uint8
	n, err := fmt.Sscanf(line, "%s %d %d %s %s", &of, &e.Site, &kind, &id, &at)
	if n != 5 || err != nil {
		return e, nil, fmt.Errorf("%q is none", line)
	}
	e.Kind = journal.EraseKind(kind)
	raw, err := hex.DecodeString(id)
	if err == nil && len(raw) != len(e.ID) {
		err = fmt.Errorf("%q has not %d bytes", id, len(e.ID))
	}
	if err != nil {
		return e, nil, err
	}
	copy(e.ID[:], raw)
	directory, err = hex.DecodeString(of)
	return e, directory, err
}

// eraseAgain forgets in a restored directory who was erased after the backup was made.
func eraseAgain(ctx context.Context, o Options, list string) (news int, err error) {
	s, err := openFolded(o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.closeState()) }()
	listed, err := readErasures(list, directoryOf(s.db))
	if err != nil {
		return 0, err
	}
	if news, err = s.leads.EraseAgain(ctx, listed); err != nil || news == 0 {
		return 0, err
	}
	return news, s.purge(ctx, true)
}
