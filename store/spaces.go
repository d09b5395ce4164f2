package store

// Space is the first byte of every key. The numbers are part of the format and never change.
type Space byte

// The spaces of the store. The table below says who owns each and how its keys look.
const (
	Meta            Space = 0x00
	Events          Space = 0x01
	Journal         Space = 0x02
	Sessions        Space = 0x03
	Visitors        Space = 0x04
	VisitorSessions Space = 0x05
	Seen            Space = 0x06
	ListingDays     Space = 0x07
	PageDays        Space = 0x09
	Hot             Space = 0x0a
	LeadForms       Space = 0x10
	Leads           Space = 0x11
	LeadsByTime     Space = 0x12
	Idempotency     Space = 0x13
	LeadHistory     Space = 0x14
	LeadNotes       Space = 0x15
	Contacts        Space = 0x16
	Catalog         Space = 0x20
	Keys            Space = 0x21
	Users           Space = 0x22
	Logins          Space = 0x23
	Audit           Space = 0x24
	Listings        Space = 0x26
	ListingHistory  Space = 0x27
	ReportLinks     Space = 0x28
	Rejects         Space = 0x30
	Installations   Space = 0x31
	Models          Space = 0x40
	TrainingLog     Space = 0x41
	Erased          Space = 0x50
)

// SpaceInfo is a row of the table of spaces.
type SpaceInfo struct {
	Space     Space
	Name      string
	Owner     string // the package that writes it
	Key       string // what follows the space byte; sizes in bytes
	Prefix    int    // length of the key up to where bloom filters end; 0: the whole key
	Derived   bool   // made from the journal by applying records: a rebuild deletes and makes it again
	Retention string
}

// Spaces is the table of spaces, one row each.
var Spaces = []SpaceInfo{
	{Meta, "meta", "store", "name", 0, false, "kept"},
	{Events, "events", "journal", "UTC day of receipt 2, site 4, session 16, position 8", 1 + 2 + 4 + 16, false, "whole days"},
	{Journal, "journal", "journal", "position 8", 0, false, "kept"},
	{Sessions, "sessions", "sessionize", "site 4, session 16", 0, true, "whole days"},
	{Visitors, "visitors", "sessionize", "site 4, visitor 16", 0, true, "whole days"},
	{VisitorSessions, "visitor sessions", "sessionize", "site 4, visitor 16, session 16", 1 + 4 + 16, true, "with the visitor"},
	{Seen, "seen", "sessionize", "5-minute slot 4, site 4, session 16", 0, true, "25 h"},
	{ListingDays, "listing days", "sessionize", "site 4, listing 16, local day 2", 1 + 4 + 16, true, "kept"},
	{PageDays, "page days", "sessionize", "site 4, local day 2, profile 16", 0, true, "kept"},
	{Hot, "hot", "sessionize", "site 4, kind 1, person 16, rule 1", 1 + 4 + 1 + 16, true, "with the visitor"},
	{LeadForms, "lead forms", "leads", "site 4, lead 16", 0, false, "with the lead"},
	{Leads, "leads", "leads", "site 4, lead 16", 0, true, "whole days"},
	{LeadsByTime, "leads by time", "leads", "site 4, created ms 8, lead 16", 0, true, "with the lead"},
	{Idempotency, "idempotency", "leads", "site 4, key 16", 0, false, "24 h"},
	{LeadHistory, "lead history", "leads", "site 4, lead 16, number 8", 1 + 4 + 16, true, "with the lead"},
	{LeadNotes, "lead notes", "leads", "site 4, lead 16, number 8", 1 + 4 + 16, false, "with the lead"},
	{Contacts, "contacts", "leads", "organization 16, contact 16, site 4, lead 16", 1 + 16 + 16, false, "with the lead"},
	{Catalog, "catalog", "catalog", "kind 1, id", 0, true, "kept"},
	{Keys, "keys", "access", "key's id", 0, false, "kept"},
	{Users, "users", "access", "kind 1, id", 0, false, "kept"},
	{Logins, "logins", "access", "SHA-256 of the cookie 32", 0, false, "14 days"},
	{Audit, "audit", "access", "organization 16, position 8", 0, true, "13 months"},
	{Listings, "listings", "catalog", "site 4, listing 16", 0, true, "kept"},
	{ListingHistory, "listing history", "catalog", "site 4, listing 16, position 8", 1 + 4 + 16, true, "with the listing"},
	{ReportLinks, "report links", "catalog", "SHA-256 of the token 32", 0, true, "until they end"},
	{Rejects, "rejects", "ingest", "site 4, number 8", 0, false, "a ring"},
	{Installations, "installations", "ingest", "site 4", 0, false, "kept"},
	{Models, "models", "learn", "organization 16, version", 0, true, "kept"},
	{TrainingLog, "training log", "learn", "organization 16, position 8", 0, true, "kept"},
	{Erased, "erased", "sessionize", "site 4, kind 1, person 16", 0, true, "kept"},
}

var spaceTable = func() (t [256]*SpaceInfo) {
	for i := range Spaces {
		t[Spaces[i].Space] = &Spaces[i]
	}
	return t
}()

// Span returns the bounds [lo, hi) of a space's keys.
func (s Space) Span() (lo, hi []byte) { return []byte{byte(s)}, []byte{byte(s) + 1} }

// PrefixEnd returns the smallest key that is above every key beginning with prefix. It must not be all 0xff.
func PrefixEnd(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
