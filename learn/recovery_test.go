package learn

import (
	"fmt"
	"strings"
	"testing"

	"footfall/journal"
	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// story trains, promotes, chooses and rolls back.
func (w *world) story() {
	w.t.Helper()
	w.fill("default", newMarket(1, -2.5, 1.8), 150, 2)
	w.at(start.Add(150 * day))
	w.train("default")
	w.at(start.Add(200 * day))
	w.train("default")
	for _, version := range []string{Rules, "model-1"} {
		_, err := w.learn.Activate(w.t.Context(), "default", version, "test")
		w.must(err)
	}
	w.must(w.catalog.CreateOrganization(w.t.Context(), organization("elm")))
	w.fill("elm", newMarket(2, -2, 0), 150, 1)
	w.train("elm")
}

func TestStateIsTheSameLiveRecoveredAndRebuilt(t *testing.T) {
	w := newWorld(t)
	w.story()
	want := w.state("default") + w.state("elm")
	same := func(after string) {
		t.Helper()
		if got := w.state("default") + w.state("elm"); got != want {
			t.Errorf("live %s\n%s %s", want, after, got)
		}
	}
	crashed := w.fs.CrashClone(vfs.CrashCloneCfg{})
	w.close()
	w.fs = crashed
	w.open()
	same("after a crash")

	b := w.db.NewIndexedBatch()
	for r, err := range w.journal.Read(0) {
		w.must(err)
		w.must(w.learn.Apply(b, &r))
	}
	w.must(b.Commit(true))
	same("applied again")

	w.must(w.journal.Close())
	b = w.db.NewBatch()
	for _, space := range store.Spaces {
		if space.Derived {
			b.DeleteRange(space.Space.Span())
		}
	}
	journal.ForgetPositions(b)
	w.must(b.Commit(true))
	w.must(w.db.Close())
	w.open()
	same("rebuilt")
	w.checkFindsDamage()
}

// checkFindsDamage sees that Check tells of each way in which rows may not agree.
func (w *world) checkFindsDamage() {
	org := w.db.ID("default")
	for name, damage := range map[string]struct {
		key, value []byte
		says       string
	}{
		"a version":          {versionKey(org, 2), []byte{1, 200}, "cannot be read"},
		"another's version":  {versionKey(org, 7), must(encodeVersion(&Version{Number: 8}, nil)), "another's key"},
		"a model":            {versionKey(org, 7), must(encodeVersion(&Version{Number: 7}, []byte("no model"))), "model"},
		"an active version":  {versionKey(org, 0), must(encodeState(&state{Organization: "default", Active: 9})), "is not there"},
		"another's state":    {versionKey(org, 0), must(encodeState(&state{Organization: "elm"})), "another's key"},
		"the training log":   {logKey(org, 1), []byte{9}, "cannot be read"},
		"a key of the log":   {logKey(org, 1)[:8], []byte{1}, "key"},
		"a key of the table": {versionKey(org, 1)[:8], []byte{1}, "key"},
	} {
		old, had, err := w.db.Get(damage.key)
		w.must(err)
		w.write(damage.key, damage.value)
		if errs := w.problems(); len(errs) == 0 || !strings.Contains(fmt.Sprint(errs), damage.says) {
			w.t.Errorf("%s: %v", name, errs)
		}
		if had {
			w.write(damage.key, old)
		} else {
			w.write(damage.key, nil)
		}
	}
}

func (w *world) write(key, value []byte) {
	w.t.Helper()
	b := w.db.NewBatch()
	if value == nil {
		b.Delete(key)
	} else {
		b.Set(key, value)
	}
	w.must(b.Commit(true))
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func FuzzRecord(f *testing.F) {
	f.Add(must(encodeRecord(&decision{Organization: "o", Trained: &Version{Number: 1}}, []byte("model"))))
	f.Add([]byte{1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		d, model, err := decodeRecord(b)
		if err != nil {
			return
		}
		again, rest, err := decodeRecord(must(encodeRecord(d, model)))
		if err != nil || string(rest) != string(model) || again.Organization != d.Organization {
			t.Errorf("%v: %v", d, err)
		}
		_, _ = unpackModel(model)
	})
}
