package access

import (
	"strings"

	"footfall/catalog"
)

// Scope is what somebody may do, a set of bits.
type Scope uint8

// The scopes.
const (
	Read Scope = 1 << iota
	Write
	Admin
)

// all are the scopes of whoever may do everything.
const all = Read | Write | Admin

var scopeNames = []struct {
	scope Scope
	name  string
}{{Read, "read"}, {Write, "write"}, {Admin, "admin"}}

// Has says whether every scope of want is in s.
func (s Scope) Has(want Scope) bool { return s&want == want }

// Names returns the scopes in s by name, never nil.
func (s Scope) Names() []string {
	names := []string{}
	for _, row := range scopeNames {
		if s.Has(row.scope) {
			names = append(names, row.name)
		}
	}
	return names
}

// ParseScopes returns the scopes with these names; ok is false if one is unknown.
func ParseScopes(names []string) (s Scope, ok bool) {
	for _, name := range names {
		known := false
		for _, row := range scopeNames {
			if row.name == name {
				s, known = s|row.scope, true
			}
		}
		if !known {
			return 0, false
		}
	}
	return s, true
}

// Role is what a signed-in user is in their organization. The order is that of what they may do.
type Role uint8

// The roles. A key has none.
const (
	NoRole     Role = iota
	ViewerRole      // reads; contact fields are masked, nothing is exported
	AgentRole       // reads and changes what is their profile's
	AdminRole       // everything in the organization
)

var roleNames = [...]string{NoRole: "", ViewerRole: "viewer", AgentRole: "agent", AdminRole: "admin"}

// String returns the role's name, "" for none.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return ""
}

// ParseRole returns the role with a name; ok is false if there is none.
func ParseRole(name string) (r Role, ok bool) {
	for i, n := range roleNames {
		if n == name && name != "" {
			return Role(i), true
		}
	}
	return NoRole, false
}

// Grant is who asks and what they may see and do.
type Grant struct {
	Actor        string // for the audit trail: "key:<id>" or "user:<id>"
	Organization string // "": every one, which only the instance's own keys have
	Profile      string // "": every profile of the organization; else its own leads, sessions and listings only
	Scopes       Scope
	Role         Role // of a signed-in user, NoRole for a key
	Masked       bool // contact fields are masked, nothing is exported
}

// NewGrant returns what a user of a role may do. An agent without a profile may do nothing.
func NewGrant(user, organization, profile string, role Role) Grant {
	g := Grant{Actor: userActor + user, Organization: organization, Role: role}
	switch role {
	case AdminRole:
		g.Scopes = all
	case AgentRole:
		if g.Profile = profile; profile != "" {
			g.Scopes = Read | Write
		}
	case ViewerRole:
		g.Scopes, g.Masked = Read, true
	}
	return g
}

// What an Actor begins with.
const (
	keyActor  = "key:"
	userActor = "user:"
)

// Has says whether every scope of want is granted.
func (g Grant) Has(want Scope) bool { return g.Scopes.Has(want) }

// Instance says whether the grant is over all organizations, with every scope.
func (g Grant) Instance() bool { return g.Organization == "" && g.Profile == "" && g.Has(all) }

// CoversOrganization says whether the grant reaches an organization.
func (g Grant) CoversOrganization(org string) bool {
	return g.Organization == "" || g.Organization == org
}

// CoversSite says whether the grant reaches a site. A profile's grant reaches the sites of its organization, and on them
// what is the profile's.
func (g Grant) CoversSite(s *catalog.Site) bool { return g.CoversOrganization(s.Organization) }

// CoversProfile says whether the grant reaches what belongs to a profile of its organization.
func (g Grant) CoversProfile(id string) bool { return g.Profile == "" || g.Profile == id }

// Covers says whether everything that other may do and see is within the grant.
func (g Grant) Covers(other Grant) bool {
	return g.Has(other.Scopes) && g.CoversOrganization(other.Organization) && g.CoversProfile(other.Profile) &&
		(g.Organization == "" || other.Organization != "") && (!g.Masked || other.Masked)
}

// KeyID returns the id of the key that asks, "" for a user.
func (g Grant) KeyID() string {
	id, _ := strings.CutPrefix(g.Actor, keyActor)
	if id == g.Actor {
		return ""
	}
	return id
}

// UserID returns the id of the user who asks, "" for a key.
func (g Grant) UserID() string {
	id, _ := strings.CutPrefix(g.Actor, userActor)
	if id == g.Actor {
		return ""
	}
	return id
}
