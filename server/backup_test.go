package server_test

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// verified runs verify, which must find nothing wrong, and returns what it says by name.
func verified(t *testing.T, args ...string) map[string]string {
	t.Helper()
	code, out := command(t, append([]string{"verify"}, args...)...)
	if code != 0 {
		t.Fatalf("verify %v exits %d: %s", args, code, out)
	}
	return said(out)
}

// said returns the lines that are a name and a value.
func said(out string) map[string]string {
	values := map[string]string{}
	for line := range strings.Lines(out) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "{") {
			values[name] = strings.TrimSpace(value)
		}
	}
	return values
}

// The drill: a backup is made under load, verified and restored. The source at that position, the backup and what was
// restored are the same, and everything that was acknowledged before the backup is there.
func TestABackupUnderLoadIsRestoredToTheSameState(t *testing.T) {
	seed := seedOf(t)
	data, backups := t.TempDir(), t.TempDir()
	backup, restored := filepath.Join(backups, "one"), filepath.Join(t.TempDir(), "restored")
	p := start(t, data, "env", "FOOTFALL_BACKUP_DIR="+backups)
	p.addLeads("d")
	l, before := &load{}, &load{}
	var once sync.Once
	made := make(chan string, 1)
	l.run(p, seed, "d", func(acked int) {
		if acked < 300 {
			return
		}
		once.Do(func() {
			l.mu.Lock()
			before.acked = slices.Clone(l.acked)
			l.mu.Unlock()
			go func() {
				_, out := command(t, "backup", "--data", data, "--to", backup, "--ops-listen", p.ops)
				made <- out
				p.stop()
			}()
		})
	})
	if out := <-made; !strings.Contains(out, "backed up to "+backup) {
		t.Fatal(out)
	}
	<-p.ended
	of := verified(t, backup)
	if of["files"] == "not listed" || of["digest"] == "" || of["position"] == "0" {
		t.Errorf("verify says %v", of)
	}
	if again := verified(t, backup); !maps.Equal(again, of) {
		t.Errorf("verified twice: %v, then %v", of, again)
	}
	source := verified(t, data, "--position", of["position"])
	if want := of["journal"]; source["journal"] != want && source["journal"] != want+" up to position "+of["position"] {
		t.Errorf("at that position the source has %q, the backup %q", source["journal"], want)
	}
	code, out := command(t, "restore", "--from", backup, "--to", restored)
	if got := said(out); code != 0 || got["digest"] != of["digest"] || got["position"] != of["position"] {
		t.Errorf("restore exits %d: %s\nthe backup: %v", code, out, of)
	}
	checkSaysOK(t, restored)
	p = start(t, restored)
	before.unanswered = append(l.acked, l.unanswered...)
	before.verify(p)
	before.resend(p)
	before.verify(p)
	if code := p.stop(); code != 0 {
		t.Errorf("it exits %d:\n%s", code, p.log.String())
	}
}

// A directory whose server was killed is backed up as it lies there. What is restored has the same digest and gives the
// same answers.
func TestABackupOfADirectoryAtRestGivesTheSameAnswers(t *testing.T) {
	seed := seedOf(t)
	data, backup, restored := t.TempDir(), filepath.Join(t.TempDir(), "b"), t.TempDir()
	p := start(t, data)
	l := &load{}
	var once sync.Once
	l.run(p, seed, "r", func(acked int) {
		if acked >= 300 {
			once.Do(func() { go p.kill() })
		}
	})
	<-p.ended
	files := bytesOf(t, data)
	if code, out := command(t, "backup", "--data", data, "--to", backup); code != 0 {
		t.Fatalf("backup exits %d: %s", code, out)
	}
	if changed := differ(files, bytesOf(t, data)); len(changed) > 0 {
		t.Errorf("the backup changed %v", changed)
	}
	if code, out := command(t, "restore", "--from", backup, "--to", restored); code != 0 {
		t.Fatalf("restore exits %d: %s", code, out)
	}
	if a, b := verified(t, data)["digest"], verified(t, restored)["digest"]; a != b { // before a server goes on with either
		t.Errorf("the digest was %s and is %s", a, b)
	}
	p = start(t, data)
	want := l.answers(p)
	p.stop()
	p = start(t, restored)
	for query, got := range l.answers(p) {
		if got != want[query] {
			t.Errorf("%s\nbefore %.2000s\nafter  %.2000s", query, want[query], got)
		}
	}
	p.stop()
}

// bytesOf returns the contents of a directory's files by name.
func bytesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		if b, err := os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Error(err)
		} else {
			all[e.Name()] = string(b)
		}
	}
	return all
}

// differ returns the names under which two directories have not the same.
func differ(a, b map[string]string) (names []string) {
	for name := range a {
		if other, ok := b[name]; !ok || other != a[name] {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	return names
}

func TestBackupsAreWrittenBelowTheirDirectoryOnly(t *testing.T) {
	o := options(t.TempDir())
	servingWith(t, o, func(_, ops string) {
		if status, answer := post(t, ops+"/backup?to=x", nil); status != http.StatusForbidden || !strings.Contains(answer, "--backup-dir") {
			t.Errorf("without the flag: %d %s", status, answer)
		}
	})
	o.BackupDir = filepath.Join(t.TempDir(), "backups")
	servingWith(t, o, func(_, ops string) {
		for _, to := range []string{"", ".", "..", "../x", "/x", o.Data + "/x", o.BackupDir, o.BackupDir + "/../x", o.BackupDir + "x/y"} {
			if status, answer := post(t, ops+"/backup?to="+to, nil); status != http.StatusForbidden {
				t.Errorf("to %s: %d %s", to, status, answer)
			}
		}
		if status, answer := post(t, ops+"/backup?to=a/b", http.Header{"Sec-Fetch-Site": {"cross-site"}}); status != http.StatusForbidden {
			t.Errorf("from a page elsewhere: %d %s", status, answer)
		}
		if _, err := os.Stat(o.BackupDir); !os.IsNotExist(err) {
			t.Errorf("something was written: %v", err)
		}
		for _, want := range []int{http.StatusOK, http.StatusConflict} {
			if status, answer := post(t, ops+"/backup?to=a/b", nil); status != want {
				t.Errorf("%d %s, want %d", status, answer, want)
			}
		}
		if code, out := command(t, "verify", filepath.Join(o.BackupDir, "a", "b"), "--tell", strings.TrimPrefix(ops, "http://")); code != 0 {
			t.Errorf("verify exits %d: %s", code, out)
		}
		if _, metrics := fetch(t, ops+"/metrics", ""); strings.Contains(metrics, "backup_verified_timestamp_seconds 0\n") {
			t.Error("the metric does not tell that a backup was verified")
		}
	})
}

// post posts nothing and returns the answer.
func post(t *testing.T, url string, header http.Header) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(req.Header, header)
	return send(t, req)
}
