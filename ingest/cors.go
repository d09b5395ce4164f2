package ingest

import (
	"net/url"
	"strings"

	"github.com/valyala/fasthttp"

	"footfall/catalog"
	"footfall/fault"
)

// CORS writes the headers that a browser asks for before it shows an answer to a page from another origin. The handlers
// of this package call it themselves; who refuses a request of theirs before they see it calls it too, so that the page
// can read the refusal. With a key that we do not know every origin may read, since the answer says only that.
func (in *Ingest) CORS(ctx *fasthttp.RequestCtx) {
	site, _ := in.siteOfKey(keyOf(ctx))
	in.cors(ctx, site)
}

// cors is CORS for a site, nil if it is not known.
func (in *Ingest) cors(ctx *fasthttp.RequestCtx, site *catalog.Site) {
	h := &ctx.Response.Header
	setHeader(h, "Vary", "Origin")
	setHeader(h, "Access-Control-Allow-Credentials", "true")
	setHeader(h, "Access-Control-Expose-Headers", "Retry-After, X-Request-Id")
	origin := ctx.Request.Header.Peek("Origin")
	if len(origin) > 0 && (site == nil || site.Allows(string(origin))) {
		setHeader(h, "Access-Control-Allow-Origin", lend(origin))
	} else {
		h.Del("Access-Control-Allow-Origin")
	}
}

// Preflight answers a browser that asks what it may send: OPTIONS of a call that takes write keys.
func (in *Ingest) Preflight(ctx *fasthttp.RequestCtx) {
	in.CORS(ctx)
	in.preflight(ctx)
}

// PreflightPageDuration is Preflight for the page-duration call, which names its site by origin.
func (in *Ingest) PreflightPageDuration(ctx *fasthttp.RequestCtx) {
	site, _ := in.siteOfOrigin(ctx)
	in.cors(ctx, site)
	in.preflight(ctx)
}

func (in *Ingest) preflight(ctx *fasthttp.RequestCtx) {
	if err := in.Limit(ctx); err != nil {
		WriteError(ctx, err)
		return
	}
	h := &ctx.Response.Header
	h.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Content-Type, Content-Encoding, X-Footfall-Key, Idempotency-Key")
	h.Set("Access-Control-Max-Age", "7200")
	noContent(ctx)
}

func noContent(ctx *fasthttp.RequestCtx) {
	setRequestID(ctx)
	setHeader(&ctx.Response.Header, "Cache-Control", "no-store")
	ctx.SetStatusCode(fasthttp.StatusNoContent)
}

// keyOf returns the write key that a request names outside its body, "" if it names none.
func keyOf(ctx *fasthttp.RequestCtx) string {
	if k := ctx.QueryArgs().Peek("k"); len(k) > 0 {
		return string(k)
	}
	return string(ctx.Request.Header.Peek("X-Footfall-Key"))
}

// siteOfKey returns the site that a write key sends for.
func (in *Ingest) siteOfKey(key string) (*catalog.Site, error) {
	if key == "" {
		return nil, fault.New(fault.Unauthorized, `No write key was sent. Put it into the address as ?k=wk_…, into the header X-Footfall-Key, or into the body as "key".`)
	}
	if id, ok := in.o.Access.Write(key); ok {
		if site, ok := in.o.Catalog.Site(id); ok {
			return site, nil
		}
	}
	return nil, fault.New(fault.Unauthorized, "This is no write key of this server. Write keys begin with wk_.")
}

// siteOfOrigin returns the site that lists the request's origin, else the only site.
func (in *Ingest) siteOfOrigin(ctx *fasthttp.RequestCtx) (*catalog.Site, error) {
	if site, ok := in.o.Catalog.SiteByOrigin(originOf(ctx)); ok {
		return site, nil
	}
	if site, ok := in.o.Catalog.OnlySite(); ok {
		return site, nil
	}
	return nil, fault.New(fault.Unauthorized, "This call takes no key: the page's origin says which site it is, and no one site lists this origin. Add it to the site's allowed_origins, or use /v1/events with a key.")
}

// admit tells whether a site takes requests from this request's origin.
func admit(ctx *fasthttp.RequestCtx, site *catalog.Site) error {
	if len(site.Origins) == 0 {
		return nil
	}
	origin := originOf(ctx)
	switch {
	case origin == "" && site.ServerSide:
		return nil
	case origin == "":
		return fault.New(fault.OriginNotAllowed, "The request says neither Origin nor Referer, and the site has allowed_origins. Servers may send if the site says server_side.")
	case !site.Allows(origin):
		return fault.New(fault.OriginNotAllowed, "The site does not allow the origin %s. Add it to the site's allowed_origins.", printable(origin))
	}
	return nil
}

// originOf returns the request's origin, by its Origin header or else by its Referer; "" if neither says it.
func originOf(ctx *fasthttp.RequestCtx) string {
	if origin := ctx.Request.Header.Peek("Origin"); len(origin) > 0 {
		return strings.ToLower(string(origin))
	}
	u, err := url.Parse(string(ctx.Referer()))
	if err != nil || u.Host == "" {
		return ""
	}
	return originOfURL(u)
}

func originOfURL(u *url.URL) string { return strings.ToLower(u.Scheme + "://" + u.Host) }

// printable makes what a stranger sent fit for a message.
func printable(s string) string {
	const most = 100
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s[:min(len(s), most)])
	return strings.ToValidUTF8(s, "?")
}
