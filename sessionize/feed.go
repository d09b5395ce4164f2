package sessionize

import (
	"footfall/journal"
)

// Whose is whose the events of a record are: the session's profile ("" stands for the site's) and visitor, and whether
// there is such a session still. It is not if the person was forgotten, or the session is past its retention.
func (o *Sessions) Whose(r *journal.Record) (profile, visitor string, found bool, err error) {
	if o.forgotten.after(r.Site, journal.EraseSession, r.Key, r.Pos) {
		return "", "", false, nil
	}
	s, found, err := o.copyOf(sessionKey{r.Site, r.Key})
	if err != nil || !found {
		return "", "", false, err
	}
	if s.Anonymous {
		return s.Profile, "", true, nil
	}
	return s.Profile, named(s.Visitor), true, nil
}
