package sessionize

import (
	"context"

	"footfall/event"
	"footfall/journal"
	"footfall/store"
)

// Warm reads which sessions and visitors there are, so that others need not be looked for, and then brings the sessions
// that were live when the last process ended back into memory, so that live lists are whole and stored states need no
// second look. Until it is done, sessions are loaded with a look at the events that their stored state may lack. It may
// run beside ingest after the journal has recovered, and takes a bounded part of a core then if it is to go gently.
func (o *Sessions) Warm(ctx context.Context, gentle bool) error {
	var p pace
	if gentle {
		p = gently()
	}
	if err := o.meet(ctx, &p); err != nil {
		return err
	}
	return o.warmLive(ctx, &p)
}

func (o *Sessions) warmLive(ctx context.Context, p *pace) error {
	o.mu.RLock()
	scanning, from := o.scanning, o.floorSlot
	o.mu.RUnlock()
	if !scanning {
		return nil
	}
	v := o.db.NewView()
	_, hi := store.Seen.Span()
	err := v.Scan(store.Range{Lo: seenKey(from, 0, store.ID{}), Hi: hi}, func(k, value []byte) error {
		if err := p.step(ctx); err != nil {
			return err
		}
		key, err := parseSeenKey(k)
		if err != nil {
			return err
		}
		return o.warm(key, isPast(value))
	})
	if cerr := v.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	o.mu.Lock()
	o.scanning = false
	o.mu.Unlock()
	return nil
}

// warm brings one session back unless it is here already, or is past and settled.
func (o *Sessions) warm(key sessionKey, past bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.live[key] != nil {
		return nil
	}
	if past {
		if settled, err := o.settled(key); err != nil || settled {
			return err
		}
	}
	var s Session // not scratch, which is the committer's between Admit and Apply
	s.reset("")
	in, err := o.load(o.db.Get, key, &s, true)
	if err == nil && s.Through != 0 { // else it was forgotten
		o.bringIn(key, &s, in)
	}
	return err
}

// settled says whether nobody waits for a session in memory: its stored state lacks nothing, and no live beacon came.
func (o *Sessions) settled(key sessionKey) (settled bool, err error) {
	blob, found, err := o.db.Get(idKey(store.Sessions, key.site, key.id))
	if _, gone := o.retired[key]; err != nil || !found || gone {
		return false, err
	}
	var s Session
	if err := decodeSession(blob, &s); err != nil || s.LastLive != 0 {
		return false, err
	}
	settled = true
	for day := o.scanFrom; settled && day <= uint16(event.UTCDay(o.at)); day++ {
		err = journal.ReadSession(o.db.Reader(), day, key.site, key.id, s.Through, func(r *journal.Record) error {
			settled = r.Pos > o.pos
			return store.ErrStop
		})
		if err != nil {
			return false, err
		}
	}
	return settled, nil
}

// Live returns how many sessions are in memory, their bytes, and the bound.
func (o *Sessions) Live() (sessions int, bytes, limit int64) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return len(o.live), o.bytes, o.o.Memory
}

// Newest returns the receive time of the newest record, ms since 1970; 0 if there is none.
func (o *Sessions) Newest() int64 {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return max(o.at, 0)
}
