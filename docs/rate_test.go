package docs_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// 101 events in each of ten seconds flag a session; nine such seconds do not, nor does a pause in between.
func TestASessionThatIsTooFastIsFlaggedFromThenOn(t *testing.T) {
	r := newReader(t)
	for _, c := range []struct {
		session string
		seconds []int64 // in which it sends
		events  int     // in each of them
		flagged bool
	}{
		{"ten", []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 101, true},
		{"nine", []int64{0, 1, 2, 3, 4, 5, 6, 7, 8}, 101, false},
		{"slow", []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 100, false},
		{"paused", []int64{0, 1, 2, 3, 4, 6, 7, 8, 9, 10}, 101, false},
	} {
		begin := r.clock.Load()
		event := fmt.Sprintf(`{"eventType":"form_abandon","sessionId":%q}`, c.session)
		for _, second := range c.seconds {
			r.clock.Store(begin + second*1000)
			r.send("[" + strings.Repeat(event+",", c.events-1) + event + "]")
		}
		said := fmt.Sprintf(`"flagged":%t`, c.flagged)
		if got := r.ask("/v1/sessions/" + c.session); !strings.Contains(got, said) {
			t.Errorf("%s: %s is not in %s", c.session, said, got)
		}
		r.clock.Store(begin + 3600*1000)
		r.send(fmt.Sprintf(`{"eventType":"property_view","sessionId":%q,"propertyId":"L"}`, c.session))
		viewed := strings.Contains(r.ask("/v1/sessions/"+c.session), `"properties_viewed":["L"]`)
		if viewed == c.flagged {
			t.Errorf("%s: its view an hour later counts: %t", c.session, viewed)
		}
	}
}

func (r *reader) send(body string) {
	r.t.Helper()
	resp, err := http.Post(r.url+"/v1/events?k="+writeKey, "text/plain", strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		r.t.Fatalf("status %d", resp.StatusCode)
	}
}

func (r *reader) ask(path string) string {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(body)
}
