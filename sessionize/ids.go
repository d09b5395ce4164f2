package sessionize

import (
	"slices"

	"footfall/event"
	"footfall/journal"
	"footfall/store"

	"github.com/cespare/xxhash/v2"
)

// idHash stands for an event id within its session, in 56 bits: two ids of a session of 12 events meet by chance once
// in 10^15 sessions. Whoever makes two of their own ids collide loses their own event.
func idHash(id string) uint64 { return xxhash.Sum64String(id) >> 8 }

// seenID says whether an id is among the last 4,096 and, unless it is imported, not older than 24 hours.
func (s *Session) seenID(hash uint64, received int64, imported bool) bool {
	for i := range s.IDs {
		if s.IDs[i].Hash == hash && (imported || received-int64(s.IDs[i].At)*1000 <= event.DedupeWindow) {
			return true
		}
	}
	return false
}

// remember notes the ids of a chunk that was admitted before.
func (s *Session) remember(c *event.Chunk) {
	for i := range c.Events {
		if id := c.Events[i].ID; id != "" {
			s.rememberID(idHash(id), c.Received)
		}
	}
}

func (s *Session) rememberID(hash uint64, received int64) {
	if len(s.IDs) == maxIDs {
		copy(s.IDs, s.IDs[1:])
		s.IDs = s.IDs[:maxIDs-1]
	}
	s.IDCount++
	s.Truncated = s.Truncated || s.idsLost()
	s.IDs = append(s.IDs, SeenID{hash, uint32(received / 1000)})
}

func (o *Sessions) remember(c *event.Chunk) {
	for i := range c.Events {
		if id := c.Events[i].ID; id != "" {
			o.rememberID(idHash(id), c.Received)
		}
	}
}

func (o *Sessions) rememberID(hash uint64, received int64) {
	o.scratch.rememberID(hash, received)
	if known := o.known[o.cur.key]; known != nil {
		known[hash] = struct{}{}
	}
}

// knownIDs returns every id of a session's stored chunks. The sets of a few long sessions are kept, so that importing
// one of them in many pieces reads it once.
func (o *Sessions) knownIDs(key sessionKey, s *Session) (map[uint64]struct{}, error) {
	if ids := o.known[key]; ids != nil {
		return ids, nil
	}
	total := 0
	for _, ids := range o.known {
		total += len(ids)
	}
	if total > maxKnownIDs {
		clear(o.known)
	}
	ids := map[uint64]struct{}{}
	for _, day := range s.Days {
		err := journal.ReadSession(o.db.Reader(), day, key.site, key.id, 0, func(r *journal.Record) error {
			for i := range r.Chunk.Events {
				if id := r.Chunk.Events[i].ID; id != "" {
					ids[idHash(id)] = struct{}{}
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	o.known[key] = ids
	return ids, nil
}

// readIDs takes the ids of a stored session from its chunks: the last 4,096, as they were in memory, but for those whose
// chunks are past their retention. Queries need none.
func (o *Sessions) readIDs(key sessionKey, s *Session) error {
	for _, day := range slices.Backward(s.Days) {
		err := journal.ReadSessionBack(o.db.Reader(), day, key.site, key.id, s.Through, func(r *journal.Record) error {
			for _, e := range slices.Backward(r.Chunk.Events) {
				if e.ID != "" && len(s.IDs) < maxIDs {
					s.IDs = append(s.IDs, SeenID{idHash(e.ID), uint32(r.Chunk.Received / 1000)})
				}
			}
			if len(s.IDs) == maxIDs {
				return store.ErrStop
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	slices.Reverse(s.IDs)
	return nil
}
