package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"footfall/catalog"
)

// InitialFile is the name of the file, in the data directory, that holds the keys made at a first start.
const InitialFile = "initial-keys.json"

// Initial is the keys that a start knows as they are.
type Initial struct {
	WriteKey string `json:"write_key,omitempty"` // given by flag, else of the file
	AdminKey string `json:"admin_key,omitempty"`
	Created  bool   `json:"-"` // some were made by this start
	File     bool   `json:"-"` // they stand in the file, which should be deleted
}

// server is who does what nobody asked for.
var server = Grant{Actor: "server", Scopes: all}

// Start brings the keys into force that flags give, "" for none, and those of initial-keys.json in dir. Where there is
// then no way in, it makes a write key for the initial site and an admin key, stores them, and writes them into that
// file, readable by its owner only. The file may be deleted: nothing but its text is lost.
func (a *Access) Start(ctx context.Context, dir, writeKey, adminKey string) (in Initial, err error) {
	path := filepath.Join(dir, InitialFile)
	file, err := readInitial(path)
	if err != nil {
		return in, err
	}
	var made []*Key
	if err := a.adopt(&file, &made); err != nil { // before flags take the places of stored keys
		return in, err
	}
	if err := a.Flags(writeKey, adminKey); err != nil {
		return in, err
	}
	before := file
	if writeKey == "" && file.WriteKey == "" && !a.hasWrite() {
		if err := a.add(&made, &NewKey{Kind: KindWrite, Name: "initial", Site: catalog.DefaultSite}, &file.WriteKey); err != nil {
			return in, err
		}
	}
	if adminKey == "" && !a.hasAdmin() && !holdsAdmin(made) {
		if err := a.add(&made, &NewKey{Kind: KindSecret, Name: "initial", Scopes: all}, &file.AdminKey); err != nil {
			return in, err
		}
	}
	in = Initial{writeKey, adminKey, file != before, file != Initial{}}
	if in.Created { // the file first: what stands in it and is not stored, the next start stores
		if err := writeInitial(path, file); err != nil {
			return in, err
		}
	}
	for _, k := range made {
		if err := a.put(ctx, server, "key.create", "", k); err != nil {
			return in, err
		}
	}
	return in.or(file), nil
}

// or fills what flags do not give from the file.
func (in Initial) or(file Initial) Initial {
	if in.WriteKey == "" {
		in.WriteKey = file.WriteKey
	}
	if in.AdminKey == "" {
		in.AdminKey = file.AdminKey
	}
	return in
}

// StartReadOnly is Start for a directory that stays as it is: it makes and stores no key.
func (a *Access) StartReadOnly(dir, writeKey, adminKey string) (in Initial, err error) {
	file, err := readInitial(filepath.Join(dir, InitialFile))
	if err != nil {
		return in, err
	}
	if err := a.Flags(writeKey, adminKey); err != nil {
		return in, err
	}
	var made []*Key
	if err := a.adopt(&file, &made); err != nil {
		return in, err
	}
	t := a.keys.Load()
	for _, k := range made {
		t = t.with(newEntry(k))
	}
	a.keys.Store(t)
	if !a.hasAdmin() {
		return in, fmt.Errorf("there is no admin key in %s: give --admin-key", dir)
	}
	return Initial{WriteKey: writeKey, AdminKey: adminKey}.or(file), nil
}

// add makes a key and tells it.
func (a *Access) add(made *[]*Key, n *NewKey, tell *string) error {
	k, secret, err := a.mint(n, server.Actor)
	if err != nil {
		return err
	}
	*made, *tell = append(*made, k), secret
	return nil
}

// adopt makes rows of the file's keys that have none: of directories from before keys were stored, and of a first start
// that ended before it had stored them. A revoked key has a row.
func (a *Access) adopt(file *Initial, made *[]*Key) error {
	t := a.keys.Load()
	known := file.WriteKey == ""
	for _, e := range t.rows {
		known = known || e.Key.Write == file.WriteKey
	}
	if !known {
		var unsaid string
		if err := a.add(made, &NewKey{Kind: KindWrite, Name: "initial", Site: catalog.DefaultSite}, &unsaid); err != nil {
			return err
		}
		(*made)[len(*made)-1].Write = file.WriteKey
	}
	if file.AdminKey == "" {
		return nil
	}
	id, ok := idOf(file.AdminKey)
	if !ok {
		return fmt.Errorf("read the initial keys: %s holds an admin key that no start made; delete it or give --admin-key", InitialFile)
	}
	if t.rows[id] == nil {
		var unsaid string
		if err := a.add(made, &NewKey{Kind: KindSecret, Name: "initial", Scopes: all}, &unsaid); err != nil {
			return err
		}
		k := (*made)[len(*made)-1]
		k.ID = id
		k.hash(file.AdminKey)
	}
	return nil
}

// hasWrite says whether there ever was a stored write key: one that was revoked is not made again.
func (a *Access) hasWrite() bool {
	for _, e := range a.keys.Load().rows {
		if e.Kind == KindWrite && !e.flag {
			return true
		}
	}
	return false
}

// hasAdmin says whether there is a key to everything: without one nobody could make one.
func (a *Access) hasAdmin() bool {
	for _, e := range a.keys.Load().rows {
		if e.Kind == KindSecret && e.grant.Instance() && a.inForce(e) {
			return true
		}
	}
	return false
}

func holdsAdmin(keys []*Key) bool {
	for _, k := range keys {
		if k.Kind == KindSecret {
			return true
		}
	}
	return false
}

func readInitial(path string) (file Initial, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return file, nil
	}
	if err != nil {
		return file, fmt.Errorf("read the initial keys: %w", err)
	}
	if err := json.Unmarshal(b, &file); err != nil {
		return file, fmt.Errorf("read the initial keys: %s is not the file that the first start wrote; delete it or give --write-key and --admin-key: %w", path, err)
	}
	return file, nil
}

// writeInitial replaces the file whole: a crash leaves the old one or the new one.
func writeInitial(path string, file Initial) error {
	b, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return fmt.Errorf("write the initial keys: %w", err)
	}
	dir := filepath.Dir(path)
	temp, err := writeTemp(dir, append(b, '\n'))
	if err != nil {
		return fmt.Errorf("write the initial keys: %w", err)
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("write the initial keys: %w", errors.Join(err, os.Remove(temp)))
	}
	return syncDir(dir)
}

// writeTemp writes a new file, readable by its owner only, and returns its name.
func writeTemp(dir string, b []byte) (name string, err error) {
	f, err := os.CreateTemp(dir, InitialFile+".*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
