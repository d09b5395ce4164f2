package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"footfall/catalog"
	"footfall/journal"
	"footfall/store"
)

// keyTable is the keys in force. It never changes: a change is a new one. The entries are shared, so that what counts
// uses goes on counting.
type keyTable struct {
	rows    map[string]*entry // by id
	writes  map[string]*entry // by the key itself, which is public
	secrets map[string]*entry // by what lookupID makes of a key
}

// entry is one key in force.
type entry struct {
	Key
	flag  bool // given by a flag: in memory only
	grant Grant
	ends  int64 // ms since 1970, 0: never

	used    atomic.Bool  // since the last checkpoint
	last    atomic.Int64 // when it was last used, ms, as far as checkpoints know; 0: not yet
	unnoted bool         // last is newer than what is stored; of the committer's goroutine
}

const hashSize = sha256.Size

// flagID is the id, in the audit trail, of a key that a flag gives and that has none in it.
const flagID = "flag"

// lookupID returns what a secret key is looked up by, which is no secret: the id in it, or of a key without one the first
// bytes of its hash. How long the look-up takes tells of nothing else.
func lookupID(key string, hash *[hashSize]byte) string {
	if id, ok := idOf(key); ok {
		return id
	}
	return "#" + hex.EncodeToString(hash[:8])
}

// Secret returns what a secret key gives.
func (a *Access) Secret(key string) (Grant, bool) {
	if !strings.HasPrefix(key, secretPrefix) {
		return Grant{}, false
	}
	hash := sha256.Sum256([]byte(key))
	e := a.keys.Load().secrets[lookupID(key, &hash)]
	if e == nil || subtle.ConstantTimeCompare(hash[:], e.Hash) != 1 || !a.inForce(e) {
		return Grant{}, false
	}
	e.use()
	return e.grant, true
}

// Write returns the site that a write key sends to. It is on the way of every beacon.
func (a *Access) Write(key string) (site uint32, ok bool) {
	e := a.keys.Load().writes[key]
	if e == nil || !a.inForce(e) {
		return 0, false
	}
	e.use()
	return e.Site, true
}

func (a *Access) inForce(e *entry) bool {
	return !e.Revoked && (e.ends == 0 || a.o.Now().UnixMilli() < e.ends)
}

// use writes only once a checkpoint, so that cores do not fight for the line.
func (e *entry) use() {
	if !e.used.Load() {
		e.used.Store(true)
	}
}

// validKey says whether a key still gives what it gave.
func (a *Access) validKey(id string, g Grant) bool {
	e := a.keys.Load().rows[id]
	return e != nil && e.Kind == KindSecret && a.inForce(e) && e.grant == g
}

func newEntry(k *Key) *entry {
	e := &entry{Key: *k, grant: k.grant()}
	if !k.Ends.IsZero() {
		e.ends = k.Ends.UnixMilli()
	}
	return e
}

// with returns a table that has the entry too, in the place of one with its id.
func (t *keyTable) with(e *entry) *keyTable {
	n := t.without(e.ID)
	n.put(e)
	return n
}

// put adds an entry. A revoked key stays among the rows, so that nothing brings it back, and is looked up no more.
func (t *keyTable) put(e *entry) {
	t.rows[e.ID] = e
	switch {
	case e.Revoked:
	case e.Kind == KindWrite:
		t.writes[e.Key.Write] = e
	default:
		t.secrets[e.lookup()] = e
	}
}

func (e *entry) lookup() string {
	if e.flag && e.ID == flagID {
		return "#" + hex.EncodeToString(e.Hash[:8])
	}
	return e.ID
}

// without returns a table of its own that lacks an id.
func (t *keyTable) without(id string) *keyTable {
	n := &keyTable{maps.Clone(t.rows), maps.Clone(t.writes), maps.Clone(t.secrets)}
	e := t.rows[id]
	if e == nil {
		return n
	}
	delete(n.rows, id)
	if e.Kind == KindWrite && n.writes[e.Key.Write] == e {
		delete(n.writes, e.Key.Write)
	}
	if e.Kind == KindSecret && n.secrets[e.lookup()] == e {
		delete(n.secrets, e.lookup())
	}
	return n
}

func (a *Access) loadKeys() error {
	t := &keyTable{map[string]*entry{}, map[string]*entry{}, map[string]*entry{}}
	err := scanKeys(a.db.Reader(), func(k *Key) { t.put(newEntry(k)) })
	if err != nil {
		return err
	}
	for id, e := range t.rows {
		value, found, err := a.db.Get(usedKey(id))
		if err != nil {
			return err
		}
		if ms, n := binary.Uvarint(value); found && n > 0 {
			e.last.Store(int64(ms))
		}
	}
	a.keys.Store(t)
	return nil
}

// takeKey brings a key's row into force.
func (a *Access) takeKey(row journal.Row) error {
	k, err := decodeKey(row.Key, row.Value)
	if err != nil {
		return err
	}
	old, e := a.keys.Load(), newEntry(k)
	if before := old.rows[k.ID]; before != nil {
		e.last.Store(before.last.Load())
		e.used.Store(before.used.Load())
	}
	a.keys.Store(old.with(e))
	return nil
}

// usedKey is where it is kept when a key was last used: ms since 1970, as a uvarint. It is written without a record.
func usedKey(id string) []byte { return append([]byte("\x00used/"), id...) }

// usesEvery is how often at most the last use of keys is written.
const usesEvery = time.Minute

// noteUses brings the last uses up to date, and writes them if that is due. The committer's goroutine calls it.
func (a *Access) noteUses(b *store.Batch) {
	now := a.o.Now()
	due := now.Sub(a.noted) >= usesEvery || now.Before(a.noted)
	if due {
		a.noted = now
	}
	for id, e := range a.keys.Load().rows {
		if e.used.Swap(false) {
			e.last.Store(now.UnixMilli())
			e.unnoted = !e.flag
		}
		if due && e.unnoted {
			e.unnoted = false
			b.Set(usedKey(id), binary.AppendUvarint(nil, uint64(max(e.last.Load(), 0))))
		}
	}
}

// KeyInfo is a key as its owner reads it.
type KeyInfo struct {
	Key
	Flag bool
	Last time.Time // zero: not used yet
}

// Keys returns the keys in force, by when they were made and id.
func (a *Access) Keys() []KeyInfo {
	list := []KeyInfo{}
	for _, e := range a.keys.Load().rows {
		if a.inForce(e) {
			list = append(list, e.info(a.o.Now()))
		}
	}
	slices.SortFunc(list, func(x, y KeyInfo) int {
		if c := x.Created.Compare(y.Created); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return list
}

// KeyByID returns a key in force.
func (a *Access) KeyByID(id string) (KeyInfo, bool) {
	e := a.keys.Load().rows[id]
	if e == nil || !a.inForce(e) {
		return KeyInfo{}, false
	}
	return e.info(a.o.Now()), true
}

func (e *entry) info(now time.Time) KeyInfo {
	i := KeyInfo{Key: e.Key, Flag: e.flag}
	i.Hash = nil
	if e.used.Load() {
		i.Last = now.UTC()
	} else if ms := e.last.Load(); ms > 0 {
		i.Last = time.UnixMilli(ms).UTC()
	}
	return i
}

// Flags puts keys that flags give into force, in memory only, "" for none: the write key of the initial site, and a
// secret key to everything. They are checked like CheckKeys.
func (a *Access) Flags(writeKey, adminKey string) error {
	if err := CheckKeys(writeKey, adminKey); err != nil {
		return err
	}
	t := a.keys.Load()
	if writeKey != "" && t.writes[writeKey] == nil {
		t = t.with(&entry{flag: true, Key: Key{ID: "flag-write", Kind: KindWrite, Name: "--write-key", Site: catalog.DefaultSite, Write: writeKey}})
	}
	if adminKey != "" {
		hash := sha256.Sum256([]byte(adminKey))
		k := Key{ID: flagID, Kind: KindSecret, Name: "--admin-key", Scopes: all.Names(), Hash: hash[:]}
		if id, ok := idOf(adminKey); ok {
			if stored := t.rows[id]; stored != nil && subtle.ConstantTimeCompare(stored.Hash, hash[:]) != 1 {
				return fmt.Errorf("--admin-key has the id %s of another key", id)
			}
			k.ID = id
		}
		if stored := t.rows[k.ID]; stored == nil || !a.inForce(stored) { // a flag brings a revoked key back as long as it is given
			e := newEntry(&k)
			e.flag = true
			t = t.with(e)
		}
	}
	a.keys.Store(t)
	return nil
}
