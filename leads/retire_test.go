package leads

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"footfall/event"
	"footfall/store"
)

const aDay = event.MsPerDay

// rows counts what stands in a space.
func (w *world) rows(space store.Space) (n int) {
	w.t.Helper()
	lo, hi := space.Span()
	w.must(w.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(_, _ []byte) error {
		n++
		return nil
	}))
	return n
}

// everything is all rows of leads, with all that is known of earlier ones, as text.
func (w *world) everything() string {
	w.t.Helper()
	page, _, err := w.leads.List(1, Query{})
	w.must(err)
	b, err := json.Marshal(page)
	w.must(err)
	last, wins, resolved, _ := w.leads.past.of(w.site().Organization)
	p, err := json.Marshal([]any{last, wins, resolved})
	w.must(err)
	return string(b) + string(p)
}

func TestLeadsPastTheirRetentionAreGoneWithTheirForms(t *testing.T) {
	w := newWorld(t)
	first := w.now.Load() / aDay
	var ids []string
	for i := range int64(3 * atOnce / 2) {
		id, _ := w.create(Create{})
		ids = append(ids, id)
		w.now.Add(i % 2)
	}
	w.setStatus(ids[0], "closed_won")
	w.now.Store((first + 1) * aDay)
	young, _ := w.create(Create{Form: form("email", `"y@example.com"`, "budget", "3")})
	w.must(w.leads.Retire(context.Background(), uint16(first)))
	if n := w.rows(store.Leads); n != len(ids)+1 {
		t.Fatalf("%d leads are left before their time, want %d", n, len(ids)+1)
	}
	w.must(w.leads.Retire(context.Background(), uint16(first+1)))
	for _, space := range []store.Space{store.Leads, store.LeadForms, store.LeadsByTime} {
		if n := w.rows(space); n != 1 {
			t.Errorf("space %x has %d rows, want that of the young lead", space, n)
		}
	}
	if _, err := w.leads.Get(1, ids[0]); err == nil {
		t.Error("a retired lead is found")
	}
	if got := w.get(young); got["email"] != "y@example.com" {
		t.Errorf("the young lead is %v", got)
	}
	live := w.everything()
	w.close()
	w.open()
	if got := w.everything(); got != live {
		t.Errorf("opened again\n%s\nlive\n%s", got, live)
	}
	w.rebuild()
	if got := w.everything(); got != live {
		t.Errorf("rebuilt\n%s\nlive\n%s", got, live)
	}
}

func TestOldStoredAnswersAreForgottenAndYoungOnesReplayed(t *testing.T) {
	w := newWorld(t)
	call := func(key string) (replayed bool) {
		t.Helper()
		_, _, replayed, err := w.leads.Create(context.Background(), Create{
			Site: w.site(), Form: form("email", `"a@example.com"`), IdempotencyKey: key,
		})
		w.must(err)
		return replayed
	}
	for _, key := range []string{"a", "b", "used again", "in use"} {
		call(key)
	}
	w.now.Add(aDay)
	call("used again")
	call("young")
	_, release, err := w.leads.reserve(1, keepPublic, "in use")
	w.must(err)
	w.must(w.leads.ForgetReplays(context.Background()))
	release()
	if n := w.rows(store.Idempotency); n != 3 {
		t.Errorf("%d answers are kept, want 3", n)
	}
	replayed := []bool{call("used again"), call("young"), call("a")}
	if !slices.Equal(replayed, []bool{true, true, false}) {
		t.Errorf("replayed %v", replayed)
	}
}
