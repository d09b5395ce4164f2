package api

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"footfall/access"
)

// listener reads a stream.
type listener struct {
	*world
	conn net.Conn
	res  *http.Response
	in   *bufio.Reader
	last string // id of the last message
}

// message is one that a listener got.
type message struct {
	kind string
	data map[string]any
}

// listen opens a stream that must be given.
func (w *world) listen(query string, headers ...string) *listener {
	w.t.Helper()
	l := w.tryListen(query, headers...)
	if l.res.StatusCode != 200 || l.res.Header.Get("Content-Type") != "text/event-stream" || l.res.Header.Get("Cache-Control") != "no-store" {
		w.t.Fatalf("stream: %d %v", l.res.StatusCode, l.res.Header)
	}
	return l
}

func (w *world) tryListen(query string, headers ...string) *listener {
	w.t.Helper()
	conn, err := w.ln.Dial()
	w.must(err)
	w.t.Cleanup(func() { _ = conn.Close() })
	if len(headers) == 0 {
		headers = []string{bearer}
	}
	fmt.Fprintf(conn, "GET /v1/live%s HTTP/1.1\r\nHost: localhost:8080\r\n%s\r\n\r\n", query, strings.Join(headers, "\r\n"))
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil)
	w.must(err)
	return &listener{world: w, conn: conn, res: res, in: bufio.NewReader(res.Body)}
}

// next waits for the next message; its kind is "" at the end of the stream, and "comment" for a comment.
func (l *listener) next() (m message) {
	l.t.Helper()
	for {
		line, err := l.in.ReadString('\n')
		if err != nil {
			return message{}
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "id":
			l.last = value
		case "event":
			m.kind = value
		case "data":
			l.must(json.Unmarshal([]byte(value), &m.data))
		case ":":
			m.kind = "comment"
		case "":
			return m
		}
	}
}

// expect waits for a message of a kind about something.
func (l *listener) expect(kind, field string, want any) message {
	l.t.Helper()
	m := l.next()
	if m.kind != kind || m.data[field] != want {
		l.t.Fatalf("got %s %v, want a %s whose %s is %v", m.kind, m.data, kind, field, want)
	}
	return m
}

func TestABeaconIsSeenOnTheStreamAndThenWhyItsVisitorIsHot(t *testing.T) {
	w := newWorld(t)
	l := w.listen("")
	var views []sent
	for i := range 5 {
		views = append(views, sent{"eventType": "property_view", "sessionId": "s", "visitorId": "v", "propertyId": fmt.Sprint("home", i)})
	}
	w.beacon(views...)
	m := l.expect("session", "session_id", "s")
	if m.data["event_count"] != 5.0 || m.data["visitor_id"] != "v" || m.data["behavioral_score"] != 70.0 {
		t.Errorf("session: %v", m.data)
	}
	hot := l.expect("hot", "rule", "five_listings_in_24_hours")
	for name, want := range map[string]any{
		"sentence": "Looked at 5 listings in the last 24 hours.", "count": 5.0, "listing_id": nil, "time": "2026-03-10T12:00:00.000Z",
		"site_id": 1.0, "visitor_id": "v", "session_id": "s", "profile_id": "default", "lead_id": nil, "conversion_intent": "low", "visit_count": 1.0,
	} {
		if hot.data[name] != want {
			t.Errorf("%s is %v, want %v", name, hot.data[name], want)
		}
	}
	list := w.got("/v1/visitors").at("visitors").([]any)[0].(map[string]any)["hot"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["rule"] != "five_listings_in_24_hours" {
		t.Errorf("the list of visitors says %v", list)
	}
}

func TestALeadIsToldWhenItIsMadeAndChanged(t *testing.T) {
	w := newWorld(t)
	l := w.listen("?types=lead")
	id := w.lead(`{"formData":{"name":"Ada"}}`)
	if m := l.expect("lead", "id", id); m.data["name"] != "Ada" || m.data["status"] != "new" {
		t.Errorf("made: %v", m.data)
	}
	for _, try := range []struct{ method, path, body, status string }{
		{"POST", "/activities", `{"type":"call"}`, "contacted"},
		{"PATCH", "", `{"status":"qualified"}`, "qualified"},
		{"POST", "/outcome", `{"outcome":"closed_won"}`, "closed_won"},
	} {
		if res := w.do(try.method, "/v1/leads/"+id+try.path, try.body, bearer, asJSON); res.StatusCode >= 300 {
			t.Fatalf("%d %s", res.StatusCode, res.raw)
		}
		if m := l.expect("lead", "id", id); m.data["status"] != try.status {
			t.Errorf("%s %s: %v", try.method, try.path, m.data["status"])
		}
	}
}

// A stream tells what its key sees: not the neighbour's, not another profile's, and no contact fields to a viewer.
func TestAStreamTellsOnlyWhatItsKeySees(t *testing.T) {
	w := newWorld(t)
	elm, oak := w.tenant("elm"), w.tenant("oak")
	w.hire("eve@homes.example", "viewer")
	viewer := w.browser().signedIn("eve@homes.example")
	cookie := "Cookie: " + plainCookie + "=" + viewer.cookies[plainCookie]
	ann, all, own, everybody := w.listen("", elm.name), w.listen("", elm.read), w.listen("", cookie), w.listen("?types=session,lead")
	w.fill(oak)
	w.fill(elm)
	go func() { // both sessions are of one visitor, who is told of once a second
		for t.Context().Err() == nil {
			w.later.Add(int64(time.Second))
			time.Sleep(20 * time.Millisecond)
		}
	}()
	id := w.lead(`{"formData":{"name":"canary"}}`)
	if m := own.expect("lead", "id", id); m.data["name"] != "•••" {
		t.Errorf("a viewer reads %v", m.data["name"])
	}
	for _, l := range []struct {
		who      string
		l        *listener
		site     float64
		profiles []string
	}{{"ann", ann, float64(elm.site), []string{"ann"}}, {"elm", all, float64(elm.site), []string{"ann", "ben"}}} {
		seen := map[any]bool{}
		for !seen["session"] || !seen["lead"] || len(l.profiles) == 2 && (!seen["ann"] || !seen["ben"]) {
			m := l.l.next()
			if m.kind == "" || m.kind != "lead" && m.data["site_id"] != l.site || m.kind == "lead" && !strings.Contains(fmt.Sprint(m.data["email"]), "elm") {
				t.Fatalf("%s is told of %s %v", l.who, m.kind, m.data)
			}
			profile := m.data["profile_id"]
			if len(l.profiles) == 1 && profile != "ann" {
				t.Fatalf("%s is told of %s %v", l.who, m.kind, m.data)
			}
			seen[m.kind], seen[profile] = true, true
		}
	}
	sites := map[any]bool{}
	for len(sites) < 2 {
		if m := everybody.next(); m.kind == "session" {
			sites[m.data["site_id"]] = true
		}
	}
}

func TestAClientThatComesBackIsToldWhatItMissed(t *testing.T) {
	w := newWorld(t)
	l := w.listen("?types=session,lead")
	w.beacon(sent{"eventType": "page_view", "sessionId": "s1", "visitorId": "v1"})
	l.expect("session", "session_id", "s1")
	last := l.last
	w.must(l.conn.Close())
	other := w.listen("?types=session,lead")
	w.beacon(sent{"eventType": "page_view", "sessionId": "s2", "visitorId": "v2"})
	other.expect("session", "session_id", "s2")
	id := w.lead(`{"formData":{"name":"Ada"}}`)
	other.expect("lead", "id", id)
	w.beacon(sent{"eventType": "page_view", "sessionId": "s3", "visitorId": "v3"})
	other.expect("session", "session_id", "s3")
	if res := w.do("POST", "/v1/leads/"+id+"/activities", `{"type":"call"}`, bearer, asJSON); res.StatusCode != 201 {
		t.Fatal(res.raw)
	}
	other.expect("lead", "status", "contacted")

	back := w.listen("?types=session,lead", bearer, "Last-Event-ID: "+last)
	back.expect("session", "session_id", "s2")
	back.expect("session", "session_id", "s3")
	back.expect("lead", "status", "contacted") // once, as it is now
	again := back.last
	w.beacon(sent{"eventType": "page_view", "sessionId": "s4", "visitorId": "v4"})
	back.expect("session", "session_id", "s4")

	if res := w.do("DELETE", "/v1/visitors/v3", "", bearer); res.StatusCode != 202 {
		t.Fatal(res.raw)
	}
	leads := w.listen("", bearer, "Last-Event-ID: "+last)
	leads.expect("session", "session_id", "s2")
	leads.expect("lead", "id", id) // nothing of who was forgotten
	late := w.listen("", bearer, "Last-Event-ID: "+again)
	late.expect("session", "session_id", "s4")
}

func TestAClientWhoseIDIsNotKnownIsResetAndToldWhatIsLive(t *testing.T) {
	w := newWorld(t)
	l := w.listen("")
	w.beacon(sent{"eventType": "page_view", "sessionId": "s1", "visitorId": "v1"})
	l.expect("session", "session_id", "s1")
	boot, _, _ := strings.Cut(l.last, "-")
	for _, id := range []string{"x", "another-1", boot + "-9999", boot + "-", boot + "-x", boot + "--1"} {
		back := w.listen("", bearer, "Last-Event-ID: "+id)
		back.expect("reset", "reason", "too_old")
		back.expect("session", "session_id", "s1")
	}
	w.api.streams.forgetPast()
	back := w.listen("?types=lead", bearer, "Last-Event-ID: "+l.last)
	back.expect("reset", "reason", "too_old")
	id := w.lead(`{"formData":{"name":"Ada"}}`)
	back.expect("lead", "id", id)
}

func TestTheRingKeepsABoundedPast(t *testing.T) {
	h := newStreams(newWorld(t).api, 0)
	for range 2*ringEntries + 10 {
		h.count(news{})
	}
	for number, gap := range map[uint64]bool{ringEntries - 1: true, ringEntries: false, 2*ringEntries + 10: false, 2*ringEntries + 11: true} {
		past, got := h.since(h.id(number))
		if got != gap || !gap && len(past) != int(2*ringEntries+10-number) || !gap && len(past) > 0 && past[0].number != number+1 {
			t.Errorf("after %d: %d, gap %t", number, len(past), got)
		}
	}
}

func TestNewsAreKeptForWhoMayComeBack(t *testing.T) {
	w := newWorld(t)
	h := newStreams(w.api, 0)
	if h.heard() {
		t.Error("nobody listened yet, and is expected back")
	}
	s := &stream{h: h, kinds: kindLead, wake: make(chan struct{}, 1)}
	if _, _, err := h.enter(s, ""); err != nil {
		t.Fatal(err)
	}
	n, _ := h.count(news{kind: kindLead})
	h.leave(s)
	for _, c := range []struct {
		after time.Duration
		heard bool
	}{{0, true}, {expectedFor, true}, {1, false}, {0, false}} {
		w.later.Add(int64(c.after))
		heard := h.heard()
		if _, gap := h.since(h.id(n.number)); heard != c.heard || gap == c.heard {
			t.Errorf("%v later: expected back %t, with a gap %t", c.after, heard, gap)
		}
	}
}

func TestARevokedKeyAndAnEndedLoginEndTheirStreams(t *testing.T) {
	w := newWorld(t)
	k, secret, err := w.access.Create(t.Context(), everything, access.NewKey{Kind: access.KindSecret, Organization: "default", Scopes: access.Read})
	w.must(err)
	w.hire("eve@homes.example", "viewer")
	viewer := w.browser().signedIn("eve@homes.example")
	byKey := w.listen("", "Authorization: Bearer "+secret)
	byCookie := w.listen("", "Cookie: "+plainCookie+"="+viewer.cookies[plainCookie])
	stays := w.listen("")
	w.must(w.access.Revoke(t.Context(), everything, k.ID, "default"))
	if m := byKey.next(); m.kind != "" {
		t.Errorf("after its key was revoked: %v", m)
	}
	if r := viewer.send("POST", "/v1/logout", "", ourPage); r.StatusCode >= 300 {
		t.Fatal(r.raw)
	}
	if m := byCookie.next(); m.kind != "" {
		t.Errorf("after it was signed out: %v", m)
	}
	w.beacon(sent{"eventType": "page_view", "sessionId": "s1"})
	stays.expect("session", "session_id", "s1")
}

// A stream is no sign of life: a login ends 12 hours after the last request.
func TestAStreamKeepsNoLoginAlive(t *testing.T) {
	w := newWorld(t)
	w.hire("eve@homes.example", "viewer")
	viewer := w.browser().signedIn("eve@homes.example")
	l := w.listen("", "Cookie: "+plainCookie+"="+viewer.cookies[plainCookie])
	w.later.Store(int64(access.LoginIdle))
	if m := l.next(); m.kind != "" {
		t.Errorf("a stream outlives its login: %v", m)
	}
}

func TestStreamsAreLimitedByKeyUserAndInAll(t *testing.T) {
	w := newWorld(t)
	elm := w.tenant("elm")
	w.hire("eve@homes.example", "viewer")
	viewer := w.browser().signedIn("eve@homes.example")
	cookie := "Cookie: " + plainCookie + "=" + viewer.cookies[plainCookie]
	full := func(most int, headers ...string) (first *listener) {
		t.Helper()
		for i := range most {
			if l := w.listen("", headers...); i == 0 {
				first = l
			}
		}
		l := w.tryListen("", headers...)
		if l.res.StatusCode != 429 || l.res.Header.Get("Retry-After") == "" {
			t.Fatalf("one more than %d: %d", most, l.res.StatusCode)
		}
		return first
	}
	full(streamsOfKey, elm.read)
	first := full(streamsOfUser, cookie)
	w.must(first.conn.Close())
	_ = w.listen("", elm.admin) // another key of the same tenant
	w.api.streams.most = streamsOfKey + streamsOfUser + 2
	for range 2 { // one for the admin's own, one for the browser that went away
		l := w.tryListen("")
		for l.res.StatusCode == 429 {
			l = w.tryListen("")
		}
	}
	if l := w.tryListen(""); l.res.StatusCode != 429 {
		t.Errorf("more than all: %d", l.res.StatusCode)
	}
}

func TestWhatIsNoStream(t *testing.T) {
	w := newWorld(t)
	for request, status := range map[string]int{
		"GET /v1/live?types=sessions":     400,
		"GET /v1/live?types=lead,":        400,
		"GET /v1/live?site_id=99":         404,
		"HEAD /v1/live":                   405,
		"POST /v1/live":                   405,
		"GET /v1/live?k=" + secretKey:     401,
		"GET /v1/live?token=" + secretKey: 200,
	} {
		method, path, _ := strings.Cut(request, " ")
		if res := w.do(method, path, "", bearer); res.StatusCode != status || res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %d %s", request, res.StatusCode, res.raw)
		}
	}
	if res := w.do("GET", "/v1/live?token="+secretKey, ""); res.StatusCode != 401 {
		t.Errorf("by query: %d", res.StatusCode)
	}
}

func TestQuietStreamsAreCommentedIn(t *testing.T) {
	w := newWorld(t)
	l := w.listen("")
	for range commentBeats + 1 {
		w.api.streams.beat()
	}
	if m := l.next(); m.kind != "comment" {
		t.Errorf("got %v", m)
	}
}

// What waits for a slow reader is bounded; then it is reset, and asks for what it missed when it is back.
func TestASlowReaderIsResetAndComesBack(t *testing.T) {
	w := newWorld(t)
	s := &stream{h: w.api.streams, wake: make(chan struct{}, 1)}
	big := make([]byte, streamBuffer/2)
	s.send(big)
	s.send(big)
	if m, more := s.next(); len(m) != len(big) || !more {
		t.Fatalf("%d bytes", len(m))
	}
	s.send([]byte("x")) // the first is being written: it counts
	m, more := s.next()
	if more || string(m) != "event: reset\ndata: {\"reason\":\"slow\"}\n\n" || s.queue != nil {
		t.Errorf("%.60q, and more %t", m, more)
	}
	if load := w.api.Load(); load.StreamsDropped != 1 || load.StreamsLimit != maxStreams {
		t.Errorf("%+v", load)
	}
	quick := &stream{h: w.api.streams, wake: make(chan struct{}, 1)}
	for range 10 {
		quick.send(big)
		m, _ := quick.next()
		quick.wrote(len(m))
	}
	quick.shed()
	if quick.over {
		t.Error("who reads everything is shed")
	}
	if quick.send(big); quick.size == 0 {
		t.Error("nothing waits")
	}
	if quick.shed(); !quick.over {
		t.Error("who is slow is not shed")
	}
}
