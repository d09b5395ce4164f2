package leads

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"footfall/fault"
	"footfall/journal"
	"footfall/learn"
	"footfall/scorer"
	"footfall/store"
)

// scored is a lead's new score.
//
//	u8 version (1) | this as JSON
type scored struct {
	Lead  string  `json:"lead"`
	Exact float64 `json:"exact"`
	Score Score   `json:"score"`
}

const scoredVersion = 1

// maxEarlier bounds how many earlier scores a lead keeps: the first, and the last ones.
const maxEarlier = 20

func encodeScored(s *scored) ([]byte, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode a score: %w", err)
	}
	return append([]byte{scoredVersion}, b...), nil
}

func decodeScored(b []byte) (*scored, error) {
	if len(b) == 0 || b[0] != scoredVersion {
		return nil, fmt.Errorf("%w: score version", errCorrupt)
	}
	s := new(scored)
	if err := json.Unmarshal(b[1:], s); err != nil {
		return nil, fmt.Errorf("%w: score: %w", errCorrupt, err)
	}
	return s, nil
}

// applyScore gives a lead its new score, and keeps the one it had.
func (l *Leads) applyScore(b *store.Batch, r *journal.Record) error {
	s, err := decodeScored(r.Body)
	if err != nil {
		return err
	}
	key := l.db.ID(s.Lead)
	row, found, err := getRow(b, r.Site, key)
	if err != nil || !found { // erased or retired since
		return err
	}
	d, err := decodeDecision(row.Decision)
	if err != nil {
		return err
	}
	if d.Lead.ScoredAt == s.Score.ScoredAt && d.Lead.Model == s.Score.Model { // applied before
		return nil
	}
	d.Earlier = append(d.Earlier, given{d.Exact, d.Lead.Score})
	if n := len(d.Earlier); n > maxEarlier {
		d.Earlier = append(d.Earlier[:1], d.Earlier[n-maxEarlier+1:]...)
	}
	d.Exact, d.Lead.Score = s.Exact, s.Score
	from := row
	if row.Decision, err = json.Marshal(d); err != nil {
		return fmt.Errorf("encode a lead: %w", err)
	}
	row.Score, row.Priority = s.Exact, priorityOf(s.Score.Priority)
	row.Updated = max(row.Updated, int64(s.Score.ScoredAt))
	l.setRow(b, r, key, &row, &from)
	return nil
}

// Rescored is what became of a lead that was to be scored again.
type Rescored struct {
	ID         string            `json:"id"`
	Prediction *learn.Prediction `json:"prediction"` // null: there is no such lead
}

// Rescore scores leads of a site again, by their features of when they came and what is known now. It returns once the
// new scores are on disk. What is not there is left out with a null.
func (l *Leads) Rescore(ctx context.Context, site uint32, ids []string) ([]Rescored, error) {
	now := l.o.Now().Truncate(time.Millisecond)
	results := make([]Rescored, len(ids))
	var records []journal.Record
	for i, id := range ids {
		results[i].ID = id
		r, found, err := getRow(l.db, site, l.db.ID(id))
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		d, err := decodeDecision(r.Decision)
		if err != nil {
			return nil, err
		}
		p := l.again(now, &r, d)
		results[i].Prediction = p
		body, err := encodeScored(&scored{Lead: id, Exact: p.Exact, Score: scoreOf(p)})
		if err != nil {
			return nil, err
		}
		records = append(records, journal.Record{At: now, Kind: journal.KindScore, Site: site, Body: body})
	}
	if len(records) == 0 {
		return results, nil
	}
	return results, l.submit(ctx, records...)
}

// again predicts for a lead that is there.
func (l *Leads) again(now time.Time, r *row, d *decision) *learn.Prediction {
	f := d.Lead.Features
	b := f.Behavior()
	points, _ := scorer.BehavioralPoints(b)
	b.FilledFields = 0
	return l.predict(now, &learn.Question{
		Organization: r.Organization, Profile: r.Profile, Features: f, Points: r.Points, Rules: points, Intent: scorer.ConversionIntent(b),
	})
}

// RescoreOpen scores the open leads of an organization again that the active version did not score, so that one list
// holds one kind of score. progress says how far it is as a share of 1. It returns how many there were.
func (l *Leads) RescoreOpen(ctx context.Context, organization string, progress func(float64)) (int, error) {
	version := l.o.Learn.Active(organization)
	todo := map[uint32][]string{}
	total, done := 0, 0
	v := l.db.NewView()
	lo, hi := store.Leads.Span()
	err := v.Scan(store.Range{Lo: lo, Hi: hi}, func(k, value []byte) error {
		r, err := decodeRow(value)
		if err != nil || r.Organization != organization || !r.Status.open() {
			return err
		}
		d, err := decodeDecision(r.Decision)
		if err == nil && d.Lead.Model != version {
			site, _, kerr := parseIDKey(k)
			todo[site], err = append(todo[site], r.ID), kerr
			total++
		}
		return err
	})
	if cerr := v.Close(); err == nil {
		err = cerr
	}
	for _, site := range l.o.Catalog.Sites() {
		for ids := todo[site.ID]; len(ids) > 0 && err == nil; {
			some := ids[:min(len(ids), ImportAtOnce)]
			if err = ctx.Err(); err == nil {
				_, err = l.Rescore(ctx, site.ID, some)
			}
			ids, done = ids[len(some):], done+len(some)
			progress(float64(done) / float64(total))
		}
	}
	if err != nil && fault.From(err).Code == fault.Internal {
		err = fmt.Errorf("score open leads again: %w", err)
	}
	return done, err
}
