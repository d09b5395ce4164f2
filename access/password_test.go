package access

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"
	"time"

	"footfall/fault"
)

func TestAHashMatchesItsPasswordOnly(t *testing.T) {
	h := newHasher(rand.Reader)
	stored, err := h.hash(t.Context(), "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("the hash is %q", stored)
	}
	for password, want := range map[string]bool{
		"correct horse battery staple": true, "correct horse battery stapl": false,
		"Correct horse battery staple": false, "": false, strings.Repeat("x", 4<<10): false,
	} {
		got, err := h.matches(t.Context(), stored, password)
		if err != nil || got != want {
			t.Errorf("%.40q: %v, %v", password, got, err)
		}
	}
	again, err := h.hash(t.Context(), "correct horse battery staple")
	if err != nil || again == stored {
		t.Errorf("two hashes of a password are %q, %v", again, err)
	}
}

// A hash of another implementation, with other parameters: argon2-cffi's documentation.
func TestHashesOfOthersAreRead(t *testing.T) {
	const stored = "$argon2id$v=19$m=65536,t=3,p=4$MIIRqgvgQbgj220jfp0MPA$YfwJSVjtjSU0zzV/P3S9nnQ/USre2wvJMjfCIjrTQbg"
	ok, err := newHasher(rand.Reader).matches(t.Context(), stored, "correct horse battery staple")
	if err != nil || !ok {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestWhoIsNotKnownCostsAHashToo(t *testing.T) {
	h := newHasher(rand.Reader)
	ok, err := h.matches(t.Context(), "", "correct horse battery staple")
	if err != nil || ok {
		t.Errorf("%v, %v", ok, err)
	}
	if h.made.Load() != 1 {
		t.Errorf("%d hashes were made", h.made.Load())
	}
	c, _, _, err := parseHash(nobodysHash)
	if want := (hashCost{hashMemory, hashPasses, hashThreads}); err != nil || c != want {
		t.Errorf("nobody's hash costs %+v, %v", c, err)
	}
}

func TestTwoHashesAtOnceSixteenWaitTheNextIsRefused(t *testing.T) {
	h := newHasher(rand.Reader)
	for range hashesAtOnce {
		if _, err := h.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	waiting, stop := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	for range hashesWait {
		callers.Go(func() {
			if _, err := h.matches(waiting, "", "any"); !fault.Is(err, fault.Unavailable) {
				t.Errorf("who waited while the server stopped got %v", err)
			}
		})
	}
	for len(h.places) < hashesAtOnce+hashesWait {
		time.Sleep(time.Millisecond)
	}
	if _, err := h.matches(t.Context(), "", "any"); !fault.Is(err, fault.Overloaded) {
		t.Errorf("the next one got %v", err)
	}
	stop()
	callers.Wait()
	if h.made.Load() != 0 {
		t.Errorf("%d hashes were made without a turn", h.made.Load())
	}
}

func TestPasswordsThatAreRefused(t *testing.T) {
	for _, password := range []string{
		"", "elevenchars", strings.Repeat("ü", 11), strings.Repeat("correct horse ", 10), "correct horse \x00 staple", "correct \xff horse staple",
		"123456789012", "012345678901234567890", "abcdefghijklmnop", "aaaaaaaaaaaa", "121212121212", "aabbccddeeff",
		"password1234", "Password1234!", "P@ssw0rd2026", "p4ssw0rdp4ssw0rd", "qwertyuiop12", "1qaz2wsx3edc", "iloveyou2026!", "Welcome2026!!",
		"letmein12345", "admin1234567", "ChangeMe2026", "summerSummer99", "!!!dragon12345", "trustno1trustno1", "footfall-2026", "passwort-passwort",
		"ada.lovelace1815", "Lovelace12345", "homes12345678",
	} {
		if err := checkPassword(password, "ada@homes.example", "Ada Lovelace"); !fault.Is(err, fault.InvalidField) {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func TestPasswordsThatAreTaken(t *testing.T) {
	for _, password := range []string{
		"correct horse battery staple", "kX9#mQ2$vL7p", "über den dächern", "пароль от сарая", strings.Repeat("a1b2c3d4", 16), "749203816552",
		"teal-otter-argues-loudly", "my house is on fire again, said ada",
	} {
		if err := checkPassword(password, "ada@homes.example", "Ada Lovelace"); err != nil {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func TestHashesThatCannotBeRead(t *testing.T) {
	for _, s := range []string{
		"", "x", strings.TrimPrefix(nobodysHash, "$"), nobodysHash + "$", strings.Replace(nobodysHash, "argon2id", "argon2i", 1),
		strings.Replace(nobodysHash, "v=19", "v=16", 1), strings.Replace(nobodysHash, "m=19456", "m=4294967295", 1),
		strings.Replace(nobodysHash, "t=2", "t=0", 1), strings.Replace(nobodysHash, "p=1", "p=0", 1),
		strings.Replace(nobodysHash, "m=19456", "m=019456", 1), nobodysHash[:len(nobodysHash)-1] + "B", strings.TrimRight(nobodysHash, "A"),
	} {
		if _, _, _, err := parseHash(s); err == nil {
			t.Errorf("%q is read", s)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(nobodysHash)
	f.Add("$argon2id$v=19$m=65536,t=3,p=4$MIIRqgvgQbgj220jfp0MPA$YfwJSVjtjSU0zzV/P3S9nnQ/USre2wvJMjfCIjrTQbg")
	f.Fuzz(func(t *testing.T, s string) {
		c, salt, hash, err := parseHash(s)
		if err == nil && c.format(salt, hash) != s {
			t.Errorf("%q is read as %q", s, c.format(salt, hash))
		}
	})
}
