package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"footfall/sessionize"
	"footfall/store"
)

// Backup writes a backup of a directory to a new one. If no server has it open it reads the directory itself; else it
// asks the server on its operations port, which writes below its --backup-dir only.
func Backup(ctx context.Context, data, to, opsListen string, log *slog.Logger) error {
	if err := store.Exists(data); err != nil {
		return err
	}
	db, err := store.Open(data, store.Options{ReadOnly: true, Merges: sessionize.Merges(), Log: log})
	if errors.Is(err, store.ErrInUse) {
		return tell(ctx, opsListen, "/backup?to="+url.QueryEscape(to))
	}
	if err != nil {
		return err
	}
	return errors.Join(db.Backup(to), db.Close())
}

// TellVerified tells a running server on its operations port that a backup is whole, for its metric.
func TellVerified(ctx context.Context, opsListen string) error {
	return tell(ctx, opsListen, "/backup/verified")
}

// tell posts to an operations port and returns what it refuses with.
func tell(ctx context.Context, opsListen, target string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+opsListen+target, nil)
	if err != nil {
		return fmt.Errorf("ask the server (--ops-listen): %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the server (--ops-listen): %w", err)
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the server refuses: status %d: %s", res.StatusCode, answer)
	}
	return nil
}

// serveBackup is POST /backup?to=DIRECTORY of the operations port.
func (s *Server) serveBackup(w http.ResponseWriter, r *http.Request) {
	to, refused := s.backupTo(r.URL.Query().Get("to"))
	switch {
	case refused != "":
		http.Error(w, refused, http.StatusForbidden)
		return
	case s.disk.low():
		http.Error(w, "the disk of --data has less than --min-free left", http.StatusServiceUnavailable)
		return
	case !s.backups.TryLock():
		http.Error(w, "another backup is being made, or the server is stopping", http.StatusConflict)
		return
	}
	defer s.backups.Unlock()
	began := s.o.Now()
	err := s.db.Backup(to)
	switch {
	case errors.Is(err, fs.ErrExist):
		http.Error(w, to+" is there already", http.StatusConflict)
		return
	case err != nil:
		s.o.Log.Error("a backup failed", "error", err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	took := s.o.Now().Sub(began)
	s.o.Log.Info("a backup was made", "to", to, "took", took.String())
	w.Header().Set("Content-Type", "application/json")
	// The client may be gone; the backup is made.
	_ = json.NewEncoder(w).Encode(struct {
		To string `json:"to"`
	}{to})
}

// backupTo returns the directory that a request means, which must be below --backup-dir, or why there is none.
func (s *Server) backupTo(to string) (dir, refused string) {
	root := s.o.BackupDir
	if root == "" {
		return "", "this server makes no backups: it was started without --backup-dir"
	}
	if !filepath.IsAbs(to) {
		to = filepath.Join(root, to)
	}
	below, err := filepath.Rel(root, to)
	if err != nil || below == "." || !filepath.IsLocal(below) {
		return "", "backups are written below --backup-dir " + root
	}
	return to, ""
}

// serveVerified is POST /backup/verified of the operations port.
func (s *Server) serveVerified(http.ResponseWriter, *http.Request) {
	s.backupVerified.Store(s.o.Now().Unix())
}

// Restore copies a backup into an empty directory, erases there again who is in the erasure list, and verifies what came of
// it. The backup's list of files is compared first. The erasure list is the one beside the backup, or below which it
// stands, unless another is given; "" and none there: nobody was erased.
//
// Initial keys are not part of a backup: a server on the restored directory makes new ones or is given some.
func Restore(ctx context.Context, from, erasures string, o Options, report func(error)) (v Verified, err error) {
	if err := store.Exists(from); err != nil {
		return v, err
	}
	files, err := store.Restore(from, o.Data)
	if err != nil {
		return v, err
	}
	if erasures == "" {
		erasures = listBeside(from)
	}
	erased := 0
	if erasures != "" {
		if erased, err = eraseAgain(ctx, o, erasures); err != nil {
			return v, fmt.Errorf("erase again what was erased since: %w", err)
		}
	}
	if v, err = Verify(ctx, o, 0, report); err != nil {
		return v, fmt.Errorf("verify what was restored: %w", err)
	}
	v.Files, v.Erased = files, erased
	return v, nil
}

// listBeside returns the erasure list in the directory of a backup or in that above it, "" if there is none.
func listBeside(backup string) string {
	for dir, n := filepath.Dir(backup), 0; n < 2; dir, n = filepath.Dir(dir), n+1 {
		name := filepath.Join(dir, ErasuresFile)
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			return name
		}
	}
	return ""
}
