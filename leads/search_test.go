package leads

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"footfall/catalog"

	"pgregory.net/rapid"
)

func TestLeadsAreFoundByWhatTheyAreKnownBy(t *testing.T) {
	w := newWorld(t)
	w.catalog.Attach(w.journal)
	_, err := w.catalog.PutListings(t.Context(), w.site(), "", w.clock(), &catalog.Listing{ID: "elm-1", Address: "12 Élm Street"})
	w.must(err)
	ada, _ := w.create(Create{Listing: "elm-1", Form: form("Full Name", `"Ada Lovelace"`, "email", `"ADA@Example.com"`, "Phone Number", `"+1 (555) 010-0199"`, "message", `"canary"`)})
	w.now.Add(1000)
	bob, _ := w.create(Create{Listing: "oak-7", Form: form("first_name", `"Bob"`, "last_name", `"\u0141awski"`, "mobile", `5550100200`)})
	w.now.Add(1000)
	eve, _ := w.create(Create{Form: form("name", `"Eve"`)})
	w.patch(eve, Patch{Tags: ptr([]string{"Relocation buyer"})})
	for _, tt := range []struct {
		find   string
		masked bool
		want   []string
	}{
		{"ada", false, []string{ada}},
		{"LOVE ada", false, []string{ada}},
		{"ada bob", false, nil},
		{"example.COM", false, []string{ada}},
		{"555 0100", false, []string{bob, ada}},
		{"(555) 010-0199", false, []string{ada}},
		{"+15550100199", false, []string{ada}},
		{"15550100200", false, nil},
		{"ławski", false, []string{bob}},
		{"élm", false, []string{ada}},
		{"12 street", false, []string{ada}},
		{"oak-7", false, []string{bob}},
		{"relocation", false, []string{eve}},
		{"canary", false, nil},
		{eve, false, []string{eve}},
		{"  ", false, []string{eve, bob, ada}},
		{"ada", true, nil},
		{"555", true, nil},
		{"relocation", true, nil},
		{"elm-1", true, []string{ada}},
	} {
		for _, sort := range []string{SortCreated, SortActivity} {
			got := w.ids(Query{Find: tt.find, Masked: tt.masked, Sort: sort, Limit: 2})
			if sort == SortActivity {
				slices.Sort(got)
				tt.want = slices.Sorted(slices.Values(tt.want))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%q, masked %v, by %s: %v, want %v", tt.find, tt.masked, sort, got, tt.want)
			}
		}
	}
}

// What is decoded is what may hold the words: nothing that does is left out, however it is written.
func TestNothingThatHoldsTheWordsIsPassedOver(t *testing.T) {
	texts := rapid.StringOf(rapid.SampledFrom([]rune("abAB01 -+\"\\<&\n\u00e9\u212a\u0130")))
	rapid.Check(t, func(t *rapid.T) {
		said, rest := texts.Draw(t, "said"), texts.Draw(t, "rest")
		value, err := json.Marshal(said)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "escaped") {
			value = []byte(strings.ReplaceAll(string(value), "a", `\u0061`))
		}
		stored, err := encodePerson(&person{Form: form("phone", string(value))})
		if err != nil {
			t.Fatal(err)
		}
		whole := strings.ToLower(rest + "\n" + said)
		from := rapid.IntRange(0, len(whole)).Draw(t, "from")
		f := new(Leads).newSearch(strings.ToValidUTF8(whole[from:rapid.IntRange(from, len(whole)).Draw(t, "to")], ""), false)
		if f == nil {
			return
		}
		numbers := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, said)
		if f.in(whole, numbers) && !f.mayBeIn(stored, strings.ToLower(rest)) {
			t.Fatalf("%q is passed over for %q", stored, f.words)
		}
	})
}
