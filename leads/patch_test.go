package leads

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"footfall/fault"
)

func TestPatchChangesWhatItNames(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{Form: form("name", `"Ann"`, "phone", `"1"`)})
	w.now.Add(60_000)
	lead := w.patch(id, Patch{
		Status: ptr("qualified"), Profile: ptr("bob"), Notes: ptr("likes gardens"), Tags: &[]string{"garden", "cash"},
		Form: form("phone", `null`, "email", `"ann@example.com"`, "name", `"Ann B."`),
	})
	for name, want := range map[string]string{
		"status": `"qualified"`, "profile_id": `"bob"`, "notes": `"likes gardens"`, "tags": `["garden","cash"]`, "name": `"Ann B."`,
		"email": `"ann@example.com"`, "created_at": `"2024-01-01T20:30:00.000Z"`, "updated_at": `"2024-01-01T20:31:00.000Z"`,
		"contacted_at": `"2024-01-01T20:31:00.000Z"`,
	} {
		same(t, name, lead[name], want)
	}
	if _, ok := lead["phone"]; ok {
		t.Error("a field set to null is still there")
	}
	same(t, "the stored lead", w.get(id), mustJSON(t, lead))
}

func TestContactedAtIsTheFirstChangeFromNew(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{})
	w.now.Add(60_000)
	w.patch(id, Patch{Notes: ptr("called twice")})
	same(t, "contacted_at of a new lead", w.get(id)["contacted_at"], `null`)
	w.now.Add(60_000)
	w.setStatus(id, "contacted")
	for _, status := range []string{"new", "closed_won"} {
		w.now.Add(60_000)
		w.setStatus(id, status)
	}
	same(t, "contacted_at", w.get(id)["contacted_at"], `"2024-01-01T20:32:00.000Z"`)
}

func TestAPatchThatSaysNothingWritesNothing(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{})
	before := w.journal.Applied()
	w.now.Add(60_000)
	same(t, "updated_at", w.patch(id, Patch{})["updated_at"], `"2024-01-01T20:30:00.000Z"`)
	if w.journal.Applied() != before {
		t.Error("a record was written")
	}
}

func TestPatchesThatAreRefusedChangeNothing(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{})
	before := mustJSON(t, w.get(id))
	var many []Field
	for i := range maxFields + 1 {
		many = append(many, form(fmt.Sprintf("f%d", i), `1`)...)
	}
	for _, tt := range []struct {
		name  string
		p     Patch
		field string
	}{
		{"an unknown status", Patch{Status: ptr("sold")}, "status"},
		{"no profile", Patch{Profile: ptr("")}, "profile_id"},
		{"long notes", Patch{Notes: ptr(strings.Repeat("x", maxNotes+1))}, "notes"},
		{"an empty tag", Patch{Tags: &[]string{""}}, "tags"},
		{"too many tags", Patch{Tags: ptr(make([]string, maxTags+1))}, "tags"},
		{"a decided figure", Patch{Form: form("ml_score", `100`)}, "ml_score"},
		{"a hidden field", Patch{Form: form("_x", `1`)}, "_x"},
		{"a value that is no JSON", Patch{Form: form("name", `}`)}, "name"},
		{"too many fields", Patch{Form: many}, "formData"},
	} {
		_, err := w.leads.Patch(context.Background(), 1, id, tt.p)
		refused(t, tt.name, err, fault.InvalidField, tt.field)
	}
	same(t, "the lead", w.get(id), before)
	_, err := w.leads.Patch(context.Background(), 1, id, Patch{Status: ptr("sold")})
	if !strings.Contains(err.Error(), "new, contacted, qualified, nurturing, unresponsive, closed_won, closed_lost") {
		t.Errorf("the message does not list the choices: %v", err)
	}
}

func TestALeadOfAnotherSiteIsNotFound(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{})
	_, err := w.leads.Get(2, id)
	refused(t, "get", err, fault.NotFound, "")
	_, err = w.leads.Patch(context.Background(), 2, id, Patch{Status: ptr("contacted")})
	refused(t, "patch", err, fault.NotFound, "")
	_, err = w.leads.Get(1, "ld_unknown")
	refused(t, "an unknown id", err, fault.NotFound, "")
}

func TestConcurrentPatchesOfOneLeadLoseNothing(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{})
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			_, err := w.leads.Patch(context.Background(), 1, id, Patch{Form: form(fmt.Sprintf("f%d", i), `1`)})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	lead := w.get(id)
	for i := range 20 {
		same(t, fmt.Sprintf("f%d", i), lead[fmt.Sprintf("f%d", i)], `1`)
	}
}
