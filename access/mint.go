package access

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"footfall/event"
	"footfall/fault"
	"footfall/journal"
)

// MaxOverlap bounds for how long a key that was rotated stays good.
const MaxOverlap = 7 * 24 * time.Hour

// NewKey says what key is to be made. That site, organization and profile exist is for the caller to see to.
type NewKey struct {
	Kind         string // KindWrite or KindSecret
	Name         string // for people, at most 255 bytes
	Site         uint32 // of a write key
	SiteOwner    string // its site's organization, for the audit trail
	Organization string // of a secret key; "": every organization
	Profile      string // of a secret key; "": every profile
	Scopes       Scope  // of a secret key
}

// check refuses what cannot be, and what would be more than whoever asks has.
func (n *NewKey) check(by Grant) error {
	switch {
	case by.Profile != "" || !by.Has(Admin):
		return fault.New(fault.Forbidden, "Only an admin makes keys, and no key of a profile does.")
	case len(n.Name) > event.MaxID:
		return fault.Field(fault.InvalidField, "name", "name has at most %d bytes.", event.MaxID)
	case n.Kind == KindWrite && n.Site == 0:
		return fault.Field(fault.MissingField, "site_id", "A write key is of a site: name it by site_id.")
	case n.Kind == KindWrite:
		return nil
	case n.Kind != KindSecret:
		return fault.Field(fault.InvalidField, "kind", "kind is %s or %s.", KindWrite, KindSecret)
	case n.Site != 0:
		return fault.Field(fault.InvalidField, "site_id", "A secret key is of an organization or of a profile, not of a site.")
	case n.Scopes == 0:
		return fault.Field(fault.MissingField, "scopes", "scopes is a list of read, write and admin, at least one.")
	case n.Profile != "" && n.Scopes.Has(Admin):
		return fault.Field(fault.InvalidField, "scopes", "A profile's key may have the scopes read and write.")
	}
	if want := (Grant{Organization: n.Organization, Profile: n.Profile, Scopes: n.Scopes}); !by.Covers(want) {
		return fault.New(fault.Forbidden, "A key may not do more than the one that makes it.")
	}
	return nil
}

// Create makes a key and returns it with the secret, which is shown here and never again.
func (a *Access) Create(ctx context.Context, by Grant, n NewKey) (k KeyInfo, secret string, err error) {
	if err := n.check(by); err != nil {
		return k, "", err
	}
	a.change.Lock()
	defer a.change.Unlock()
	made, secret, err := a.mint(&n, by.Actor)
	if err != nil {
		return k, "", err
	}
	if err := a.put(ctx, by, "key.create", n.owner(), made); err != nil {
		return k, "", err
	}
	k, _ = a.KeyByID(made.ID)
	return k, secret, nil
}

// owner returns in whose audit trail the key belongs.
func (n *NewKey) owner() string {
	if n.Kind == KindWrite {
		return n.SiteOwner
	}
	return n.Organization
}

// mint makes a key that is not in force yet.
func (a *Access) mint(n *NewKey, by string) (k *Key, secret string, err error) {
	k = &Key{Kind: n.Kind, Name: n.Name, Created: a.o.Now().UTC().Truncate(time.Millisecond), CreatedBy: by}
	for k.ID == "" || a.keys.Load().rows[k.ID] != nil {
		if k.ID, err = newID(a.o.Random); err != nil {
			return nil, "", err
		}
	}
	if n.Kind == KindWrite {
		k.Site = n.Site
		k.Write, err = newWriteKey(a.o.Random)
		return k, k.Write, err
	}
	k.Organization, k.Profile, k.Scopes = n.Organization, n.Profile, n.Scopes.Names()
	if secret, err = newSecretKey(a.o.Random, k.ID); err != nil {
		return nil, "", err
	}
	k.hash(secret)
	return k, secret, nil
}

func (k *Key) hash(secret string) {
	h := sha256.Sum256([]byte(secret))
	k.Hash = h[:]
}

// put writes keys with an entry about the first.
func (a *Access) put(ctx context.Context, by Grant, action, organization string, keys ...*Key) error {
	rows := make([]journal.Row, len(keys))
	for i, k := range keys {
		var err error
		if rows[i], err = k.row(); err != nil {
			return err
		}
	}
	return a.submit(ctx, Entry{
		Actor: by.Actor, Action: action, Target: keys[0].ID, Organization: organization, Detail: keys[0].about(),
	}, rows...)
}

// about describes a key without saying it.
func (k *Key) about() string {
	if k.Kind == KindWrite {
		return fmt.Sprintf("write key of site %d", k.Site)
	}
	s := "secret key: " + strings.Join(k.Scopes, ", ")
	if k.Profile != "" {
		s += ", of one profile"
	}
	return s
}

// Rotate makes a key that is good for the same as an old one, which ends at once, or after an overlap. A key that may do
// more than by is refused, as by Create. The caller has looked whether by may see the key, and says in whose organization it is.
func (a *Access) Rotate(ctx context.Context, by Grant, id, organization string, overlap time.Duration) (k KeyInfo, secret string, err error) {
	if overlap < 0 || overlap > MaxOverlap {
		return k, "", fault.Field(fault.InvalidField, "overlap", "overlap is a number of seconds from 0 to %d.", int(MaxOverlap/time.Second))
	}
	a.change.Lock()
	defer a.change.Unlock()
	old, err := a.stored(id)
	if err != nil {
		return k, "", err
	}
	again := NewKey{Kind: old.Kind, Name: old.Name, Site: old.Site, Organization: old.Organization, Profile: old.Profile}
	again.Scopes, _ = ParseScopes(old.Scopes)
	if err := again.check(by); err != nil { // who rotates a key gets to hold it
		return k, "", err
	}
	made, secret, err := a.mint(&again, by.Actor)
	if err != nil {
		return k, "", err
	}
	if ends := made.Created.Add(overlap); overlap == 0 {
		old.Revoked = true
	} else if old.Ends.IsZero() || ends.Before(old.Ends) {
		old.Ends = ends
	}
	if err := a.put(ctx, by, "key.rotate", organization, &old, made); err != nil {
		return k, "", err
	}
	k, _ = a.KeyByID(made.ID)
	return k, secret, nil
}

// Revoke ends a key at once. The caller has looked whether by may see it, and says in whose organization it is.
func (a *Access) Revoke(ctx context.Context, by Grant, id, organization string) error {
	a.change.Lock()
	defer a.change.Unlock()
	old, err := a.stored(id)
	if err != nil {
		return err
	}
	old.Revoked = true
	return a.put(ctx, by, "key.revoke", organization, &old)
}

// stored returns a copy of a key in force that can be changed.
func (a *Access) stored(id string) (Key, error) {
	e := a.keys.Load().rows[id]
	switch {
	case e == nil || !a.inForce(e):
		return Key{}, fault.New(fault.NotFound, "There is no such key.")
	case e.flag:
		return Key{}, fault.New(fault.Conflict, "This key is given by the flag %s at the start: change it there.", e.Name)
	}
	return e.Key, nil
}
