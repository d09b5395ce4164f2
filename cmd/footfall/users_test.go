package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"footfall/server"
)

// asked starts a server and returns it, the flags by which commands ask it, and what runs one of them.
func asked(t *testing.T, data string) (s *server.Server, r remote, run func(interface{ Run(*program) error }) (string, error)) {
	t.Helper()
	s, err := server.Open(t.Context(), server.Options{Data: data, Listen: "127.0.0.1:0", QueueBytes: 8 << 20, ShutdownGrace: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	public, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, public) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Setenv(adminKeyName, "")
	r = remote{URL: "http://" + public.Addr().String(), Data: data}
	return s, r, func(c interface{ Run(*program) error }) (string, error) {
		var out bytes.Buffer
		err := c.Run(&program{ctx: t.Context(), out: &out})
		return out.String(), err
	}
}

// A fresh machine: a server on an empty directory, and nothing but its initial-keys.json.
func TestTheFirstAdminComesInByALinkAndManagesUsers(t *testing.T) {
	data := t.TempDir()
	s, r, run := asked(t, data)
	done := func(c interface{ Run(*program) error }, says string) string {
		t.Helper()
		out, err := run(c)
		if err != nil || !regexp.MustCompile(says).MatchString(out) {
			t.Errorf("%T: %v, %s", c, err, out)
		}
		return out
	}
	link := `^` + regexp.QuoteMeta(r.URL) + `/app/invite#[\w-]{43}\n`
	out := done(&loginLinkCmd{remote: r, Email: "ada@homes.example"}, link)
	done(&usersInviteCmd{remote: r, Role: "agent", Organization: "default", Email: "bob@homes.example"}, link)

	_, token, _ := strings.Cut(strings.SplitN(out, "\n", 2)[0], "#")
	body := map[string]string{"name": "Ada Lovelace", "password": "teal otter argues loudly"}
	if err := r.ask(&program{ctx: t.Context()}, "POST", "/v1/invites/"+token+"/accept", body, nil); err != nil {
		t.Fatal(err)
	}
	done(&usersListCmd{remote: r}, `ada@homes\.example +Ada Lovelace +admin +default +never`)
	done(&usersDisableCmd{remote: r, User: "ADA@homes.example"}, `signed out`)
	done(&usersListCmd{remote: r}, `disabled`)
	done(&usersEnableCmd{remote: r, User: "ada@homes.example"}, `may sign in`)
	done(&usersResetCmd{remote: r, User: "ada@homes.example"}, `/app/reset#[\w-]{43}\n`)
	if _, err := run(&usersResetCmd{remote: r, User: "nobody"}); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("a reset of nobody: %v", err)
	}

	if err := os.Remove(filepath.Join(data, "initial-keys.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := run(&usersListCmd{remote: r}); err == nil || !strings.Contains(err.Error(), adminKeyName) {
		t.Errorf("without a key: %v", err)
	}
	t.Setenv(adminKeyName, "sk_0123456789abcdef")
	if _, err := run(&usersListCmd{remote: r}); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("with a wrong key: %v", err)
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(s.Initial().AdminKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.AdminKeyFile = file
	done(&usersListCmd{remote: r}, `ada@homes\.example`)
}
