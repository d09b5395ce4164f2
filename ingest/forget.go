package ingest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"footfall/store"
)

// ForgetRejects deletes the rejected events of a site in which any string is one that names says is somebody's who was
// forgotten: an id, or an e-mail address. Of an event that was cut its beginning is looked at in the same way.
func ForgetRejects(db *store.DB, site uint32, names func(text string) bool) error {
	return deleteRejects(db, site, func(row *RejectRow) bool {
		text := []byte(row.Event)
		var cut string
		if json.Unmarshal(text, &cut) == nil {
			text = []byte(cut)
		}
		return anyString(text, names)
	})
}

// RetireRejects deletes the rejected events of all sites that came before a time.
func RetireRejects(db *store.DB, before time.Time) error {
	lo, hi := store.Rejects.Span()
	for more := true; more; {
		more = false
		var site uint32
		err := db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(key, _ []byte) error {
			if len(key) != rejectKeyLength {
				return fmt.Errorf("%w: key %x", errRejectRow, key)
			}
			site, more = binary.BigEndian.Uint32(key[1:]), true
			return store.ErrStop
		})
		if err != nil || !more {
			return err
		}
		if err := deleteRejects(db, site, func(row *RejectRow) bool { return row.Time.Before(before) }); err != nil {
			return err
		}
		lo = store.PrefixEnd(rejectKey(site, 0)[:5])
	}
	return nil
}

// OldestReject returns when the oldest rejected event of all sites came, and whether there is one.
func OldestReject(db *store.DB) (at time.Time, found bool, err error) {
	lo, hi := store.Rejects.Span()
	err = db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
		row, err := decodeReject(key, value)
		if err == nil && (!found || row.Time.Before(at)) {
			at, found = row.Time, true
		}
		return err
	})
	return at, found, err
}

// deleteRejects deletes those of a site's rejects that are meant. The numbers of new ones go on from the newest, which may
// be given again if it goes before a restart.
func deleteRejects(db *store.DB, site uint32, meant func(*RejectRow) bool) error {
	b := db.NewBatch()
	defer b.Close()
	rg := store.Range{Lo: rejectKey(site, 0), Hi: rejectKey(site, math.MaxUint64)}
	err := db.Reader().Scan(rg, func(key, value []byte) error {
		row, err := decodeReject(key, value)
		if err == nil && meant(&row) {
			b.Delete(append([]byte(nil), key...))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("delete rejected events: %w", err)
	}
	if b.Empty() {
		return nil
	}
	return b.Commit(true)
}

// anyString says whether a JSON string in the text is one that is meant. The text may end anywhere.
func anyString(text []byte, meant func(string) bool) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		start := i + 1
		for i++; i < len(text) && text[i] != '"'; i++ {
			if text[i] == '\\' {
				i++
			}
		}
		if i >= len(text) {
			return false // a string that was cut is nobody's id
		}
		var s string
		if json.Unmarshal(text[start-1:i+1], &s) == nil && meant(s) {
			return true
		}
	}
	return false
}
