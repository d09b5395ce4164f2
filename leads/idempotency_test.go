package leads

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"footfall/fault"
)

func (w *world) keyed(key, body string, whole bool) (answer []byte, replayed bool, err error) {
	answer, _, replayed, err = w.leads.Create(context.Background(), Create{
		Site: w.site(), Form: form("message", `"`+body+`"`), IdempotencyKey: key, Body: hashOf(body), Whole: whole,
	})
	return answer, replayed, err
}

func (w *world) count() int {
	w.t.Helper()
	page, _, err := w.leads.List(1, Query{Limit: 1000})
	w.must(err)
	return len(page)
}

func TestTheSameKeyReplaysTheAnswer(t *testing.T) {
	w := newWorld(t)
	first, replayed, err := w.keyed("k", "hello", true)
	w.must(err)
	if replayed {
		t.Error("the first call was a replay")
	}
	w.now.Add((24*time.Hour - time.Millisecond).Milliseconds())
	w.close()
	w.open()
	again, replayed, err := w.keyed("k", "hello", true)
	w.must(err)
	if !replayed || string(again) != string(first) || w.count() != 1 {
		t.Errorf("replayed %v, %d leads, answer %s", replayed, w.count(), again)
	}
}

func TestTheSameKeyWithAnotherBodyIsRefused(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.keyed("k", "hello", false)
	w.must(err)
	_, _, err = w.keyed("k", "other", false)
	refused(t, "another body", err, fault.IdempotencyMismatch, "Idempotency-Key")
	if w.count() != 1 {
		t.Errorf("%d leads", w.count())
	}
}

func TestAKeyIsForgottenAfterADay(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.keyed("k", "hello", false)
	w.must(err)
	w.now.Add((24 * time.Hour).Milliseconds())
	_, replayed, err := w.keyed("k", "other", false)
	w.must(err)
	if replayed || w.count() != 2 {
		t.Errorf("replayed %v, %d leads", replayed, w.count())
	}
}

func TestAPublicCallerNeverGetsASecretKeysAnswer(t *testing.T) {
	w := newWorld(t)
	whole, _, err := w.keyed("k", "hello", true)
	w.must(err)
	public, replayed, err := w.keyed("k", "hello", false)
	w.must(err)
	if replayed || len(public) >= len(whole) {
		t.Errorf("replayed %v: %s", replayed, public)
	}
}

func TestARefusedCallLeavesItsKeyFree(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.keyed("k", "", false)
	refused(t, "an empty form", err, fault.MissingField, "formData")
	_, replayed, err := w.keyed("k", "hello", false)
	w.must(err)
	if replayed {
		t.Error("a refusal was replayed")
	}
}

func TestOneLeadComesOfManyCallsAtOnce(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	var made atomic.Int64
	for range 20 {
		wg.Go(func() {
			_, replayed, err := w.keyed("k", "hello", false)
			if err != nil {
				if fault.From(err).Code != fault.InFlight {
					t.Error(err)
				}
			} else if !replayed {
				made.Add(1)
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 || w.count() != 1 {
		t.Errorf("%d calls made %d leads", made.Load(), w.count())
	}
}
