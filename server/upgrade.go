package server

import (
	"errors"

	"footfall/sessionize"
	"footfall/store"
)

// Upgrade brings a directory that no process has open to the newest format of the store, and tells of each step before it
// is taken. It returns the formats before and after.
func Upgrade(o Options, tell func(to int, says string)) (from, to int, err error) {
	if err := store.Exists(o.Data); err != nil {
		return 0, 0, err
	}
	db, err := store.Open(o.Data, store.Options{Merges: sessionize.Merges(), Log: o.Log, Fatal: o.Fatal})
	if err != nil {
		return 0, 0, err
	}
	from = db.Format()
	err = db.Upgrade(tell)
	return from, db.Format(), errors.Join(err, db.Close())
}
