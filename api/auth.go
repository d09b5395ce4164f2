package api

import (
	"strings"

	"footfall/fault"

	"github.com/valyala/fasthttp"
)

// authenticate takes the secret key from the Authorization header, and from nowhere else.
func (a *API) authenticate(c *call) error {
	for _, name := range []string{"k", "key"} {
		if strings.HasPrefix(string(c.QueryArgs().Peek(name)), "sk_") {
			return fault.New(fault.Unauthorized, "A secret key must not stand in a URL, where logs keep it. Revoke it and send a new one as Authorization: Bearer sk_…")
		}
	}
	if cookie := a.cookie(c); cookie != "" {
		return a.signedIn(c, cookie)
	}
	scheme, key, _ := strings.Cut(string(c.Request.Header.Peek(fasthttp.HeaderAuthorization)), " ")
	key = strings.TrimSpace(key)
	switch {
	case key == "" || !strings.EqualFold(scheme, "Bearer"):
		return fault.New(fault.Unauthorized, "Send a secret key as Authorization: Bearer sk_…")
	case strings.HasPrefix(key, "wk_"):
		return fault.New(fault.Unauthorized, "A write key reads nothing back. Send a secret key as Authorization: Bearer sk_…")
	}
	grant, ok := a.o.Access.Secret(key)
	if !ok {
		return fault.New(fault.Unauthorized, "This secret key is not known here, or was revoked.")
	}
	c.key, c.grant = key, grant
	return nil
}
