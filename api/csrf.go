package api

import (
	"bytes"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"footfall/access"
	"footfall/fault"

	"github.com/valyala/fasthttp"
)

// Names of the cookie of those who are signed in. What begins with __Host- a browser takes over TLS alone, from this
// very host. Over plain HTTP on the browser's own machine there is no TLS to ask for, so the name is another one, and
// each is taken only where it is given.
const (
	secureCookie = "__Host-footfall"
	plainCookie  = "footfall"
)

// cookieName returns the name that the cookie has for a request, "" if nobody can be signed in over it: plain HTTP from
// another machine, where anybody in between could take the cookie.
func (a *API) cookieName(c *call) string {
	switch {
	case a.o.Ingest.Secure(c.RequestCtx):
		return secureCookie
	case loopbackHost(string(c.Host())):
		return plainCookie
	}
	return ""
}

// loopbackHost says whether a Host header names the machine that the browser is on.
func loopbackHost(host string) bool {
	if end := strings.LastIndexByte(host, ':'); end >= 0 && strings.IndexByte(host[end:], ']') < 0 {
		host = host[:end]
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && addr.IsLoopback()
}

// cookie returns the value of a request's cookie, "" if it has none that counts.
func (a *API) cookie(c *call) string {
	name := a.cookieName(c)
	if name == "" {
		return ""
	}
	return string(c.Request.Header.Cookie(name))
}

// setCookie signs a browser in: value is the cookie's, "" to take it away. It fails where the cookie would not be safe.
func (a *API) setCookie(c *call, value string) error {
	name := a.cookieName(c)
	if name == "" {
		return fault.New(fault.Forbidden, "Signing in needs HTTPS: give the server --tls-cert and --tls-key, or name the proxy before it in --trusted-proxies and have it send X-Forwarded-Proto: https.")
	}
	if name == plainCookie {
		a.warnPlain.Do(func() {
			a.o.Log.Warn("somebody signs in over plain HTTP on this machine: use HTTPS for anything but trying out")
		})
	}
	var cookie fasthttp.Cookie
	cookie.SetKey(name)
	cookie.SetValue(value)
	cookie.SetPath("/")
	cookie.SetHTTPOnly(true)
	cookie.SetSecure(name == secureCookie)
	cookie.SetSameSite(fasthttp.CookieSameSiteLaxMode)
	if value == "" {
		cookie.SetExpire(fasthttp.CookieExpireDelete)
	} else {
		cookie.SetMaxAge(int(access.LoginWhole / time.Second))
	}
	c.Response.Header.SetCookie(&cookie)
	return nil
}

// signedIn authenticates a request by its cookie. One that may change something must come from a page of ours, and
// its body must be JSON, which no form of a foreign page can send.
func (a *API) signedIn(c *call, cookie string) error {
	if len(c.Request.Header.Peek(fasthttp.HeaderAuthorization)) > 0 {
		return fault.New(fault.BadRequest, "The request has a cookie and an Authorization header. Send one of them, so that it is clear who asks.")
	}
	if !c.IsGet() && !c.IsHead() {
		if err := fromOurPage(c, mustSay); err != nil {
			return err
		}
		if n := c.Request.Header.ContentLength(); n != 0 {
			if err := wantJSON(c); err != nil {
				return err
			}
		}
	}
	grant, ok := a.o.Access.Login(cookie, a.o.Now())
	if !ok {
		return fault.New(fault.Unauthorized, "You are not signed in any more. Sign in again.")
	}
	c.key, c.grant = grant.Actor, grant
	return nil
}

// Whether a request must say from where it comes. Browsers always do; what is no browser does not, and carries nobody's
// cookie by accident.
const (
	mustSay = true
	maySay  = false
)

// fromOurPage refuses what a page of another site makes a browser send.
func fromOurPage(c *call, must bool) error {
	h := &c.Request.Header
	site, origin := h.PeekAll("Sec-Fetch-Site"), h.Peek(fasthttp.HeaderOrigin)
	switch {
	case len(site) == 1 && (string(site[0]) == "same-origin" || string(site[0]) == "none"):
		return nil
	case len(site) == 0 && len(origin) > 0 && sameHost(string(origin), string(c.Host())):
		return nil
	case len(site) == 0 && len(origin) == 0 && !must:
		return nil
	case len(site) == 0 && len(origin) == 0:
		return fault.New(fault.Forbidden, "Where this request comes from is not said: send Origin, or use a secret key instead of a cookie.")
	}
	return fault.New(fault.Forbidden, "This request comes from a page of another site.")
}

// sameHost says whether an origin is that of the host which was asked.
func sameHost(origin, host string) bool {
	u, err := url.Parse(origin)
	if err != nil || host == "" || u.Scheme != "http" && u.Scheme != "https" || origin != u.Scheme+"://"+u.Host {
		return false
	}
	port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	return strings.EqualFold(strings.TrimSuffix(u.Host, port), strings.TrimSuffix(host, port))
}

// wantJSON refuses a body that does not say that it is JSON.
func wantJSON(c *call) error { return wantType(c, "application/json") }

func wantType(c *call, want string) error {
	kind, _, _ := bytes.Cut(c.Request.Header.ContentType(), []byte(";"))
	if !strings.EqualFold(string(bytes.TrimSpace(kind)), want) {
		return fault.New(fault.UnsupportedMedia, "Send the body as Content-Type: %s.", want)
	}
	return nil
}
