package access

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"footfall/journal"
	"footfall/store"
)

// Keys of people, big endian. A token is what a link or a cookie holds; only its SHA-256 is stored.
//
//	users    0x22 | 1 | user's id
//	invites  0x22 | 2 | SHA-256 of the token 32
//	resets   0x22 | 3 | SHA-256 of the token 32
//	logins   0x23 | SHA-256 of the cookie 32
//
// Each value is
//
//	u8 version (1) | a User, Invite, reset or login as JSON
//
// When a login was last used is kept without a record, at most once a minute:
//
//	meta     0x00 | "seen/" | SHA-256 of the cookie 32: ms since 1970, a uvarint
const (
	userKind   = 1
	inviteKind = 2
	resetKind  = 3

	peopleVersion = 1
	tokenBytes    = 32
)

// tokenHash is the SHA-256 of a token.
type tokenHash [sha256.Size]byte

func hashToken(token string) tokenHash { return sha256.Sum256([]byte(token)) }

// newToken returns 43 random characters, 256 bits.
func newToken(random io.Reader) (string, error) {
	b := make([]byte, tokenBytes)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

func userRowKey(id string) []byte { return append([]byte{byte(store.Users), userKind}, id...) }

func tokenRowKey(kind byte, h tokenHash) []byte {
	return append([]byte{byte(store.Users), kind}, h[:]...)
}

func loginRowKey(h tokenHash) []byte { return append([]byte{byte(store.Logins)}, h[:]...) }

func seenKey(h tokenHash) []byte { return append([]byte("\x00seen/"), h[:]...) }

// peopleRow returns the row that stores v.
func peopleRow(key []byte, v any) (journal.Row, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return journal.Row{}, fmt.Errorf("encode a row of people: %w", err)
	}
	return journal.Row{Key: key, Value: append([]byte{peopleVersion}, b...)}, nil
}

// decodePeople reads what peopleRow wrote.
func decodePeople(value []byte, v any) error {
	if len(value) == 0 || value[0] != peopleVersion {
		return fmt.Errorf("%w: version of a row of people", errCorrupt)
	}
	if err := json.Unmarshal(value[1:], v); err != nil {
		return fmt.Errorf("%w: people: %w", errCorrupt, err)
	}
	return nil
}

// people is everybody who may sign in, every open invite and reset, and every login: all in memory, as they are few.
type people struct {
	mu      sync.RWMutex
	users   map[string]*User // by id; a User never changes, a change is a new one
	emails  map[string]*User
	invites map[tokenHash]*Invite
	resets  map[tokenHash]*reset
	logins  map[tokenHash]*login
	asked   map[string]time.Time // when users asked for a new password, since the start
}

func newPeople() *people {
	return &people{users: map[string]*User{}, emails: map[string]*User{}, invites: map[tokenHash]*Invite{},
		resets: map[tokenHash]*reset{}, logins: map[tokenHash]*login{}, asked: map[string]time.Time{}}
}

// scanPeople visits every stored row of people.
func scanPeople(r store.Reader, visit func(journal.Row) error) error {
	lo, _ := store.Users.Span()
	_, hi := store.Logins.Span()
	return r.Scan(store.Range{Lo: lo, Hi: hi}, func(key, value []byte) error { return visit(journal.Row{Key: key, Value: value}) })
}

// load brings what is stored into memory.
func (p *people) load(r store.Reader) error {
	if err := scanPeople(r, p.take); err != nil {
		return err
	}
	for h, l := range p.logins {
		value, found, err := r.Get(seenKey(h))
		if err != nil {
			return err
		}
		if ms, n := binary.Uvarint(value); found && n > 0 {
			l.seen.Store(max(l.seen.Load(), int64(ms)))
		}
	}
	return nil
}

// take brings one row into force, or takes it out if it has no value.
func (p *people) take(row journal.Row) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if store.Space(row.Key[0]) == store.Logins {
		if len(row.Key) != 1+sha256.Size {
			return fmt.Errorf("%w: login key %x", errCorrupt, row.Key)
		}
		return takeToken(p.logins, tokenHash(row.Key[1:]), row.Value)
	}
	if len(row.Key) < 3 {
		return fmt.Errorf("%w: key %x of people", errCorrupt, row.Key)
	}
	kind, id := row.Key[1], row.Key[2:]
	switch {
	case kind == userKind:
		return p.takeUser(string(id), row.Value)
	case kind == inviteKind && len(id) == sha256.Size:
		return takeToken(p.invites, tokenHash(id), row.Value)
	case kind == resetKind && len(id) == sha256.Size:
		return takeToken(p.resets, tokenHash(id), row.Value)
	}
	return fmt.Errorf("%w: key %x of people", errCorrupt, row.Key)
}

// takeToken sets or deletes what stands under a token.
func takeToken[T any, P interface {
	*T
	begin() error
}](m map[tokenHash]P, h tokenHash, value []byte) error {
	if value == nil {
		delete(m, h)
		return nil
	}
	v := P(new(T))
	if err := decodePeople(value, v); err != nil {
		return err
	}
	if err := v.begin(); err != nil {
		return err
	}
	m[h] = v
	return nil
}

func (p *people) takeUser(id string, value []byte) error {
	if old := p.users[id]; old != nil {
		delete(p.emails, old.Email)
		delete(p.users, id)
	}
	if value == nil {
		return nil
	}
	u := new(User)
	if err := decodePeople(value, u); err != nil {
		return err
	}
	if _, ok := ParseRole(u.Role); !ok || u.ID != id || u.Email == "" || p.emails[u.Email] != nil {
		return fmt.Errorf("%w: what user %q says", errCorrupt, id)
	}
	p.users[id], p.emails[u.Email] = u, u
	return nil
}

// checkPeople reports stored rows that cannot be read, and what contradicts other rows.
func checkPeople(r store.Reader, report func(error)) {
	p := newPeople()
	err := scanPeople(r, func(row journal.Row) error {
		if err := p.take(row); err != nil {
			report(err)
		}
		return nil
	})
	if err != nil {
		report(err)
	}
	for _, l := range p.logins {
		if p.users[l.User] == nil {
			report(fmt.Errorf("access: a login of user %q, who is not there", l.User))
		}
	}
	for _, t := range p.resets {
		if p.users[t.User] == nil {
			report(fmt.Errorf("access: a reset for user %q, who is not there", t.User))
		}
	}
}

// user returns a user by id, nil if there is none.
func (p *people) user(id string) *User {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.users[id]
}

// byEmail returns a user by their address in lower case, nil if there is none.
func (p *people) byEmail(email string) *User {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.emails[email]
}
