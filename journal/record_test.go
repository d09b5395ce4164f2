package journal

import (
	"encoding/hex"
	"errors"
	"reflect"
	"testing"
	"time"

	"footfall/event"
	"footfall/store"
)

// The formats of the two spaces are frozen: keys and values read so for ever.
func TestRecordsEncodeToTheFrozenBytes(t *testing.T) {
	session := store.ID{0xa0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xaf}
	r := Record{Kind: KindLead, Site: 300, At: time.UnixMilli(1_764_000_000_000), Session: "s1", Body: []byte{0xbe, 0xef}}
	for name, c := range map[string]struct {
		got  []byte
		want string
	}{
		//                           space day  site     session                          position
		"key of a chunk": {appendEventKey(nil, 20416, 7, session, 0x1122), "01" + "4fc0" + "00000007" + "a00102030405060708090a0b0c0d0eaf" + "0000000000001122"},
		//                           space position
		"key of a record": {recordKey(0x1122), "02" + "0000000000001122"},
		//                           version kind site received session   body
		"a record": {appendRecord(nil, &r), "01" + "03" + "ac02" + "80d0dfb4ab33" + "027331" + "beef"},
	} {
		if got := hex.EncodeToString(c.got); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	for _, want := range []Record{
		{Pos: 1, Kind: KindSite, At: time.UnixMilli(0).UTC()},
		{Pos: 1<<64 - 1, Kind: 255, Site: 1<<32 - 1, At: noon, Session: string(make([]byte, 255)), Body: make([]byte, 70_000)},
	} {
		got, err := decodeRecord(recordKey(want.Pos), appendRecord(nil, &want))
		if err != nil || !sameRecord(&got, &want) {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
}

func TestEveryCutOfARecordBeforeItsBodyIsRefused(t *testing.T) {
	b := appendRecord(nil, &Record{Kind: KindLead, Site: 300, At: noon, Session: "session"})
	for n := range b {
		if r, err := decodeRecord(recordKey(1), b[:n]); !errors.Is(err, errRecord) {
			t.Errorf("the first %d of %d bytes: %+v, %v", n, len(b), r, err)
		}
	}
}

func TestDecodeRefusesWhatIsNoRecord(t *testing.T) {
	for name, kv := range map[string][2]string{
		"a short key":           {"\x02short", "\x01\x03\x01\x01\x00"},
		"another version":       {string(recordKey(1)), "\x02\x03\x01\x01\x00"},
		"a site over 32 bits":   {string(recordKey(1)), "\x01\x03\x80\x80\x80\x80\x10\x01\x00"},
		"a session beyond it":   {string(recordKey(1)), "\x01\x03\x01\x01\x05abc"},
		"a session of 64 bits":  {string(recordKey(1)), "\x01\x03\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"},
		"a varint without end":  {string(recordKey(1)), "\x01\x03\xff\xff"},
		"nothing but a version": {string(recordKey(1)), "\x01"},
	} {
		if r, err := decodeRecord([]byte(kv[0]), []byte(kv[1])); !errors.Is(err, errRecord) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func TestChunkUnderAnyOtherKeyIsRefused(t *testing.T) {
	value := event.Append(nil, chunk("s", "e").Chunk)
	good := appendEventKey(nil, 1, 1, store.ID{}, 9)
	if r, err := decodeChunk(good, value); err != nil || r.Pos != 9 || r.Session != "s" {
		t.Errorf("got %+v, %v", r, err)
	}
	for name, key := range map[string][]byte{"a cut key": good[:30], "another space": append([]byte{2}, good[1:]...)} {
		if _, err := decodeChunk(key, value); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := decodeChunk(good, value[:len(value)-1]); !errors.Is(err, event.ErrCorrupt) {
		t.Errorf("a cut chunk: %v", err)
	}
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add(uint64(1), appendRecord(nil, &Record{Kind: KindLead, Site: 300, At: noon, Session: "s", Body: []byte("body")}))
	f.Add(uint64(2), []byte{recordVersion, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, pos uint64, value []byte) {
		r, err := decodeRecord(recordKey(Position(pos)), value)
		if err != nil {
			return
		}
		again, err := decodeRecord(recordKey(r.Pos), appendRecord(nil, &r))
		if err != nil || !sameRecord(&again, &r) {
			t.Fatalf("got %+v, %v; want %+v", again, err, r)
		}
	})
}

// sameRecord compares meaning: a body that is empty and one that is nil are the same.
func sameRecord(a, b *Record) bool {
	x, y := *a, *b
	x.Body, y.Body = nil, nil
	return reflect.DeepEqual(x, y) && string(a.Body) == string(b.Body)
}
