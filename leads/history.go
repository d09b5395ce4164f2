package leads

import (
	"fmt"
	"slices"
	"strconv"

	"footfall/fault"
	"footfall/store"
)

// Page says which part of a lead's history to list, newest first.
type Page struct {
	Limit int    // default 50, at most 1,000
	After string // what the page before returned as next
}

// Event is an entry of a lead's history. Kind says which one of the others is set.
type Event struct {
	Kind     string    `json:"kind"` // "activity", "status", "outcome", "feedback"
	At       Time      `json:"time"`
	By       Text      `json:"by"`
	Activity *Deed     `json:"activity,omitempty"`
	Status   string    `json:"status,omitempty"` // that it was given by hand
	Outcome  *Outcome  `json:"outcome,omitempty"`
	Feedback *Feedback `json:"feedback,omitempty"`
}

// History returns a page of everything that happened to a lead, and where the next one begins, "" at the end.
func (l *Leads) History(site uint32, lead string, p Page) ([]Event, string, error) {
	return list(l, site, lead, p, func(r *row, e *entry, note string) (ev Event, ok bool) {
		ev = Event{At: Time(e.At), By: Text(e.By)}
		switch {
		case e.Activity != "":
			d := newDeed(e, note)
			ev.Kind, ev.Activity = "activity", &d
		case e.Status != "":
			ev.Kind, ev.Status = "status", e.Status
		case e.Outcome != nil:
			o := newOutcome(e, note)
			ev.Kind, ev.Outcome = "outcome", &o
		default:
			f := newFeedback(e, r, note)
			ev.Kind, ev.Feedback = "feedback", &f
		}
		return ev, true
	})
}

// Activities returns a page of what was done about a lead, and where the next one begins, "" at the end.
func (l *Leads) Activities(site uint32, lead string, p Page) ([]Deed, string, error) {
	return list(l, site, lead, p, func(_ *row, e *entry, note string) (d Deed, ok bool) {
		return newDeed(e, note), e.Activity != ""
	})
}

// Outcomes returns a page of how a lead ended, and where the next one begins, "" at the end.
func (l *Leads) Outcomes(site uint32, lead string, p Page) ([]Outcome, string, error) {
	return list(l, site, lead, p, func(_ *row, e *entry, note string) (o Outcome, ok bool) {
		if e.Outcome == nil {
			return o, false
		}
		return newOutcome(e, note), true
	})
}

// Scores returns the scores that a lead was given, newest first; of many those in between are left out.
func (l *Leads) Scores(site uint32, lead string) ([]Score, error) {
	r, found, err := getRow(l.db, site, l.db.ID(lead))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, notFound()
	}
	d, err := decodeDecision(r.Decision)
	if err != nil {
		return nil, err
	}
	scores := []Score{d.Lead.Score}
	for _, g := range slices.Backward(d.Earlier) {
		scores = append(scores, g.Score)
	}
	return scores, nil
}

// list returns a page of what show makes of a lead's entries, newest first, and where the next page begins.
func list[T any](l *Leads, site uint32, lead string, p Page, show func(r *row, e *entry, note string) (T, bool)) (page []T, next string, err error) {
	limit := defaultPage
	if p.Limit > 0 {
		limit = min(p.Limit, maxPage)
	}
	key := l.db.ID(lead)
	lo := idKey(store.LeadHistory, site, key)
	hi := store.PrefixEnd(lo)
	if p.After != "" {
		n, err := strconv.ParseUint(p.After, 10, 64)
		if err != nil {
			return nil, "", fault.New(fault.InvalidCursor, "The cursor is not one that this list gave out.")
		}
		hi = numberKey(store.LeadHistory, site, key, n)
	}
	v := l.db.NewView()
	defer func() {
		if cerr := v.Close(); err == nil {
			err = cerr
		}
	}()
	r, found, err := getRow(v, site, key)
	if err != nil {
		return nil, "", err
	}
	if !found {
		return nil, "", notFound()
	}
	page = []T{}
	last := uint64(0) // the number of the last entry on the page
	err = v.Scan(store.Range{Lo: lo, Hi: hi, Reverse: true}, func(k, value []byte) error {
		e, err := decodeEntry(value)
		if err != nil {
			return fmt.Errorf("%x: %w", k, err)
		}
		note, err := readNote(v, site, key, e.Number)
		if err != nil {
			return err
		}
		shown, ok := show(&r, &e, note)
		switch {
		case !ok:
			return nil
		case len(page) == limit:
			next = numberText(last)
			return store.ErrStop
		}
		page, last = append(page, shown), e.Number
		return nil
	})
	return page, next, err
}
