package access

import (
	"context"
	"encoding/base32"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"footfall/event"
	"footfall/fault"
	"footfall/journal"
)

const maxEmail = 254 // bytes, RFC 5321 with its angle brackets

// User is somebody who may sign in.
type User struct {
	ID           string    `json:"id"`
	Email        string    `json:"email"` // in lower case; on the whole instance nobody else has it
	Name         string    `json:"name"`
	Role         string    `json:"role"`
	Organization string    `json:"organization_id"`
	Profile      string    `json:"profile_id,omitempty"` // an agent's own; of others it says who they are
	Hash         string    `json:"hash,omitempty"`       // of the password, empty: cannot sign in yet
	Disabled     bool      `json:"disabled,omitempty"`
	Created      time.Time `json:"created_at"`
	SignedIn     time.Time `json:"signed_in_at,omitzero"` // the last time, zero: never
}

// Grant returns what the user may do.
func (u *User) Grant() Grant {
	role, _ := ParseRole(u.Role)
	return NewGrant(u.ID, u.Organization, u.Profile, role)
}

// NewUser says who is to be let in. That organization and profile exist is for the caller to see to.
type NewUser struct {
	Email        string
	Name         string
	Role         string
	Organization string
	Profile      string
	Password     string // empty: a reset must set one before they can sign in
}

// grant checks everything but the password, and returns what the user may do.
func (n *NewUser) grant() (g Grant, err error) {
	role, ok := ParseRole(n.Role)
	switch {
	case !ok:
		return g, fault.Field(fault.InvalidField, "role", "role is %s, %s or %s.", ViewerRole, AgentRole, AdminRole)
	case n.Organization == "":
		return g, fault.Field(fault.MissingField, "organization_id", "A user belongs to an organization: name it by organization_id.")
	case role == AgentRole && n.Profile == "":
		return g, fault.Field(fault.MissingField, "profile_id", "An agent sees what is their own: name the profile by profile_id.")
	case len(n.Name) > event.MaxID || !utf8.ValidString(n.Name) || strings.ContainsFunc(n.Name, unicode.IsControl):
		return g, fault.Field(fault.InvalidField, "name", "name has at most %d bytes of text in one line.", event.MaxID)
	}
	return NewGrant("", n.Organization, n.Profile, role), nil
}

// cleanEmail returns an address as it is kept: in lower case, without a name or spaces around it.
func cleanEmail(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return "", fault.Field(fault.MissingField, "email", "email is required.")
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > maxEmail || strings.ContainsFunc(s, unicode.IsControl) {
		return "", fault.Field(fault.InvalidField, "email", "email is not an address such as ada@homes.example.")
	}
	return s, nil
}

// mayManage says whether a grant may let others in who may do what other may.
func (g Grant) mayManage(other Grant) error {
	switch {
	case !g.Has(Admin) || g.Profile != "":
		return fault.New(fault.Forbidden, "Only an admin manages users, and no key of a profile does.")
	case !g.Covers(other):
		return fault.New(fault.Forbidden, "Nobody can give more than they have: not to others, and not to other organizations.")
	}
	return nil
}

// CreateUser makes a user and returns them once they may sign in.
func (a *Access) CreateUser(ctx context.Context, by Grant, n NewUser) (User, error) {
	u, err := a.newUser(&n)
	if err != nil {
		return u, err
	}
	if err := by.mayManage(u.Grant()); err != nil {
		return u, err
	}
	if n.Password != "" {
		if u.Hash, err = a.hashOf(ctx, n.Password, u.Email, u.Name); err != nil {
			return u, err
		}
	}
	a.change.Lock()
	defer a.change.Unlock()
	return *u.public(), a.putUser(ctx, by.Actor, "user.create", &u, u.Role)
}

// newUser returns the user that n asks for, without a password, not in force yet.
func (a *Access) newUser(n *NewUser) (u User, err error) {
	if _, err := n.grant(); err != nil {
		return u, err
	}
	u = User{Name: strings.TrimSpace(n.Name), Role: n.Role, Organization: n.Organization, Profile: n.Profile, Created: a.now()}
	if u.Email, err = cleanEmail(n.Email); err != nil {
		return u, err
	}
	u.ID, err = personID("us_", a.o.Random)
	return u, err
}

// hashOf checks a password that somebody chose and returns its hash.
func (a *Access) hashOf(ctx context.Context, password string, own ...string) (string, error) {
	if err := checkPassword(password, own...); err != nil {
		return "", err
	}
	return a.hasher.hash(ctx, password)
}

// putUser writes a user with an entry about them, and whatever rows go along. The address must be nobody else's. The lock
// of changes is held.
func (a *Access) putUser(ctx context.Context, actor, action string, u *User, detail string, rows ...journal.Row) error {
	if other := a.people.byEmail(u.Email); other != nil && other.ID != u.ID {
		return fault.Field(fault.Conflict, "email", "Somebody signs in with this e-mail address already.")
	}
	row, err := peopleRow(userRowKey(u.ID), u)
	if err != nil {
		return err
	}
	return a.submit(ctx, Entry{Actor: actor, Action: action, Target: u.ID, Organization: u.Organization, Detail: detail},
		append([]journal.Row{row}, rows...)...)
}

// Users returns the users whom a grant may see, in the order in which they were made, without their hashes.
func (a *Access) Users(by Grant) []User {
	a.people.mu.RLock()
	list := []User{}
	for _, u := range a.people.users {
		if by.CoversOrganization(u.Organization) {
			list = append(list, *u.public())
		}
	}
	a.people.mu.RUnlock()
	slices.SortFunc(list, func(x, y User) int {
		if c := x.Created.Compare(y.Created); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return list
}

// UserByID returns a user whom a grant may see, without the hash.
func (a *Access) UserByID(by Grant, id string) (User, error) {
	u := a.people.user(id)
	if u == nil || !by.CoversOrganization(u.Organization) {
		return User{}, fault.New(fault.NotFound, "There is no such user.")
	}
	return *u.public(), nil
}

func (u *User) public() *User {
	p := *u
	p.Hash = ""
	return &p
}

// UserPatch says what to change of a user. What is nil stays.
type UserPatch struct {
	Name     *string
	Role     *string
	Profile  *string
	Disabled *bool
}

// PatchUser changes a user. Another role, and being disabled, end all their logins.
func (a *Access) PatchUser(ctx context.Context, by Grant, id string, p UserPatch) (User, error) {
	a.change.Lock()
	defer a.change.Unlock()
	old := a.people.user(id)
	if old == nil || !by.CoversOrganization(old.Organization) {
		return User{}, fault.New(fault.NotFound, "There is no such user.")
	}
	u := *old
	set(&u.Name, p.Name)
	set(&u.Role, p.Role)
	set(&u.Profile, p.Profile)
	set(&u.Disabled, p.Disabled)
	n := NewUser{Name: u.Name, Role: u.Role, Organization: u.Organization, Profile: u.Profile}
	grant, err := n.grant()
	if err != nil {
		return u, err
	}
	for _, g := range []Grant{old.Grant(), grant} {
		if err := by.mayManage(g); err != nil {
			return u, err
		}
	}
	ends := u.Role != old.Role || u.Disabled && !old.Disabled
	if ends && by.UserID() == id {
		return u, fault.New(fault.Conflict, "You cannot disable yourself or change your own role: ask another admin.")
	}
	if u == *old {
		return *u.public(), nil
	}
	var rows []journal.Row
	if ends {
		rows = a.endLogins(id)
	}
	return *u.public(), a.putUser(ctx, by.Actor, "user.change", &u, changes(old, &u), rows...)
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// changes says which fields differ, with the values that are nobody's name.
func changes(old, u *User) string {
	var what []string
	if u.Role != old.Role {
		what = append(what, fmt.Sprintf("role from %s to %s", old.Role, u.Role))
	}
	if u.Disabled != old.Disabled {
		what = append(what, map[bool]string{true: "disabled", false: "enabled"}[u.Disabled])
	}
	if u.Profile != old.Profile {
		what = append(what, "profile")
	}
	if u.Name != old.Name {
		what = append(what, "name")
	}
	return strings.Join(what, ", ")
}

// personID returns a prefix and 20 random characters, 100 bits.
func personID(prefix string, random io.Reader) (string, error) {
	b := make([]byte, 13)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	return prefix + strings.ToLower(base32.StdEncoding.EncodeToString(b)[:20]), nil
}

// now is the time as rows keep it.
func (a *Access) now() time.Time { return a.o.Now().UTC().Truncate(time.Millisecond) }

// NewID returns a new id that begins with a prefix and holds 100 random bits.
func (a *Access) NewID(prefix string) (string, error) { return personID(prefix, a.o.Random) }
