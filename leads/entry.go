package leads

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"footfall/fault"
	"footfall/store"
)

// entry is one thing in a lead's history: something was done about it, its status was set, it ended, or its score was
// judged. Exactly one of the last five is set. What somebody wrote with it stands in the space lead notes.
type entry struct {
	Lead    string `json:"lead"`
	Number  uint64 `json:"n"`  // of the lead's entries, from 1; never used again
	At      int64  `json:"at"` // ms
	By      string `json:"by,omitempty"`
	Undated bool   `json:"undated,omitempty"` // At is when it was imported; when it happened is not known

	Activity string   `json:"activity,omitempty"`
	Status   string   `json:"status,omitempty"`
	Outcome  *outcome `json:"outcome,omitempty"`
	Accurate *bool    `json:"was_accurate,omitempty"`
	Band     string   `json:"ml_priority,omitempty"` // that was shown to who found it accurate or not
	Undo     *undo    `json:"undo,omitempty"`        // in the journal only: it takes an entry away
}

// outcome is how a lead ended, for now.
type outcome struct {
	Outcome string `json:"outcome"`
	Day     int32  `json:"day"`                  // local, since 1970-01-01
	Days    int32  `json:"days"`                 // from the lead's local day of creation until then
	Value   *int64 `json:"deal_cents,omitempty"` // hundredths
	Loss    string `json:"loss_reason,omitempty"`
}

// undo takes an activity away; the rest is what the lead is without it.
type undo struct {
	Number       uint64 `json:"n"`
	Status       string `json:"status"`
	Contacted    int64  `json:"contacted"`
	Moved        bool   `json:"moved"`
	LastActivity int64  `json:"last_activity"`
}

// Words of the wire.
var (
	activityTypes = []string{"call", "text", "email", "note", "showing"}
	outcomeNames  = []string{"closed_won", "closed_lost", "nurturing", "unresponsive"}
	lossReasons   = []string{"price", "timing", "competitor", "financing", "unqualified", "other"}
)

// The body of a journal.KindActivity, KindOutcome or KindFeedback record, and the value of the space lead history:
//
//	u8 version (1) | the entry as JSON
const entryVersion = 1

func encodeEntry(e *entry) ([]byte, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode entry of a lead's history: %w", err)
	}
	return append([]byte{entryVersion}, b...), nil
}

func decodeEntry(b []byte) (e entry, err error) {
	if len(b) == 0 || b[0] != entryVersion {
		return e, fmt.Errorf("%w: entry version", errCorrupt)
	}
	if err := json.Unmarshal(b[1:], &e); err != nil {
		return e, fmt.Errorf("%w: entry: %w", errCorrupt, err)
	}
	return e, e.check()
}

// check refuses what no call of this package can have made.
func (e *entry) check() error {
	said := 0
	for _, is := range []bool{e.Activity != "", e.Status != "", e.Outcome != nil, e.Accurate != nil, e.Undo != nil} {
		if is {
			said++
		}
	}
	ok := said == 1 && (e.Number > 0) == (e.Undo == nil) &&
		(e.Activity == "" || slices.Contains(activityTypes, e.Activity)) &&
		(e.Status == "" || slices.Contains(statusNames[:], e.Status)) &&
		(e.Outcome == nil || slices.Contains(outcomeNames, e.Outcome.Outcome)) &&
		(e.Undo == nil || e.Undo.Number > 0 && slices.Contains(statusNames[:], e.Undo.Status))
	if !ok {
		return fmt.Errorf("%w: entry %d of lead %s", errCorrupt, e.Number, e.Lead)
	}
	return nil
}

func setEntry(b *store.Batch, site uint32, lead store.ID, e *entry) error {
	value, err := encodeEntry(e)
	b.Set(numberKey(store.LeadHistory, site, lead, e.Number), value)
	return err
}

// readHistory visits the entries of a lead, oldest first.
func readHistory(r store.Reader, site uint32, lead store.ID, visit func(e *entry) error) error {
	return r.ScanPrefix(idKey(store.LeadHistory, site, lead), func(k, value []byte) error {
		e, err := decodeEntry(value)
		if err != nil {
			return fmt.Errorf("%x: %w", k, err)
		}
		return visit(&e)
	})
}

// note returns what was written with an entry, "" if nothing was or it was erased.
func readNote(g getter, site uint32, lead store.ID, number uint64) (string, error) {
	v, found, err := g.Get(numberKey(store.LeadNotes, site, lead, number))
	if err != nil || !found {
		return "", err
	}
	return decodeNote(v)
}

// The value of the space lead notes:
//
//	u8 version (1) | text
const noteVersion = 1

func encodeNote(text string) []byte { return append([]byte{noteVersion}, text...) }

func decodeNote(b []byte) (string, error) {
	if len(b) == 0 || b[0] != noteVersion {
		return "", fmt.Errorf("%w: lead note version", errCorrupt)
	}
	return string(b[1:]), nil
}

// oneOf refuses a word that is not one of several.
func oneOf(field, word string, words []string) error {
	switch {
	case slices.Contains(words, word):
		return nil
	case word == "":
		return fault.Field(fault.MissingField, field, "%s is required, one of: %s.", field, strings.Join(words, ", "))
	}
	return fault.Field(fault.InvalidField, field, "%s is one of: %s.", field, strings.Join(words, ", "))
}

func checkNote(field, text string) error {
	if len(text) > maxNotes || !isText(text) {
		return fault.Field(fault.InvalidField, field, "%s has at most %d bytes of UTF-8 text.", field, maxNotes)
	}
	return nil
}
