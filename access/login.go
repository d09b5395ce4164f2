package access

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"footfall/fault"
	"footfall/journal"
	"footfall/store"
)

// For how long a login is good.
const (
	LoginIdle  = 12 * time.Hour      // without a request
	LoginWhole = 14 * 24 * time.Hour // at most
)

const (
	seenEvery = time.Minute // how often at most the last use of a login is noted
	maxLogins = 20          // of a user at a time; one more ends the one that was not used for the longest
)

// login is somebody signed in, on one browser.
type login struct {
	User    string    `json:"user"`
	Created time.Time `json:"created_at"`

	seen    atomic.Int64 // when it was last used, ms since 1970, with the grain of a minute
	unnoted atomic.Bool  // seen is newer than what is stored
}

func (l *login) begin() error {
	if l.User == "" {
		return fmt.Errorf("%w: a login without a user", errCorrupt)
	}
	l.seen.Store(l.Created.UnixMilli())
	return nil
}

// good says whether the login has not expired.
func (l *login) good(now time.Time) bool {
	return now.UnixMilli()-l.seen.Load() < LoginIdle.Milliseconds() && now.Sub(l.Created) < LoginWhole
}

// Credentials are what somebody signs in with.
type Credentials struct {
	Email    string
	Password string
	From     netip.Addr // of the client
	Cookie   string     // that the browser has already, may be empty: its login ends
}

// SignIn returns the user whose password it is, and the value of a new cookie. Whoever fails often is made to wait
// before the password is looked at, and so is whoever signs in as somebody for whom others failed; nobody is shut out.
func (a *Access) SignIn(ctx context.Context, c Credentials) (u User, cookie string, err error) {
	email := strings.ToLower(strings.TrimSpace(c.Email))
	if err := a.delays.begin(ctx, email, c.From); err != nil {
		return u, "", err
	}
	hash := ""
	known := a.people.byEmail(email)
	if known != nil && !known.Disabled {
		hash = known.Hash
	}
	ok, err := a.hasher.matches(ctx, hash, c.Password)
	if err != nil {
		a.delays.undo(email, c.From)
		return u, "", err
	}
	if !ok {
		return u, "", wrongPassword()
	}
	a.delays.forget(email)
	a.delays.undo(email, c.From)
	a.change.Lock()
	defer a.change.Unlock()
	now := a.people.user(known.ID)
	if now == nil || now.Disabled || now.Hash != hash { // changed while the hash was made
		return u, "", wrongPassword()
	}
	u = *now
	u.SignedIn = a.now()
	cookie, rows, err := a.newLogin(&u, c.Cookie)
	if err != nil {
		return u, "", err
	}
	err = a.putUser(ctx, userActor+u.ID, "login", &u, "", rows...)
	return *u.public(), cookie, err
}

func wrongPassword() error {
	return fault.New(fault.Unauthorized, "The e-mail address or the password is not right.")
}

// newLogin returns a new cookie and the rows that make its login, which end the one of the old cookie, all that have
// expired, and those of the user that are too many. The lock of changes is held.
func (a *Access) newLogin(u *User, old string) (cookie string, rows []journal.Row, err error) {
	if cookie, err = newToken(a.o.Random); err != nil {
		return "", nil, err
	}
	now := a.now()
	rows = a.endWhere(func(h tokenHash, l *login) bool { return old != "" && h == hashToken(old) || !l.good(now) })
	if extra, ok := a.oldestLogin(u.ID); ok {
		rows = append(rows, endLogin(extra)...)
	}
	row, err := peopleRow(loginRowKey(hashToken(cookie)), &login{User: u.ID, Created: now})
	return cookie, append(rows, row), err
}

// oldestLogin returns the login of a user that has not been used for the longest, if they have as many as they may.
func (a *Access) oldestLogin(user string) (oldest tokenHash, ok bool) {
	a.people.mu.RLock()
	defer a.people.mu.RUnlock()
	n := 0
	for h, l := range a.people.logins {
		if l.User != user {
			continue
		}
		if n++; n == 1 || l.seen.Load() < a.people.logins[oldest].seen.Load() {
			oldest = h
		}
	}
	return oldest, n >= maxLogins
}

// endLogins returns rows that end all logins of a user.
func (a *Access) endLogins(user string) []journal.Row {
	return a.endWhere(func(_ tokenHash, l *login) bool { return l.User == user })
}

func (a *Access) endWhere(ends func(tokenHash, *login) bool) (rows []journal.Row) {
	a.people.mu.RLock()
	defer a.people.mu.RUnlock()
	for h, l := range a.people.logins {
		if ends(h, l) {
			rows = append(rows, endLogin(h)...)
		}
	}
	return rows
}

func endLogin(h tokenHash) []journal.Row {
	return []journal.Row{{Key: loginRowKey(h)}, {Key: seenKey(h)}}
}

// Login returns what the holder of a cookie may do, by what the user is now. It is on the way of every request with a
// cookie.
func (a *Access) Login(cookie string, now time.Time) (Grant, bool) {
	l, u := a.loginOf(cookie)
	if l == nil || u.Disabled || !l.good(now) {
		return Grant{}, false
	}
	if ms := now.UnixMilli(); ms-l.seen.Load() >= seenEvery.Milliseconds() {
		l.seen.Store(ms)
		l.unnoted.Store(true)
	}
	return u.Grant(), true
}

// Stays says whether the login of a cookie still gives what it gave. Unlike Login it is no sign of life: a page that only
// listens is signed out once nobody has been there for long.
func (a *Access) Stays(cookie string, g Grant, now time.Time) bool {
	l, u := a.loginOf(cookie)
	return l != nil && !u.Disabled && l.good(now) && u.Grant() == g
}

// loginOf returns the login of a cookie and its user, nil if there is none.
func (a *Access) loginOf(cookie string) (*login, *User) {
	h := hashToken(cookie)
	a.people.mu.RLock()
	defer a.people.mu.RUnlock()
	l := a.people.logins[h]
	if l == nil || a.people.users[l.User] == nil {
		return nil, nil
	}
	return l, a.people.users[l.User]
}

// SignOut ends the login of a cookie. One that is none is out already.
func (a *Access) SignOut(ctx context.Context, cookie string) error {
	a.change.Lock()
	defer a.change.Unlock()
	l, u := a.loginOf(cookie)
	if l == nil {
		return nil
	}
	return a.submit(ctx, u.entry(userActor+u.ID, "logout"), endLogin(hashToken(cookie))...)
}

// validUser says whether a user may still do what they could.
func (a *Access) validUser(id string, g Grant) bool {
	u := a.people.user(id)
	return u != nil && !u.Disabled && u.Grant() == g
}

// noteSeen writes when logins were last used. The committer's goroutine calls it, as it does Apply: what has ended is not
// brought back.
func (a *Access) noteSeen(b *store.Batch) {
	a.people.mu.RLock()
	defer a.people.mu.RUnlock()
	for h, l := range a.people.logins {
		if l.unnoted.Swap(false) {
			b.Set(seenKey(h), binary.AppendUvarint(nil, uint64(max(l.seen.Load(), 0))))
		}
	}
}
