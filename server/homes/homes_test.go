package homes

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

const (
	writeKey  = "wk_0123456789abcdef"
	secretKey = "sk_0123456789abcdef"
)

func newSite(t *testing.T, footfall string) *Site {
	t.Helper()
	s, err := New(Options{Footfall: footfall, WriteKey: writeKey, SecretKey: secretKey, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(s *Site, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// link finds what a page links to or loads.
var link = regexp.MustCompile(`\s(?:href|src|action)="([^"]*)"`)

func TestEveryLinkOfTheSiteAnswersAndNothingElseIsLoaded(t *testing.T) {
	s := newSite(t, "http://127.0.0.1:8080")
	todo, seen := []string{"/", "/app/"}, map[string]bool{}
	for len(todo) > 0 {
		path, _, _ := strings.Cut(todo[0], "#")
		todo = todo[1:]
		switch {
		case seen[path] || path == "":
			continue
		case strings.HasPrefix(path, "tel:") || strings.HasPrefix(path, "mailto:") || path == "http://127.0.0.1:8080/ff.js":
			continue
		}
		seen[path] = true
		w := get(s, path)
		if w.Code != http.StatusOK {
			t.Errorf("%s: status %d", path, w.Code)
		}
		text := w.Body.String()
		if strings.Contains(text, secretKey) {
			t.Errorf("%s contains the secret key", path)
		}
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, "script-src 'self' http://127.0.0.1:8080;") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %s", path, policy)
		}
		switch kind := w.Header().Get("Content-Type"); {
		case strings.HasPrefix(kind, "text/html"):
			if strings.Contains(text, "<script>") || strings.Contains(text, " style=") || strings.Contains(text, " onclick=") {
				t.Errorf("%s has inline code, which its policy forbids", path)
			}
			if strings.Count(text, writeKey) != 1 || !strings.Contains(text, "made up") {
				t.Errorf("%s lacks the tracker or what is made up", path)
			}
			for _, m := range link.FindAllStringSubmatch(text, -1) {
				todo = append(todo, m[1])
			}
		case kind == "image/svg+xml":
			if err := wellFormed(text); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	for _, path := range []string{"/homes/5-sunset-bluff", "/app/homes/5-sunset-bluff", "/homes/5-sunset-bluff/plan.svg", "/app/thanks", "/ground.svg"} {
		if !seen[path] {
			t.Errorf("no page leads to %s", path)
		}
	}
}

func wellFormed(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestASearchFindsHomes(t *testing.T) {
	s := newSite(t, "http://127.0.0.1:8080")
	for query, want := range map[string]int{
		"": 12, "?q=LARKSPUR": 1, "?q=98118": 1, "?max=400000": 3, "?max=x&beds=-1": 12, "?beds=5": 1, "?beds=4&max=400000": 1, "?q=%3Cscript%3E": 0,
	} {
		text := get(s, "/"+query).Body.String()
		if got := strings.Count(text, `class="card"`); got != want {
			t.Errorf("%s finds %d homes, not %d", query, got, want)
		}
		if strings.Contains(text, "<script>") {
			t.Errorf("%s is put into the page as it is", query)
		}
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	s := newSite(t, "http://127.0.0.1:8080")
	for _, path := range []string{"/x", "/homes/none", "/homes/none/front.svg", "/homes/5-sunset-bluff/x.svg", "/homes.csv", "/layout.html", "/app/x"} {
		if w := get(s, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
}

func TestLabelsOfTheMapCoverNeitherDotsNorEachOther(t *testing.T) {
	s := newSite(t, "http://127.0.0.1:8080")
	c := s.county(&s.homes[3])
	if last := c.Pins[len(c.Pins)-1]; len(c.Pins) != 12 || !last.Here || last.ID != s.homes[3].ID {
		t.Errorf("%d pins, the last %+v", len(c.Pins), last)
	}
	for i, p := range c.Pins {
		if p.X < 0 || p.Y < 0 || p.X > c.Width || p.Y > c.Height {
			t.Errorf("%s lies outside of the map", p.ID)
		}
		for _, q := range c.Pins {
			if image.Pt(q.X, q.Y).In(p.Label) {
				t.Errorf("the label of %s covers the dot of %s", p.ID, q.ID)
			}
		}
		for _, q := range c.Pins[:i] {
			if p.Label.Overlaps(q.Label) {
				t.Errorf("the labels of %s and %s overlap", p.ID, q.ID)
			}
		}
	}
}

func TestTheSessionIsAskedWithTheSecretKeyAndAFewFieldsArePassedOn(t *testing.T) {
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+secretKey {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		switch r.URL.RequestURI() {
		case "/v1/sessions/s%2F1":
			_, _ = io.WriteString(w, `{"behavioral_score": 61, "conversion_intent": "medium", "visit_count": 2, "properties_viewed": ["5-sunset-bluff", "x"],
				"form_started": true, "visitor_id": "not for the page"}`)
		case "/v1/sessions/s%2F1/events?limit=1000":
			_, _ = io.WriteString(w, `{"events": [{"event_type": "property_view", "listing_id": "5-sunset-bluff"}], "next_cursor": "c="}`)
		case "/v1/sessions/s%2F1/events?limit=1000&cursor=c%3D":
			_, _ = io.WriteString(w, `{"events": [{"event_type": "page_view", "url": "http://h/map?q=1"}], "next_cursor": null}`)
		case "/v1/sessions/broken":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer front.Close()
	s := newSite(t, front.URL)
	w := get(s, "/_session?id=s%2F1")
	var v session
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	if v.Score != 61 || v.Intent != "medium" || v.Visits != 2 || v.Form != "started" || v.Lead || strings.Join(v.Viewed, ";") != "5 Sunset Bluff;x" {
		t.Errorf("%+v", v)
	}
	if len(v.Events) != 2 || v.Events[0].About != "/map" || v.Events[1].About != "5 Sunset Bluff" {
		t.Errorf("%+v", v.Events)
	}
	if text := w.Body.String(); strings.Contains(text, secretKey) || strings.Contains(text, "not for the page") {
		t.Error(text)
	}
	for path, want := range map[string]int{"/_session": 400, "/_session?id=broken": 502, "/_session?id=none": 200} {
		if w := get(s, path); w.Code != want {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	if w := get(s, "/_session?id=s%2F1", "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("another site gets status %d", w.Code)
	}
}

func TestAFormWithoutTheTrackerLeadsToThanks(t *testing.T) {
	w := httptest.NewRecorder()
	newSite(t, "http://127.0.0.1:8080").ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/app/thanks", strings.NewReader("email=x")))
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/app/thanks" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestTheSiteEndsWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- newSite(t, "http://127.0.0.1:8080").Serve(ctx, l) }()
	resp, err := http.Get("http://" + l.Addr().String() + "/map")
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("status %d, %v", resp.StatusCode, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAnAddressWithoutHostIsRefused(t *testing.T) {
	if _, err := New(Options{Footfall: "127.0.0.1"}); err == nil {
		t.Error("it is taken")
	}
}
