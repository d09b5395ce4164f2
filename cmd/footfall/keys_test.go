package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A key is made, listed with its last use, replaced and revoked, on a fresh machine with nothing but initial-keys.json;
// what the server refuses is told in its words.
func TestKeysAreMadeListedReplacedAndRevoked(t *testing.T) {
	_, r, run := asked(t, t.TempDir())
	// opens says how the server answers a key.
	opens := func(key string) int {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, r.URL+"/v1/leads", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+key)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode
	}
	made := func(c interface{ Run(*program) error }, says string) (key, id string) {
		t.Helper()
		out, err := run(c)
		found := regexp.MustCompile(`^(\S+)\nThe key (\w{8}) is good for (.*)\n$`).FindStringSubmatch(out)
		if err != nil || found == nil || found[3] != says {
			t.Fatalf("%T: %v, %s", c, err, out)
		}
		return found[1], found[2]
	}
	refused := func(c interface{ Run(*program) error }, says string) {
		t.Helper()
		if out, err := run(c); err == nil || out != "" || !strings.Contains(err.Error(), says) {
			t.Errorf("%T: %v, %s", c, err, out)
		}
	}

	write, writeID := made(&keysCreateCmd{remote: r, Kind: "write", Site: 1, Name: "homes.example"}, "site 1.")
	if !strings.HasPrefix(write, "wk_") || opens(write) != http.StatusUnauthorized {
		t.Errorf("the write key %q", write)
	}
	secret, id := made(&keysCreateCmd{remote: r, Kind: "secret", Profile: "default", Scopes: []string{"read"}}, "default, profile default. It is shown this once.")
	if opens(secret) != http.StatusOK {
		t.Error("the secret key opens nothing")
	}
	root, _ := made(&keysCreateCmd{remote: r, Kind: "secret", Instance: true, Scopes: []string{"read", "write", "admin"}}, "everything. It is shown this once.")
	if err := r.ask(&program{ctx: t.Context()}, http.MethodPost, "/v1/organizations", map[string]string{"id": "elm", "name": "Elm"}, nil); err != nil {
		t.Fatal(err)
	}
	refused(&keysCreateCmd{remote: r, Kind: "secret", Scopes: []string{"read"}}, "organization_id")
	refused(&keysCreateCmd{remote: r, Kind: "secret", Organization: "elm"}, "scopes")
	refused(&keysCreateCmd{remote: r, Kind: "write", Site: 7}, "site")
	refused(&keysRotateCmd{remote: r, ID: "none"}, "no such key")
	refused(&keysRevokeCmd{remote: r, ID: "none"}, "no such key")

	list, err := run(&keysListCmd{remote: r})
	for _, row := range []string{
		writeID + ` +write +homes\.example +site 1 +never`, id + ` +secret +default, profile default +read +\d{4}-\d\d-\d\d`, ` +everything +read write admin `,
	} {
		if err != nil || !regexp.MustCompile(row).MatchString(list) {
			t.Errorf("%v, %s in\n%s", err, row, list)
		}
	}
	for _, key := range []string{secret, root} {
		if strings.Contains(list, key[12:]) {
			t.Errorf("the list tells a secret:\n%s", list)
		}
	}

	second, secondID := made(&keysRotateCmd{remote: r, ID: id, Overlap: time.Hour}, "default, profile default. It is shown this once.")
	if opens(secret) != http.StatusOK || opens(second) != http.StatusOK {
		t.Error("while they overlap one of the keys opens nothing")
	}
	third, thirdID := made(&keysRotateCmd{remote: r, ID: secondID}, "default, profile default. It is shown this once.")
	if opens(second) != http.StatusUnauthorized || opens(third) != http.StatusOK {
		t.Error("a key that was replaced at once is good, or its successor is not")
	}
	if out, err := run(&keysRevokeCmd{remote: r, ID: thirdID}); err != nil || !strings.Contains(out, "good for nothing") || opens(third) != http.StatusUnauthorized {
		t.Errorf("revoked: %v, %s", err, out)
	}
}
