package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"footfall/access"
)

// remote are the flags of commands that ask a running server, as its admin. A key is no flag: flags can be seen by
// everybody on the machine.
type remote struct {
	URL          string `name:"url" help:"Address of the server." default:"http://127.0.0.1:8080" placeholder:"URL"`
	AdminKeyFile string `help:"File that holds the admin key. Without it: the environment's FOOTFALL_ADMIN_KEY, else initial-keys.json in --data." type:"path" placeholder:"FILE"`
	Data         string `help:"Data directory, for its initial-keys.json." default:"footfall-data" type:"path"`
}

// adminKeyName is the variable of the environment that holds the admin key.
const adminKeyName = "FOOTFALL_ADMIN_KEY"

// key returns the admin key.
func (r *remote) key() (string, error) {
	if r.AdminKeyFile != "" {
		text, err := os.ReadFile(r.AdminKeyFile)
		if err != nil {
			return "", fmt.Errorf("read --admin-key-file: %w", err)
		}
		return strings.TrimSpace(string(text)), nil
	}
	if key := os.Getenv(adminKeyName); key != "" {
		return key, nil
	}
	path := filepath.Join(r.Data, access.InitialFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no admin key: give --admin-key-file or %s, or name the data directory of a first start (--data) as long as it has %s",
			adminKeyName, access.InitialFile)
	}
	if err != nil {
		return "", fmt.Errorf("read the initial keys: %w", err)
	}
	var keys access.Initial
	if err := json.Unmarshal(text, &keys); err != nil || keys.AdminKey == "" {
		return "", fmt.Errorf("%s holds no admin key: give --admin-key-file or %s", path, adminKeyName)
	}
	return keys.AdminKey, nil
}

// ask sends JSON, if there is some, and reads the JSON of the answer, if it is wanted.
func (r *remote) ask(p *program, method, path string, body, answer any) error {
	key, err := r.key()
	if err != nil {
		return err
	}
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(p.ctx, method, strings.TrimSuffix(r.URL, "/")+path, sent)
	if err != nil {
		return fmt.Errorf("ask the server (--url): %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the server (--url): %w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	if res.StatusCode >= 300 {
		return refusal(res.StatusCode, text)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("what answers at --url is no server of ours: %w", err)
	}
	return nil
}

// refusal is the error that a server answered with.
func refusal(status int, text []byte) error {
	var body struct {
		Error struct{ Message string }
	}
	if err := json.Unmarshal(text, &body); err != nil {
		body.Error.Message = ""
	}
	return fmt.Errorf("the server answers %d: %s", status, cmp.Or(body.Error.Message, "it does not say why"))
}
