package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
)

type keysCmd struct {
	List   keysListCmd   `cmd:"" help:"The keys in force."`
	Create keysCreateCmd `cmd:"" help:"Make a key and print it, this once."`
	Rotate keysRotateCmd `cmd:"" help:"Replace a key by a new one that is good for the same, and print that."`
	Revoke keysRevokeCmd `cmd:"" help:"End a key, at once."`
}

// key is what commands read of one.
type key struct {
	ID           string
	Kind         string
	Name         string
	Key          string
	Site         uint32  `json:"site_id"`
	Organization *string `json:"organization_id"`
	Profile      *string `json:"profile_id"`
	Scopes       []string
	LastUsed     *time.Time `json:"last_used_at"`
}

// reach says what a key is good for.
func (k *key) reach() string {
	switch {
	case k.Site != 0:
		return fmt.Sprintf("site %d", k.Site)
	case k.Organization == nil:
		return "everything"
	case k.Profile != nil:
		return *k.Organization + ", profile " + *k.Profile
	}
	return *k.Organization
}

type keysListCmd struct {
	remote `embed:""`
}

func (c *keysListCmd) Run(p *program) error {
	var answer struct{ Keys []key }
	if err := c.ask(p, http.MethodGet, "/v1/keys", nil, &answer); err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tKIND\tNAME\tGOOD FOR\tSCOPES\tLAST USED")
	for _, k := range answer.Keys {
		used := "never"
		if k.LastUsed != nil {
			used = k.LastUsed.Local().Format(time.DateTime)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Kind, k.Name, k.reach(), strings.Join(k.Scopes, " "), used)
	}
	return w.Flush()
}

type keysCreateCmd struct {
	remote       `embed:""`
	Kind         string   `arg:"" enum:"write,secret" help:"write: public, sends for one site; secret: does what its scopes say."`
	Name         string   `help:"What it is for." placeholder:"TEXT"`
	Site         uint32   `help:"Site of a write key." placeholder:"ID"`
	Organization string   `help:"Organization of a secret key; may be left out if there is one only." placeholder:"ID"`
	Instance     bool     `help:"A secret key for every organization, present and to come."`
	Profile      string   `help:"Profile of a secret key; without it, it is good for all of the organization." placeholder:"ID"`
	Scopes       []string `help:"Scopes of a secret key: read, write, admin, with commas between them." placeholder:"SCOPES"`
}

func (c *keysCreateCmd) Run(p *program) error {
	body := map[string]any{"kind": c.Kind, "name": c.Name}
	if c.Kind == "write" {
		body["site_id"] = c.Site
	} else {
		body["organization_id"], body["profile_id"], body["scopes"], body["instance"] = c.Organization, c.Profile, c.Scopes, c.Instance
	}
	return c.mint(p, "/v1/keys", body)
}

// mint asks for a key and prints it.
func (r *remote) mint(p *program, path string, body any) error {
	var k key
	if err := r.ask(p, http.MethodPost, path, body, &k); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "%s\nThe key %s is good for %s.", k.Key, k.ID, k.reach())
	if k.Kind == "secret" {
		fmt.Fprint(p.out, " It is shown this once.")
	}
	fmt.Fprintln(p.out)
	return nil
}

type keysRotateCmd struct {
	remote  `embed:""`
	ID      string        `arg:"" help:"Id of the key."`
	Overlap time.Duration `help:"How long the old key stays good, at most a week." default:"0s"`
}

func (c *keysRotateCmd) Run(p *program) error {
	return c.mint(p, fmt.Sprintf("/v1/keys/%s/rotate?overlap=%d", url.PathEscape(c.ID), int(c.Overlap.Seconds())), nil)
}

type keysRevokeCmd struct {
	remote `embed:""`
	ID     string `arg:"" help:"Id of the key."`
}

func (c *keysRevokeCmd) Run(p *program) error {
	if err := c.ask(p, http.MethodDelete, "/v1/keys/"+url.PathEscape(c.ID), nil, nil); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "The key %s is good for nothing any more.\n", c.ID)
	return nil
}
