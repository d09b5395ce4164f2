package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"footfall/server"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// office is a brokerage whose people look at the dashboard. All that it holds is generated.
type office struct {
	*backend
	random *rand.Rand
}

const officePassword = "teal otter argues loudly"

var (
	firstNames = strings.Fields("Ada Ben Carla Dmitri Elif Farah Grace Hiro Ines Jonas Kofi Lena Mateo Nadia Omar Priya Quinn Rosa Sami Tove Uma Viktor Wanda Xiu Yara Zeno")
	lastNames  = strings.Fields("Lovelace Okafor Silva Petrov Yilmaz Haddad Hopper Tanaka Duarte Berg Mensah Fischer Rojas Karimi Sato Iyer Moss Bianchi Nilsson Dahl Rao Novak Smith Chen Cohen Park")
	streets    = strings.Fields("Oak Larkspur Maple Birch Cedar Willow Juniper Alder Poplar Hazel")
)

// home is a listing of the office: its id and its address.
func home(i int) (id, address string) {
	street := streets[i%len(streets)]
	return fmt.Sprintf("%d-%s-street", 10+i, strings.ToLower(street)), fmt.Sprintf("%d %s St", 10+i, street)
}

// newOffice returns an office with an admin, an agent and a viewer, and some leads with their visits.
func newOffice(t *testing.T, leads int, change ...func(*server.Options)) *office {
	t.Helper()
	return officeOf(newBackend(t, change...), leads)
}

func officeOf(b *backend, leads int) *office {
	b.t.Helper()
	o := &office{b, rand.New(rand.NewPCG(1, uint64(leads)))}
	for _, role := range []string{"admin", "agent", "viewer"} {
		var v struct{ ID string }
		o.post("/v1/users", fmt.Sprintf(`{"email":"%s@homes.example","name":"%s","role":"%s","password":"%s"}`, role, strings.ToUpper(role[:1])+role[1:], role, officePassword), &v)
	}
	if leads > 0 {
		o.fill(leads)
	}
	return o
}

// fill makes leads that visited over the last two weeks.
func (o *office) fill(leads int) {
	o.t.Helper()
	o.send("PATCH", "/v1/profiles/default", `{"full_name":"Robin Hale"}`)
	now := time.Now()
	for i := range 20 {
		id, address := home(i)
		o.send("PUT", "/v1/listings/"+id, fmt.Sprintf(`{"address":"%s","city":"Springfield","price":%d,"beds":%d,"sqft":%d,"property_type":"house","status":"active","listed_at":%q}`,
			address, 300_000+25_000*i, 2+i%4, 1200+90*(i%7), now.AddDate(0, 0, -100).Format(time.DateOnly)))
	}
	var lines bytes.Buffer
	for i := range leads {
		visits := 1 + o.random.IntN(4)
		for v := range visits {
			at := now.Add(-time.Duration(1+o.random.IntN(14*24*60)) * time.Minute)
			o.visit(&lines, i, v, at, 1+o.random.IntN(6))
		}
	}
	o.send("POST", "/v1/import?k="+writeKey, lines.String())
	work := make(chan int)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for i := range work {
				o.lead(i)
			}
		})
	}
	for i := range leads {
		work <- i
	}
	close(work)
	all.Wait()
}

func sessionOf(lead, visit int) string { return fmt.Sprintf("s-%d-%d", lead, visit) }

// visit writes the events of a visit to some homes.
func (o *office) visit(lines *bytes.Buffer, lead, visit int, at time.Time, homes int) {
	say := func(kind, extra string, after time.Duration) {
		fmt.Fprintf(lines, `{"eventType":"%s","sessionId":"%s","visitorId":"v-%d","eventId":"%d-%d-%d","pageId":"p%d","ts":%d,"deviceType":"%s"%s}`+"\n",
			kind, sessionOf(lead, visit), lead, lead, visit, lines.Len(), visit, at.Add(after).UnixMilli(), []string{"desktop", "mobile"}[lead%2], extra)
	}
	say("page_view", `,"url":"https://homes.example/","referrerUrl":"https://search.example/"`, 0)
	for h := range homes {
		id, _ := home((lead + h*h) % 20)
		say("property_view", fmt.Sprintf(`,"propertyId":"%s","durationSeconds":%d`, id, 40*h+5), time.Duration(40*h+5)*time.Second)
		say("scroll_depth", fmt.Sprintf(`,"propertyId":"%s","scrollPercentage":%d,"durationSeconds":%d`, id, 30+(lead*13+h*29)%70, 40*h+30), time.Duration(40*h+30)*time.Second)
	}
}

// lead sends the form of a lead.
func (o *office) lead(i int) {
	id, _ := home(i % 20)
	form := map[string]any{
		"full_name": firstNames[i%len(firstNames)] + " " + lastNames[(i/len(firstNames)+i)%len(lastNames)],
		"email":     fmt.Sprintf("person%d@example.com", i),
	}
	if i%3 != 0 {
		form["phone"] = fmt.Sprintf("+1 555 %07d", i)
	}
	if i%4 == 0 {
		form["message"] = "Is this home still available? I would like to see it this week."
		form["timeline"], form["price_range"] = "1-3 months", "$300,000 - $500,000"
	}
	body, err := json.Marshal(map[string]any{"formData": form, "sessionId": sessionOf(i, 0), "listingId": id, "consent": "granted"})
	if err != nil {
		panic(err)
	}
	o.send("POST", "/v1/leads", string(body))
}

// live lets somebody look at a home now.
func (o *office) live(session, visitor, home string) {
	o.t.Helper()
	e := fmt.Sprintf(`{"eventType":"property_view","sessionId":"%s","visitorId":"%s","propertyId":"%s","pageId":"live-%d"}`, session, visitor, home, time.Now().UnixNano())
	o.send("POST", "/v1/events?k="+writeKey, e)
}

// send asks with the admin key, past the front. What the server does not have is left out.
func (o *office) send(method, path, body string) {
	req, err := http.NewRequest(method, "http://"+o.o.Listen+path, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.Header.Set("User-Agent", userAgent)
	if !strings.Contains(path, "/v1/events") {
		req.Header.Set("Authorization", "Bearer "+adminKey)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		panic(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	_, _ = b.ReadFrom(res.Body)
	if res.StatusCode >= 300 && res.StatusCode != http.StatusNotFound {
		panic(fmt.Sprintf("%s %s: %d %s", method, path, res.StatusCode, b.String()))
	}
}

// enter signs somebody in by role and opens a page of the dashboard.
func (b *tab) enter(o *office, role, path string) {
	b.t.Helper()
	b.open(o.url + "/app/sign-in")
	b.run(`window.signed = fetch("/v1/login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email: %q, password: %q }) }).then((r) => (window.status_ = r.status))`, role+"@homes.example", officePassword)
	b.until(`window.status_ === 200`)
	b.before(`window.errors_ = []; addEventListener("error", (e) => errors_.push(String(e.message || e.type))); addEventListener("unhandledrejection", (e) => errors_.push(String(e.reason)))`)
	b.open(o.url + path)
	b.until(`!!document.querySelector("main#page h1")`)
}

// size makes the window this large, in px.
func (b *tab) size(width, height int) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		return call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(width), Height: int64(height), DeviceScaleFactor: 1, Mobile: width < 600,
		})
	}))
}
