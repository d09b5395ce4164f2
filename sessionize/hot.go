package sessionize

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"footfall/journal"
	"footfall/store"
)

// Rule is one of the reasons for which somebody on a site is hot. The numbers are part of the format.
type Rule uint8

// The rules.
const (
	RuleBack         Rule = 1 // back after 14 days
	RuleVisits       Rule = 2 // 5 visits in 7 days
	RuleListingsDay  Rule = 3 // 5 listings in 24 h
	RuleListingsWeek Rule = 4 // 10 listings in 7 days
	RuleListingAgain Rule = 5 // one listing in 3 visits
	RuleFormLeft     Rule = 6 // a form started and not submitted for 60 s
	RuleIntent       Rule = 7 // intent became high
	RuleLead         Rule = 8 // a known lead is on the site now
	numRules         Rule = 9
)

// hotFor is in how many ms a rule fires once for a person.
const hotFor = int64(24 * time.Hour / time.Millisecond)

const (
	hotVersion   = 1 // of a record's body and of a row
	hotPrefixLen = 1 + 4 + 1 + 16
)

var ruleNames = [numRules]string{
	RuleBack: "back_after_14_days", RuleVisits: "five_visits_in_7_days", RuleListingsDay: "five_listings_in_24_hours",
	RuleListingsWeek: "ten_listings_in_7_days", RuleListingAgain: "one_listing_in_3_visits",
	RuleFormLeft: "form_not_submitted", RuleIntent: "intent_high", RuleLead: "known_lead_on_site",
}

// String returns the rule's name on the wire.
func (r Rule) String() string {
	if r < numRules && ruleNames[r] != "" {
		return ruleNames[r]
	}
	return fmt.Sprintf("rule_%d", uint8(r))
}

// Hot is that somebody turned hot by a rule.
type Hot struct {
	Rule  Rule
	At    int64  // ms since 1970
	Count int    // days away, visits, listings, seconds, listings of this visit: what the rule counts
	What  string // a listing's id, of RuleListingAgain
}

// Sentence says it to a reader.
func (h *Hot) Sentence() string {
	switch h.Rule {
	case RuleBack:
		return fmt.Sprintf("Came back after %d days away.", h.Count)
	case RuleVisits:
		return fmt.Sprintf("Visited %d times in the last 7 days.", h.Count)
	case RuleListingsDay:
		return fmt.Sprintf("Looked at %d listings in the last 24 hours.", h.Count)
	case RuleListingsWeek:
		return fmt.Sprintf("Looked at %d listings in the last 7 days.", h.Count)
	case RuleListingAgain:
		return fmt.Sprintf("Looked at the listing %s in %d visits.", h.What, h.Count)
	case RuleFormLeft:
		return fmt.Sprintf("Started a form and has not sent it for %d seconds.", h.Count)
	case RuleIntent:
		switch h.Count {
		case 0:
			return "Intent became high in this visit."
		case 1:
			return "Intent became high in this visit, with 1 listing looked at."
		}
		return fmt.Sprintf("Intent became high in this visit, with %d listings looked at.", h.Count)
	case RuleLead:
		return fmt.Sprintf("A known lead is on the site now, in visit %d.", h.Count)
	}
	return "Turned hot."
}

// person is who turns hot: a visitor, or a session that is bound to none, by keyed hash.
type person struct {
	site uint32
	kind journal.EraseKind // EraseVisitor or EraseSession
	id   store.ID
}

// The space hot holds when a rule last fired for somebody:
//
//	key    0x0a | site u32 | u8 kind (1: visitor, 2: session) | 16 bytes id | u8 rule
//	value  u8 version (1) | uv receive time, ms since 1970 | 16 bytes session | uv count | uv n, n bytes what
//
// The body of a journal.KindHot record, whose session is the one that was looked at:
//
//	u8 version (1) | u8 rule | u8 kind | 16 bytes id | uv count | uv n, n bytes what
func (p person) prefix() []byte {
	b := binary.BigEndian.AppendUint32(append(make([]byte, 0, hotPrefixLen+1), byte(store.Hot)), p.site)
	return append(append(b, byte(p.kind)), p.id[:]...)
}

func (p person) key(r Rule) []byte { return append(p.prefix(), byte(r)) }

func encodeHot(p person, h *Hot) []byte {
	b := append(append(make([]byte, 0, 32+len(h.What)), hotVersion, byte(h.Rule), byte(p.kind)), p.id[:]...)
	return appendString(binary.AppendUvarint(b, uint64(h.Count)), h.What)
}

// decodeHot reads a record's body. The text is its own.
func decodeHot(r *journal.Record) (p person, h Hot, err error) {
	d := reader{b: r.Body}
	version := d.u8()
	h.Rule, p.kind, p.site = Rule(d.u8()), journal.EraseKind(d.u8()), r.Site
	copy(p.id[:], d.take(len(p.id)))
	h.Count, h.What, h.At = int(d.uv()), strings.Clone(d.str()), r.At.UnixMilli()
	if d.bad || len(d.b) != 0 || version != hotVersion || h.Rule == 0 || h.Rule >= numRules || !p.known() {
		return p, h, fmt.Errorf("%w: who turned hot", ErrCorrupt)
	}
	return p, h, nil
}

// HotPerson says whom a journal.KindHot record is about, by keyed hash.
func HotPerson(r *journal.Record) (kind journal.EraseKind, id store.ID, err error) {
	p, _, err := decodeHot(r)
	return p.kind, p.id, err
}

func (p person) known() bool { return p.kind == journal.EraseVisitor || p.kind == journal.EraseSession }

// hotRow is a row of the space hot.
type hotRow struct {
	Hot
	session store.ID
}

func appendHotRow(b []byte, h *Hot, session store.ID) []byte {
	b = binary.AppendUvarint(append(b, hotVersion), uint64(h.At))
	b = binary.AppendUvarint(append(b, session[:]...), uint64(h.Count))
	return appendString(b, h.What)
}

func decodeHotRow(key, value []byte) (row hotRow, err error) {
	d := reader{b: value}
	version := d.u8()
	row.At = d.uv()
	copy(row.session[:], d.take(len(row.session)))
	row.Count, row.What = int(d.uv()), strings.Clone(d.str())
	if len(key) == hotPrefixLen+1 {
		row.Rule = Rule(key[hotPrefixLen])
	}
	if d.bad || len(d.b) != 0 || version != hotVersion || row.Rule == 0 || row.Rule >= numRules {
		return row, fmt.Errorf("%w: hot %x", ErrCorrupt, key)
	}
	return row, nil
}

// admitHot voids a record of somebody who was forgotten or for whom the rule has fired lately. The records of one
// submission are of different rules or people, so the store has those before it.
func (o *Sessions) admitHot(r *journal.Record) error {
	p, h, err := decodeHot(r)
	if err != nil {
		return err
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	kind, id, key := p.kind, p.id, sessionKey{r.Site, r.Key}
	r.Void = o.forgotten.refuses(r.Site, kind, id, h.At) || o.forgotten.refuses(r.Site, journal.EraseSession, r.Key, h.At)
	if r.Void {
		return nil
	}
	var s Session
	found, err := o.state(key, &s)
	if err != nil {
		return err
	}
	fired, err := o.fired(p, r.Key, h.At)
	r.Void = !found || fired[h.Rule]
	return err
}

// applyHot notes that a rule fired. Unlike other state of this package the row is written with the record.
func (o *Sessions) applyHot(b *store.Batch, r *journal.Record) error {
	p, h, err := decodeHot(r)
	if err != nil {
		return err
	}
	b.Set(p.key(h.Rule), appendHotRow(nil, &h, o.db.ID(r.Session)))
	return nil
}

// coolDown deletes what is noted of somebody.
func coolDown(b *store.Batch, p person) {
	prefix := p.prefix()
	b.DeleteRange(prefix, store.PrefixEnd(prefix))
}

// hotRows returns what is noted of somebody, by rule.
func (o *Sessions) hotRows(p person) (rows []hotRow, err error) {
	err = o.db.Reader().ScanPrefix(p.prefix(), func(key, value []byte) error {
		row, err := decodeHotRow(key, value)
		rows = append(rows, row)
		return err
	})
	return rows, err
}

// fired says which rules do not fire for somebody at a time: those that did within 24 hours, as them or as the session
// before it was bound, and of those that tell of one session the ones that did for it.
func (o *Sessions) fired(p person, session store.ID, at int64) (fired [numRules]bool, err error) {
	people := []person{p}
	if p.kind == journal.EraseVisitor {
		people = append(people, person{p.site, journal.EraseSession, session})
	}
	for _, p := range people {
		rows, err := o.hotRows(p)
		if err != nil {
			return fired, err
		}
		for _, row := range rows {
			once := row.Rule == RuleFormLeft || row.Rule == RuleIntent
			if at < row.At+hotFor || once && row.session == session {
				fired[row.Rule] = true
			}
		}
	}
	return fired, nil
}

// HotOf returns by which rules a visitor, "" for none, or one of these sessions turned hot within 24 hours.
func (o *Sessions) HotOf(site uint32, visitor string, sessions []string, now int64) (hot []Hot, err error) {
	var people []person
	if visitor != "" {
		people = append(people, person{site, journal.EraseVisitor, o.db.ID(visitor)})
	}
	for _, s := range sessions {
		people = append(people, person{site, journal.EraseSession, o.db.ID(s)})
	}
	var met [numRules]bool
	for _, p := range people {
		rows, err := o.hotRows(p)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if now < row.At+hotFor && !met[row.Rule] {
				met[row.Rule] = true
				hot = append(hot, row.Hot)
			}
		}
	}
	return hot, nil
}
