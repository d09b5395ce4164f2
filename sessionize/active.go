package sessionize

import (
	"bytes"
	"cmp"
	"slices"

	"footfall/store"
)

// activeAtOnce sessions are looked at between two looks at what the next checkpoint adds.
const activeAtOnce = 256

// Active returns the unflagged sessions of a site that sent a live beacon at or after a receive time, newest first, and
// whether sessions from before the last start may still be missing. The committer is held up only while the bytes of
// those in memory are copied.
func (o *Sessions) Active(site uint32, since int64) (active []Analytics, warming bool, err error) {
	since = max(since, 1) // 0 stands for never
	blobs, rest, warming, err := o.activeBlobs(site, since)
	if err != nil {
		return nil, false, err
	}
	for some := range slices.Chunk(blobs, activeAtOnce) {
		if active, err = o.appendAnalytics(active, site, some); err != nil {
			return nil, false, err
		}
	}
	for _, key := range rest {
		o.mu.RLock()
		a, found, err := o.session(key)
		o.mu.RUnlock()
		if err != nil {
			return nil, false, err
		}
		if found {
			active = append(active, a)
		}
	}
	active = slices.DeleteFunc(active, func(a Analytics) bool { return a.LastLive < since || a.Flagged })
	slices.SortFunc(active, func(a, b Analytics) int {
		return cmp.Or(cmp.Compare(b.LastLive, a.LastLive), cmp.Compare(a.SessionID, b.SessionID))
	})
	return active, warming, nil
}

// activeBlobs returns copies of the active sessions that are in memory, and the keys of those that may be and are not.
func (o *Sessions) activeBlobs(site uint32, since int64) (blobs [][]byte, rest []sessionKey, warming bool, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for key, l := range o.live {
		if key.site == site && l.lastLive >= since {
			blobs = append(blobs, bytes.Clone(l.blob))
		}
	}
	if since >= o.completeSince && !o.scanning {
		return blobs, nil, false, nil
	}
	// Memory does not go back so far: the seen space tells who was there.
	_, hi := store.Seen.Span()
	lo := seenKey(uint32(since/slotLength), 0, store.ID{})
	found := map[sessionKey]bool{}
	err = o.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(k, value []byte) error {
		if isPast(value) {
			return nil
		}
		key, err := parseSeenKey(k)
		if err == nil && key.site == site && o.live[key] == nil && !found[key] {
			found[key] = true
			rest = append(rest, key)
		}
		return err
	})
	return blobs, rest, o.scanning, err
}

// appendAnalytics appends what sessions, given as their bytes in memory, say of themselves, each with its visitor's
// count now.
func (o *Sessions) appendAnalytics(all []Analytics, site uint32, blobs [][]byte) (_ []Analytics, err error) {
	sessions := make([]Session, len(blobs))
	visitors := make([]Visitor, len(blobs)) // what the next checkpoint adds to them
	for i := range sessions {
		if err := decodeSession(blobs[i], &sessions[i]); err != nil {
			return nil, err
		}
	}
	o.mu.RLock()
	for i := range sessions {
		if id := sessions[i].Visitor; id != "" {
			if v := o.visitors[sessionKey{site, o.db.ID(id)}]; v != nil {
				visitors[i].unite(v)
			}
		}
	}
	o.mu.RUnlock()
	// What a checkpoint moves from there into the store from now on is counted in both, which a union does not mind.
	stored := o.db.NewLookup()
	defer func() {
		if cerr := stored.Close(); err == nil {
			err = cerr
		}
	}()
	for i := range sessions {
		visits := visitCount(sessions[i].Runs)
		if id := sessions[i].Visitor; id != "" {
			value, found, err := stored.Get(idKey(store.Visitors, site, o.db.ID(id)))
			if err != nil {
				return nil, err
			}
			if found {
				v, err := decodeVisitor(value)
				if err != nil {
					return nil, err
				}
				visitors[i].unite(v)
			}
			visits = visitors[i].VisitCount()
		}
		all = append(all, sessions[i].analytics(visits))
	}
	return all, nil
}
