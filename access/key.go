package access

import (
	"encoding/json"
	"fmt"
	"time"

	"footfall/journal"
	"footfall/store"
)

// The kinds of keys.
const (
	KindWrite  = "write"
	KindSecret = "secret"
)

// Key is what is known of one key; never the secret itself. The key of its row is
//
//	0x21 | id, 8 characters
//
// and the value
//
//	u8 version (1) | the Key as JSON
//
// A write key stands in it as it is: it is public, in the source of pages. Of a secret key there is the SHA-256.
type Key struct {
	ID           string    `json:"id"`
	Kind         string    `json:"kind"`
	Name         string    `json:"name,omitempty"`
	Site         uint32    `json:"site_id,omitempty"` // of a write key
	Organization string    `json:"organization_id,omitempty"`
	Profile      string    `json:"profile_id,omitempty"`
	Scopes       []string  `json:"scopes,omitempty"`
	Created      time.Time `json:"created_at"`
	CreatedBy    string    `json:"created_by"`
	Ends         time.Time `json:"ends_at,omitzero"`  // from then on it is not valid
	Revoked      bool      `json:"revoked,omitempty"` // the row stays, so that the file of initial keys brings nothing back
	Write        string    `json:"key,omitempty"`     // a write key
	Hash         []byte    `json:"hash,omitempty"`    // SHA-256 of a secret key
}

const keyVersion = 1

func keyRowKey(id string) []byte { return append([]byte{byte(store.Keys)}, id...) }

// row returns the row that puts a key into force.
func (k *Key) row() (journal.Row, error) {
	b, err := json.Marshal(k)
	if err != nil {
		return journal.Row{}, fmt.Errorf("encode key %s: %w", k.ID, err)
	}
	return journal.Row{Key: keyRowKey(k.ID), Value: append([]byte{keyVersion}, b...)}, nil
}

func decodeKey(key, value []byte) (*Key, error) {
	if len(value) == 0 || value[0] != keyVersion {
		return nil, fmt.Errorf("%w: version of key %q", errCorrupt, key)
	}
	k := new(Key)
	if err := json.Unmarshal(value[1:], k); err != nil {
		return nil, fmt.Errorf("%w: key %q: %w", errCorrupt, key, err)
	}
	if _, ok := ParseScopes(k.Scopes); !ok || string(keyRowKey(k.ID)) != string(key) ||
		(k.Kind == KindSecret) != (len(k.Hash) == hashSize) || (k.Kind == KindWrite) != (k.Write != "" && k.Site != 0) {
		return nil, fmt.Errorf("%w: what key %q says", errCorrupt, key)
	}
	return k, nil
}

func scanKeys(r store.Reader, visit func(*Key)) error {
	lo, hi := store.Keys.Span()
	return r.Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error {
		k, err := decodeKey(key, value)
		if err != nil {
			return err
		}
		visit(k)
		return nil
	})
}

// grant returns what a secret key gives.
func (k *Key) grant() Grant {
	scopes, _ := ParseScopes(k.Scopes)
	return Grant{Actor: keyActor + k.ID, Organization: k.Organization, Profile: k.Profile, Scopes: scopes}
}
