package api

import (
	"testing"
)

func TestParametersOutOfRangeAnswer400NamingThem(t *testing.T) {
	w := newWorld(t)
	w.beacon(sent{"eventType": "page_view", "sessionId": "s"})
	limited := []string{"/v1/sessions", "/v1/sessions/s/events", "/v1/visitors", "/v1/leads", "/v1/rejects", "/v1/engagement/listings"}
	dated := []string{"/v1/listings/l/engagement", "/v1/listings/l/audience", "/v1/engagement/listings"}
	for _, try := range []struct {
		paths []string
		query string
		field string
	}{
		{limited, "limit=-1", "limit"},
		{limited, "limit=0", "limit"},
		{limited, "limit=1001", "limit"},
		{limited, "limit=1000000000", "limit"},
		{limited, "limit=1e9", "limit"},
		{limited, "limit=99999999999999999999", "limit"},
		{limited, "limit=ten", "limit"},
		{limited, "limit=1.5", "limit"},
		{limited, "limit=%00", "limit"},
		{dated, "from=2026-02-30", "from"},
		{dated, "from=yesterday", "from"},
		{dated, "to=2026-1-1", "to"},
		{dated, "to=2026-01-01T00:00:00Z", "to"},
		{dated, "from=2026-03-02&to=2026-03-01", "from"},
		{dated, "from=2026-03-11", "from"}, // today is the 10th
		{dated, "from=1926-01-01&to=2026-01-01", "from"},
		{dated, "from=2000-01-01&to=2026-01-01", "from"},
		{dated, "from=1969-12-31&to=1970-01-02", "from"},
		{dated, "to=2149-06-07", "to"},
		{dated, "to=9999-12-31", "to"},
		{dated, "site_id=one", "site_id"},
		{dated, "site_id=-1", "site_id"},
		{[]string{"/v1/sessions", "/v1/visitors"}, "active=5", "active"},
		{[]string{"/v1/sessions", "/v1/visitors"}, "active=0s", "active"},
		{[]string{"/v1/sessions", "/v1/visitors"}, "active=-5m", "active"},
		{[]string{"/v1/sessions", "/v1/visitors"}, "active=25h", "active"},
		{[]string{"/v1/sessions", "/v1/visitors"}, "active=1d", "active"},
		{[]string{"/v1/sessions", "/v1/visitors"}, "active=9999999999999h", "active"},
		{[]string{"/v1/sessions", "/v1/engagement/listings", "/v1/leads"}, "sort=name", "sort"},
		{[]string{"/v1/leads"}, "updated_since=yesterday", "updated_since"},
		{[]string{"/v1/leads"}, "status=lost", "status"},
		{[]string{"/v1/leads"}, "priority=urgent", "priority"},
	} {
		for _, path := range try.paths {
			res := w.get(path + "?" + try.query)
			if res.StatusCode != 400 || res.code() != "invalid_field" || res.at("error", "field") != try.field {
				t.Errorf("GET %s?%s: %d %s", path, try.query, res.StatusCode, res.raw)
			}
		}
	}
}

func TestParametersInRangeAreTaken(t *testing.T) {
	w := newWorld(t)
	for _, target := range []string{
		"/v1/sessions?limit=1", "/v1/sessions?limit=1000", "/v1/sessions?limit=", "/v1/sessions?active=90s&sort=recent",
		"/v1/sessions?active=24h&sort=score", "/v1/sessions?active=1h30m", "/v1/sessions?unknown=x", "/v1/sessions?site_id=1",
		"/v1/listings/l/engagement?from=2016-03-04&to=2026-03-10", "/v1/listings/l/engagement?from=1970-01-01&to=1970-01-01",
		"/v1/listings/l/engagement?to=1970-01-05", "/v1/listings/l/engagement?from=2026-03-10", "/v1/engagement/listings?sort=inquiry_rate",
		"/v1/leads?status=&priority=&sort=", "/v1/leads?updated_since=2026-01-31T15:04:05Z", "/v1/leads?sort=activity",
	} {
		w.got(target)
	}
}

func TestTheDefaultRangeIsTheLast30DaysOfTheSite(t *testing.T) {
	w := newWorld(t)
	for _, try := range []struct{ query, from, to string }{
		{"", "2026-02-09", "2026-03-10"},
		{"?from=2026-03-01", "2026-03-01", "2026-03-10"},
		{"?to=2026-03-01", "2026-01-31", "2026-03-01"},
		{"?from=2024-02-29&to=2024-02-29", "2024-02-29", "2024-02-29"},
	} {
		res := w.got("/v1/listings/l/engagement" + try.query)
		if res.at("from") != try.from || res.at("to") != try.to {
			t.Errorf("%q: from %v to %v, want %s to %s", try.query, res.at("from"), res.at("to"), try.from, try.to)
		}
	}
}

func TestTodayIsTakenInTheSitesZone(t *testing.T) {
	w := newWorld(t)
	w.must(w.catalog.EnsureDefault(t.Context(), w.journal, "Pacific/Kiritimati")) // 14 hours ahead
	if res := w.got("/v1/listings/l/engagement"); res.at("to") != "2026-03-11" {
		t.Errorf("to %v, want 2026-03-11", res.at("to"))
	}
}

func TestASiteThatTheKeyDoesNotSeeAnswers404(t *testing.T) {
	w := newWorld(t)
	for _, query := range []string{"site_id=2", "site_id=0", "site_id=4294967297"} {
		for _, path := range []string{"/v1/sessions", "/v1/leads", "/v1/rejects", "/v1/engagement/listings", "/v1/visitors"} {
			if res := w.get(path + "?" + query); res.StatusCode != 404 {
				t.Errorf("GET %s?%s: %d %s", path, query, res.StatusCode, res.raw)
			}
		}
	}
}
