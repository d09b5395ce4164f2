package access

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"footfall/fault"
	"footfall/journal"
	"footfall/store"
)

const (
	flagWrite = "wk_0123456789abcdef"
	flagAdmin = "sk_0123456789abcdef"
)

// admin is somebody who may do everything in the organization elm.
var admin = Grant{Actor: "key:test", Organization: "elm", Scopes: all}

func (s *staff) make(by Grant, n NewKey) (KeyInfo, string) {
	s.t.Helper()
	k, secret, err := s.Create(s.t.Context(), by, n)
	s.must(err)
	return k, secret
}

func TestKeysOfFlagsGrantWhatTheyAreFor(t *testing.T) {
	s := newStaff(t)
	if site, ok := s.Write(flagWrite); !ok || site != 1 {
		t.Errorf("write key: site %d, %v", site, ok)
	}
	if g, ok := s.Secret(flagAdmin); !ok || !g.Instance() {
		t.Errorf("admin key: %+v, %v", g, ok)
	}
	for _, key := range []string{"", flagWrite + "0", flagWrite[:18], flagAdmin, strings.ToUpper(flagWrite)} {
		if _, ok := s.Write(key); ok {
			t.Errorf("%q sends", key)
		}
	}
	for _, key := range []string{"", flagAdmin + "0", flagAdmin[:18], flagWrite} {
		if _, ok := s.Secret(key); ok {
			t.Errorf("%q is a secret key", key)
		}
	}
	if len(s.Keys()) != 2 {
		t.Errorf("%+v", s.Keys())
	}
	for _, k := range s.Keys() {
		if err := s.Revoke(t.Context(), server, k.ID, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("a flag's key is changed by another start only: %v", err)
		}
	}
}

func TestASecretKeyGrantsItsOrganizationUntilItIsRevoked(t *testing.T) {
	s := newStaff(t)
	k, secret := s.make(admin, NewKey{Kind: KindSecret, Organization: "elm", Profile: "ann", Scopes: Read | Write})
	if !regexp.MustCompile(`^sk_[0-9a-f]{8}_[\w-]{43}[0-9a-f]{8}$`).MatchString(secret) || !strings.Contains(secret, k.ID) {
		t.Errorf("%q, id %q", secret, k.ID)
	}
	want := Grant{Actor: "key:" + k.ID, Organization: "elm", Profile: "ann", Scopes: Read | Write}
	if g, ok := s.Secret(secret); !ok || g != want || !s.Valid(g) {
		t.Errorf("%+v, %v", g, ok)
	}
	for i := range secret {
		flipped := []byte(secret)
		flipped[i] ^= 1
		if _, ok := s.Secret(string(flipped)); ok {
			t.Errorf("good with another character %d", i)
		}
		body := flipped[:len(flipped)-checksumLen] // and the checksum of that
		if near := string(body) + checksum(string(body)); near != secret {
			if _, ok := s.Secret(near); ok {
				t.Errorf("good with another character %d and its checksum", i)
			}
		}
	}
	s.restart()
	if g, ok := s.Secret(secret); !ok || g != want {
		t.Errorf("after a restart: %+v, %v", g, ok)
	}
	s.must(s.Revoke(t.Context(), admin, k.ID, "elm"))
	if _, ok := s.Secret(secret); ok || s.Valid(want) {
		t.Error("a revoked key is good")
	}
	s.restart()
	if _, ok := s.Secret(secret); ok {
		t.Error("a revoked key is good after a restart")
	}
	if err := s.Revoke(t.Context(), admin, k.ID, "elm"); !fault.Is(err, fault.NotFound) {
		t.Errorf("revoked twice: %v", err)
	}
}

func TestARotatedKeyEndsAtOnceOrAfterItsOverlap(t *testing.T) {
	s := newStaff(t)
	k, first := s.make(admin, NewKey{Kind: KindSecret, Organization: "elm", Scopes: Read})
	k, second, err := s.Rotate(t.Context(), admin, k.ID, "elm", time.Hour)
	s.must(err)
	_, third, err := s.Rotate(t.Context(), admin, k.ID, "elm", 0)
	s.must(err)
	good := func() (good string) {
		for i, key := range []string{first, second, third} {
			if _, ok := s.Secret(key); ok {
				good += string(rune('1' + i))
			}
		}
		return good
	}
	if got := good(); got != "13" {
		t.Errorf("good: %s", got)
	}
	s.pass(time.Hour)
	if got := good(); got != "3" {
		t.Errorf("an hour later: %s", got)
	}
}

func TestNoKeyMayDoMoreThanItsMaker(t *testing.T) {
	s := newStaff(t)
	agent := Grant{Actor: "key:agent", Organization: "elm", Profile: "ann", Scopes: Read | Write}
	for _, tt := range []struct {
		name string
		by   Grant
		key  NewKey
		code fault.Code
	}{
		{"a profile's key", agent, NewKey{Kind: KindSecret, Organization: "elm", Profile: "ann", Scopes: Read}, fault.Forbidden},
		{"a key without the scope admin", Grant{Organization: "elm", Scopes: Read | Write}, NewKey{Kind: KindSecret, Organization: "elm", Scopes: Read}, fault.Forbidden},
		{"another organization", admin, NewKey{Kind: KindSecret, Organization: "oak", Scopes: Read}, fault.Forbidden},
		{"every organization", admin, NewKey{Kind: KindSecret, Scopes: Read}, fault.Forbidden},
		{"admin of a profile", admin, NewKey{Kind: KindSecret, Organization: "elm", Profile: "ann", Scopes: all}, fault.InvalidField},
		{"no scope", admin, NewKey{Kind: KindSecret, Organization: "elm"}, fault.MissingField},
		{"a write key of no site", admin, NewKey{Kind: KindWrite}, fault.MissingField},
		{"another kind", admin, NewKey{Kind: "open", Scopes: Read}, fault.InvalidField},
	} {
		if _, _, err := s.Create(t.Context(), tt.by, tt.key); !fault.Is(err, tt.code) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestNoKeyIsRotatedIntoMoreThanItsHolderHas(t *testing.T) {
	s := newStaff(t)
	whole, secret := s.make(admin, NewKey{Kind: KindSecret, Organization: "elm", Scopes: all})
	for name, by := range map[string]Grant{
		"the scope admin alone":  {Actor: "key:a", Organization: "elm", Scopes: Admin},
		"every organization's":   {Actor: "key:b", Scopes: Admin},
		"another organization's": {Actor: "key:c", Organization: "oak", Scopes: all},
		"no admin's":             {Actor: "key:d", Organization: "elm", Scopes: Read | Write},
	} {
		if _, got, err := s.Rotate(t.Context(), by, whole.ID, "elm", 0); !fault.Is(err, fault.Forbidden) || got != "" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, ok := s.Secret(secret); !ok {
		t.Error("a rotation that was refused ended the key")
	}
}

func TestAFlagBringsARevokedKeyBackAsLongAsItIsGiven(t *testing.T) {
	s := newStaff(t)
	dir := t.TempDir()
	s.keys.Store(&keyTable{map[string]*entry{}, map[string]*entry{}, map[string]*entry{}})
	first, err := s.Start(t.Context(), dir, "", "")
	s.must(err)
	g, _ := s.Secret(first.AdminKey)
	s.must(s.Revoke(t.Context(), g, g.KeyID(), ""))
	_, err = s.Start(t.Context(), dir, "", first.AdminKey)
	s.must(err)
	if g, ok := s.Secret(first.AdminKey); !ok || !g.Instance() {
		t.Error("the flag's key is refused")
	}
	s.restart()
	if _, err := s.Start(t.Context(), dir, "", flagAdmin); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Secret(first.AdminKey); ok {
		t.Error("the file brought a revoked key back")
	}
}

func TestTheTrailForgetsAfterThirteenMonthsAlsoWhenItIsMadeAgain(t *testing.T) {
	s := newStaff(t)
	s.must(s.Log(t.Context(), admin, "first", "", ""))
	s.pass(300 * 24 * time.Hour)
	s.must(s.Log(t.Context(), admin, "second", "", ""))
	s.pass(100 * 24 * time.Hour)
	s.must(s.RetireAudit(t.Context()))
	actions := func() (names string) {
		rows, err := s.Audit("elm", 10, 0)
		s.must(err)
		for _, r := range rows {
			names += r.Action + " "
		}
		return names
	}
	if got := actions(); got != "second " {
		t.Errorf("after 400 days the trail holds %s", got)
	}
	s.must(s.journal.Close())
	b := s.db.NewBatch()
	b.DeleteRange(store.Audit.Span())
	journal.ForgetPositions(b)
	s.must(b.Commit(true))
	s.must(s.db.Close())
	s.open()
	if got := actions(); got != "second " {
		t.Errorf("made again the trail holds %s", got)
	}
}

func TestTheTrailNamesWhoDidWhatAndNoSecret(t *testing.T) {
	s := newStaff(t)
	k, secret := s.make(admin, NewKey{Kind: KindSecret, Organization: "elm", Scopes: Read})
	s.must(s.Revoke(t.Context(), admin, k.ID, "elm"))
	rows, err := s.Audit("elm", 10, 0)
	s.must(err)
	if len(rows) != 2 || rows[0].Action != "key.revoke" || rows[1].Action != "key.create" || rows[1].Actor != "key:test" || rows[1].Target != k.ID {
		t.Fatalf("%+v", rows)
	}
	if rows, err := s.Audit("oak", 10, 0); err != nil || len(rows) != 0 {
		t.Errorf("the neighbour's: %v, %v", rows, err)
	}
	_, random, _ := strings.Cut(secret[len(secretPrefix):], "_")
	for r, err := range s.journal.Read(0) {
		s.must(err)
		if r.Kind == journal.KindAccess && strings.Contains(string(r.Body), random[:secretRandom]) {
			t.Error("the secret stands in the journal")
		}
	}
	lo, hi := store.Keys.Span()
	s.must(s.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(_, value []byte) error {
		if strings.Contains(string(value), random[:secretRandom]) {
			t.Error("the secret is stored")
		}
		return nil
	}))
}

func TestTheFirstStartMakesKeysThatOutliveTheirFile(t *testing.T) {
	s := newStaff(t)
	dir := t.TempDir()
	s.keys.Store(&keyTable{map[string]*entry{}, map[string]*entry{}, map[string]*entry{}})
	first, err := s.Start(t.Context(), dir, "", "")
	s.must(err)
	info, err := os.Stat(filepath.Join(dir, InitialFile))
	if err != nil || info.Mode().Perm() != 0o600 || !first.Created || !first.File {
		t.Fatalf("%v, %v, %+v", info, err, first)
	}
	second, err := s.Start(t.Context(), dir, "", "")
	s.must(err)
	if second.Created || second.WriteKey != first.WriteKey || second.AdminKey != first.AdminKey {
		t.Errorf("second start: %+v", second)
	}
	s.must(os.Remove(filepath.Join(dir, InitialFile)))
	third, err := s.Start(t.Context(), dir, "", "")
	s.must(err)
	if third.Created || third.File {
		t.Errorf("without the file: %+v", third)
	}
	if _, ok := s.Write(first.WriteKey); !ok {
		t.Error("the write key is lost with the file")
	}
	if g, ok := s.Secret(first.AdminKey); !ok || !g.Instance() {
		t.Error("the admin key is lost with the file")
	}
	s.must(os.WriteFile(filepath.Join(dir, InitialFile), []byte("{"), 0o600))
	if _, err := s.Start(t.Context(), dir, "", ""); err == nil || !strings.Contains(err.Error(), InitialFile) {
		t.Errorf("a damaged file: %v", err)
	}
}

func TestFlagsAreCheckedAndNotRepeated(t *testing.T) {
	for _, tt := range []struct{ write, admin, flag string }{
		{flagAdmin, "", "--write-key"},
		{"wk_0123456789abcde", "", "--write-key"},
		{"wk_0123456789 abcdef", "", "--write-key"},
		{"", "sk_short", "--admin-key"},
		{"", flagWrite, "--admin-key"},
	} {
		err := CheckKeys(tt.write, tt.admin)
		if err == nil || !strings.Contains(err.Error(), tt.flag) {
			t.Errorf("%q, %q: %v", tt.write, tt.admin, err)
		} else if strings.Contains(err.Error(), "0123456789") {
			t.Errorf("the message shows the key: %v", err)
		}
	}
}

func FuzzDecodeKey(f *testing.F) {
	f.Add([]byte("\x21abcdefgh"), []byte("\x01{\"id\":\"abcdefgh\",\"kind\":\"write\",\"site_id\":1,\"key\":\"wk_x\"}"))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		k, err := decodeKey(key, value)
		if err != nil {
			return
		}
		row, err := k.row()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := decodeKey(row.Key, row.Value); err != nil || again.ID != k.ID {
			t.Errorf("%q became %q: %v", value, row.Value, err)
		}
	})
}
