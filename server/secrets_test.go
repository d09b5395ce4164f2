package server_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// lines is a log that tests read.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func TestNoSecretStandsInTheDirectoryOrTheLog(t *testing.T) {
	data, log := t.TempDir(), &lines{}
	o := options(data)
	o.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var made struct{ Key string }
	var cookie string
	servingWith(t, o, func(public, _ string) {
		req, err := http.NewRequest(http.MethodPost, public+"/v1/keys", strings.NewReader(`{"kind":"secret","scopes":["read"],"organization_id":"default"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+adminKey)
		status, answer := send(t, req)
		if err := json.Unmarshal([]byte(answer), &made); err != nil || status != http.StatusCreated {
			t.Fatalf("%d %s", status, answer)
		}
		for _, wrong := range []string{made.Key[:len(made.Key)-1], "x" + made.Key} { // refused keys are not logged either
			req, err := http.NewRequest(http.MethodGet, public+"/v1/leads?k="+made.Key, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+wrong)
			if status, answer := send(t, req); status != http.StatusUnauthorized {
				t.Errorf("%d %s", status, answer)
			}
		}
		hire(t, http.DefaultClient, public)
		res := signInAs(t, http.DefaultClient, public, "localhost", http.Header{})
		if len(res.Cookies()) != 1 {
			t.Fatalf("%d %v", res.StatusCode, res.Cookies())
		}
		cookie = res.Cookies()[0].Value
	})
	secrets := map[string]string{"the admin key": adminKey, "a made key": made.Key[12:40], "the password": staffPassword, "the cookie": cookie}
	for what, secret := range secrets {
		if strings.Contains(log.b.String(), secret) {
			t.Errorf("%s stands in the log", what)
		}
	}
	files := 0
	err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		files++
		for what, secret := range secrets {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s stands in %s", what, path)
			}
		}
		return err
	})
	if err != nil || files < 3 {
		t.Errorf("%d files, %v", files, err)
	}
}
