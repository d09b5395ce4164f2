package access

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"footfall/fault"
	"footfall/journal"
)

// reset is a link by which a user gets a new password.
type reset struct {
	User    string    `json:"user"`
	By      string    `json:"created_by"` // an Actor
	Expires time.Time `json:"expires_at"`
}

func (t *reset) begin() error {
	if t.User == "" {
		return fmt.Errorf("%w: a reset without a user", errCorrupt)
	}
	return nil
}

// AskReset notes that somebody who cannot sign in asks for a new password, for an admin to see. Nobody learns from it
// whether the address is known.
func (a *Access) AskReset(email string) {
	a.people.mu.Lock()
	defer a.people.mu.Unlock()
	if u := a.people.emails[strings.ToLower(strings.TrimSpace(email))]; u != nil {
		a.people.asked[u.ID] = a.now()
	}
}

// Asked returns when a user last asked for a new password and has got no link since; zero: not since the start.
func (a *Access) Asked(id string) time.Time {
	a.people.mu.RLock()
	defer a.people.mu.RUnlock()
	return a.people.asked[id]
}

// CreateReset makes a link to a new password for a user of the grant's reach and returns its token, which is shown here
// and never again; "" if there is no such user. A link that was made before is good no more.
func (a *Access) CreateReset(ctx context.Context, by Grant, email string) (token string, expires time.Time, err error) {
	a.change.Lock()
	defer a.change.Unlock()
	u := a.people.byEmail(strings.ToLower(strings.TrimSpace(email)))
	if u == nil || !by.CoversOrganization(u.Organization) {
		return "", expires, nil
	}
	if err := by.mayManage(u.Grant()); err != nil {
		return "", expires, err
	}
	if token, err = newToken(a.o.Random); err != nil {
		return "", expires, err
	}
	t := reset{User: u.ID, By: by.Actor, Expires: a.now().Add(ResetGood)}
	row, err := peopleRow(tokenRowKey(resetKind, hashToken(token)), &t)
	if err != nil {
		return "", expires, err
	}
	rows := append(a.endResets(u.ID), row)
	if err := a.submit(ctx, u.entry(by.Actor, "password.reset_link"), rows...); err != nil {
		return "", expires, err
	}
	a.people.mu.Lock()
	delete(a.people.asked, u.ID)
	a.people.mu.Unlock()
	return token, t.Expires, nil
}

func (u *User) entry(actor, action string) Entry {
	return Entry{Actor: actor, Action: action, Target: u.ID, Organization: u.Organization}
}

// endResets returns rows that delete the resets of a user, and all that have expired.
func (a *Access) endResets(user string) (rows []journal.Row) {
	a.people.mu.RLock()
	defer a.people.mu.RUnlock()
	now := a.now()
	for h, t := range a.people.resets {
		if t.User == user || !now.Before(t.Expires) {
			rows = append(rows, journal.Row{Key: tokenRowKey(resetKind, h)})
		}
	}
	return rows
}

// resetOf returns the user whose password a token changes. A link is good as long as whoever made it could make it now.
func (a *Access) resetOf(token string) (User, error) {
	a.people.mu.RLock()
	t := a.people.resets[hashToken(token)]
	a.people.mu.RUnlock()
	if t == nil || !a.now().Before(t.Expires) {
		return User{}, badLink()
	}
	u := a.people.user(t.User)
	if u == nil || !a.actorCovers(t.By, u.Grant()) {
		return User{}, badLink()
	}
	return *u, nil
}

// Reset changes a user's password by the token of a link, which is then used up, and ends all their logins. Whoever is
// disabled stays so.
func (a *Access) Reset(ctx context.Context, token, password string) (User, error) {
	u, err := a.resetOf(token)
	if err != nil {
		return User{}, err
	}
	hash, err := a.hashOf(ctx, password, u.Email, u.Name)
	if err != nil {
		return User{}, err
	}
	a.change.Lock()
	defer a.change.Unlock()
	if u, err = a.resetOf(token); err != nil { // somebody was faster
		return User{}, err
	}
	u.Hash = hash
	rows := append(a.endLogins(u.ID), a.endResets(u.ID)...)
	if err := a.putUser(ctx, userActor+u.ID, "password.reset", &u, "", rows...); err != nil {
		return User{}, err
	}
	a.delays.forget(u.Email)
	return *u.public(), nil
}

// PasswordChange is what somebody who is signed in says to get another password.
type PasswordChange struct {
	Old, New string
	From     netip.Addr // of the client
}

// ChangePassword gives a user another password. They must know the one they have: whoever finds a browser signed in does
// not, and waits for each guess like at the door. All their logins end, and links to a new password; cookie is the value of
// a new login for whoever asked.
func (a *Access) ChangePassword(ctx context.Context, id string, p PasswordChange) (cookie string, err error) {
	old := a.people.user(id)
	if old == nil || old.Disabled {
		return "", fault.New(fault.NotFound, "There is no such user.")
	}
	if err := a.delays.begin(ctx, old.Email, p.From); err != nil {
		return "", err
	}
	ok, err := a.hasher.matches(ctx, old.Hash, p.Old)
	if err != nil {
		a.delays.undo(old.Email, p.From)
		return "", err
	}
	if !ok {
		return "", fault.Field(fault.Forbidden, "old_password", "This is not your password. If you forgot it, ask an admin for a link to a new one.")
	}
	a.delays.forget(old.Email)
	a.delays.undo(old.Email, p.From)
	hash, err := a.hashOf(ctx, p.New, old.Email, old.Name)
	if err != nil {
		return "", err
	}
	a.change.Lock()
	defer a.change.Unlock()
	now := a.people.user(id)
	if now == nil || now.Disabled || now.Hash != old.Hash { // changed while hashes were made
		return "", fault.New(fault.Conflict, "Your password was changed at the same time from elsewhere. Sign in again.")
	}
	u := *now
	u.Hash = hash
	if cookie, err = newToken(a.o.Random); err != nil {
		return "", err
	}
	row, err := peopleRow(loginRowKey(hashToken(cookie)), &login{User: id, Created: a.now()})
	if err != nil {
		return "", err
	}
	rows := append(append(a.endLogins(id), a.endResets(id)...), row)
	return cookie, a.putUser(ctx, userActor+id, "password.change", &u, "", rows...)
}
