package leads

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"footfall/catalog"
	"footfall/fault"
	"footfall/journal"
	"footfall/store"
)

// Deed is something that somebody did about a lead, as its readers see it.
type Deed struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Note Text   `json:"note"`
	At   Time   `json:"created_at"`
	By   Text   `json:"by"`
}

// AddActivity adds a call, text, email, note or showing to a lead's history; it moves a new lead to contacted.
func (l *Leads) AddActivity(ctx context.Context, q Request, kind, note string) (answer []byte, replayed bool, err error) {
	if err := oneOf("type", kind, activityTypes); err != nil {
		return nil, false, err
	}
	if err := checkNote("note", note); err != nil {
		return nil, false, err
	}
	if kind == "note" && note == "" {
		return nil, false, fault.Field(fault.MissingField, "note", "An activity of type note says something in note.")
	}
	return l.add(ctx, &q, func(_ *row, a *addition) error {
		a.kind, a.entry.Activity, a.note = journal.KindActivity, kind, note
		a.answer = func(r *row) any {
			return struct {
				Deed
				Lead   string `json:"lead_id"`
				Status string `json:"status"` // of the lead
			}{newDeed(&a.entry, note), q.Lead, r.Status.String()}
		}
		return nil
	})
}

func newDeed(e *entry, note string) Deed {
	return Deed{ID: numberText(e.Number), Type: e.Activity, Note: Text(note), At: Time(e.At), By: Text(e.By)}
}

func numberText(n uint64) string { return strconv.FormatUint(n, 10) }

// UndoActivity takes an activity back: the lead is what it would be without it.
func (l *Leads) UndoActivity(ctx context.Context, site *catalog.Site, lead, activity string) error {
	none := fault.New(fault.NotFound, "This lead has no such activity.")
	number, err := strconv.ParseUint(activity, 10, 64)
	if err != nil || numberText(number) != activity {
		return none
	}
	key := l.db.ID(lead)
	defer l.lock(key)()
	r, found, err := getRow(l.db, site.ID, key)
	if err != nil {
		return err
	}
	if !found {
		return notFound()
	}
	var history []entry
	there := false
	err = readHistory(l.db.Reader(), site.ID, key, func(e *entry) error {
		history = append(history, *e)
		there = there || e.Number == number && e.Activity != ""
		return nil
	})
	if err != nil {
		return fmt.Errorf("read a lead's history: %w", err)
	}
	if !there {
		return none
	}
	back := r.without(number, history)
	now := l.o.Now().Truncate(time.Millisecond)
	body, err := encodeEntry(&entry{Lead: lead, At: now.UnixMilli(), Undo: &back})
	if err != nil {
		return err
	}
	return l.submit(ctx, journal.Record{
		At: now, Kind: journal.KindActivity, Site: site.ID, Body: body,
		Rows: []journal.Row{{Key: numberKey(store.LeadNotes, site.ID, key, number)}},
	})
}
