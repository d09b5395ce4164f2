package sessionize

// Recent is what somebody does on a site now and did lately.
type Recent struct {
	Session Analytics // the one with the newest event
	Visits  int       // of its visitor that reached past the moment asked for
	Last    int64     // newest event time of its visitor, ms, 0: none
	Listing string    // of the view that is open on its current load
}

// maxRecent bounds the sessions of a visitor that Recent looks at.
const maxRecent = 100

// Recent returns what the visitor of a session does now, and how many visits reached past a moment, ms. A session that is
// bound to nobody, or anonymous, speaks for itself alone. Other sessions of the visitor are looked at while they are
// live.
func (o *Sessions) Recent(site uint32, id string, since int64) (r Recent, found bool, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	key := sessionKey{site, o.db.ID(id)}
	var s Session
	if found, err = o.state(key, &s); err != nil || !found {
		return r, false, err
	}
	runs := s.Runs
	keys := []sessionKey{key}
	if s.Visitor != "" && !s.Anonymous {
		visitor := sessionKey{site, o.db.ID(s.Visitor)}
		v, err := o.visitor(o.db.Get, visitor)
		if err != nil {
			return r, false, err
		}
		runs = v.Runs
		if keys, err = o.liveOf(visitor, key); err != nil {
			return r, false, err
		}
	}
	for _, run := range runs {
		if run.To >= since {
			r.Visits++
		}
		r.Last = max(r.Last, run.To)
	}
	visits := visitCount(runs)
	for i, k := range keys {
		if found, err := o.state(k, &s); err != nil {
			return r, false, err
		} else if found && (i == 0 || s.Last > r.Session.LastVisit) {
			r.Session, r.Listing = s.analytics(visits), s.openListing()
		}
	}
	return r, true, nil
}

// liveOf returns a session and those of its visitor that are in memory; o.mu is held.
func (o *Sessions) liveOf(visitor, session sessionKey) (keys []sessionKey, err error) {
	all, err := o.sessionsOf(visitor)
	keys = []sessionKey{session}
	for _, k := range all {
		if k != session && o.live[k] != nil && len(keys) < maxRecent {
			keys = append(keys, k)
		}
	}
	return keys, err
}

// openListing returns the listing whose view is open on the current load, "" if there is none.
func (s *Session) openListing() string {
	if s.Current == none || s.Loads[s.Current].View == none {
		return ""
	}
	listing := s.Views[s.Loads[s.Current].View].Listing
	if listing == none {
		return ""
	}
	return cloneAll([]string{s.Listings[listing].ID})[0]
}
