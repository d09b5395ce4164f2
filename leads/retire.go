package leads

import (
	"context"
	"time"

	"footfall/journal"
	"footfall/store"
)

// atOnce bounds the leads, or stored answers, that are deleted together.
const atOnce = 256

// Retire deletes the leads that were created before a UTC day, with all that was written by and about their people.
// What they added to listing days and sessions stays.
func (l *Leads) Retire(ctx context.Context, before uint16) error {
	t := journal.Retire{Space: store.Leads, Before: before}
	for _, site := range l.o.Catalog.Sites() {
		from := sitePrefix(store.LeadsByTime, site.ID)
		for from != nil {
			var err error
			if t.IDs, from, err = l.expired(from, timeKey(site.ID, t.BeforeTime(), store.ID{})); err != nil {
				return err
			}
			if len(t.IDs) == 0 {
				break
			}
			if err := l.retire(ctx, site.ID, &t); err != nil {
				return err
			}
		}
	}
	return nil
}

// expired returns the first leads in a range of the index by time, and where the next ones begin, nil at the end.
func (l *Leads) expired(from, to []byte) (ids []store.ID, next []byte, err error) {
	err = l.db.Reader().Scan(store.Range{Lo: from, Hi: to}, func(k, _ []byte) error {
		if len(ids) == atOnce {
			next = append(next, k...)
			return store.ErrStop
		}
		_, _, id, err := parseTimeKey(k)
		ids = append(ids, id)
		return err
	})
	return ids, next, err
}

// retire submits the record. No lead is patched meanwhile: a form written after its lead is gone would stay for ever.
func (l *Leads) retire(ctx context.Context, site uint32, t *journal.Retire) error {
	r := journal.Record{Kind: journal.KindRetire, Site: site, Body: journal.EncodeRetire(t)}
	defer l.lockAll()()
	return l.submit(ctx, r)
}

func (l *Leads) applyRetire(b *store.Batch, r *journal.Record) error {
	t, err := journal.DecodeRetire(r.Body)
	if err != nil || t.Space != store.Leads {
		return err
	}
	recount := false
	for _, id := range t.IDs {
		row, found, err := getRow(b, r.Site, id)
		if err != nil {
			return err
		}
		if !found { // applied before
			continue
		}
		l.past.remove(&row)
		recount = recount || row.Imported // it may be old and still have come late: leads before it count again
		if _, err := l.deleteLead(b, r.Site, id); err != nil {
			return err
		}
	}
	if recount {
		l.past.clear()
		if err := l.past.load(b.Reader()); err != nil {
			return err
		}
	}
	journal.StorePosition(b, ownerName, r.Pos)
	return nil
}

// ForgetReplays deletes the stored answers that are not given again any more.
func (l *Leads) ForgetReplays(ctx context.Context) error {
	now := l.o.Now()
	lo, hi := store.Idempotency.Span()
	for more := true; more; {
		var keys [][]byte
		err := l.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(k, value []byte) error {
			kept, err := decodeReplay(value)
			if err != nil || !kept.old(now) {
				return err
			}
			if keys = append(keys, append([]byte(nil), k...)); len(keys) == atOnce {
				return store.ErrStop
			}
			return ctx.Err()
		})
		if err != nil {
			return err
		}
		if more = len(keys) == atOnce; more {
			lo = append(keys[len(keys)-1], 0)
		}
		if err := l.forgetReplays(keys, now); err != nil {
			return err
		}
	}
	return nil
}

// forgetReplays deletes those of the keys that are still old: a call with the same key may have written a new answer.
func (l *Leads) forgetReplays(keys [][]byte, now time.Time) error {
	l.inFlightMu.Lock()
	defer l.inFlightMu.Unlock()
	b := l.db.NewBatch()
	defer b.Close()
	for _, key := range keys {
		if l.inFlight[string(key)] {
			continue
		}
		v, found, err := l.db.Get(key)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		kept, err := decodeReplay(v)
		if err != nil {
			return err
		}
		if kept.old(now) {
			b.Delete(key)
		}
	}
	return b.Commit(false)
}

// old says whether the answer is not given again any more.
func (r *replay) old(now time.Time) bool { return now.UnixMilli()-r.At >= replayFor.Milliseconds() }
