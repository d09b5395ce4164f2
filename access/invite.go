package access

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"footfall/fault"
	"footfall/journal"
)

// For how long a link is good.
const (
	InviteGood = 72 * time.Hour
	ResetGood  = 30 * time.Minute
)

// maxInvites bounds the open invites of an organization.
const maxInvites = 1000

// Invite is a link by which somebody becomes a user. The link is known to its holder only.
type Invite struct {
	ID           string    `json:"id"`
	Email        string    `json:"email,omitempty"` // empty: whoever has the link says it
	Role         string    `json:"role"`
	Organization string    `json:"organization_id"`
	Profile      string    `json:"profile_id,omitempty"`
	By           string    `json:"created_by"` // an Actor
	Created      time.Time `json:"created_at"`
	Expires      time.Time `json:"expires_at"`
}

func (i *Invite) begin() error {
	if _, ok := ParseRole(i.Role); !ok || i.ID == "" || i.Organization == "" {
		return fmt.Errorf("%w: what invite %q says", errCorrupt, i.ID)
	}
	return nil
}

func (i *Invite) grant() Grant {
	role, _ := ParseRole(i.Role)
	return NewGrant("", i.Organization, i.Profile, role)
}

// badLink is the one answer to links that are not good, whatever the reason.
func badLink() error {
	return fault.New(fault.NotFound, "This link is not good, or not any more: it works once, and for a limited time. Ask for a new one.")
}

// CreateInvite makes an invite and returns it with its token, which is shown here and never again. Of n, name and password
// are the invited person's to choose; without an e-mail address so is that.
func (a *Access) CreateInvite(ctx context.Context, by Grant, n NewUser) (i Invite, token string, err error) {
	grant, err := n.grant()
	if err != nil {
		return i, "", err
	}
	if err := by.mayManage(grant); err != nil {
		return i, "", err
	}
	i = Invite{Role: n.Role, Organization: n.Organization, Profile: n.Profile, By: by.Actor, Created: a.now()}
	i.Expires = i.Created.Add(InviteGood)
	if n.Email != "" {
		if i.Email, err = cleanEmail(n.Email); err != nil {
			return i, "", err
		}
	}
	// Of other organizations' users nothing is told.
	if u := a.people.byEmail(i.Email); u != nil && by.CoversOrganization(u.Organization) {
		return i, "", fault.Field(fault.Conflict, "email", "Somebody signs in with this e-mail address already.")
	}
	if i.ID, err = personID("in_", a.o.Random); err != nil {
		return i, "", err
	}
	if token, err = newToken(a.o.Random); err != nil {
		return i, "", err
	}
	row, err := peopleRow(tokenRowKey(inviteKind, hashToken(token)), &i)
	if err != nil {
		return i, "", err
	}
	a.change.Lock()
	defer a.change.Unlock()
	open, rows := a.openInvites(i.Organization)
	if open >= maxInvites {
		return i, "", fault.New(fault.Conflict, "There are %d open invites: delete some first.", open)
	}
	return i, token, a.submit(ctx, i.entry(by.Actor, "invite.create", i.Role), append(rows, row)...)
}

func (i *Invite) entry(actor, action, detail string) Entry {
	return Entry{Actor: actor, Action: action, Target: i.ID, Organization: i.Organization, Detail: detail}
}

// openInvites counts the open invites of an organization and returns rows that delete all that have expired.
func (a *Access) openInvites(organization string) (open int, expired []journal.Row) {
	a.people.mu.RLock()
	defer a.people.mu.RUnlock()
	now := a.now()
	for h, i := range a.people.invites {
		if !now.Before(i.Expires) {
			expired = append(expired, journal.Row{Key: tokenRowKey(inviteKind, h)})
		} else if i.Organization == organization {
			open++
		}
	}
	return open, expired
}

// Invites returns the open invites that a grant may see, the oldest first.
func (a *Access) Invites(by Grant) []Invite {
	a.people.mu.RLock()
	defer a.people.mu.RUnlock()
	list, now := []Invite{}, a.now()
	for _, i := range a.people.invites {
		if by.CoversOrganization(i.Organization) && now.Before(i.Expires) {
			list = append(list, *i)
		}
	}
	slices.SortFunc(list, func(x, y Invite) int {
		return cmp.Or(x.Created.Compare(y.Created), strings.Compare(x.ID, y.ID))
	})
	return list
}

// DeleteInvite makes an invite's link no good.
func (a *Access) DeleteInvite(ctx context.Context, by Grant, id string) error {
	a.change.Lock()
	defer a.change.Unlock()
	a.people.mu.RLock()
	var row journal.Row
	var gone Invite
	for h, i := range a.people.invites {
		if i.ID == id && by.CoversOrganization(i.Organization) {
			row, gone = journal.Row{Key: tokenRowKey(inviteKind, h)}, *i
		}
	}
	a.people.mu.RUnlock()
	if row.Key == nil {
		return fault.New(fault.NotFound, "There is no such invite.")
	}
	if err := by.mayManage(gone.grant()); err != nil {
		return err
	}
	return a.submit(ctx, gone.entry(by.Actor, "invite.delete", ""), row)
}

// invite returns what a token invites to. An invite is good as long as whoever made it could make it now.
func (a *Access) invite(token string) (Invite, error) {
	a.people.mu.RLock()
	i := a.people.invites[hashToken(token)]
	a.people.mu.RUnlock()
	if i == nil || !a.now().Before(i.Expires) || !a.actorCovers(i.By, i.grant()) {
		return Invite{}, badLink()
	}
	return *i, nil
}

// actorCovers says whether who did something is still there and could do it now.
func (a *Access) actorCovers(actor string, what Grant) bool {
	if id, ok := strings.CutPrefix(actor, userActor); ok {
		u := a.people.user(id)
		return u != nil && !u.Disabled && u.Grant().mayManage(what) == nil
	}
	id, _ := strings.CutPrefix(actor, keyActor)
	e := a.keys.Load().rows[id]
	return e != nil && a.inForce(e) && e.grant.mayManage(what) == nil
}

// Acceptance is what an invited person says.
type Acceptance struct {
	Email    string // must be the invite's, if that has one; may then be empty
	Name     string
	Password string
}

// AcceptInvite makes the user that a token invites to, and signs them in: cookie is the value of their cookie. The token
// is then used up.
func (a *Access) AcceptInvite(ctx context.Context, token string, p Acceptance) (u User, cookie string, err error) {
	i, err := a.invite(token)
	if err != nil {
		return u, "", err
	}
	n := NewUser{Email: cmp.Or(p.Email, i.Email), Name: p.Name, Role: i.Role, Organization: i.Organization, Profile: i.Profile}
	if u, err = a.newUser(&n); err != nil {
		return u, "", err
	}
	if i.Email != "" && u.Email != i.Email {
		return u, "", fault.Field(fault.InvalidField, "email", "This invite is for another e-mail address.")
	}
	if u.Hash, err = a.hashOf(ctx, p.Password, u.Email, u.Name); err != nil {
		return u, "", err
	}
	a.change.Lock()
	defer a.change.Unlock()
	if _, err := a.invite(token); err != nil { // somebody was faster
		return u, "", err
	}
	cookie, rows, err := a.newLogin(&u, "")
	if err != nil {
		return u, "", err
	}
	rows = append(rows, journal.Row{Key: tokenRowKey(inviteKind, hashToken(token))})
	err = a.putUser(ctx, userActor+u.ID, "invite.accept", &u, i.ID, rows...)
	return *u.public(), cookie, err
}
