package server

import (
	"os"
	"path/filepath"
	"testing"

	"footfall/journal"
)

const (
	ourLine   = "0102030405060708 1 1 000102030405060708090a0b0c0d0e0f 2026-03-01T12:00:00Z"
	otherLine = "ff02030405060708 7 2 0f0102030405060708090a0b0c0d0e0f 2026-03-01T12:00:00Z"
)

func TestAnErasureListIsCompletedAndReadByDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "backups")
	for _, lines := range [][]string{{ourLine}, {otherLine}, {ourLine, otherLine}} {
		if err := completeList(dir, lines); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(dir, ErasuresFile)
	b, err := os.ReadFile(name)
	if err != nil || string(b) != ourLine+"\n"+otherLine+"\n" {
		t.Errorf("%q, %v", b, err)
	}
	listed, err := readErasures(name, []byte{1, 2, 3, 4, 5, 6, 7, 8})
	if err != nil || len(listed) != 1 || listed[0].Site != 1 || listed[0].Kind != journal.EraseVisitor || listed[0].ID[15] != 0x0f {
		t.Errorf("%+v, %v", listed, err)
	}
	if got := listBeside(filepath.Join(dir, "one")); got != name {
		t.Errorf("beside a backup: %q", got)
	}
	if got := listBeside(filepath.Join(dir, "march", "one")); got != name {
		t.Errorf("above a backup: %q", got)
	}
}

func TestAnErasureListThatCannotBeReadIsRefused(t *testing.T) {
	name := filepath.Join(t.TempDir(), ErasuresFile)
	if _, err := readErasures(name, nil); err == nil {
		t.Error("a list that is not there")
	}
	for _, line := range []string{"x", "0102 1 1 00 2026-03-01T12:00:00Z", ourLine[:50], "zz 1 1 000102030405060708090a0b0c0d0e0f t"} {
		if err := os.WriteFile(name, []byte(line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readErasures(name, nil); err == nil {
			t.Errorf("%q is read", line)
		}
	}
}

func FuzzParseErasure(f *testing.F) {
	f.Add(ourLine)
	f.Fuzz(func(t *testing.T, line string) {
		_, _, _ = parseErasure(line)
	})
}
