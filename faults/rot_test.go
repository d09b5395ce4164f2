package faults

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// kinds are the files of a directory by what their names have in them.
var kinds = []string{".sst", ".log", "MANIFEST-", "OPTIONS-", "marker.", ".guard", "acked"}

// rot damages one file of a closed directory and opens it. Nothing is wrong if it is refused with the file's name, or if
// questions are answered with errors or as before. A log that rots can look as if it ended there, and a manifest too.
func rot(seed uint64, i int, tell func(outcome)) error {
	random := newRandom(trialSeed(seed, i))
	tr := newTrial(trialSeed(seed, i))
	tr.machine.fs = tr.disk
	if how := tr.work(); how != wentOn {
		return fmt.Errorf("on a good disk it %s", how)
	}
	book := newBook(tr.expected)
	kind := kinds[i%len(kinds)]
	name, what, err := damage(tr.disk, kind, random)
	if err != nil {
		return err
	}
	how, err := tr.reread(book, name)
	tell(how)
	if err != nil {
		return fmt.Errorf("%s of %s: %w", what, name, err)
	}
	return nil
}

// reread opens the damaged directory and asks for everything.
func (tr *trial) reread(book *book, name string) (outcome, error) {
	type read struct {
		w    *world
		open error
		got  []string
		err  error
	}
	done := make(chan read, 1)
	go func() {
		var r read
		if r.w, r.open = tr.open(); r.open == nil {
			r.got, r.err = r.w.answers()
		}
		done <- r
	}()
	var r read
	select {
	case <-tr.fatal:
		return ended, nil
	case r = <-done:
	}
	want := book.page(deedsOfATrial)
	switch {
	case r.open != nil && !names(r.open, name):
		return refused, fmt.Errorf("refused without its name: %w", r.open)
	case r.open != nil:
		return refused, nil
	case r.err != nil:
		return failed, nil
	case difference(want, r.got) == nil:
		return wentOn, nil
	}
	return fewer, fmt.Errorf("at position %d of %d: %w", r.w.journal.Applied(), tr.last, difference(want, r.got))
}

// names says whether an error tells which file it is about: of a marker that is gone, the part that does not change; of
// a table, at least its number.
func names(err error, file string) bool {
	file = strings.TrimSuffix(file, ".sst")
	if kind, rest, ok := strings.Cut(file, "."); ok && kind == "marker" {
		of, _, _ := strings.Cut(rest, ".")
		file = kind + "." + of
	}
	return strings.Contains(err.Error(), file)
}

// damage flips a bit of a file of some kind, cuts it or fills a part of it with zeros; an empty one it removes.
func damage(fs *vfs.MemFS, kind string, random *rand.Rand) (name, what string, err error) {
	names, err := fs.List("data")
	if err != nil {
		return "", "", err
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !strings.Contains(n, kind) })
	if len(names) == 0 {
		return "", "", fmt.Errorf("there is no file %s", kind)
	}
	slices.Sort(names)
	name = pick(random, names...)
	f, err := fs.Open("data/" + name)
	if err != nil {
		return "", "", err
	}
	b, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", "", err
	}
	if len(b) == 0 {
		return name, "the removal", fs.Remove("data/" + name)
	}
	at := random.IntN(len(b))
	switch random.IntN(3) {
	case 0:
		what, b[at] = "a flip", b[at]^1<<random.IntN(8)
	case 1:
		what, b = "a cut", b[:at]
	case 2:
		what = "a zeroing"
		clear(b[at:min(len(b), at+1+random.IntN(512))])
	}
	out, err := fs.Create("data/"+name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return "", "", err
	}
	_, err = out.Write(b)
	return name, fmt.Sprintf("%s at %d", what, at), errors.Join(err, out.Close())
}

// Bytes that rot in any file are noticed, or change nothing.
func TestRotIsNoticedOrChangesNothing(t *testing.T) {
	t.Parallel()
	count := map[outcome]int{}
	for seed := range rounds(t, 1) {
		for how, n := range trials(t, "rot", seed, 200) {
			count[how] += n
		}
	}
	t.Logf("%v", count)
	if whole() && (count[refused] == 0 || count[wentOn] == 0) {
		t.Error("nothing was refused, or nothing left as it was")
	}
}
