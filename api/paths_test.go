package api

import (
	"strings"
	"testing"
)

var oddIDs = map[string]string{
	"slash":                "a/b",
	"leading slash":        "/",
	"dots":                 "..",
	"a dot":                ".",
	"percent":              "%",
	"encoded slash":        "%2F",
	"255 bytes":            strings.Repeat("é", 127) + "x",
	"right-to-left marks":  "\u202eabc\u200f",
	"space":                "a b",
	"only a space":         " ",
	"plus":                 "a+b",
	"question mark":        "a?b=c&d",
	"hash":                 "a#b",
	"a route's segment":    "events",
	"the id segment":       "-",
	"the name of the id":   "{id}",
	"quotes and brackets":  `<"'>`,
	"control characters":   "a\r\nb\t\x7f",
	"semicolon and commas": "a;b,c",
	"a colon":              "a:b",
}

func TestOddIDsAreFoundByPathAndByQuery(t *testing.T) {
	w := newWorld(t)
	for name, id := range oddIDs {
		w.beacon(sent{"eventType": "property_view", "sessionId": id, "visitorId": id, "propertyId": id, "eventId": name})
		query := "id=" + percentEncode(id)
		for _, path := range []string{
			"/v1/sessions/" + percentEncode(id), "/v1/sessions/-?" + query, "/v1/sessions?" + query, "/v1/sessions?x=y&" + query,
		} {
			if res := w.get(path); res.StatusCode != 200 || res.at("session_id") != id {
				t.Errorf("%s: GET %s: %d %s", name, path, res.StatusCode, res.raw)
			}
		}
		for _, path := range []string{
			"/v1/sessions/" + percentEncode(id) + "/events", "/v1/sessions/-/events?" + query, "/v1/sessions/events?" + query,
		} {
			res := w.get(path)
			events, _ := res.at("events").([]any)
			if res.StatusCode != 200 || len(events) != 1 || events[0].(map[string]any)["event_id"] != name {
				t.Errorf("%s: GET %s: %d %s", name, path, res.StatusCode, res.raw)
			}
		}
		for _, path := range []string{"/v1/visitors/" + percentEncode(id), "/v1/visitors?" + query} {
			if res := w.get(path); res.StatusCode != 200 || res.at("visitor_id") != id {
				t.Errorf("%s: GET %s: %d %s", name, path, res.StatusCode, res.raw)
			}
		}
		for _, path := range []string{"/v1/listings/" + percentEncode(id) + "/engagement", "/v1/listings/engagement?" + query} {
			if res := w.get(path); res.StatusCode != 200 || res.at("totals", "total_views") != 1.0 {
				t.Errorf("%s: GET %s: %d %s", name, path, res.StatusCode, res.raw)
			}
		}
	}
}

func TestIDsAreNoPrefixesOrPatternsOfOthers(t *testing.T) {
	w := newWorld(t)
	w.beacon(sent{"eventType": "page_view", "sessionId": "abc"})
	for _, id := range []string{"ab", "abcd", "abc%00", "%61%62%63%2f", "a%62c/", "ABC", "*", "%25", "%00", strings.Repeat("a", 4000)} {
		if res := w.get("/v1/sessions/" + id); res.StatusCode != 404 {
			t.Errorf("GET /v1/sessions/%.20s: %d %s", id, res.StatusCode, res.raw)
		}
	}
	if res := w.get("/v1/sessions/%61bc"); res.StatusCode != 200 {
		t.Errorf("an id may be encoded more than it must: %d %s", res.StatusCode, res.raw)
	}
	for _, bad := range []string{"%", "%2", "%zz", "abc%"} {
		if res := w.get("/v1/sessions/" + bad); res.StatusCode != 400 || res.code() != "bad_request" {
			t.Errorf("GET /v1/sessions/%s: %d %s", bad, res.StatusCode, res.raw)
		}
	}
	if res := w.get("/v1/sessions/%ff%fe"); res.StatusCode != 404 {
		t.Errorf("an id that is no UTF-8: %d %s", res.StatusCode, res.raw)
	}
}

func TestAnIDInThePathIsNotOverriddenByTheQuery(t *testing.T) {
	w := newWorld(t)
	w.beacon(sent{"eventType": "page_view", "sessionId": "a"}, sent{"eventType": "page_view", "sessionId": "b"})
	if res := w.got("/v1/sessions/a?id=b"); res.at("session_id") != "a" {
		t.Errorf("got %s", res.raw)
	}
	if res := w.got("/v1/sessions?id="); res.at("sessions") == nil {
		t.Errorf("an empty id is an absent one: %s", res.raw)
	}
}

// percentEncode encodes every byte, so that no client's habits come in.
func percentEncode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		b.WriteString(string([]byte{'%', hex[s[i]>>4], hex[s[i]&15]}))
	}
	return b.String()
}
