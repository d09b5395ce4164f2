package leads

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"footfall/catalog"
	"footfall/sessionize"
	"footfall/store"
)

var fullRow = row{
	Pos: 7, ID: "ld_a", Organization: "org", Profile: "p", Listing: "l", Session: "s", Status: statusWon,
	Priority: priorityHigh, Erased: true, Points: 105, Score: 99.5, Created: start, Updated: start + 1, Contacted: start + 2,
	Decision: []byte(`{}`), Imported: true, Unranked: true, Moved: true, Qualified: true, LastActivity: start + 3, Entries: 300,
}

func init() {
	fullRow.Base.Status, fullRow.Base.Contacted = statusNurturing, start+4
	fullRow.Outcome.Number, fullRow.Outcome.Status, fullRow.Outcome.Day, fullRow.Outcome.Days = 299, statusLost, 19_000, 77
}

// What version 1 of a row looked like, byte by byte.
const rowOfVersion1 = "\x01\x00\x01\x02" + "\x07" + "\x69" + "\x40\x58\xe0\x00\x00\x00\x00\x00" + "\x80\x01" + "\x81\x01" + "\x82\x01" +
	"\x04ld_a" + "\x03org" + "\x01p" + "\x01l" + "\x01s" + "{}"

func TestRowsOfVersion1AreRead(t *testing.T) {
	got, err := decodeRow([]byte(rowOfVersion1))
	want := row{
		Pos: 7, ID: "ld_a", Organization: "org", Profile: "p", Listing: "l", Session: "s", Status: statusContacted, Priority: priorityHigh,
		Moved: true, Points: 105, Score: 99.5, Created: 128, Updated: 129, Contacted: 130, Decision: []byte(`{}`),
	}
	want.Base.Status, want.Base.Contacted = statusContacted, 130
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	for n := range len(rowOfVersion1) - 2 {
		if r, err := decodeRow([]byte(rowOfVersion1[:n])); err == nil {
			t.Errorf("the first %d bytes are %+v", n, r)
		}
	}
}

func TestRowsComeBackAsTheyWere(t *testing.T) {
	for _, r := range []row{fullRow, {Decision: []byte{}}} {
		got, err := decodeRow(appendRow(nil, &r))
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("%+v became %+v, %v", r, got, err)
		}
	}
}

func TestCutRowsAreRefused(t *testing.T) {
	b := appendRow(nil, &fullRow)
	for n := range len(b) - len(fullRow.Decision) {
		if r, err := decodeRow(b[:n]); err == nil {
			t.Errorf("the first %d bytes are %+v", n, r)
		}
	}
}

func FuzzDecodeRow(f *testing.F) {
	f.Add(appendRow(nil, &fullRow))
	f.Add([]byte(rowOfVersion1))
	f.Add([]byte{rowVersion, 0, 0, 0, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRow(b)
		if err != nil {
			return
		}
		again, err := decodeRow(appendRow(nil, &r))
		if err != nil || !bytes.Equal(appendRow(nil, &again), appendRow(nil, &r)) {
			t.Errorf("%+v became %+v, %v", r, again, err)
		}
	})
}

func FuzzDecodeReplay(f *testing.F) {
	f.Add(encodeReplay(&replay{At: start, Body: hashOf("x"), Status: 201, Lead: "ld_a", Answer: []byte(`{}`)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeReplay(b)
		if err != nil {
			return
		}
		again, err := decodeReplay(encodeReplay(r))
		if err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("%+v became %+v, %v", r, again, err)
		}
	})
}

func FuzzDecodeLead(f *testing.F) {
	good, err := encodeLead(sessionize.LeadLink{Lead: "ld_a"}, &decision{Lead: Lead{ID: "ld_a", Created: Time(start)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(_ *testing.T, b []byte) {
		if d, raw, err := decodeLead(b); err == nil {
			_ = newRow(1, d, raw)
		}
	})
}

func FuzzDecodePerson(f *testing.F) {
	good, err := encodePerson(&person{Form: form("a", `"b"`), Notes: "n", Tags: []string{"t"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decodePerson(b)
		if err != nil {
			return
		}
		for i := range p.Form {
			p.Form[i].filled()
		}
		if _, err := encodePerson(p); err != nil {
			t.Errorf("%+v cannot be stored again: %v", p, err)
		}
	})
}

func FuzzDecodeChange(f *testing.F) {
	good, err := encodeChange(&change{Lead: "ld_a", At: start, Status: "new"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(_ *testing.T, b []byte) {
		if c, err := decodeChange(b); err == nil {
			r := fullRow
			r.change(&c)
		}
	})
}

func FuzzDecodeEntry(f *testing.F) {
	yes, cents := true, int64(1250)
	for _, e := range []entry{
		{Lead: "ld_a", Number: 1, At: start, Activity: "call"}, {Lead: "ld_a", Number: 2, Status: "nurturing"},
		{Lead: "ld_a", Number: 3, Outcome: &outcome{Outcome: "closed_won", Day: 1, Days: 2, Value: &cents}},
		{Lead: "ld_a", Number: 4, Accurate: &yes}, {Lead: "ld_a", Undo: &undo{Number: 1, Status: "new"}},
	} {
		b, err := encodeEntry(&e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := decodeEntry(b)
		if err != nil {
			return
		}
		r := fullRow
		if e.Undo != nil {
			r.undo(e.Undo, e.At)
		} else {
			r.step(&e)
		}
		if e.Outcome != nil {
			newOutcome(&e, "")
		}
		if again, err := decodeRow(appendRow(nil, &r)); err != nil {
			t.Errorf("%+v makes a row that cannot be read: %+v, %v", e, again, err)
		}
	})
}

func FuzzDecodeContact(f *testing.F) {
	key := contactKey(store.ID{1}, store.ID{2}, 3, store.ID{4})
	f.Add(key, encodeContact(Inquiry{Site: 3, Lead: "ld_a", Created: Time(start)}))
	f.Fuzz(func(t *testing.T, k, b []byte) {
		i, err := decodeContact(k, b)
		if err != nil {
			return
		}
		if again, err := decodeContact(k, encodeContact(i)); err != nil || again != i {
			t.Errorf("%+v became %+v, %v", i, again, err)
		}
	})
}

func FuzzDecodeNote(f *testing.F) {
	f.Add(encodeNote("text"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if text, err := decodeNote(b); err == nil && !bytes.Equal(encodeNote(text), b) {
			t.Errorf("%q is another's", text)
		}
	})
}

// A row of an import is anybody's file.
func FuzzReadPast(f *testing.F) {
	f.Add([]byte(`{"Create Date":"2023-05-01 10:22","Deal Stage":"Closed Won","Amount":"$1,200.50","formData":{"email":"a@b.c"}}`), true)
	f.Add([]byte(`{"created_at":1700000000000,"status":"closed_lost","loss_reason":"too expensive","properties_viewed":["a"]}`), false)
	f.Fuzz(func(t *testing.T, b []byte, whole bool) {
		var m map[string]json.RawMessage
		if json.Unmarshal(b, &m) != nil {
			return
		}
		var fields []Field
		for name, value := range m {
			fields = append(fields, Field{name, value})
		}
		p, err := readPast(&catalog.Site{ID: 1}, fields, whole, start)
		if err != nil {
			return
		}
		if p.Created < firstImport || p.Created > start {
			t.Errorf("created %d", p.Created)
		}
		if _, err := json.Marshal(p); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
	})
}
