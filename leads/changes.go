package leads

import (
	"fmt"

	"footfall/event"
	"footfall/journal"
)

// Types of changes.
const (
	ChangeLead    = "lead"
	ChangeOutcome = "outcome"
	ChangeSession = "session"
)

// Change is one thing that happened to a lead or a session, as the journal has it. It holds nothing that a person wrote.
type Change struct {
	Type    string `json:"type"`
	Change  string `json:"change"` // created, changed, scored, activity, activity_undone, feedback; outcome; events
	Time    Time   `json:"time"`
	Site    uint32 `json:"site_id"`
	Profile string `json:"profile_id"` // now
	Session Text   `json:"session_id"`
	Visitor Text   `json:"visitor_id"`
	Lead    Text   `json:"lead_id"`
	By      Text   `json:"by"`

	Status   Text   `json:"status,omitempty"`   // that the lead got
	Activity Text   `json:"activity,omitempty"` // its type
	Outcome  Text   `json:"outcome,omitempty"`  // how the lead ended
	Day      string `json:"outcome_date,omitempty"`
	Accurate *bool  `json:"was_accurate,omitempty"`
	Events   int    `json:"events,omitempty"` // of this record
	Flagged  bool   `json:"flagged,omitempty"`
}

// ChangesQuery says which changes are asked for.
type ChangesQuery struct {
	After uint64 // position of the last one given, 0: from the oldest
	Types map[string]bool
	Limit int
	Site  func(uint32) bool                      // whether a site's are
	Sees  func(site uint32, profile string) bool // whether a profile's are; "" is the site's own
}

// lookedAt bounds the records that one page looks at.
const lookedAt = 10_000

// Changes returns changes in the order in which they happened, the position up to which it looked, and whether there may be
// more. Only what is on disk is given.
func (l *Leads) Changes(q ChangesQuery) (changes []Change, through uint64, more bool, err error) {
	changes = []Change{}
	looked := 0
	page := journal.Page{After: journal.Position(q.After), Chunks: q.Types[ChangeSession], Site: q.Site}
	pos, more, err := l.journal.ReadPage(page, func(r *journal.Record) (bool, error) {
		c, err := l.change(r, &q)
		if err != nil {
			return false, fmt.Errorf("read the change at position %d: %w", r.Pos, err)
		}
		if c != nil && q.Types[c.Type] && q.Sees(c.Site, c.Profile) {
			changes = append(changes, *c)
		}
		looked++
		return len(changes) < q.Limit && looked < lookedAt, nil
	})
	return changes, uint64(pos), more, err
}

// RetiredThrough returns the position up to which sessions' changes are past their retention.
func (l *Leads) RetiredThrough() (uint64, error) {
	retired, err := journal.RetiredThrough(l.db.Reader())
	return uint64(retired), err
}

// change returns what a record says, nil if that is nothing to tell or of somebody who was forgotten.
func (l *Leads) change(r *journal.Record, q *ChangesQuery) (*Change, error) {
	if !q.Site(r.Site) {
		return nil, nil
	}
	c := &Change{Type: ChangeLead, Time: Time(r.At.UnixMilli()), Site: r.Site, Session: Text(r.Session)}
	switch r.Kind {
	case journal.KindChunk:
		return l.sessionChange(c, r)
	case journal.KindLead:
		d, _, err := decodeLead(r.Body)
		if err != nil {
			return nil, err
		}
		c.Change, c.Lead, c.Visitor, c.Status = "created", Text(d.Lead.ID), d.Lead.Visitor, Text(d.Status)
		if c.Status == "" {
			c.Status = Text(statusNew.String())
		}
	case journal.KindPatch:
		p, err := decodeChange(r.Body)
		if err != nil {
			return nil, err
		}
		c.Change, c.Lead, c.By, c.Status = "changed", Text(p.Lead), Text(p.By), Text(p.Status)
	case journal.KindScore:
		s, err := decodeScored(r.Body)
		if err != nil {
			return nil, err
		}
		c.Change, c.Lead = "scored", Text(s.Lead)
	case journal.KindActivity, journal.KindOutcome, journal.KindFeedback:
		e, err := decodeEntry(r.Body)
		if err != nil {
			return nil, err
		}
		c.ofEntry(&e)
	default:
		return nil, nil
	}
	row, found, err := getRow(l.db, r.Site, l.db.ID(string(c.Lead)))
	if err != nil || !found {
		return nil, err
	}
	c.Profile = row.Profile
	return c, nil
}

func (c *Change) ofEntry(e *entry) {
	c.Lead, c.By = Text(e.Lead), Text(e.By)
	switch {
	case e.Undo != nil:
		c.Change = "activity_undone"
	case e.Activity != "":
		c.Change, c.Activity = "activity", Text(e.Activity)
	case e.Outcome != nil:
		c.Type, c.Change, c.Outcome, c.Day = ChangeOutcome, "outcome", Text(e.Outcome.Outcome), dayText(e.Outcome.Day)
	case e.Accurate != nil:
		c.Change, c.Accurate = "feedback", e.Accurate
	default:
		c.Change, c.Status = "changed", Text(e.Status)
	}
}

func (l *Leads) sessionChange(c *Change, r *journal.Record) (*Change, error) {
	profile, visitor, found, err := l.o.Sessions.Whose(r)
	if err != nil || !found {
		return nil, err
	}
	c.Type, c.Change, c.Profile, c.Visitor = ChangeSession, "events", profile, Text(visitor)
	c.Events, c.Flagged = len(r.Chunk.Events), r.Chunk.Flags&event.Flagged != 0
	return c, nil
}
