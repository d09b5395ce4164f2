package event

import (
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The chunk below, byte by byte. Its format is frozen: what is stored reads so for ever.
//
//	01                              version
//	02                              flags: RateFlagged
//	02                              device: Mobile
//	80 d0 df b4 ab 33               received 1,764,000,000,000
//	07                              ordinal
//	02 73 31                        session "s1"
//	02 76 31                        visitor "v1"
//	00                              profile ""
//	03                              three events
//
//	03                              property_view
//	6f 04                           bits 0x046f: ID, Page, Listing, Clock, Attrs, Data; local day = UTC day (+1 = 01)
//	02 65 31                        id "e1"
//	02 70 31                        page "p1"
//	02 4c 31                        listing "L1"
//	c8 01                           received 100 ms after it
//	dc 0b                           clock 1,500 ms
//	02                              two attributes:
//	00 03 2f 4c 31                    url "/L1"
//	03 01 67                          utm_source "g"
//	02 7b 7d                        data "{}"
//
//	02                              scroll_depth
//	b6 0b                           bits 0x0bb6: Page, Listing, Scroll, Attrs, all three as before; day = UTC day + 1 (10)
//	13                              received 10 ms before it
//	f4 03                           scroll 50.0 %
//
//	00                              custom
//	00 00                           bits 0: nothing; day = UTC day − 1 (00)
//	04 74 6f 75 72                  name "tour"
//	00                              received at its time
var golden = strings.Join([]string{
	"010202", "80d0dfb4ab33", "07", "027331", "027631", "00", "03",
	"036f04", "026531", "027031", "024c31", "c801", "dc0b", "02", "00032f4c31", "030167", "027b7d",
	"02b60b", "13", "f403",
	"000000", "04746f7572", "00",
}, "")

func goldenChunk() Chunk {
	const received = 1_764_000_000_000
	day := UTCDay(received)
	attrs := []Attr{{AttrURL, "/L1"}, {AttrUTMSource, "g"}}
	return Chunk{
		Session: "s1", Visitor: "v1", Device: Mobile, Flags: RateFlagged, Received: received, Ordinal: 7,
		Events: []Event{
			{Type: PropertyView, ID: "e1", Page: "p1", Listing: "L1", At: received - 100, Day: day,
				Clock: 1500, Scroll: None, Attrs: attrs, Data: "{}"},
			{Type: ScrollDepth, Page: "p1", Listing: "L1", At: received + 10, Day: day + 1,
				Clock: None, Scroll: 500, Attrs: attrs},
			{Type: Custom, Name: "tour", At: received, Day: day - 1, Clock: None, Scroll: None},
		},
	}
}

func TestChunkEncodesToTheFrozenBytes(t *testing.T) {
	c := goldenChunk()
	if got := hex.EncodeToString(Append(nil, &c)); got != golden {
		t.Fatalf("got  %s\nwant %s", got, golden)
	}
}

func TestFrozenBytesDecodeToTheChunk(t *testing.T) {
	b, err := hex.DecodeString(golden)
	if err != nil {
		t.Fatal(err)
	}
	got, want := Chunk{Events: []Event{{ID: "left from before"}}}, goldenChunk()
	if err := Decode(b, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
}

func TestEveryPrefixAndEveryExtensionOfAChunkIsCorrupt(t *testing.T) {
	c := goldenChunk()
	b := Append(nil, &c)
	for n := range b {
		if err := Decode(b[:n], new(Chunk)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("the first %d of %d bytes: %v", n, len(b), err)
		}
	}
	if err := Decode(append(b, 0), new(Chunk)); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a byte too many: %v", err)
	}
}

func TestDecodeRefusesWhatCannotHaveBeenWritten(t *testing.T) {
	head := []byte{codecVersion, 0, 0, 0, 0, 0, 0, 0, 1}
	for name, b := range map[string][]byte{
		"another version":            {2, 0, 0, 0, 0, 0, 0, 0, 0},
		"an unknown device":          {codecVersion, 0, byte(numDevices), 0, 0, 0, 0, 0, 0},
		"a session over its limit":   append([]byte{codecVersion, 0, 0, 0, 0, 0x80, 2}, make([]byte, 259)...),
		"more events than bytes":     {codecVersion, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f},
		"a varint over 64 bits":      append([]byte{codecVersion, 0, 0}, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2),
		"a varint without an end":    append([]byte{codecVersion, 0, 0}, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"an ordinal over 32 bits":    {codecVersion, 0, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x10},
		"an unknown type":            append(head[:len(head):len(head)], byte(numTypes), 0, 0, 0),
		"unknown bits":               append(head[:len(head):len(head)], 1, 0, 0x10, 0),
		"same page with none before": append(head[:len(head):len(head)], 1, byte(samePage|hasPage), 0, 0),
		"a scroll over its limit":    append(head[:len(head):len(head)], 1, byte(hasScroll), 0, 0, 0xe9, 7),
		"an unknown attribute":       append(head[:len(head):len(head)], 1, byte(hasAttrs), 0, 0, 1, byte(NumAttrs), 0),
		"too many attributes":        append(head[:len(head):len(head)], 1, byte(hasAttrs), 0, 0, byte(NumAttrs)+1),
	} {
		if err := Decode(b, new(Chunk)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Decode(append(head[:len(head):len(head)], 1, 0, 0, 0), new(Chunk)); err != nil {
		t.Errorf("the smallest event: %v", err)
	}
}

func TestChunksComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawChunk(t)
		prefix := []byte("before")
		b := Append(prefix, &want)
		if string(b[:len(prefix)]) != string(prefix) {
			t.Fatal("Append changed what it appended to")
		}
		var got Chunk
		if err := Decode(b[len(prefix):], &got); err != nil {
			t.Fatal(err)
		}
		if !sameChunk(&got, &want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
		if again := Append(nil, &got); string(again) != string(b[len(prefix):]) {
			t.Fatal("equal chunks encode to different bytes")
		}
	})
}

func TestDecodedChunkKeepsNothingOfItsSource(t *testing.T) {
	c := goldenChunk()
	b := Append(nil, &c)
	var got Chunk
	if err := Decode(b, &got); err != nil {
		t.Fatal(err)
	}
	clear(b)
	if want := goldenChunk(); !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v", got)
	}
}

func FuzzDecode(f *testing.F) {
	c := goldenChunk()
	f.Add(Append(nil, &c))
	f.Add([]byte{codecVersion, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var c, again Chunk
		if Decode(b, &c) != nil {
			return
		}
		if err := Decode(Append(nil, &c), &again); err != nil {
			t.Fatalf("what was decoded does not encode to a chunk: %v", err)
		}
		if !sameChunk(&c, &again) {
			t.Fatalf("got  %+v\nwant %+v", again, c)
		}
	})
}

// sameChunk compares meaning: a list that is empty and one that is nil are the same.
func sameChunk(a, b *Chunk) bool {
	x, y := *a, *b
	x.Events, y.Events = nil, nil
	if !reflect.DeepEqual(x, y) || len(a.Events) != len(b.Events) {
		return false
	}
	for i := range a.Events {
		x, y := a.Events[i], b.Events[i]
		if !equalAttrs(x.Attrs, y.Attrs) {
			return false
		}
		x.Attrs, y.Attrs = nil, nil
		if !reflect.DeepEqual(x, y) {
			return false
		}
	}
	return true
}

// drawString draws a string that is empty, short, or as long as it may be.
func drawString(t *rapid.T, label string, max int) string {
	switch rapid.IntRange(0, 3).Draw(t, label+" kind") {
	case 0:
		return ""
	case 1:
		return strings.Repeat("é", max/2)
	case 2:
		return strings.Repeat("\x00\xff", max)[:max]
	}
	return rapid.StringN(0, 8, min(max, 16)).Draw(t, label)
}

func drawChunk(t *rapid.T) Chunk {
	c := Chunk{
		Session: drawString(t, "session", MaxSession), Visitor: drawString(t, "visitor", MaxVisitor),
		Profile: drawString(t, "profile", MaxProfile),
		Device:  Device(rapid.IntRange(0, int(numDevices)-1).Draw(t, "device")),
		Flags:   Flags(rapid.Byte().Draw(t, "flags")),
		Received: rapid.OneOf(rapid.SampledFrom([]int64{0, FirstImportDay, 1_764_000_000_000, math.MaxInt64}),
			rapid.Int64Range(0, math.MaxInt64)).Draw(t, "received"),
		Ordinal: rapid.SampledFrom([]uint32{0, 1, 1 << 20, math.MaxUint32}).Draw(t, "ordinal"),
	}
	for range rapid.IntRange(0, 6).Draw(t, "events") {
		var prev *Event
		if n := len(c.Events); n > 0 {
			prev = &c.Events[n-1]
		}
		c.Events = append(c.Events, drawEvent(t, prev, c.Received))
	}
	return c
}

// drawEvent draws an event that often shares its page, listing and attributes with the one before.
func drawEvent(t *rapid.T, prev *Event, received int64) Event {
	e := Event{
		Type: Type(rapid.IntRange(0, int(numTypes)-1).Draw(t, "type")),
		ID:   drawString(t, "id", MaxID), Page: drawString(t, "page", MaxPage),
		Listing: drawString(t, "listing", MaxListing), Data: drawString(t, "data", MaxData),
		Clock:  rapid.SampledFrom([]int32{None, 0, 1, 65_536, MaxClock}).Draw(t, "clock"),
		Scroll: rapid.SampledFrom([]int16{None, 0, 1, 500, MaxScroll}).Draw(t, "scroll"),
		At: received - rapid.OneOf(rapid.SampledFrom([]int64{0, 1, -1, MaxEventAge, -MaxEventAge}),
			rapid.Int64Range(-1<<40, 1<<40)).Draw(t, "age"),
	}
	if e.Type == Custom {
		e.Name = drawString(t, "name", MaxTypeName)
	}
	e.Day = UTCDay(e.At) + rapid.Int32Range(-1, 2).Draw(t, "zone")
	for key := range NumAttrs {
		if rapid.IntRange(0, 3).Draw(t, "has "+AttrNames[key]) == 0 {
			e.Attrs = append(e.Attrs, Attr{key, drawString(t, AttrNames[key], MaxAttr)})
		}
	}
	if prev == nil {
		return e
	}
	share := rapid.IntRange(0, 7).Draw(t, "shared")
	if share&1 != 0 {
		e.Page = prev.Page
	}
	if share&2 != 0 {
		e.Listing = prev.Listing
	}
	if share&4 != 0 {
		e.Attrs = prev.Attrs
	}
	return e
}
