package server_test

import (
	"maps"
	"os"
	"strings"
	"testing"

	"footfall/store"
)

// ofFormat1 returns a copy of the directory that a program of format 1 wrote.
func ofFormat1(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/format-1/data")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What was written in format 1 is found whole, by this program and all later ones.
func TestADirectoryOfFormat1IsOpened(t *testing.T) {
	text, err := os.ReadFile("testdata/format-1/verify.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := said(string(text))
	dir := ofFormat1(t)
	got := verified(t, dir)
	delete(got, "files")
	if store.FormatVersion == 1 && !maps.Equal(got, want) {
		t.Errorf("verify says %v, want %v", got, want)
	}
	if got["journal"] != want["journal"] { // records stay in every format as they are
		t.Errorf("the journal's digest is %s, want %s", got["journal"], want["journal"])
	}
	p := start(t, dir)
	for target, says := range map[string]string{
		"/v1/sessions/s1": `"event_count":7`,
		"/v1/sessions/s2": `"event_count":6`,
		"/v1/sessions/s4": `"event_count":2`,
		"/v1/visitors/v1": `"session_count":3`,
		"/v1/leads":       `"ada@example.com"`,
		"/v1/listings/L1/engagement?from=2026-11-25&to=2026-11-25": `"total_views":4`,
	} {
		if answer := p.get(target); !strings.Contains(answer, says) {
			t.Errorf("%s lacks %s: %s", target, says, answer)
		}
	}
	if code := p.stop(); code != 0 {
		t.Errorf("it exits %d:\n%s", code, p.log.String())
	}
	checkSaysOK(t, dir)
}

func TestUpgradeSaysThatThereIsNothingToDo(t *testing.T) {
	dir := ofFormat1(t)
	before := verified(t, dir)
	if code, out := command(t, "upgrade", "--data", dir); code != 0 || !strings.Contains(out, "has format 1, the newest: there is nothing to do") {
		t.Errorf("upgrade exits %d: %s", code, out)
	}
	if after := verified(t, dir); after["digest"] != before["digest"] {
		t.Errorf("the digest was %s and is %s", before["digest"], after["digest"])
	}
}
