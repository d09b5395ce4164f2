package leads

import (
	"slices"
	"strings"
	"testing"

	"footfall/store"
)

func TestContactsHaveOneForm(t *testing.T) {
	for _, tt := range []struct{ kind, value, want string }{
		{ContactEmail, " Ann@Example.COM ", "ann@example.com"},
		{ContactEmail, "a.nn+list@gmail.com", "a.nn+list@gmail.com"},
		{ContactEmail, "ÄNN@example.com", "änn@example.com"},
		{ContactEmail, "ann", ""}, {ContactEmail, "@example.com", ""}, {ContactEmail, "ann@", ""}, {ContactEmail, "", ""},
		{ContactEmail, strings.Repeat("a", 320) + "@b.c", ""},
		{ContactPhone, "+1 (312) 555-0100", "+13125550100"},
		{ContactPhone, "0049 30 123456", "+4930123456"},
		{ContactPhone, "(312) 555-0100", "3125550100"},
		{ContactPhone, "312.555.0100 ext. 77", "3125550100"},
		{ContactPhone, "555", ""}, {ContactPhone, "none", ""}, {ContactPhone, "", ""}, {ContactPhone, "1234567890123456", ""},
	} {
		if got := normalizeContact(tt.kind, tt.value); got != tt.want {
			t.Errorf("%s %q is %q, want %q", tt.kind, tt.value, got, tt.want)
		}
	}
}

func (w *world) inquiriesOf(id string) (ids []string) {
	for _, i := range w.get(id)["inquiries"].([]any) {
		ids = append(ids, i.(string))
	}
	return ids
}

func TestInquiriesOfOnePersonAreJoined(t *testing.T) {
	w := newWorld(t)
	first, _ := w.create(Create{Form: form("email", `"ann@example.com"`)})
	w.now.Add(1000)
	second, _ := w.create(Create{Form: form("Email Address", `" ANN@example.com"`, "phone", `"+1 312 555 0100"`)})
	w.now.Add(1000)
	third, lead := w.create(Create{Form: form("phone", `"+13125550100"`)})
	same(t, "inquiries in the answer", lead["inquiries"], mustJSON(t, []string{second}))
	other, _ := w.create(Create{Form: form("email", `"bob@example.com"`)})
	for id, want := range map[string][]string{first: {second}, second: {third, first}, third: {second}, other: nil} {
		if got := w.inquiriesOf(id); !slices.Equal(got, want) {
			t.Errorf("of %s: %v, want %v", id, got, want)
		}
	}
	w.patch(third, Patch{Form: form("phone", `null`, "email", `"bob@example.com"`)})
	if got := w.inquiriesOf(other); !slices.Equal(got, []string{third}) {
		t.Errorf("after a change: %v", got)
	}
	if got := w.inquiriesOf(second); !slices.Equal(got, []string{first}) {
		t.Errorf("after a change: %v", got)
	}
	found, err := w.leads.ByContact("default", ContactEmail, "BOB@example.com")
	w.must(err)
	if len(found) != 2 || found[0].Lead != third && found[1].Lead != third || found[0].Site != 1 {
		t.Errorf("by contact: %+v", found)
	}
	v, err := w.leads.Get(1, second)
	w.must(err)
	w.must(w.leads.Limit("default", v))
	if len(v.Inquiries) != 1 {
		t.Errorf("of one profile: %+v", v.Inquiries)
	}
	w.patch(first, Patch{Profile: ptr("bob")})
	w.must(w.leads.Limit("default", v))
	if len(v.Inquiries) != 0 {
		t.Errorf("of one profile, with a lead of another: %+v", v.Inquiries)
	}
	for _, none := range [][3]string{{"other", ContactEmail, "ann@example.com"}, {"default", ContactPhone, "+13125550109"}, {"default", ContactEmail, "x"}} {
		if found, err := w.leads.ByContact(none[0], none[1], none[2]); err != nil || len(found) != 0 {
			t.Errorf("%v: %+v, %v", none, found, err)
		}
	}
}

func TestContactsOfAnOlderDirectoryAreIndexed(t *testing.T) {
	w := newWorld(t)
	first, _ := w.create(Create{})
	second, _ := w.create(Create{})
	b := w.db.NewBatch()
	b.DeleteRange(store.Contacts.Span())
	w.must(b.Commit(true))
	if got := w.inquiriesOf(first); len(got) != 0 {
		t.Fatalf("there is an index: %v", got)
	}
	w.must(w.leads.IndexContacts())
	if got := w.inquiriesOf(first); !slices.Equal(got, []string{second}) {
		t.Errorf("%v", got)
	}
	b = w.db.NewBatch()
	b.DeleteRange(store.Contacts.Span())
	w.must(b.Commit(true))
	w.must(w.leads.IndexContacts())
	if got := w.inquiriesOf(first); len(got) != 0 {
		t.Errorf("it was made again: %v", got)
	}
}

func TestNothingIsLeftOfARetiredLead(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{})
	w.act(id, "note", "about her")
	w.end(id, Result{Outcome: "closed_lost", Notes: "about her"})
	w.must(w.leads.Retire(t.Context(), uint16(w.now.Load()/aDay+1)))
	for _, space := range []store.Space{store.Leads, store.LeadForms, store.LeadsByTime, store.LeadHistory, store.LeadNotes, store.Contacts} {
		if n := w.rows(space); n != 0 {
			t.Errorf("space %x still has %d rows", space, n)
		}
	}
	w.rebuild()
	if n := w.rows(store.LeadHistory); n != 0 {
		t.Errorf("rebuilt, the history has %d rows", n)
	}
}
