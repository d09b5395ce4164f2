package sessionize

import (
	"bytes"
	"context"
	"encoding/binary"

	"footfall/store"
)

// met tells of most sessions and visitors that come for the first time that the store cannot have them: it is a Bloom
// filter of those that it has. To look for what is not there is what new sessions cost most, in Pebble's memtables.
//
// It may say "maybe" of what is not there and never says "no" of what is. Until it has read the store, and where the
// store holds more than it can tell apart, it says "maybe" of all. A key's bits lie in one block, a line of cache.
type met struct {
	blocks [][8]uint64
	whole  bool // everything that the store has is in
}

const (
	metBits  = 4  // of a block, set for a key
	metSpare = 32 // bits for each key that is read at the start: more than this many keys are not read
	metShare = 64 // of the memory of live sessions it takes a 64th
	metMost  = 32 << 20
)

// newMet returns a filter for a store that is empty or not, and takes its bytes of the memory of live sessions.
func newMet(memory *int64, empty bool) met {
	bytes := min(*memory/metShare, metMost)
	*memory -= bytes
	return met{blocks: make([][8]uint64, max(bytes/64, 1)), whole: empty}
}

// place returns the block of a key of sessions or visitors, and a hash for its bits. The id in the key is a keyed hash.
func (m *met) place(key []byte) (block *[8]uint64, hash uint64) {
	// u8 space | u32 site | 16 bytes id
	a, b := binary.LittleEndian.Uint64(key[5:]), binary.LittleEndian.Uint64(key[13:])
	a ^= uint64(binary.BigEndian.Uint32(key[1:]))*0x9e3779b97f4a7c15 + uint64(key[0])<<56
	return &m.blocks[a%uint64(len(m.blocks))], b
}

func (m *met) add(key []byte) {
	block, hash := m.place(key)
	for range metBits {
		block[hash>>6&7] |= 1 << (hash & 63)
		hash >>= 9
	}
}

// may says whether the store may have a key.
func (m *met) may(key []byte) bool {
	if !m.whole {
		return true
	}
	block, hash := m.place(key)
	for range metBits {
		if block[hash>>6&7]&(1<<(hash&63)) == 0 {
			return false
		}
		hash >>= 9
	}
	return true
}

// meetAtOnce is how many keys are added at a time.
const meetAtOnce = 256

// meet reads into the filter what the store had when the process began; what is written after goes in as it is written.
// A session that was not stored yet stands in the space of who was seen when.
func (o *Sessions) meet(ctx context.Context, p *pace) error {
	o.mu.RLock()
	whole := o.met.whole
	o.mu.RUnlock()
	if whole {
		return nil
	}
	v := o.db.NewView()
	defer v.Close() // only read
	left := len(o.met.blocks) * 512 / metSpare
	var keys [][]byte
	flush := func() error {
		o.mu.Lock()
		for _, k := range keys {
			o.met.add(k)
		}
		o.mu.Unlock()
		keys = keys[:0]
		return p.step(ctx)
	}
	for _, space := range []store.Space{store.Sessions, store.Visitors, store.Seen} {
		lo, hi := space.Span()
		err := v.Scan(store.Range{Lo: lo, Hi: hi}, func(k, _ []byte) error {
			if left--; left < 0 {
				return store.ErrStop
			}
			if space == store.Seen {
				key, err := parseSeenKey(k)
				if err != nil {
					return err
				}
				k = idKey(store.Sessions, key.site, key.id)
			} else {
				k = bytes.Clone(k)
			}
			if keys = append(keys, k); len(keys) < meetAtOnce {
				return nil
			}
			return flush()
		})
		if err != nil || left < 0 {
			return err
		}
	}
	if err := flush(); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.met.whole = true
	return nil
}
