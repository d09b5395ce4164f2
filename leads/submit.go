package leads

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"footfall/catalog"
	"footfall/fault"
	"footfall/journal"
	"footfall/store"
)

// Request is a call that adds something to a lead's history.
type Request struct {
	Site           *catalog.Site
	Lead           string
	By             string   // who asks, may be empty
	IdempotencyKey string   // empty: none
	Body           [32]byte // a hash of what was sent, and where
}

// maxEntries bounds the history of one lead.
const maxEntries = 10_000

var errFull = fault.New(fault.Conflict, "A lead's history holds at most %d entries.", maxEntries)

// addition is what a request adds: the entry, what was written with it, and what is answered.
type addition struct {
	kind   journal.Kind
	entry  entry
	note   string
	answer func(r *row) any // of the lead with the entry
}

// add puts an entry at the end of a lead's history and returns the JSON of the answer once it is on disk. make fills it
// in, for the lead as it is; number and time are given. replayed says that an earlier call with the same idempotency key
// made it.
func (l *Leads) add(ctx context.Context, q *Request, make func(r *row, a *addition) error) (answer []byte, replayed bool, err error) {
	key := l.db.ID(q.Lead)
	defer l.lock(key)()
	r, found, err := getRow(l.db, q.Site.ID, key)
	if err != nil {
		return nil, false, err
	}
	if !found || r.Erased {
		return nil, false, notFound()
	}
	now := l.o.Now().Truncate(time.Millisecond)
	var replayKey []byte
	if q.IdempotencyKey != "" {
		var release func()
		if replayKey, release, err = l.reserve(q.Site.ID, keepSecret, q.IdempotencyKey); err != nil {
			return nil, false, err
		}
		defer release()
		if kept, found, err := l.stored(replayKey, q.Body, now); err != nil || found {
			return kept.Answer, found, err
		}
	}
	if r.Entries >= maxEntries {
		return nil, false, errFull
	}
	a := addition{entry: entry{Lead: q.Lead, Number: r.Entries + 1, At: now.UnixMilli(), By: q.By}}
	if err := make(&r, &a); err != nil {
		return nil, false, err
	}
	record, answer, err := l.addRecord(q, &r, &a, replayKey)
	if err != nil {
		return nil, false, err
	}
	return answer, false, l.submit(ctx, record)
}

func (l *Leads) addRecord(q *Request, r *row, a *addition, replayKey []byte) (record journal.Record, answer []byte, err error) {
	r.step(&a.entry)
	if answer, err = json.Marshal(a.answer(r)); err != nil {
		return record, nil, fmt.Errorf("encode an answer: %w", err)
	}
	record, err = l.entryRecord(q.Site.ID, a)
	if replayKey != nil {
		record.Rows = append(record.Rows, journal.Row{Key: replayKey, Value: encodeReplay(&replay{
			At: a.entry.At, Body: q.Body, Status: 201, Lead: q.Lead, Answer: answer,
		})})
	}
	return record, answer, err
}

// entryRecord makes the record of an entry with its note.
func (l *Leads) entryRecord(site uint32, a *addition) (r journal.Record, err error) {
	body, err := encodeEntry(&a.entry)
	r = journal.Record{At: time.UnixMilli(a.entry.At), Kind: a.kind, Site: site, Body: body}
	if a.note != "" {
		key := numberKey(store.LeadNotes, site, l.db.ID(a.entry.Lead), a.entry.Number)
		r.Rows = append(r.Rows, journal.Row{Key: key, Value: encodeNote(a.note)})
	}
	return r, err
}

// lock lets nobody else change the lead until the function that it returns is called.
func (l *Leads) lock(key store.ID) (unlock func()) {
	stripe := &l.stripes[int(key[0])%len(l.stripes)]
	stripe.Lock()
	return stripe.Unlock
}

// submit puts records into the journal, all or none; what hinders it becomes a fault that tells the client what to do.
func (l *Leads) submit(ctx context.Context, r ...journal.Record) error {
	_, err := l.journal.Submit(ctx, r...)
	return l.journal.Explain("submit a lead's record", err)
}
