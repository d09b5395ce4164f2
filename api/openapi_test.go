package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"footfall/api/openapitest"
	"footfall/web"
)

// described knows the description of the routes that there are without flags.
var checker = sync.OnceValues(func() (*openapitest.Checker, error) {
	scripts, err := web.Scripts("")
	if err != nil {
		return nil, err
	}
	d, err := New(Options{Scripts: scripts}).document()
	if err != nil {
		return nil, err
	}
	return openapitest.New(d.body)
})

// check holds an exchange against the description.
func (w *world) check(e *openapitest.Exchange) {
	w.t.Helper()
	c, err := checker()
	w.must(err)
	if err := c.Check(e); err != nil {
		w.t.Errorf("not as /openapi.json says: %v\n%.2000s", err, e.ReplyBody)
	}
}

// parseHeader reads header lines.
func parseHeader(lines []string) http.Header {
	h := http.Header{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		h.Add(name, strings.TrimSpace(value))
	}
	return h
}

func TestEveryRouteIsDescribed(t *testing.T) {
	a := newWorld(t).api
	rows := operations()
	for i := range a.routes {
		r := &a.routes[i]
		if _, ok := rows[rowName(r)]; !ok {
			t.Errorf("operations in openapi_table.go has no row for %s", rowName(r))
		}
		delete(rows, rowName(r))
	}
	for name := range rows {
		t.Errorf("operations in openapi_table.go has a row for %s, which is not served", name)
	}
	if _, err := checker(); err != nil {
		t.Error(err)
	}
}

func TestWordsAreOfMembersThatThereAre(t *testing.T) {
	s := newSchemas()
	for _, row := range operations() {
		s.operation(&Route{Method: get, Path: "/v1/x"}, &row)
	}
	for name := range enums {
		if !s.enums[name] {
			t.Errorf("enums names %s, which no schema has", name)
		}
	}
}

func TestTheDescriptionIsPublicAndCached(t *testing.T) {
	w := newWorld(t)
	r := w.do("GET", "/openapi.json", "")
	etag := r.Header.Get("ETag")
	if r.StatusCode != 200 || r.at("openapi") != "3.0.3" || etag == "" || r.Header.Get("Cache-Control") != "public, max-age=300" {
		t.Fatalf("%d %v %.200s", r.StatusCode, r.Header, r.raw)
	}
	if r.body["servers"] != nil {
		t.Errorf("servers nobody named: %v", r.body["servers"])
	}
	if again := w.do("GET", "/openapi.json", "", "If-None-Match: "+etag); again.StatusCode != 304 || again.raw != "" {
		t.Errorf("%d %.200s", again.StatusCode, again.raw)
	}
	if only := w.do("HEAD", "/openapi.json", ""); only.StatusCode != 200 || only.raw != "" || only.Header.Get("ETag") != etag {
		t.Errorf("HEAD: %d %v", only.StatusCode, only.Header)
	}
	packed := w.send("GET /openapi.json HTTP/1.1\r\nHost: footfall\r\nAccept-Encoding: gzip\r\n\r\n")
	if packed.Header.Get("Content-Encoding") != "gzip" || len(packed.raw)*4 > len(r.raw) {
		t.Errorf("gzip: %v, %d of %d bytes", packed.Header, len(packed.raw), len(r.raw))
	}
}

func TestTheDescriptionNamesWhereTheServerIs(t *testing.T) {
	d := New(Options{PublicURL: "https://footfall.example"}).describe()
	if len(d.Servers) != 1 || d.Servers[0]["url"] != "https://footfall.example" {
		t.Errorf("servers are %v", d.Servers)
	}
}

func TestLinksLeadToWhereBrowsersFindTheServer(t *testing.T) {
	w := newWorld(t)
	link := func() string {
		return fmt.Sprint(w.do("POST", "/v1/invites", `{"role":"viewer"}`, bearer, asJSON).at("link"))
	}
	if l := link(); !strings.HasPrefix(l, "http://footfall/app/invite#") {
		t.Errorf("nobody has said where: %s", l)
	}
	w.api.o.PublicURL = "https://homes.example"
	if l := link(); !strings.HasPrefix(l, "https://homes.example/app/invite#") {
		t.Error(l)
	}
}

// answers are real ones, of which no member may be absent.
func answers(w *world) (all []openapitest.Exchange) {
	w.beacon(
		sent{"eventType": "property_view", "sessionId": "s", "visitorId": "v", "propertyId": "oak", "eventId": "1", "durationSeconds": 0},
		sent{"eventType": "scroll_depth", "sessionId": "s", "visitorId": "v", "scrollPercentage": 80, "durationSeconds": 45})
	id, _ := w.do("POST", "/v1/leads", `{"formData":{"email":"ada@homes.example"},"sessionId":"s"}`, bearer).at("lead", "id").(string)
	w.do("POST", "/v1/leads/"+id+"/outcome", `{"outcome":"closed_won","deal_value":1}`, bearer)
	for _, target := range []string{
		"/v1/sessions/s", "/v1/sessions", "/v1/visitors", "/v1/visitors/v", "/v1/leads?status=closed_won", "/v1/leads/" + id,
		"/v1/leads/" + id + "/outcomes", "/v1/leads/" + id + "/scores", "/v1/listings/oak/engagement", "/v1/engagement/listings",
		"/v1/sites", "/v1/profiles", "/v1/organizations/default/settings", "/v1/leads?limit=0",
	} {
		r := w.get(target)
		all = append(all, openapitest.Exchange{Method: "GET", Target: target, Status: r.StatusCode, Reply: r.Header, ReplyBody: []byte(r.raw)})
	}
	return all
}

// eachMember calls f with every object in a value and the name of each of its members.
func eachMember(path string, v any, f func(path string, o map[string]any, name string)) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			eachMember(path, one, f)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			f(path+"."+name, v, name)
			eachMember(path+"."+name, v[name], f)
		}
	}
}

// Whatever is changed in a real answer, somebody notices.
func TestAMemberThatIsMissingMistypedOrNewIsNoticed(t *testing.T) {
	c, err := checker()
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, e := range answers(newWorld(t)) {
		var v any
		if err := json.Unmarshal(e.ReplyBody, &v); err != nil {
			t.Fatal(err)
		}
		notice := func(what string) {
			t.Helper()
			tried++
			if e.ReplyBody, err = json.Marshal(v); err != nil {
				t.Fatal(err)
			}
			if c.Check(&e) == nil {
				t.Errorf("%s: nobody notices that %s", e.Target, what)
			}
		}
		eachMember("", v, func(path string, o map[string]any, name string) {
			was := o[name]
			_, lead := o["ml_score"] // whose form may hold anything
			if lead = lead && o["email"] != nil; !lead {
				o["surprise"] = 1
				notice(path + " has a new neighbour")
				delete(o, "surprise")
			}
			if lead && name == "email" || path == ".error.field" {
				return
			}
			delete(o, name)
			notice(path + " is missing")
			o[name] = []any{[]any{}}
			notice(path + " is a list of lists")
			o[name] = was
		})
	}
	if tried < 500 {
		t.Errorf("%d changes were tried", tried)
	}
}

func TestWhatElseIsNotAsDescribedIsNoticed(t *testing.T) {
	c, err := checker()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.beacon(sent{"eventType": "page_view", "sessionId": "s"})
	got := w.get("/v1/sessions/s")
	real := openapitest.Exchange{Method: "GET", Target: "/v1/sessions/s", Status: 200, Reply: got.Header, ReplyBody: []byte(got.raw)}
	if err := c.Check(&real); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(e *openapitest.Exchange){
		"a status":    func(e *openapitest.Exchange) { e.Status = 203 },
		"a path":      func(e *openapitest.Exchange) { e.Target = "/v1/sessionz/s" },
		"a parameter": func(e *openapitest.Exchange) { e.Target += "?colour=red" },
		"a parameter out of its bounds": func(e *openapitest.Exchange) {
			e.Target = "/v1/sessions?limit=1001"
			e.ReplyBody = []byte(`{"sessions":[],"next_cursor":null,"warming":false}`)
		},
		"a content type":  func(e *openapitest.Exchange) { e.Reply.Set("Content-Type", "text/plain") },
		"no request id":   func(e *openapitest.Exchange) { e.Reply.Del("X-Request-Id") },
		"a CORS header":   func(e *openapitest.Exchange) { e.Reply.Set("Access-Control-Allow-Origin", "*") },
		"no JSON":         func(e *openapitest.Exchange) { e.ReplyBody = e.ReplyBody[1:] },
		"a body of a GET": func(e *openapitest.Exchange) { e.Body = []byte(`{}`) },
		"a time without a zone": func(e *openapitest.Exchange) {
			e.ReplyBody = bytes.ReplaceAll(e.ReplyBody, []byte("Z\","), []byte("\","))
		},
		"a word that is none": func(e *openapitest.Exchange) {
			e.ReplyBody = bytes.ReplaceAll(e.ReplyBody, []byte(`"low"`), []byte(`"lowish"`))
		},
	} {
		changed := real
		changed.Reply = real.Reply.Clone()
		if change(&changed); c.Check(&changed) == nil {
			t.Errorf("nobody notices %s", name)
		}
	}
	refused := openapitest.Exchange{Method: "GET", Target: "/v1/me", Status: 401, Reply: got.Header.Clone(),
		ReplyBody: []byte(`{"error":{"code":"unauthorized","message":"m","request_id":"r"}}`)}
	if c.Check(&refused) == nil {
		t.Error("nobody notices a 401 without WWW-Authenticate")
	}
	refused.Reply.Set("WWW-Authenticate", "Bearer")
	if err := c.Check(&refused); err != nil {
		t.Error(err)
	}
	refused.ReplyBody = bytes.Replace(refused.ReplyBody, []byte("unauthorized"), []byte("not_found"), 1)
	if c.Check(&refused) == nil {
		t.Error("nobody notices the code of another status")
	}
}
