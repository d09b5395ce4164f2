package access

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"footfall/catalog"
	"footfall/fault"
	"footfall/journal"
	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	goodPassword  = "teal otter argues loudly"
	otherPassword = "copper kettle sings at dusk"
)

// staff is the real Access on the real journal and store, in memory, with a clock that tests set.
type staff struct {
	*Access
	t      *testing.T
	fs     vfs.FS
	db     *store.DB
	mu     sync.Mutex
	clock  time.Time
	paused []time.Duration // how long those waited who failed to sign in
}

func newStaff(t *testing.T) *staff {
	s := &staff{t: t, fs: vfs.NewMem(), clock: time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)}
	s.open()
	t.Cleanup(s.close)
	return s
}

func (s *staff) open() {
	s.t.Helper()
	var err error
	s.db, err = store.Open("data", store.Options{FS: s.fs, Mem: 1 << 20, Cache: 16 << 20})
	s.must(err)
	s.Access, err = Open(s.db, Options{Now: s.now, Pause: func(_ context.Context, d time.Duration) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.paused = append(s.paused, d)
		return nil
	}})
	s.must(err)
	j, err := journal.Open(s.db, []journal.Owner{s.Access}, journal.Options{Now: s.now, CheckpointEvery: 5 * time.Millisecond})
	s.must(err)
	s.Attach(j)
	s.must(s.Flags("wk_0123456789abcdef", "sk_0123456789abcdef"))
}

// close checks everything that is stored, and closes.
func (s *staff) close() {
	s.t.Helper()
	v := s.db.NewView()
	s.Check(v, func(err error) { s.t.Error(err) })
	s.must(v.Close())
	s.must(s.journal.Close())
	s.must(s.db.Close())
}

// restart closes the store and opens it again.
func (s *staff) restart() {
	s.close()
	s.open()
}

func (s *staff) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *staff) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock
}

func (s *staff) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = s.clock.Add(d)
}

// key is the instance's admin key.
func (s *staff) key() Grant {
	g, ok := s.Secret("sk_0123456789abcdef")
	if !ok {
		s.t.Fatal("the admin key is not known")
	}
	return g
}

// hire makes a user of an organization with goodPassword.
func (s *staff) hire(email string, role Role, organization string) User {
	s.t.Helper()
	u, err := s.CreateUser(s.t.Context(), s.key(), NewUser{Email: email, Name: "Somebody", Role: role.String(),
		Organization: organization, Profile: catalog.Default, Password: goodPassword})
	s.must(err)
	return u
}

func (s *staff) signIn(email, password string) (cookie string, err error) {
	_, cookie, err = s.SignIn(s.t.Context(), Credentials{Email: email, Password: password, From: netip.MustParseAddr("192.0.2.1")})
	return cookie, err
}

func (s *staff) signedIn(email string) string {
	s.t.Helper()
	cookie, err := s.signIn(email, goodPassword)
	s.must(err)
	return cookie
}

func (s *staff) good(cookie string) bool {
	_, ok := s.Login(cookie, s.now())
	return ok
}

func TestAUserSignsInWithTheirPasswordAndNoOther(t *testing.T) {
	s := newStaff(t)
	u := s.hire("Ada@Homes.Example ", AgentRole, "default")
	if u.Email != "ada@homes.example" || u.Hash != "" {
		t.Errorf("the user is %+v", u)
	}
	cookie := s.signedIn(" ADA@homes.example")
	g, ok := s.Login(cookie, s.now())
	want := Grant{Actor: "user:" + u.ID, Organization: "default", Profile: "default", Scopes: Read | Write, Role: AgentRole}
	if !ok || g != want {
		t.Errorf("the cookie gives %+v, %v", g, ok)
	}
	for _, c := range []struct{ email, password string }{
		{"ada@homes.example", otherPassword}, {"ada@homes.example", ""}, {"ada@homes.example", goodPassword + " "},
		{"nobody@homes.example", goodPassword}, {"", goodPassword},
	} {
		if _, err := s.signIn(c.email, c.password); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("%q, %q: %v", c.email, c.password, err)
		}
	}
	if s.good("") || s.good(cookie+"A") || s.good(strings.ToLower(cookie)) {
		t.Error("a cookie is good that was not given")
	}
}

func TestWhoIsNotThereOrDisabledCostsAsManyHashes(t *testing.T) {
	s := newStaff(t)
	u := s.hire("ada@homes.example", ViewerRole, "default")
	s.hire("bob@homes.example", ViewerRole, "default")
	_, err := s.PatchUser(t.Context(), s.key(), u.ID, UserPatch{Disabled: new(true)})
	s.must(err)
	for _, email := range []string{"ada@homes.example", "bob@homes.example", "nobody@homes.example"} {
		before := s.hasher.made.Load()
		if _, err := s.signIn(email, otherPassword); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("%s: %v", email, err)
		}
		if n := s.hasher.made.Load() - before; n != 1 {
			t.Errorf("%s costs %d hashes", email, n)
		}
	}
	if _, err := s.signIn("ada@homes.example", goodPassword); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("who is disabled signs in: %v", err)
	}
}

func TestUsersThatAreRefused(t *testing.T) {
	s := newStaff(t)
	s.hire("ada@homes.example", ViewerRole, "default")
	for name, c := range map[string]struct {
		n    NewUser
		code fault.Code
	}{
		"taken address":   {NewUser{Email: "ADA@homes.example", Role: "viewer", Organization: "acme"}, fault.Conflict},
		"no address":      {NewUser{Role: "viewer", Organization: "acme"}, fault.MissingField},
		"no real address": {NewUser{Email: "ada", Role: "viewer", Organization: "acme"}, fault.InvalidField},
		"a named address": {NewUser{Email: "Bob <bob@homes.example>", Role: "viewer", Organization: "acme"}, fault.InvalidField},
		"long address":    {NewUser{Email: strings.Repeat("a", 250) + "@homes.example", Role: "viewer", Organization: "acme"}, fault.InvalidField},
		"unknown role":    {NewUser{Email: "bob@homes.example", Role: "owner", Organization: "acme"}, fault.InvalidField},
		"no role":         {NewUser{Email: "bob@homes.example", Organization: "acme"}, fault.InvalidField},
		"no organization": {NewUser{Email: "bob@homes.example", Role: "viewer"}, fault.MissingField},
		"agent of nobody": {NewUser{Email: "bob@homes.example", Role: "agent", Organization: "acme"}, fault.MissingField},
		"name of lines":   {NewUser{Email: "bob@homes.example", Name: "Bob\r\nX", Role: "viewer", Organization: "acme"}, fault.InvalidField},
		"short password":  {NewUser{Email: "bob@homes.example", Role: "viewer", Organization: "acme", Password: "short"}, fault.InvalidField},
	} {
		if _, err := s.CreateUser(t.Context(), s.key(), c.n); !fault.Is(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Everything about people survives a restart, and a rebuild, which keeps their rows.
func TestPeopleSurviveARestart(t *testing.T) {
	s := newStaff(t)
	u := s.hire("ada@homes.example", AdminRole, "default")
	cookie := s.signedIn("ada@homes.example")
	_, invite, err := s.CreateInvite(t.Context(), u.Grant(), NewUser{Role: "viewer", Organization: "default"})
	s.must(err)
	token, _, err := s.CreateReset(t.Context(), s.key(), "ada@homes.example")
	s.must(err)
	s.restart()
	if !s.good(cookie) {
		t.Error("the login is gone")
	}
	if _, err := s.invite(invite); err != nil {
		t.Errorf("the invite is gone: %v", err)
	}
	if _, err := s.Reset(t.Context(), token, otherPassword); err != nil {
		t.Errorf("the reset is gone: %v", err)
	}
	s.restart()
	if s.good(cookie) {
		t.Error("the login that ended is back")
	}
	if _, err := s.signIn("ada@homes.example", otherPassword); err != nil {
		t.Errorf("the new password is gone: %v", err)
	}
}

// What stands in the journal outlives an erasure, so it says nothing of people but their ids.
func TestTheJournalHoldsNoAddressNoNameNoHashAndNoToken(t *testing.T) {
	s := newStaff(t)
	u := s.hire("ada@homes.example", AdminRole, "default")
	cookie := s.signedIn("ada@homes.example")
	_, invite, err := s.CreateInvite(t.Context(), s.key(), NewUser{Email: "bob@homes.example", Role: "viewer", Organization: "default"})
	s.must(err)
	_, _, err = s.AcceptInvite(t.Context(), invite, Acceptance{Name: "Robert Roe", Password: goodPassword})
	s.must(err)
	_, err = s.PatchUser(t.Context(), s.key(), u.ID, UserPatch{Name: new("Ada Lovelace")})
	s.must(err)
	n := 0
	for r, err := range s.journal.Read(0) {
		s.must(err)
		n++
		text := string(r.Body)
		for _, secret := range []string{"ada@", "bob@", "Lovelace", "Robert", "argon2", cookie, invite} {
			if strings.Contains(text, secret) {
				t.Errorf("record %d holds %q: %s", r.Pos, secret, text)
			}
		}
	}
	if n < 5 {
		t.Errorf("%d records", n)
	}
	lo, _ := store.Users.Span()
	_, hi := store.Logins.Span()
	s.must(s.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
		for _, secret := range []string{cookie, invite} {
			if strings.Contains(string(key)+string(value), secret) {
				t.Errorf("row %x holds a token", key)
			}
		}
		return nil
	}))
}

func FuzzPeopleRows(f *testing.F) {
	f.Add([]byte("\x22\x01us_x"), []byte("\x01{\"id\":\"us_x\",\"email\":\"a@b.c\",\"role\":\"admin\"}"))
	f.Add(tokenRowKey(inviteKind, hashToken("x")), []byte("\x01{\"id\":\"in_x\",\"role\":\"agent\",\"organization_id\":\"default\"}"))
	f.Add(tokenRowKey(resetKind, hashToken("x")), []byte("\x01{\"user\":\"us_x\"}"))
	f.Add(loginRowKey(hashToken("x")), []byte("\x01{\"user\":\"us_x\"}"))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		if len(key) == 0 {
			return // no store has such a key
		}
		p := newPeople()
		err := p.take(journal.Row{Key: key, Value: value})
		rows := len(p.users) + len(p.invites) + len(p.resets) + len(p.logins)
		if value != nil && (err == nil) != (rows == 1) {
			t.Errorf("%d rows, %v", rows, err)
		}
	})
}
