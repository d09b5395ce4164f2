package ingest

import (
	"bytes"
	"crypto/rand"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"footfall/sessionize"
)

var (
	someDay  = time.Date(2026, 3, 10, 23, 59, 59, 0, time.UTC)
	someAddr = netip.MustParseAddr("198.51.100.7")
)

func openSalt(t *testing.T, file string, now time.Time) *Salt {
	t.Helper()
	s, err := OpenSalt(file, rand.Reader, now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func visitorOf(t *testing.T, s *Salt, now time.Time, site uint32, addr, agent string) string {
	t.Helper()
	v, err := s.Visitor(now, site, netip.MustParseAddr(addr), []byte(agent))
	if err != nil || !strings.HasPrefix(v, sessionize.AnonymousPrefix) || len(v) != len(sessionize.AnonymousPrefix)+22 {
		t.Fatalf("%q, %v", v, err)
	}
	return v
}

func TestAnAddressAndAgentAreOneVisitorOfASiteForADay(t *testing.T) {
	s := openSalt(t, filepath.Join(t.TempDir(), SaltFile), someDay)
	ours := visitorOf(t, s, someDay, 1, "198.51.100.7", "Firefox")
	if visitorOf(t, s, someDay.Add(-20*time.Hour), 1, "198.51.100.7", "Firefox") != ours {
		t.Error("the same is another")
	}
	for what, other := range map[string]string{
		"site":    visitorOf(t, s, someDay, 2, "198.51.100.7", "Firefox"),
		"address": visitorOf(t, s, someDay, 1, "198.51.100.8", "Firefox"),
		"agent":   visitorOf(t, s, someDay, 1, "198.51.100.7", "Chrome"),
		"day":     visitorOf(t, s, someDay.Add(time.Second), 1, "198.51.100.7", "Firefox"),
	} {
		if other == ours {
			t.Errorf("another %s is the same visitor", what)
		}
	}
}

func TestTheSaltSurvivesARestartAndNotItsDay(t *testing.T) {
	file := filepath.Join(t.TempDir(), SaltFile)
	ours := visitorOf(t, openSalt(t, file, someDay), someDay, 1, "198.51.100.7", "Firefox")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	again := openSalt(t, file, someDay)
	if visitorOf(t, again, someDay, 1, "198.51.100.7", "Firefox") != ours {
		t.Error("after a restart it is another")
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Turn(someDay); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(file); err != nil || !bytes.Equal(b, before) {
		t.Errorf("turned on its own day: %q, %v", b, err)
	}
	if err := again.Turn(someDay.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the salt of yesterday is there: %v", err)
	}
	if err := os.WriteFile(file, before, 0o600); err != nil {
		t.Fatal(err)
	}
	openSalt(t, file, someDay.Add(time.Second))
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("a start on the next day leaves the salt: %v", err)
	}
}

func TestASaltThatCannotBeMadeOrWrittenIsSaid(t *testing.T) {
	s := &Salt{random: iotest.ErrReader(os.ErrInvalid), day: -1}
	if v, err := s.Visitor(someDay, 1, someAddr, nil); v != "" || err == nil {
		t.Errorf("without randomness: %q, %v", v, err)
	}
	s = openSalt(t, filepath.Join(t.TempDir(), "missing", SaltFile), someDay)
	v, err := s.Visitor(someDay, 1, someAddr, nil)
	if v == "" || err == nil {
		t.Errorf("without a directory: %q, %v", v, err)
	}
	if again, err := s.Visitor(someDay, 1, someAddr, nil); again != v || err != nil {
		t.Errorf("the salt in memory: %q, %v", again, err)
	}
}

func TestAHalfWrittenSaltIsMadeAnew(t *testing.T) {
	file := filepath.Join(t.TempDir(), SaltFile)
	for _, text := range []string{"", "20522", "20522 00", "x y\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		visitorOf(t, openSalt(t, file, someDay), someDay, 1, "198.51.100.7", "Firefox")
	}
}
