package sessionize

import (
	"context"

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
	err := v.Scan(store.Range{Lo: seenKey(from, 0, store.ID{}), Hi: hi}, func(k, _ []byte) error {
		if err := p.step(ctx); err != nil {
			return err
		}
		key, err := parseSeenKey(k)
		if err != nil {
			return err
		}
		return o.warm(key)
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

// warm brings one session back unless it is here already.
func (o *Sessions) warm(key sessionKey) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.live[key] != nil {
		return nil
	}
	var s Session // not scratch, which is the committer's between Admit and Apply
	s.reset("")
	in, err := o.load(o.db.Get, key, &s, true)
	if err == nil && s.Through != 0 { // else it was forgotten
		o.bringIn(key, &s, in)
	}
	return err
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
