package leads

import (
	"bytes"
	"reflect"
	"testing"

	"footfall/sessionize"
)

var fullRow = row{
	Pos: 7, ID: "ld_a", Organization: "org", Profile: "p", Listing: "l", Session: "s", Status: statusWon,
	Priority: priorityHigh, Erased: true, Points: 105, Score: 99.5, Created: start, Updated: start + 1, Contacted: start + 2,
	Decision: []byte(`{}`),
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
