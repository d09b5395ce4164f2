package journal

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"footfall/store"
)

func TestAnErasureIsReadAsItWasWritten(t *testing.T) {
	want := []Target{{EraseVisitor, store.ID{1}, 0}, {EraseSession, store.ID{2, 3}, 0}, {EraseLead, store.ID{15: 9}, 1 << 60}}
	got, err := DecodeErase(EncodeErase(want))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, b := range [][]byte{nil, {2}, {1, 1}, EncodeErase(want)[:30]} {
		if _, err := DecodeErase(b); err == nil {
			t.Errorf("%x is read", b)
		}
	}
}

func FuzzDecodeErase(f *testing.F) {
	f.Add(EncodeErase([]Target{{EraseLead, store.ID{1}, 2}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		targets, err := DecodeErase(b)
		if err == nil && !bytes.Equal(EncodeErase(targets), b) {
			t.Errorf("%x becomes %x", b, EncodeErase(targets))
		}
	})
}

func TestSiftForgetsReplacesAndKeepsWhatIsCheckpointed(t *testing.T) {
	r := newRig(t).open()
	defer r.close()
	for _, body := range []string{"keep", "forget", "change"} {
		r.submit(Record{Kind: 99, Body: []byte(body)})
	}
	ctx := context.Background()
	if _, err := r.Sift(ctx, r.Applied(), nil); err == nil {
		t.Error("records that no checkpoint has are sifted")
	}
	if err := r.Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	keys, err := r.Sift(ctx, r.Checkpointed(), func(rec *Record) (Verdict, error) {
		switch string(rec.Body) {
		case "forget":
			return Forget, nil
		case "change":
			rec.Body = []byte("changed")
			return Replace, nil
		}
		return Keep, nil
	})
	if err != nil || len(keys) != 2 {
		t.Fatalf("%d changed, %v", len(keys), err)
	}
	var left []string
	for rec, err := range r.Read(0) {
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, string(rec.Body))
	}
	if !slices.Equal(left, []string{"keep", "changed"}) {
		t.Errorf("left are %q", left)
	}
}

func TestCheckpointOfAClosedJournalSaysSo(t *testing.T) {
	r := newRig(t).open()
	defer r.close()
	r.submit(Record{Kind: 99})
	r.Hurry()
	if err := r.Checkpoint(context.Background()); err != ErrClosed {
		t.Errorf("told to hurry: %v", err)
	}
}
