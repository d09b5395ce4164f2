package store

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/cockroachdb/pebble/v2"
)

// Batch gathers writes that are applied together. Its first error is kept and returned by Commit. It is not safe for
// concurrent use, and not usable after Commit or Close.
type Batch struct {
	db  *DB
	b   *pebble.Batch
	err error
}

// NewBatch returns an empty batch that cannot be read from.
func (db *DB) NewBatch() *Batch { return &Batch{db: db, b: db.p.NewBatch()} }

// NewIndexedBatch returns an empty batch whose Get sees its own writes. It costs more a write.
func (db *DB) NewIndexedBatch() *Batch { return &Batch{db: db, b: db.p.NewIndexedBatch()} }

func (b *Batch) note(err error) {
	if err != nil && b.err == nil {
		b.err = err
	}
}

// Set writes a value. Key and value are copied.
func (b *Batch) Set(key, value []byte) { b.note(b.b.Set(key, value, nil)) }

// SetDeferred reserves room for a value of valueLen bytes under a key of keyLen bytes; fill writes both.
func (b *Batch) SetDeferred(keyLen, valueLen int, fill func(key, value []byte)) {
	op := b.b.SetDeferred(keyLen, valueLen)
	fill(op.Key, op.Value)
	b.note(op.Finish())
}

// Merge combines a value with what stands under the key, by the merge operator of the key's space.
func (b *Batch) Merge(key, value []byte) { b.note(b.b.Merge(key, value, nil)) }

// Delete deletes a key.
func (b *Batch) Delete(key []byte) { b.note(b.b.Delete(key, nil)) }

// DeleteRange deletes the keys in [lo, hi).
func (b *Batch) DeleteRange(lo, hi []byte) { b.note(b.b.DeleteRange(lo, hi, nil)) }

// Get reads through an indexed batch: its own writes first, then the store.
func (b *Batch) Get(key []byte) (value []byte, found bool, err error) { return get(b.b, key) }

// Reader returns a reader of what the store holds once an indexed batch is committed. It is good until then.
func (b *Batch) Reader() Reader { return Reader{b.b} }

// Empty says whether nothing was written.
func (b *Batch) Empty() bool { return b.b.Empty() }

// Len returns the size of the batch in bytes.
func (b *Batch) Len() int { return b.b.Len() }

// Commit applies the batch; with sync it is on disk when Commit returns. The batch is closed in any case.
func (b *Batch) Commit(sync bool) error {
	defer b.Close()
	if b.err != nil {
		return fmt.Errorf("store: batch: %w", b.err)
	}
	o := pebble.NoSync
	if sync {
		o = pebble.Sync
	}
	if err := b.b.Commit(o); err != nil {
		return fmt.Errorf("store: commit: %w", err)
	}
	return nil
}

// CommitAsync applies the batch and sends it to the log; SyncWait, which must follow unless this returns an error, waits
// until it is on disk. Readers see it at once, and whatever is committed later is on disk only if this is.
func (b *Batch) CommitAsync() error {
	if b.err != nil {
		b.Close()
		return fmt.Errorf("store: batch: %w", b.err)
	}
	if err := b.db.p.ApplyNoSyncWait(b.b, pebble.Sync); err != nil {
		b.Close()
		return fmt.Errorf("store: commit: %w", err)
	}
	return nil
}

// SyncWait waits for CommitAsync's batch to be on disk and closes it. If the sync failed, it ends the program, as Commit
// does: Pebble leaves that to whoever waits.
func (b *Batch) SyncWait() {
	defer b.Close()
	if err := b.b.SyncWait(); err != nil {
		b.db.log.Fatalf("sync: %v", err)
	}
}

// Close gives the batch's memory back. Closing twice is fine.
func (b *Batch) Close() {
	if b.b != nil {
		b.note(b.b.Close())
		b.b = nil
	}
}

// Get returns a copy of the value under key and whether there is one.
func (db *DB) Get(key []byte) (value []byte, found bool, err error) { return get(db.p, key) }

func get(r pebble.Reader, key []byte) ([]byte, bool, error) {
	v, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, wrapRead("get", err)
	}
	value := append(make([]byte, 0, len(v)), v...)
	if err := closer.Close(); err != nil {
		return nil, false, wrapRead("get", err)
	}
	return value, true, nil
}

func stringBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
