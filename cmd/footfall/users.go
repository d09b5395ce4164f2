package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
)

type usersCmd struct {
	List    usersListCmd    `cmd:"" help:"Who may sign in."`
	Invite  usersInviteCmd  `cmd:"" help:"Make a link by which somebody becomes a user."`
	Disable usersDisableCmd `cmd:"" help:"Keep a user out, at once."`
	Enable  usersEnableCmd  `cmd:"" help:"Let a user in again."`
	Reset   usersResetCmd   `cmd:"" help:"Make a link by which a user sets a new password."`
}

// user is what commands read of one.
type user struct {
	ID           string
	Email        string
	Name         string
	Role         string
	Organization string     `json:"organization_id"`
	Profile      *string    `json:"profile_id"`
	Disabled     bool       `json:"disabled"`
	SignedIn     *time.Time `json:"signed_in_at"`
	Asked        *time.Time `json:"reset_requested_at"`
}

func (r *remote) users(p *program) ([]user, error) {
	var answer struct{ Users []user }
	err := r.ask(p, http.MethodGet, "/v1/users", nil, &answer)
	return answer.Users, err
}

// user returns the one with an id or e-mail address.
func (r *remote) user(p *program, name string) (user, error) {
	all, err := r.users(p)
	if err != nil {
		return user{}, err
	}
	for _, u := range all {
		if u.ID == name || u.Email == strings.ToLower(name) {
			return u, nil
		}
	}
	return user{}, fmt.Errorf("there is no user %q", name)
}

type usersListCmd struct {
	remote `embed:""`
}

func (c *usersListCmd) Run(p *program) error {
	all, err := c.users(p)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tE-MAIL\tNAME\tROLE\tORGANIZATION\tPROFILE\tSIGNED IN\t")
	for _, u := range all {
		profile, signedIn, note := "", "never", ""
		if u.Profile != nil {
			profile = *u.Profile
		}
		if u.SignedIn != nil {
			signedIn = u.SignedIn.Local().Format(time.DateTime)
		}
		switch {
		case u.Disabled:
			note = "disabled"
		case u.Asked != nil:
			note = "asks for a new password"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", u.ID, u.Email, u.Name, u.Role, u.Organization, profile, signedIn, note)
	}
	return w.Flush()
}

type usersInviteCmd struct {
	remote       `embed:""`
	Role         string `help:"What they may do: viewer reads, contact fields masked; agent works on what is their profile's; admin does everything in the organization." enum:"viewer,agent,admin" default:"agent"`
	Organization string `help:"Id of their organization." default:"default" placeholder:"ID"`
	Profile      string `help:"Id of an agent's profile; may be left out if the organization has one only." placeholder:"ID"`
	Email        string `arg:"" help:"Their e-mail address."`
}

func (c *usersInviteCmd) Run(p *program) error {
	return c.invite(p, map[string]string{"email": c.Email, "role": c.Role, "organization_id": c.Organization, "profile_id": c.Profile})
}

// invite makes an invite and prints its link.
func (r *remote) invite(p *program, body map[string]string) error {
	var answer struct {
		Link    string
		Expires time.Time `json:"expires_at"`
	}
	if err := r.ask(p, http.MethodPost, "/v1/invites", body, &answer); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "%s\nThis link works once, until %s. Whoever has it gets in: send it to nobody else.\n", answer.Link, answer.Expires.Local().Format(time.DateTime))
	return nil
}

type usersDisableCmd struct {
	remote `embed:""`
	User   string `arg:"" help:"Id or e-mail address."`
}

func (c *usersDisableCmd) Run(p *program) error { return c.disable(p, c.User, true) }

type usersEnableCmd struct {
	remote `embed:""`
	User   string `arg:"" help:"Id or e-mail address."`
}

func (c *usersEnableCmd) Run(p *program) error { return c.disable(p, c.User, false) }

func (r *remote) disable(p *program, name string, disabled bool) error {
	u, err := r.user(p, name)
	if err != nil {
		return err
	}
	if err := r.ask(p, http.MethodPatch, "/v1/users/"+url.PathEscape(u.ID), map[string]bool{"disabled": disabled}, nil); err != nil {
		return err
	}
	if disabled {
		fmt.Fprintf(p.out, "%s is disabled and signed out everywhere.\n", u.Email)
	} else {
		fmt.Fprintf(p.out, "%s may sign in.\n", u.Email)
	}
	return nil
}

type usersResetCmd struct {
	remote `embed:""`
	User   string `arg:"" help:"Id or e-mail address."`
}

func (c *usersResetCmd) Run(p *program) error {
	u, err := c.user(p, c.User)
	if err != nil {
		return err
	}
	var answer struct {
		Link    string
		Expires time.Time `json:"expires_at"`
	}
	if err := c.ask(p, http.MethodPost, "/v1/password-resets", map[string]string{"email": u.Email}, &answer); err != nil {
		return err
	}
	if answer.Link == "" {
		return errors.New("the server gives no link: the key is no admin's")
	}
	fmt.Fprintf(p.out, "%s\nThis link works once, until %s. It signs %s out everywhere.\n", answer.Link, answer.Expires.Local().Format(time.DateTime), u.Email)
	return nil
}
