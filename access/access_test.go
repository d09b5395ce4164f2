package access

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
)

const (
	writeKey = "wk_0123456789abcdef"
	adminKey = "sk_0123456789abcdef"
)

func TestKeysGrantWhatTheyAreFor(t *testing.T) {
	k, err := New(writeKey, adminKey)
	if err != nil {
		t.Fatal(err)
	}
	if site, ok := k.Write(writeKey); !ok || site != 1 {
		t.Errorf("write key: site %d, %v", site, ok)
	}
	g, ok := k.Secret(adminKey)
	if !ok || !g.Scopes.Has(Read|Write|Admin) || !g.Covers(1) || !g.Covers(99) {
		t.Errorf("admin key: %+v, %v", g, ok)
	}
	if k.WriteKey() != writeKey || k.AdminKey() != adminKey {
		t.Error("the keys are not those that were given")
	}
}

func TestOtherKeysGrantNothing(t *testing.T) {
	k, err := New(writeKey, adminKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"", writeKey + "0", writeKey[:18], adminKey, strings.ToUpper(writeKey)} {
		if _, ok := k.Write(key); ok {
			t.Errorf("%q sends", key)
		}
	}
	for _, key := range []string{"", adminKey + "0", adminKey[:18], writeKey} {
		if _, ok := k.Secret(key); ok {
			t.Errorf("%q is a secret key", key)
		}
	}
	if (Grant{Site: 2}).Covers(1) {
		t.Error("a key of site 2 reaches site 1")
	}
}

func TestNewNamesTheFlagAndHidesTheKey(t *testing.T) {
	for _, tt := range []struct{ write, admin, flag string }{
		{"", adminKey, "--write-key"},
		{adminKey, adminKey, "--write-key"},
		{"wk_0123456789abcde", adminKey, "--write-key"},
		{"wk_0123456789 abcdef", adminKey, "--write-key"},
		{writeKey, "sk_short", "--admin-key"},
		{writeKey, writeKey, "--admin-key"},
	} {
		_, err := New(tt.write, tt.admin)
		if err == nil || !strings.Contains(err.Error(), tt.flag) {
			t.Errorf("%q, %q: %v", tt.write, tt.admin, err)
		} else if strings.Contains(err.Error(), "0123456789") {
			t.Errorf("the message shows the key: %v", err)
		}
	}
}

func TestFirstStartMakesKeysThatLaterStartsLoad(t *testing.T) {
	dir := t.TempDir()
	first, created, err := LoadOrCreate(dir, "", "", rand.Reader)
	if err != nil || !created {
		t.Fatalf("created %v, %v", created, err)
	}
	info, err := os.Stat(filepath.Join(dir, InitialFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	if !regexp.MustCompile(`^wk_[\w-]{22}$`).MatchString(first.WriteKey()) {
		t.Errorf("write key %q", first.WriteKey())
	}
	if !regexp.MustCompile(`^sk_[0-9a-f]{8}_[\w-]{43}[0-9a-f]{8}$`).MatchString(first.AdminKey()) {
		t.Errorf("admin key %q", first.AdminKey())
	}
	second, created, err := LoadOrCreate(dir, "", "", iotest.ErrReader(os.ErrInvalid))
	if err != nil || created || *second != *first {
		t.Errorf("second start: created %v, %v", created, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left in the directory: %v, %v", entries, err)
	}
}

func TestFlagsWinOverTheFile(t *testing.T) {
	dir := t.TempDir()
	if _, created, err := LoadOrCreate(dir, writeKey, adminKey, rand.Reader); err != nil || created {
		t.Fatalf("both flags: created %v, %v", created, err)
	}
	if _, err := os.Stat(filepath.Join(dir, InitialFile)); !os.IsNotExist(err) {
		t.Fatalf("both flags left a file: %v", err)
	}
	k, created, err := LoadOrCreate(dir, writeKey, "", rand.Reader)
	if err != nil || !created || k.WriteKey() != writeKey {
		t.Fatalf("one flag: created %v, %v", created, err)
	}
	b, err := os.ReadFile(filepath.Join(dir, InitialFile))
	if err != nil || strings.Contains(string(b), writeKey) {
		t.Errorf("the flag's key is in the file: %s, %v", b, err)
	}
	later, created, err := LoadOrCreate(dir, "", "", rand.Reader)
	if err != nil || !created || later.AdminKey() != k.AdminKey() {
		t.Errorf("without the flag: created %v, admin key kept %v, %v", created, later.AdminKey() == k.AdminKey(), err)
	}
}

func TestLoadOrCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := LoadOrCreate(dir, "", "", iotest.ErrReader(os.ErrInvalid)); err == nil {
		t.Error("keys without randomness")
	}
	if _, _, err := LoadOrCreate(filepath.Join(dir, "missing"), "", "", rand.Reader); err == nil {
		t.Error("keys that were not written")
	}
	if err := os.WriteFile(filepath.Join(dir, InitialFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := LoadOrCreate(dir, "", "", rand.Reader); err == nil || !strings.Contains(err.Error(), InitialFile) {
		t.Errorf("a damaged file: %v", err)
	}
}
