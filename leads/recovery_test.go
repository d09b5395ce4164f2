package leads

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"footfall/journal"
	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// story makes leads and changes them in many ways.
func (w *world) story() (ids []string) {
	w.t.Helper()
	for i := range 30 {
		session := fmt.Sprintf("s%d", i%4)
		w.browse(session, "v"+session)
		id, _ := w.create(Create{Session: session, Listing: "home-1", IdempotencyKey: fmt.Sprint(i)})
		ids = append(ids, id)
		w.now.Add(1000)
		w.setStatus(ids[i*7%len(ids)], statusNames[i%len(statusNames)])
		if i%2 == 0 {
			w.act(ids[i*5%len(ids)], activityTypes[i%len(activityTypes)], fmt.Sprint("did ", i))
		}
		if i%4 == 1 {
			_, err := w.leads.Rescore(w.t.Context(), 1, []string{ids[i*13%len(ids)], "ld_nobody", ids[0]})
			w.must(err)
		}
		if i%3 == 0 {
			w.end(ids[i*11%len(ids)], Result{Outcome: outcomeNames[i%len(outcomeNames)], Notes: fmt.Sprint("end ", i), DealValue: fmt.Sprint(i, ".5")})
		}
		if i%5 == 0 {
			w.judge(ids[i], i%2 == 0, fmt.Sprint("think ", i))
			if did := w.did(ids[i*5%len(ids)]); len(did) > 0 {
				w.must(w.leads.UndoActivity(w.t.Context(), w.site(), ids[i*5%len(ids)], did[0].ID))
			}
			w.imports(form("external_id", fmt.Sprintf("%q", fmt.Sprint("x", i)), "created_at", `"2023-05-06 07:08"`, "stage", `"Closed Won"`,
				"notes", `"bought"`, "email", `"ann@example.com"`))
		}
		w.patch(ids[i*3%len(ids)], Patch{Notes: ptr(fmt.Sprint("note ", i)), Profile: ptr(fmt.Sprint("agent", i%3))})
	}
	return ids
}

// state is everything that readers and later scores can see.
func (w *world) state(ids []string) (leads []string, past orgPast) {
	w.t.Helper()
	for _, id := range append(ids, w.ids(Query{Status: "closed_won"})...) {
		history, _, err := w.leads.History(1, id, Page{Limit: maxPage})
		w.must(err)
		leads = append(leads, mustJSON(w.t, w.get(id)), mustJSON(w.t, history))
	}
	for _, id := range ids {
		scores, err := w.leads.Scores(1, id)
		w.must(err)
		leads = append(leads, mustJSON(w.t, scores))
	}
	w.must(w.leads.Each("default", func(r *LeadRow) error {
		leads = append(leads, mustJSON(w.t, r))
		return nil
	}))
	return leads, *w.leads.past.orgs["default"]
}

func TestStateIsTheSameAfterReopening(t *testing.T) {
	w := newWorld(t)
	ids := w.story()
	leads, past := w.state(ids)
	w.close()
	w.open()
	leads2, past2 := w.state(ids)
	if !reflect.DeepEqual(leads, leads2) || !reflect.DeepEqual(past, past2) {
		t.Errorf("before %v\nafter %v\npast %+v, %+v", leads, leads2, past, past2)
	}
}

func TestStateIsTheSameAfterACrash(t *testing.T) {
	w := &world{t: t, fs: vfs.NewCrashableMem()}
	w.now.Store(start)
	w.open()
	w.must(w.catalog.EnsureDefault(t.Context(), w.journal, "America/Chicago"))
	ids := w.story()
	leads, past := w.state(ids)
	crashed := w.fs.CrashClone(vfs.CrashCloneCfg{})
	w.close()
	w.fs = crashed
	w.open()
	leads2, past2 := w.state(ids)
	if !reflect.DeepEqual(leads, leads2) || !reflect.DeepEqual(past, past2) {
		t.Errorf("before %v\nafter %v\npast %+v, %+v", leads, leads2, past, past2)
	}
	w.check()
	w.close()
}

// rebuild empties the derived spaces and applies the journal again.
func (w *world) rebuild() {
	w.t.Helper()
	w.must(w.journal.Close())
	b := w.db.NewBatch()
	for _, space := range store.Spaces {
		if space.Derived {
			b.DeleteRange(space.Space.Span())
		}
	}
	journal.ForgetPositions(b)
	w.must(b.Commit(true))
	w.must(w.db.Close())
	w.open()
}

func TestStateIsTheSameWhenRebuiltFromTheJournal(t *testing.T) {
	w := newWorld(t)
	ids := w.story()
	leads, past := w.state(ids)
	w.rebuild()
	leads2, past2 := w.state(ids)
	if !reflect.DeepEqual(leads, leads2) || !reflect.DeepEqual(past, past2) {
		t.Errorf("before %v\nafter %v\npast %+v, %+v", leads, leads2, past, past2)
	}
}

func TestApplyingRecordsAgainChangesNothing(t *testing.T) {
	w := newWorld(t)
	ids := w.story()
	leads, past := w.state(ids)
	b := w.db.NewIndexedBatch()
	for r, err := range w.journal.Read(0) {
		w.must(err)
		w.must(w.leads.Apply(b, &r))
	}
	w.must(b.Commit(true))
	leads2, past2 := w.state(ids)
	if !reflect.DeepEqual(leads, leads2) || !reflect.DeepEqual(past, past2) {
		t.Errorf("before %v\nafter %v\npast %+v, %+v", leads, leads2, past, past2)
	}
}

func TestCheckFindsWhatDoesNotAgree(t *testing.T) {
	for name, damage := range map[string]func(w *world, b *store.Batch, key store.ID){
		"without a form":         func(_ *world, b *store.Batch, key store.ID) { b.Delete(idKey(store.LeadForms, 1, key)) },
		"form without a lead":    func(_ *world, b *store.Batch, key store.ID) { b.Delete(idKey(store.Leads, 1, key)) },
		"not in the index":       func(_ *world, b *store.Batch, key store.ID) { b.Delete(timeKey(1, start, key)) },
		"without a lead of that": func(_ *world, b *store.Batch, key store.ID) { b.Set(timeKey(1, start+1, key), nil) },
		"lead row":               func(_ *world, b *store.Batch, key store.ID) { b.Set(idKey(store.Leads, 1, key), []byte{1, 2}) },
		"lead form version":      func(_ *world, b *store.Batch, key store.ID) { b.Set(idKey(store.LeadForms, 1, key), []byte{9}) },
		"idempotency":            func(_ *world, b *store.Batch, key store.ID) { b.Set(idKey(store.Idempotency, 1, key), []byte{1}) },
		"entry version": func(_ *world, b *store.Batch, key store.ID) {
			b.Set(numberKey(store.LeadHistory, 1, key, 1), []byte{9})
		},
		"is not its own": func(w *world, b *store.Batch, key store.ID) {
			w.must(setEntry(b, 1, key, &entry{Lead: "ld_other", Number: 1, Activity: "call"}))
		},
		"note without an entry": func(_ *world, b *store.Batch, key store.ID) {
			b.Set(numberKey(store.LeadNotes, 1, key, 1), encodeNote("x"))
		},
		"does not have the contact": func(w *world, b *store.Batch, key store.ID) {
			b.Set(contactKey(key, key, 1, key), encodeContact(Inquiry{Lead: "ld_a"}))
		},
		"stands under another's": func(w *world, b *store.Batch, key store.ID) {
			r, _, err := getRow(w.db, 1, key)
			w.must(err)
			r.ID = "ld_other"
			w.leads.writeRow(b, 1, key, &r)
		},
	} {
		w := newWorld(t)
		id, _ := w.create(Create{})
		undo := w.db.NewView()
		b := w.db.NewBatch()
		damage(w, b, w.db.ID(id))
		w.must(b.Commit(true))
		if errs := w.problems(); len(errs) == 0 || !strings.Contains(fmt.Sprint(errs), name) {
			t.Errorf("%s: %v", name, errs)
		}
		w.restore(undo)
	}
}

// restore puts the spaces of leads back to what they were.
func (w *world) restore(v *store.View) {
	w.t.Helper()
	b := w.db.NewBatch()
	for _, space := range []store.Space{store.LeadForms, store.Leads, store.LeadsByTime, store.Idempotency, store.LeadHistory, store.LeadNotes, store.Contacts} {
		lo, hi := space.Span()
		b.DeleteRange(lo, hi)
		w.must(v.Scan(store.Range{Lo: lo, Hi: hi}, func(k, value []byte) error {
			b.Set(k, value)
			return nil
		}))
	}
	w.must(v.Close())
	w.must(b.Commit(true))
}

func TestAMarkedErasureNeedsNoForm(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{})
	key := w.db.ID(id)
	r, _, err := getRow(w.db, 1, key)
	w.must(err)
	r.Erased = true
	b := w.db.NewBatch()
	w.leads.writeRow(b, 1, key, &r)
	b.Delete(idKey(store.LeadForms, 1, key))
	b.DeleteRange(store.Contacts.Span())
	w.must(b.Commit(true))
	w.check()
	same(t, "erased", w.get(id)["erased"], `true`)
	if _, err := w.leads.Patch(t.Context(), 1, id, Patch{Notes: ptr("back")}); err == nil {
		t.Error("an erased person got notes")
	}
}
