// Package access says what a key may do.
//
// It knows two keys so far: the write key, which is public and only sends, and the admin key, which may do everything.
// Keys are compared as SHA-256 in constant time. It does not judge origins (package catalog lists them).
package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"

	"footfall/catalog"
)

// Scope is what a key may do, a set of bits.
type Scope uint8

// The scopes.
const (
	Read Scope = 1 << iota
	Write
	Admin
)

// Has says whether every scope of want is in s.
func (s Scope) Has(want Scope) bool { return s&want == want }

// Grant is what a secret key gives.
type Grant struct {
	Site   uint32 // 0: every site
	Scopes Scope
}

// Covers says whether the grant reaches a site.
func (g Grant) Covers(site uint32) bool { return g.Site == 0 || g.Site == site }

// Prefixes of keys, and how much must follow them.
const (
	writePrefix = "wk_"
	adminPrefix = "sk_"
	minKeyTail  = 16
)

// Keys are the keys of a running program. They never change.
type Keys struct {
	writeKey, adminKey string
	adminHash          [sha256.Size]byte
}

// New returns the two keys. An error names the flag whose key cannot be one.
func New(writeKey, adminKey string) (*Keys, error) {
	if err := checkKey("--write-key", writePrefix, writeKey); err != nil {
		return nil, err
	}
	if err := checkKey("--admin-key", adminPrefix, adminKey); err != nil {
		return nil, err
	}
	return &Keys{
		writeKey: writeKey, adminKey: adminKey,
		adminHash: sha256.Sum256([]byte(adminKey)),
	}, nil
}

// CheckKeys says what is wrong with keys that flags give; an empty one is not given.
func CheckKeys(writeKey, adminKey string) error {
	if writeKey != "" {
		if err := checkKey("--write-key", "wk_", writeKey); err != nil {
			return err
		}
	}
	if adminKey != "" {
		return checkKey("--admin-key", "sk_", adminKey)
	}
	return nil
}

// checkKey does not repeat the key in its message: a secret pasted into the wrong flag must not reach a log.
func checkKey(flag, prefix, key string) error {
	tail, ok := strings.CutPrefix(key, prefix)
	if !ok {
		return fmt.Errorf("%s must begin with %q", flag, prefix)
	}
	if len(tail) < minKeyTail {
		return fmt.Errorf("%s has %d characters after %q, it needs at least %d", flag, len(tail), prefix, minKeyTail)
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			return fmt.Errorf("%s may hold only printable ASCII characters without spaces", flag)
		}
	}
	return nil
}

// Write returns the site that a write key sends to.
func (k *Keys) Write(key string) (site uint32, ok bool) {
	if key != k.writeKey { // it stands in every page: how long this takes tells nothing
		return 0, false
	}
	return catalog.DefaultSite, true
}

// Secret returns what a secret key gives.
func (k *Keys) Secret(key string) (Grant, bool) {
	if !equal(key, &k.adminHash) {
		return Grant{}, false
	}
	return Grant{Scopes: Read | Write | Admin}, true
}

// WriteKey returns the write key, which is public.
func (k *Keys) WriteKey() string { return k.writeKey }

// AdminKey returns the admin key, for the terminal of a first start and nothing else.
func (k *Keys) AdminKey() string { return k.adminKey }

func equal(key string, hash *[sha256.Size]byte) bool {
	h := sha256.Sum256([]byte(key))
	return subtle.ConstantTimeCompare(h[:], hash[:]) == 1
}
