package faults

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"footfall/api"
)

var callsFlag = flag.Int("calls", perRound, "calls of tenants, in rounds of 2,000")

// perRound is how many calls a server gets: what they make is looked for in every answer after them.
const perRound = 2000

// calls is how many of them are made; the round costs more to begin than a few calls do.
const calls = perRound / min(shrink, 7)

// Two organizations have everything under the same ids, and a canary in every field of theirs. Every route is called by
// every kind of key and by every role, with their own ids, with the neighbour's, and with both mixed. Whatever is answered,
// nothing of the other one stands in it: no canary, and no id that the call did not name itself.
//
// A backup is of the whole instance, and made on the operations port, which is the operator's. It holds every tenant; no
// tenant can make or read one.
func TestNothingOfATenantReachesAnother(t *testing.T) {
	t.Parallel()
	for seed := range rounds(t, (*callsFlag+perRound-1)/perRound) {
		w := newTenants(t, newRandom(seed))
		for range calls {
			w.call()
			if t.Failed() {
				return
			}
		}
		w.finish()
		w.close()
	}
}

// tenants is a server with two of them.
type tenants struct {
	t         *testing.T
	r         *rand.Rand
	client    *http.Client
	public    string
	ops       string
	log       *logged
	routes    []api.Route
	both      [2]*tenant
	close     func()
	own, seen int // answers that were given, and those of them in which a canary stood
}

// tenant is an organization with whatever is in it.
type tenant struct {
	id     string // of the organization
	canary string
	site   string
	write  string // the write key
	asks   []asker
	ids    map[string][]string // what there is of it, by the resource's name in paths
	needed map[string]bool     // ids that the tenant itself goes on using
	marks  map[string]bool     // ids that nobody else has
	shared map[string]bool     // ids that the neighbour has put to a listing of its own
	pages  []string            // cursors that it was given
}

// asker is somebody of a tenant.
type asker struct{ name, header, value string }

// attempt is one call on its way.
type attempt struct {
	who          *asker
	us, them     *tenant
	route        *api.Route
	method, path string
	query        url.Values
	body         string
	foreign      bool // the path names what the neighbour alone has
}

func (w *tenants) call() {
	i := w.r.IntN(2)
	a := &attempt{us: w.both[i], them: w.both[1-i], route: &w.routes[w.r.IntN(len(w.routes))]}
	a.who, a.method = &a.us.asks[w.r.IntN(len(a.us.asks))], a.route.Method
	if w.r.IntN(2) == 0 { // an admin key, which sees the most
		a.who = &a.us.asks[0]
	}
	a.path = w.fill(a)
	a.query = w.queryOf(a)
	a.body = w.bodyOf(a)
	w.judge(a, w.ask(a))
}

// whose returns one of the two, mostly the first.
func (w *tenants) whose(us, them *tenant) *tenant {
	if w.r.IntN(3) == 0 {
		return them
	}
	return us
}

// destroys says whether a call takes something away. Of their own, askers take away only what the round has made.
func (a *attempt) destroys() bool {
	return a.method == http.MethodDelete || strings.HasSuffix(a.route.Path, "/rotate")
}

// fill returns a route's path with ids in it.
func (w *tenants) fill(a *attempt) string {
	if !strings.Contains(a.route.Path, "{") {
		return a.route.Path
	}
	own := strings.Split(strings.TrimPrefix(a.route.Path, "/v1/"), "/")[0]
	resource := own
	if w.r.IntN(8) == 0 {
		resource = pick(w.r, slices.Sorted(maps.Keys(a.us.ids))...)
	}
	path := a.route.Path
	for _, hole := range []string{"{id}", "{part}"} {
		id := w.idOf(a, resource)
		a.foreign = a.foreign || resource == own && !slices.Contains(a.us.ids[own], id) && slices.Contains(a.them.ids[own], id)
		path = strings.Replace(path, hole, url.PathEscape(id), 1)
		resource = "parts"
	}
	return path
}

func (w *tenants) idOf(a *attempt, resource string) string {
	some := w.whose(a.us, a.them).ids[resource]
	if a.destroys() {
		some = slices.DeleteFunc(slices.Clone(some), func(id string) bool { return a.us.needed[id] })
	}
	if len(some) == 0 {
		return "x"
	}
	return pick(w.r, some...)
}

// queryOf returns parameters that routes know, sometimes those of the neighbour.
func (w *tenants) queryOf(a *attempt) url.Values {
	q := url.Values{}
	for name, value := range map[string]func() string{
		"site_id":         func() string { return w.whose(a.us, a.them).site },
		"organization_id": func() string { return w.whose(a.us, a.them).id },
		"profile_id":      func() string { return pick(w.r, "ann", "ben") },
		"listing_id":      func() string { return "home" },
		"overlaps":        func() string { return "home,other" },
		"limit":           func() string { return pick(w.r, "1", "1", "1000") },
		"sort":            func() string { return pick(w.r, "ml_score", "created_at", "activity", "recent") },
		"status":          func() string { return pick(w.r, "new", "closed_lost") },
		"cursor":          func() string { return pick(w.r, append(w.whose(a.us, a.them).pages, "x")...) },
	} {
		if w.r.IntN(4) == 0 {
			q.Set(name, value())
		}
	}
	if w.r.IntN(2) == 0 {
		q.Set("site_id", a.us.site)
	}
	switch w.r.IntN(3) {
	case 0:
		q.Set("visitor", "v")
	case 1:
		q.Set("email", "ada@homes.example")
	}
	return q
}

// judge looks at an answer for what the asker must not see.
func (w *tenants) judge(a *attempt, got *answer) {
	w.t.Helper()
	said := a.path + "?" + a.query.Encode() + " " + a.body
	fail := func(format string, args ...any) {
		w.t.Errorf("%s of %s: %s %s\n%s\nheaders %v: %s", a.who.name, a.us.id, a.method, said, fmt.Sprintf(format, args...), got.header, got.body)
	}
	if got.status >= 500 && got.status != http.StatusServiceUnavailable {
		fail("answers %d", got.status)
	}
	all := fmt.Sprint(got.header) + got.body
	if strings.Contains(all, a.them.canary) {
		fail("%d: the neighbour's canary", got.status)
	}
	for id := range a.them.marks {
		if a.method == http.MethodPut && got.status < 300 && a.path == "/v1/listings/"+url.PathEscape(id) {
			delete(a.them.marks, id)
			a.them.shared[id] = true // now the asker has a listing of that name too
		} else if strings.Contains(all, id) && !strings.Contains(said, id) {
			fail("%d: the neighbour's %s", got.status, id)
		}
	}
	if a.foreign && got.status < 400 {
		fail("%d: the path names what is the neighbour's", got.status)
	}
	if strings.Contains(a.body, a.them.canary) && got.text("token") != "" {
		fail("a link for the neighbour's user")
	}
	if a.who.name == "a revoked key" && got.status != http.StatusUnauthorized && a.route.Scope != api.Public {
		fail("a revoked key is answered %d", got.status)
	}
	if got.status < 300 {
		w.own++
		if strings.Contains(got.body, a.us.canary) {
			w.seen++
		}
	}
	a.us.learn(got)
}

// learn keeps what an answer names, for others to try.
func (u *tenant) learn(got *answer) {
	parts := strings.Split(got.header.Get("Location"), "/")
	if got.status < 300 && len(parts) == 4 && parts[2] != "listings" { // whose id is the caller's choice, and marks nobody
		if id, err := url.PathUnescape(parts[3]); err == nil {
			u.add(parts[2], id)
		}
	}
	if next := got.text("next_cursor"); next != "" && len(u.pages) < 100 {
		u.pages = append(u.pages, next)
	}
}

// add notes an id. Numbers, and ids that both have, mark nobody.
func (u *tenant) add(resource, id string) {
	u.ids[resource] = append(u.ids[resource], id)
	if len(id) >= 8 && !u.shared[id] {
		u.marks[id] = true
	}
}

// finish looks at what calls do not show, and whether the round reached what it is about.
func (w *tenants) finish() {
	metrics := w.fetch(w.ops + "/metrics")
	if metrics.status != http.StatusOK {
		w.t.Errorf("metrics: %d", metrics.status)
	}
	for _, u := range w.both {
		if strings.Contains(metrics.body, u.canary) {
			w.t.Errorf("%s's canary stands in a metric", u.id)
		}
		if strings.Contains(w.log.String(), u.canary) {
			w.t.Errorf("%s's canary stands in the log", u.id)
		}
		admin := &u.asks[0]
		for path, want := range map[string]string{
			"/v1/visitors/v": u.canary, "/v1/leads/" + u.ids["leads"][0]: u.canary, "/v1/rejects": u.canary, "/v1/profiles/ann": u.canary,
		} {
			if got := w.as(admin, http.MethodGet, path+withSite(path, u), ""); got.status != http.StatusOK || !strings.Contains(got.body, want) {
				w.t.Errorf("%s: after the round %s: %d %s", u.id, path, got.status, got.body)
			}
		}
	}
	// Only elm's people erase the visitor whom both have.
	if got := w.as(&w.both[1].asks[0], http.MethodGet, "/v1/visitors/gone", ""); got.status != http.StatusOK {
		w.t.Errorf("oak's visitor, of whom elm's was erased: %d %s", got.status, got.body)
	}
	w.t.Logf("%d calls, %d answered with 2xx, %d of them with a canary of the asker's own", calls, w.own, w.seen)
	if w.own < calls/5 || w.seen < calls/12 {
		w.t.Error("the round does not reach what it is about")
	}
}

func withSite(path string, u *tenant) string {
	if strings.Contains(path, "?") {
		return "&site_id=" + u.site
	}
	return "?site_id=" + u.site
}
