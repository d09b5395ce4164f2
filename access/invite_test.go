package access

import (
	"testing"
	"time"

	"footfall/fault"
)

func TestAnInviteIsGoodOnceAndForThreeDays(t *testing.T) {
	s := newStaff(t)
	ada := Acceptance{Name: "Ada", Password: goodPassword}
	i, token, err := s.CreateInvite(t.Context(), s.key(), NewUser{Email: "ada@homes.example", Role: "agent", Organization: "default", Profile: "ada"})
	s.must(err)
	if i.Expires.Sub(i.Created) != InviteGood || len(token) != 43 {
		t.Errorf("the invite is %+v, its token %q", i, token)
	}
	for name, p := range map[string]Acceptance{
		"bad password": {Name: "Ada", Password: "short"}, "another address": {Email: "eve@homes.example", Name: "Ada", Password: goodPassword},
	} {
		if _, _, err := s.AcceptInvite(t.Context(), token, p); !fault.Is(err, fault.InvalidField) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.pass(InviteGood - time.Millisecond)
	u, cookie, err := s.AcceptInvite(t.Context(), token, ada)
	s.must(err)
	if g, ok := s.Login(cookie, s.now()); !ok || g != NewGrant(u.ID, "default", "ada", AgentRole) {
		t.Errorf("the new user may %+v, %v", g, ok)
	}
	if _, _, err := s.AcceptInvite(t.Context(), token, Acceptance{Email: "bob@homes.example", Password: goodPassword}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a second time: %v", err)
	}
	_, token, err = s.CreateInvite(t.Context(), s.key(), NewUser{Role: "viewer", Organization: "default"})
	s.must(err)
	s.pass(InviteGood)
	if _, _, err := s.AcceptInvite(t.Context(), token, Acceptance{Email: "bob@homes.example", Password: goodPassword}); !fault.Is(err, fault.NotFound) {
		t.Errorf("after three days: %v", err)
	}
	if list := s.Invites(s.key()); len(list) != 0 {
		t.Errorf("open invites: %+v", list)
	}
}

func TestNobodyInvitesToMoreThanTheyHave(t *testing.T) {
	s := newStaff(t)
	profileKey := Grant{Actor: "key:x", Organization: "acme", Profile: "ada", Scopes: all}
	for _, c := range []struct {
		name         string
		by           Grant
		role         Role
		organization string
		may          bool
	}{
		{"the instance's key", s.key(), AdminRole, "acme", true},
		{"an admin", NewGrant("x", "acme", "", AdminRole), AdminRole, "acme", true},
		{"an admin, an agent", NewGrant("x", "acme", "", AdminRole), AgentRole, "acme", true},
		{"an admin, elsewhere", NewGrant("x", "acme", "", AdminRole), ViewerRole, "default", false},
		{"an agent", NewGrant("x", "acme", "ada", AgentRole), ViewerRole, "acme", false},
		{"a viewer", NewGrant("x", "acme", "", ViewerRole), ViewerRole, "acme", false},
		{"a key that reads and writes", Grant{Actor: "key:x", Organization: "acme", Scopes: Read | Write}, ViewerRole, "acme", false},
		{"a key of admin alone", Grant{Actor: "key:x", Organization: "acme", Scopes: Admin}, AgentRole, "acme", false},
		{"a profile's key", profileKey, AgentRole, "acme", false},
	} {
		n := NewUser{Email: "new@homes.example", Role: c.role.String(), Organization: c.organization, Profile: "ada"}
		i, _, err := s.CreateInvite(t.Context(), c.by, n)
		if c.may && err != nil || !c.may && !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s invites: %v", c.name, err)
		}
		if err == nil {
			s.must(s.DeleteInvite(t.Context(), c.by, i.ID))
		}
		if c.may {
			continue
		}
		if _, err := s.CreateUser(t.Context(), c.by, n); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s makes a user: %v", c.name, err)
		}
	}
}

// A leaked key, or an admin who was let go, must not leave doors behind.
func TestLinksOfWhoMayNoMoreMakeThemAreNoGood(t *testing.T) {
	for name, end := range map[string]func(*staff, User){
		"disabled": func(s *staff, u User) {
			_, err := s.PatchUser(t.Context(), s.key(), u.ID, UserPatch{Disabled: new(true)})
			s.must(err)
		},
		"of a lower role": func(s *staff, u User) {
			_, err := s.PatchUser(t.Context(), s.key(), u.ID, UserPatch{Role: new("viewer")})
			s.must(err)
		},
	} {
		s := newStaff(t)
		admin := s.hire("ada@homes.example", AdminRole, "default")
		s.hire("bob@homes.example", ViewerRole, "default")
		_, invite, err := s.CreateInvite(t.Context(), admin.Grant(), NewUser{Role: "viewer", Organization: "default"})
		s.must(err)
		reset, _, err := s.CreateReset(t.Context(), admin.Grant(), "bob@homes.example")
		s.must(err)
		end(s, admin)
		if _, _, err := s.AcceptInvite(t.Context(), invite, Acceptance{Email: "eve@homes.example", Password: goodPassword}); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: the invite: %v", name, err)
		}
		if _, err := s.Reset(t.Context(), reset, otherPassword); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: the reset: %v", name, err)
		}
	}
	s := newStaff(t)
	k, secret, err := s.Create(t.Context(), s.key(), NewKey{Kind: KindSecret, Organization: "default", Scopes: all})
	s.must(err)
	by, _ := s.Secret(secret)
	_, invite, err := s.CreateInvite(t.Context(), by, NewUser{Role: "viewer", Organization: "default"})
	s.must(err)
	if _, err := s.invite(invite); err != nil {
		t.Errorf("while the key is good: %v", err)
	}
	s.must(s.Revoke(t.Context(), s.key(), k.ID, "default"))
	if _, err := s.invite(invite); !fault.Is(err, fault.NotFound) {
		t.Errorf("once the key is revoked: %v", err)
	}
}

func TestAResetIsGoodOnceAndForHalfAnHour(t *testing.T) {
	s := newStaff(t)
	u := s.hire("ada@homes.example", ViewerRole, "default")
	reset := func() string {
		token, expires, err := s.CreateReset(t.Context(), s.key(), "ADA@homes.example")
		s.must(err)
		if expires.Sub(s.now()) != ResetGood || len(token) != 43 {
			t.Errorf("the token %q is good until %v", token, expires)
		}
		return token
	}
	s.AskReset("ada@homes.example")
	if s.Asked(u.ID).IsZero() {
		t.Error("that they asked is not known")
	}
	first, second := reset(), reset()
	if !s.Asked(u.ID).IsZero() {
		t.Error("they ask on, although there is a link")
	}
	if _, err := s.Reset(t.Context(), first, otherPassword); !fault.Is(err, fault.NotFound) {
		t.Errorf("a link before the last: %v", err)
	}
	if _, err := s.Reset(t.Context(), second, "password1234"); !fault.Is(err, fault.InvalidField) {
		t.Errorf("a common password: %v", err)
	}
	_, err := s.Reset(t.Context(), second, otherPassword)
	s.must(err)
	if _, err := s.Reset(t.Context(), second, goodPassword); !fault.Is(err, fault.NotFound) {
		t.Errorf("a second time: %v", err)
	}
	if _, err := s.signIn(u.Email, goodPassword); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("the old password: %v", err)
	}
	if _, err := s.signIn(u.Email, otherPassword); err != nil {
		t.Errorf("the new password: %v", err)
	}
	late := reset()
	s.pass(ResetGood)
	if _, err := s.Reset(t.Context(), late, goodPassword); !fault.Is(err, fault.NotFound) {
		t.Errorf("after half an hour: %v", err)
	}
}

func TestAnAdminOfAnotherOrganizationSeesAndChangesNobody(t *testing.T) {
	s := newStaff(t)
	u := s.hire("ada@homes.example", ViewerRole, "default")
	i, _, err := s.CreateInvite(t.Context(), s.key(), NewUser{Role: "viewer", Organization: "default"})
	s.must(err)
	eve := s.hire("eve@acme.example", AdminRole, "acme")
	other := eve.Grant()
	if list := s.Users(other); len(list) != 1 || list[0].Email != "eve@acme.example" {
		t.Errorf("users: %+v", list)
	}
	if list := s.Invites(other); len(list) != 0 {
		t.Errorf("invites: %+v", list)
	}
	if _, err := s.UserByID(other, u.ID); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if _, err := s.PatchUser(t.Context(), other, u.ID, UserPatch{Disabled: new(true)}); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if err := s.DeleteInvite(t.Context(), other, i.ID); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if token, _, err := s.CreateReset(t.Context(), other, u.Email); token != "" || err != nil {
		t.Errorf("a reset: %q, %v", token, err)
	}
	if _, _, err := s.CreateInvite(t.Context(), other, NewUser{Email: u.Email, Role: "viewer", Organization: "acme"}); err != nil {
		t.Errorf("an invite tells who is a user elsewhere: %v", err)
	}
}

func TestAnAdminCannotShutThemselvesOut(t *testing.T) {
	s := newStaff(t)
	u := s.hire("ada@homes.example", AdminRole, "default")
	for _, p := range []UserPatch{{Disabled: new(true)}, {Role: new("viewer")}} {
		if _, err := s.PatchUser(t.Context(), u.Grant(), u.ID, p); !fault.Is(err, fault.Conflict) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if _, err := s.PatchUser(t.Context(), u.Grant(), u.ID, UserPatch{Name: new("Ada")}); err != nil {
		t.Error(err)
	}
}
