package access

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"footfall/fault"
)

func TestALoginEndsAfterTwelveIdleHoursOrFourteenDays(t *testing.T) {
	s := newStaff(t)
	s.hire("ada@homes.example", ViewerRole, "default")
	idle := s.signedIn("ada@homes.example")
	s.pass(LoginIdle - time.Millisecond)
	if !s.good(idle) {
		t.Error("it ended before its time")
	}
	s.pass(LoginIdle - time.Millisecond)
	if !s.good(idle) {
		t.Error("being used does not keep it")
	}
	s.pass(LoginIdle)
	if s.good(idle) {
		t.Error("it is good after 12 idle hours")
	}
	busy, began := s.signedIn("ada@homes.example"), s.now()
	for s.now().Sub(began) < LoginWhole-time.Hour {
		s.pass(time.Hour)
		if !s.good(busy) {
			t.Fatalf("it ended after %v", s.now().Sub(began))
		}
	}
	s.pass(time.Hour)
	if s.good(busy) {
		t.Error("it is good after 14 days")
	}
}

// The last use is kept over a restart, at the grain of a minute.
func TestWhenALoginWasLastUsedIsWrittenOnceAMinute(t *testing.T) {
	s := newStaff(t)
	s.hire("ada@homes.example", ViewerRole, "default")
	cookie := s.signedIn("ada@homes.example")
	l, _ := s.loginOf(cookie)
	written := func() bool {
		_, found, err := s.db.Get(seenKey(hashToken(cookie)))
		s.must(err)
		return found
	}
	s.pass(seenEvery - time.Millisecond)
	s.good(cookie)
	if l.unnoted.Load() || written() {
		t.Error("it is noted within a minute")
	}
	s.pass(time.Millisecond)
	s.good(cookie)
	s.pass(LoginIdle - time.Minute)
	s.restart()
	if !s.good(cookie) {
		t.Error("its last use was lost")
	}
}

func TestSigningInAgainEndsTheOldCookie(t *testing.T) {
	s := newStaff(t)
	s.hire("ada@homes.example", ViewerRole, "default")
	first, elsewhere := s.signedIn("ada@homes.example"), s.signedIn("ada@homes.example")
	_, second, err := s.SignIn(t.Context(), Credentials{Email: "ada@homes.example", Password: goodPassword, Cookie: first})
	s.must(err)
	if second == first || s.good(first) || !s.good(second) || !s.good(elsewhere) {
		t.Errorf("first %v, second %v, elsewhere %v", s.good(first), s.good(second), s.good(elsewhere))
	}
	s.must(s.SignOut(t.Context(), second))
	s.must(s.SignOut(t.Context(), second))
	if s.good(second) || !s.good(elsewhere) {
		t.Error("signing out ends the wrong login")
	}
}

func TestAnotherRoleOrBeingDisabledOrANewPasswordEndsAllLogins(t *testing.T) {
	for name, change := range map[string]func(*staff, User){
		"role": func(s *staff, u User) {
			_, err := s.PatchUser(t.Context(), s.key(), u.ID, UserPatch{Role: new("viewer")})
			s.must(err)
		},
		"disabled": func(s *staff, u User) {
			_, err := s.PatchUser(t.Context(), s.key(), u.ID, UserPatch{Disabled: new(true)})
			s.must(err)
		},
		"password": func(s *staff, u User) {
			token, _, err := s.CreateReset(t.Context(), s.key(), u.Email)
			s.must(err)
			_, err = s.Reset(t.Context(), token, otherPassword)
			s.must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStaff(t)
			u := s.hire("ada@homes.example", AgentRole, "default")
			s.hire("bob@homes.example", AgentRole, "default")
			cookies := []string{s.signedIn(u.Email), s.signedIn(u.Email)}
			other := s.signedIn("bob@homes.example")
			grant, _ := s.Login(cookies[0], s.now())
			if !s.Valid(grant) {
				t.Error("the grant is not good to begin with")
			}
			change(s, u)
			if s.good(cookies[0]) || s.good(cookies[1]) {
				t.Error("a login goes on")
			}
			if !s.good(other) {
				t.Error("somebody else's login ended")
			}
			if name != "password" && s.Valid(grant) {
				t.Error("a stream goes on")
			}
		})
	}
	s := newStaff(t)
	u := s.hire("ada@homes.example", AgentRole, "default")
	cookie := s.signedIn(u.Email)
	_, err := s.PatchUser(t.Context(), s.key(), u.ID, UserPatch{Name: new("Ada"), Profile: new("other")})
	s.must(err)
	if g, ok := s.Login(cookie, s.now()); !ok || g.Profile != "other" {
		t.Errorf("after another profile the login gives %+v, %v", g, ok)
	}
}

func TestAUserHasSoManyLoginsAtATime(t *testing.T) {
	s := newStaff(t)
	s.hire("ada@homes.example", ViewerRole, "default")
	var cookies []string
	for range maxLogins + 1 {
		s.pass(2 * time.Minute)
		cookies = append(cookies, s.signedIn("ada@homes.example"))
		s.good(cookies[0]) // is used, so it is not the one that ends
	}
	for i, cookie := range cookies {
		if want := i != 1; s.good(cookie) != want {
			t.Errorf("login %d is good: %v", i, !want)
		}
	}
}

func TestWhoFailsOftenWaitsAndIsNeverShutOut(t *testing.T) {
	s := newStaff(t)
	s.hire("ada@homes.example", ViewerRole, "default")
	for range 13 {
		if _, err := s.signIn("ada@homes.example", otherPassword); !fault.Is(err, fault.Unauthorized) {
			t.Fatal(err)
		}
	}
	want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 16 * time.Second, 16 * time.Second, 16 * time.Second}
	if !slices.Equal(s.paused, want) {
		t.Errorf("the waits are %v", s.paused)
	}
	s.signedIn("ada@homes.example")
	if n := len(s.paused); n != len(want)+1 {
		t.Errorf("%d waits: the right password waits once more", n)
	}
	s.signedIn("ada@homes.example")
	if n := len(s.paused); n != len(want)+1 {
		t.Errorf("%d waits: whoever has shown to be the owner waits no more", n)
	}
}

func TestFailuresAreForgottenAfterFifteenMinutes(t *testing.T) {
	s := newStaff(t)
	s.hire("ada@homes.example", ViewerRole, "default")
	for range failsOfAccount {
		_, _ = s.signIn("ada@homes.example", otherPassword)
	}
	s.pass(failWindow)
	for range failsOfAccount {
		_, _ = s.signIn("ada@homes.example", otherPassword)
	}
	if len(s.paused) != 0 {
		t.Errorf("the waits are %v", s.paused)
	}
}

func TestTwentyFailuresOfANetworkMakeItWaitWhoeverItTries(t *testing.T) {
	for _, c := range []struct {
		name         string
		first, later string
		waits        bool
	}{
		{"same address", "192.0.2.1", "192.0.2.1", true},
		{"another address", "192.0.2.1", "192.0.2.2", false},
		{"same address, mapped", "192.0.2.1", "::ffff:192.0.2.1", true},
		{"same /64", "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true},
		{"another /64", "2001:db8:1:2::1", "2001:db8:1:3::1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStaff(t)
			ctx := t.Context()
			for i := range failsOfNetwork {
				s.must(s.delays.begin(ctx, string(rune('a'+i)), netip.MustParseAddr(c.first)))
			}
			if len(s.paused) != 0 {
				t.Errorf("the first wait after %v", s.paused)
			}
			s.must(s.delays.begin(ctx, "another", netip.MustParseAddr(c.later)))
			if (len(s.paused) == 1) != c.waits {
				t.Errorf("the waits are %v", s.paused)
			}
		})
	}
}

// However many try at once, so many wait, and the next is told when to come back.
func TestSoManyWaitAtATime(t *testing.T) {
	release := make(chan struct{})
	d := newDelays(time.Now, func(ctx context.Context, _ time.Duration) error {
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	from := netip.MustParseAddr("192.0.2.1")
	for range failsOfAccount {
		if err := d.begin(t.Context(), "ada", from); err != nil {
			t.Fatal(err)
		}
	}
	stopping, stop := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for i := range waitOfAccount {
		waiting.Go(func() {
			ctx := t.Context()
			if i == 0 {
				ctx = stopping
			}
			if err := d.begin(ctx, "ada", from); (err != nil) != (i == 0) {
				t.Error(err)
			}
		})
	}
	held := func() int {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.held
	}
	for held() < waitOfAccount {
		time.Sleep(time.Millisecond)
	}
	err := d.begin(t.Context(), "ada", from)
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Code != fault.RateLimited || f.After <= 0 {
		t.Errorf("one more: %v", err)
	}
	stop()
	for held() == waitOfAccount {
		time.Sleep(time.Millisecond)
	}
	close(release)
	waiting.Wait()
	if held() != 0 || len(d.waiting) != 0 {
		t.Errorf("%d are held, %v", held(), d.waiting)
	}
}

func TestAnAccountWithManyFailuresIsNotPushedOutByOthersWithFew(t *testing.T) {
	d := newDelays(time.Now, func(context.Context, time.Duration) error { return nil })
	from := netip.MustParseAddr("192.0.2.1")
	for range failsOfAccount {
		if err := d.begin(t.Context(), "ada", from); err != nil {
			t.Fatal(err)
		}
	}
	account, _ := d.keys("ada", from)
	now := time.Now().UnixNano()
	for i := range uint64(100) { // of the same row
		d.find(account+failRows*(i+1)).fail(failsOfAccount, 1, now)
	}
	if waitAfter(d.find(account), failsOfAccount, now) == 0 {
		t.Error("its failures are forgotten")
	}
}

// A password that is changed, or a user who is disabled, while a sign-in waits for its turn: it does not count any more.
func TestWhatChangesWhileASignInWaitsForItsTurnCounts(t *testing.T) {
	for name, change := range map[string]func(*User){
		"password": func(u *User) { u.Hash = nobodysHash }, "disabled": func(u *User) { u.Disabled = true },
	} {
		s := newStaff(t)
		u := s.hire("ada@homes.example", ViewerRole, "default")
		var leave []func()
		for range hashesAtOnce {
			l, err := s.hasher.enter(t.Context())
			s.must(err)
			leave = append(leave, l)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := s.signIn(u.Email, goodPassword)
			ended <- err
		}()
		for len(s.hasher.places) < hashesAtOnce+1 {
			time.Sleep(time.Millisecond)
		}
		changed := *s.people.user(u.ID)
		change(&changed)
		s.must(s.putUser(t.Context(), "server", "user.change", &changed, ""))
		for _, l := range leave {
			l()
		}
		if err := <-ended; !fault.Is(err, fault.Unauthorized) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
