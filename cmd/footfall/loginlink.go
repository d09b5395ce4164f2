package main

import "footfall/catalog"

type loginLinkCmd struct {
	remote `embed:""`
	Email  string `help:"E-mail address of the admin; without it whoever opens the link says it." placeholder:"ADDRESS"`
}

// Run prints a link by which somebody becomes an admin of the default organization: the way in for the first one, who
// has nobody to be invited by. There is no open page that does this.
func (c *loginLinkCmd) Run(p *program) error {
	return c.invite(p, map[string]string{"email": c.Email, "role": "admin", "organization_id": catalog.Default})
}
