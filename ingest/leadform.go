package ingest

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"footfall/access"
	"footfall/catalog"
	"footfall/event"
	"footfall/fault"
	"footfall/leads"
)

// PostLead answers POST /v1/leads: a lead form as JSON, or as a plain <form> posts it. With a write key the answer tells
// nothing of the visitor; with a secret key (Authorization: Bearer, scope write) it is the whole lead.
func (in *Ingest) PostLead(ctx *fasthttp.RequestCtx) {
	w := in.borrow()
	defer in.giveBack(w)
	from, err := in.leadFrom(ctx, w)
	if err == nil {
		err = in.postLead(ctx, w, from)
	}
	if err != nil {
		WriteError(ctx, err)
	}
}

// leadFrom is where a lead form comes from.
type leadFrom struct {
	site  *catalog.Site
	whole bool   // a secret key sent it
	own   string // the only profile whose leads the key makes, "": any
}

// profileOf returns whose the lead is that a form gives to a profile. Strangers name profiles of the site's organization
// only; what else they name is the site's own.
func (in *Ingest) profileOf(from *leadFrom, named string) (string, error) {
	switch {
	case from.own != "" && named != "" && named != from.own:
		return "", fault.Field(fault.InvalidField, "profileId", "The key makes leads of its own profile only.")
	case from.own != "":
		return from.own, nil
	case !from.whole && !in.o.Catalog.HasProfile(from.site.Organization, named):
		return "", nil
	}
	return named, nil
}

// leadFrom finds out where a lead form comes from, and whether it may.
func (in *Ingest) leadFrom(ctx *fasthttp.RequestCtx, w *work) (*leadFrom, error) {
	if auth := ctx.Request.Header.Peek("Authorization"); len(auth) > 0 {
		from, err := in.leadFromSecret(ctx, string(auth))
		if fault.Is(err, fault.Unauthorized) {
			if over := in.Limit(ctx); over != nil { // keys are guessed here too
				err = over
			}
		}
		return from, err
	}
	site, err := in.siteOfKey(keyOf(ctx))
	in.cors(ctx, site)
	if over := in.enterLead(ctx, w, site); over != nil {
		err = over
	}
	if err != nil {
		return nil, err
	}
	return &leadFrom{site: site}, in.admitted(ctx, w, site)
}

// leadFromSecret finds out which site a secret key creates a lead for: the one named by ?site_id=, or the only one.
func (in *Ingest) leadFromSecret(ctx *fasthttp.RequestCtx, auth string) (*leadFrom, error) {
	scheme, key, _ := strings.Cut(auth, " ")
	grant, ok := in.o.Access.Secret(strings.TrimSpace(key))
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return nil, fault.New(fault.Unauthorized, "This is no secret key of this server. Send Authorization: Bearer sk_…")
	}
	if !grant.Scopes.Has(access.Write) {
		return nil, fault.New(fault.Forbidden, "The key lacks the scope write.")
	}
	site, err := in.siteInReach(grant, string(ctx.QueryArgs().Peek("site_id")))
	return &leadFrom{site, true, grant.Profile}, err
}

// siteInReach returns the site that is named, if the grant covers it, or else the only one that it covers.
func (in *Ingest) siteInReach(grant access.Grant, named string) (found *catalog.Site, err error) {
	if named != "" {
		n, err := strconv.ParseUint(named, 10, 32)
		site, ok := in.o.Catalog.Site(uint32(n))
		if err != nil || !ok || !grant.CoversSite(site) {
			return nil, fault.Field(fault.NotFound, "site_id", "There is no such site, or the key may not see it.")
		}
		return site, nil
	}
	for _, site := range in.o.Catalog.Sites() {
		switch {
		case !grant.CoversSite(site):
		case found != nil:
			return nil, fault.Field(fault.MissingField, "site_id", "The key is good for several sites: say which one with ?site_id=.")
		default:
			found = site
		}
	}
	if found == nil {
		return nil, fault.New(fault.NotFound, "The key sees no site yet.")
	}
	return found, nil
}

func (in *Ingest) postLead(ctx *fasthttp.RequestCtx, w *work, from *leadFrom) error {
	site, whole := from.site, from.whole
	body, err := in.body(ctx, w, event.MaxWire)
	if err != nil {
		return err
	}
	f, err := parseForm(string(ctx.Request.Header.ContentType()), body, whole)
	if err != nil {
		return err
	}
	if key := ctx.Request.Header.Peek("Idempotency-Key"); len(key) > 0 {
		f.idempotency = string(key)
	}
	if f.trapped {
		// A robot filled in what no person sees. It is told what a person is told, so that it does not try again.
		in.counts.Honeypot.Add(1)
		if !redirect(ctx, site, &f) {
			writeBody(ctx, fasthttp.StatusCreated, []byte(`{"success":true,"lead":null}`))
		}
		return nil
	}
	if !whole && hasGPC(ctx) {
		f.consent = catalog.ConsentAnonymous
	}
	profile, err := in.profileOf(from, f.profile)
	if err != nil {
		return err
	}
	answer, id, _, err := in.o.Leads.Create(ctx, leads.Create{
		Site: site, Form: f.fields, Session: f.session, Listing: f.listing, Profile: profile, Consent: f.consent,
		IdempotencyKey: f.idempotency, Body: f.hash, Whole: whole,
	})
	if err != nil {
		return in.settle(err)
	}
	if !whole && redirect(ctx, site, &f) {
		return nil
	}
	ctx.Response.Header.Set("Location", "/v1/leads/"+url.PathEscape(id))
	writeBody(ctx, fasthttp.StatusCreated, bytes.Clone(answer))
	return nil
}

// redirect sends a browser that posted a plain form on to the page that the form names, if that is of an origin that
// the site lists or, where it lists none, of the form's own page. It tells whether it did.
func redirect(ctx *fasthttp.RequestCtx, site *catalog.Site, f *form) bool {
	if !f.plain || f.redirect == "" {
		return false
	}
	from := originOf(ctx)
	base, err := url.Parse(from)
	if err != nil {
		return false
	}
	to, err := base.Parse(f.redirect)
	if err != nil || to.Scheme != "http" && to.Scheme != "https" || to.Host == "" || to.User != nil {
		return false
	}
	origin := originOfURL(to)
	if len(site.Origins) == 0 && origin != from || !site.Allows(origin) {
		return false
	}
	h := &ctx.Response.Header
	setRequestID(ctx)
	noStore(h)
	h.Set("Location", to.String())
	ctx.SetStatusCode(fasthttp.StatusSeeOther)
	return true
}
