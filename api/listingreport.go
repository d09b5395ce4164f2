package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"footfall/access"
	"footfall/catalog"
	"footfall/fault"
	"footfall/ingest"
	"footfall/web/pages"

	"github.com/valyala/fasthttp"
)

const reportPath = "/r/"

// reportRoutes are the report that the owner of a home reads, and the links to it.
func (a *API) reportRoutes() []Route {
	return []Route{
		{get, "/v1/listings/{id}/report-links", access.Read, "The links to a listing's report", a.answer(a.reportLinks)},
		{post, "/v1/listings/{id}/report-links", access.Write, "Make a link to a listing's report", a.act(a.createReportLink)},
		{erase, "/v1/listings/{id}/report-links/{part}", access.Write, "Revoke a link to a listing's report", a.act(a.revokeReportLink)},
		{get, reportPath + "{id}", Public, "A listing's report", a.report},
	}
}

// reportLinkView is a link to a report on the wire, without its token.
type reportLinkView struct {
	ID      string    `json:"id"`
	Listing string    `json:"listing_id"`
	Site    uint32    `json:"site_id"`
	By      string    `json:"created_by"`
	Created time.Time `json:"created_at"`
	Expires time.Time `json:"expires_at"`
}

// reportLinkMade is a new link, the only answer with its token.
type reportLinkMade struct {
	reportLinkView
	Token string `json:"token"`
	Link  string `json:"link"`
}

// newReportLink is what is asked for.
type newReportLink struct {
	Expires json.RawMessage `json:"expires_in"` // seconds, or text such as 72h or 30d
}

func viewReportLink(l *catalog.ReportLink) reportLinkView {
	return reportLinkView{l.ID, l.Listing, l.Site, l.By, l.Created, l.Expires}
}

// reportLinks serves GET /v1/listings/{id}/report-links: those that are good.
func (a *API) reportLinks(c *call) (any, error) {
	site, l, err := a.catalogSite(c)
	if err != nil {
		return nil, err
	}
	list := []reportLinkView{}
	for _, link := range a.o.Catalog.ReportLinks(site.ID, l.ID, a.o.Now()) {
		list = append(list, viewReportLink(&link))
	}
	return struct {
		Links []reportLinkView `json:"report_links"`
		Next  *string          `json:"next_cursor"`
	}{list, nil}, nil
}

// defaultReportGood is for how long a link is good that does not say.
const defaultReportGood = 30 * 24 * time.Hour

// createReportLink serves POST /v1/listings/{id}/report-links. The token is in this answer and in no other.
func (a *API) createReportLink(c *call) (int, any, error) {
	site, l, err := a.catalogSite(c)
	if err != nil {
		return 0, nil, err
	}
	good, err := c.expiresIn()
	if err != nil {
		return 0, nil, err
	}
	link, token, err := a.o.Catalog.CreateReportLink(c, site.ID, l.ID, c.grant.Actor, a.o.Now(), good)
	if err != nil {
		return 0, nil, err
	}
	c.Response.Header.Set(fasthttp.HeaderLocation, "/v1/listings/"+url.PathEscape(l.ID)+"/report-links/"+link.ID)
	return fasthttp.StatusCreated, reportLinkMade{viewReportLink(&link), token, a.origin(c) + reportPath + token},
		a.o.Access.LogIn(c, c.grant, site.Organization, "report_link.create", link.ID, l.ID)
}

// expiresIn returns for how long a link is to be good: seconds, or text such as 72h or 30d.
func (c *call) expiresIn() (time.Duration, error) {
	var in newReportLink
	if c.Request.Header.ContentLength() != 0 {
		if err := c.readJSON(&in); err != nil {
			return 0, err
		}
	}
	if len(in.Expires) == 0 || string(in.Expires) == "null" {
		return defaultReportGood, nil
	}
	var text string
	seconds, err := strconv.ParseInt(string(in.Expires), 10, 32)
	good := time.Duration(seconds) * time.Second
	if json.Unmarshal(in.Expires, &text) == nil {
		if days, isDays := strings.CutSuffix(text, "d"); isDays {
			seconds, err = strconv.ParseInt(days, 10, 16)
			good = time.Duration(seconds) * 24 * time.Hour
		} else {
			good, err = time.ParseDuration(text)
		}
	}
	if err != nil {
		return 0, fault.Field(fault.InvalidField, "expires_in", "expires_in is a number of seconds, or text such as 72h or 30d.")
	}
	return good, nil
}

// revokeReportLink serves DELETE /v1/listings/{id}/report-links/{part}.
func (a *API) revokeReportLink(c *call) (int, any, error) {
	site, l, err := a.catalogSite(c)
	if err != nil {
		return 0, nil, err
	}
	if err := a.o.Catalog.RevokeReportLink(c, site.ID, l.ID, c.part); err != nil {
		return 0, nil, err
	}
	return fasthttp.StatusNoContent, nil, a.o.Access.LogIn(c, c.grant, site.Organization, "report_link.revoke", c.part, l.ID)
}

// report serves GET /r/{token}. Whoever has the link sees numbers of one listing, and nothing of who its visitors are.
func (a *API) report(c *call) {
	c.Response.Header.Set("X-Robots-Tag", "noindex, nofollow")
	v, err := a.inTurn(c, func(c *call) (any, error) {
		if err := a.o.Ingest.Limit(c.RequestCtx); err != nil {
			return nil, err
		}
		link, good := a.o.Catalog.Report(c.id, a.o.Now())
		site, known := a.o.Catalog.Site(link.Site)
		if !good || !known {
			return nil, fault.New(fault.NotFound, "This link is not good, or not any more.")
		}
		return a.reportOf(site, &link)
	})
	if err != nil {
		f := fault.From(err)
		if f.Code.Status() >= fasthttp.StatusInternalServerError {
			a.o.Log.Error("request failed", "request_id", ingest.RequestID(c.RequestCtx), "error", err)
		}
		a.render(c, f.Code.Status(), pages.Gone, pages.Data{Title: "Report", Error: f.Message})
		return
	}
	body, err := pages.RenderReport(v.(*pages.Report)) // what the query returned
	if err != nil {
		ingest.WriteError(c.RequestCtx, err)
		return
	}
	a.pageHeaders(c)
	c.SetContentType("text/html; charset=utf-8")
	c.SetBody(body)
}

// reportDays is how far back a report looks.
const reportDays = 30

// reportOf makes the report of a link.
func (a *API) reportOf(site *catalog.Site, link *catalog.ReportLink) (*pages.Report, error) {
	l, found, err := a.o.Catalog.Listing(site.ID, link.Listing)
	if err != nil || !found {
		return nil, cmp.Or(err, error(fault.New(fault.NotFound, "This link is not good, or not any more.")))
	}
	now := a.o.Now().In(site.Zone())
	to := localDay(now)
	e, err := a.o.Market.Engagement(site.ID, l.ID, uint16(max(0, to-reportDays+1)), uint16(to))
	if err != nil {
		return nil, err
	}
	beside, err := a.o.Market.Compare(a.o.Leads, site, &l, a.o.Now())
	if err != nil {
		return nil, err
	}
	history, err := a.o.Catalog.ListingHistory(site.ID, l.ID)
	if err != nil {
		return nil, err
	}
	r := &pages.Report{
		Data: pages.Data{Title: cmp.Or(l.Address, "Listing "+l.ID)}, Facts: factsOf(&l, l.DaysOnMarket(site.Zone(), now)),
		From: e.From.String(), To: e.To.String(), DayCount: int(e.To-e.From) + 1,
		Made: now.Format("2006-01-02 15:04"), Until: link.Expires.In(site.Zone()).Format("2006-01-02 15:04 MST"),
	}
	if p, ok := a.o.Catalog.Profile(site.Organization, l.Profile); ok && p.FullName != p.ID {
		r.Agent = p.FullName
	}
	fillEngagement(r, e)
	fillComparison(r, beside)
	for _, event := range history {
		r.History = append([]pages.ReportEvent{{
			Date: time.UnixMilli(event.At).In(site.Zone()).Format(time.DateOnly), Price: cmp.Or(price(event.Price), "–"), Status: spaced(event.Status),
		}}, r.History...)
	}
	return r, nil
}

// factsOf returns what a home is, in words.
func factsOf(l *catalog.Listing, days *int64) (facts []string) {
	add := func(known bool, format string, args ...any) {
		if known {
			facts = append(facts, fmt.Sprintf(format, args...))
		}
	}
	add(l.City != "", "%s", l.City)
	add(l.Price != 0, "%s", price(l.Price))
	add(l.Type != "", "%s", spaced(l.Type))
	if l.Beds != nil {
		add(true, "%d beds", *l.Beds)
	}
	if l.Baths != nil {
		add(true, "%s baths", strconv.FormatFloat(float64(*l.Baths)/100, 'f', -1, 64))
	}
	add(l.Sqft != 0, "%s sq ft", pages.Whole(l.Sqft))
	add(true, "%s", spaced(l.Status))
	if days != nil {
		add(true, "%s days on the market", pages.Whole(*days))
	}
	return facts
}

// spaced writes a type or a status for people.
func spaced(s string) string { return strings.ReplaceAll(s, "_", " ") }

// price writes a price in whole dollars, "" for one that is not known.
func price(cents int64) string {
	if cents == 0 {
		return ""
	}
	return "$" + pages.Whole((cents+50)/100)
}
