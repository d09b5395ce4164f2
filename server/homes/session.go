package homes

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// timelineEvents is how many of a session's newest events the strip shows.
const timelineEvents = 6

// session is what the strip beside the pages shows.
type session struct {
	ID     string   `json:"id"`
	Found  bool     `json:"found"` // false: the server has no event of it yet
	Score  int      `json:"score"`
	Intent string   `json:"intent"`
	Visits int      `json:"visits"`
	Dwell  int      `json:"dwell"` // seconds
	Viewed []string `json:"viewed"`
	Deep   []string `json:"deep"`
	Form   string   `json:"form"`   // none, started, sent
	Lead   bool     `json:"lead"`   // it became one
	Events []event  `json:"events"` // newest first
	Asked  string   `json:"asked"`  // address of the session at the server
}

type event struct {
	Time  time.Time `json:"time"`
	Type  string    `json:"type"`
	About string    `json:"about"` // the listing and what the event says of itself
}

// session answers for the pages: it asks the server with the secret key, which pages must not have.
func (s *Site) session(w http.ResponseWriter, r *http.Request) {
	if from := r.Header.Get("Sec-Fetch-Site"); from != "" && from != "same-origin" && from != "none" {
		http.Error(w, "Only pages of this site may ask.", http.StatusForbidden)
		return
	}
	id := r.URL.Query().Get("id")
	if id == "" {
		http.Error(w, "Say which session: ?id=", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	v, err := s.look(ctx, id)
	if err != nil {
		s.o.Log.Warn("the server does not say what it knows of a session", "error", err)
		http.Error(w, "The server does not answer.", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // the visitor may have gone
}

// look asks the server for a session and its timeline.
func (s *Site) look(ctx context.Context, id string) (*session, error) {
	path := "/v1/sessions/" + url.PathEscape(id)
	v := &session{ID: id, Asked: s.o.Footfall + path, Form: "none", Viewed: []string{}, Deep: []string{}, Events: []event{}}
	var known struct {
		Score   int      `json:"behavioral_score"`
		Intent  string   `json:"conversion_intent"`
		Visits  int      `json:"visit_count"`
		Dwell   int      `json:"total_duration_seconds"`
		Viewed  []string `json:"properties_viewed"`
		Deep    []string `json:"deep_engagement_properties"`
		Started bool     `json:"form_started"`
		Sent    bool     `json:"form_completed"`
		Lead    bool     `json:"converted_to_lead"`
	}
	var err error
	if v.Found, err = s.ask(ctx, path, &known); err != nil || !v.Found {
		return v, err
	}
	v.Score, v.Intent, v.Visits, v.Dwell, v.Lead = known.Score, known.Intent, known.Visits, known.Dwell, known.Lead
	v.Viewed, v.Deep = s.streets(known.Viewed), s.streets(known.Deep)
	switch {
	case known.Sent:
		v.Form = "sent"
	case known.Started:
		v.Form = "started"
	}
	v.Events, err = s.newest(ctx, path+"/events?limit=1000")
	return v, err
}

// newest reads a timeline to its end and returns its last events, newest first.
func (s *Site) newest(ctx context.Context, path string) ([]event, error) {
	last := []event{}
	for cursor := ""; ; {
		var timeline struct {
			Events []struct {
				Time    time.Time
				Type    string `json:"event_type"`
				Listing string `json:"listing_id"`
				URL     string
				Scroll  float64        `json:"scroll_percentage"`
				Clock   float64        `json:"duration_seconds"`
				Data    map[string]any `json:"event_data"`
			}
			Next string `json:"next_cursor"`
		}
		if found, err := s.ask(ctx, path+cursor, &timeline); err != nil || !found {
			return last, err
		}
		for _, e := range timeline.Events {
			about := s.streets([]string{e.Listing})[0]
			switch kind := fmt.Sprint(e.Data["interactionType"]); {
			case e.Type == "page_view":
				if u, err := url.Parse(e.URL); err == nil {
					about = u.Path
				}
			case e.Type == "scroll_depth":
				about = fmt.Sprintf("%.0f %% %s", e.Scroll, about)
			case e.Type == "page_duration":
				about = fmt.Sprintf("%.0f s %s", e.Clock, about)
			case e.Type == "property_interaction":
				about = kind + " · " + about
			case e.Data["formType"] != nil:
				about = fmt.Sprint(e.Data["formType"], " · ", about)
			}
			last = append(last, event{e.Time, e.Type, about})
		}
		last = last[max(0, len(last)-timelineEvents):]
		if timeline.Next == "" {
			slices.Reverse(last)
			return last, nil
		}
		cursor = "&cursor=" + url.QueryEscape(timeline.Next)
	}
}

// streets names homes by their streets. Ids that are none of the site's stay as they are.
func (s *Site) streets(ids []string) []string {
	streets := make([]string, len(ids))
	for i, id := range ids {
		streets[i] = id
		if h := s.find(id); h != nil {
			streets[i] = h.Street
		}
	}
	return streets
}

// ask asks the server. It returns false for what the server does not know.
func (s *Site) ask(ctx context.Context, path string, v any) (found bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.o.Footfall+path, nil)
	if err != nil {
		return false, fmt.Errorf("ask the server: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+s.o.SecretKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, fmt.Errorf("ask the server: %w", err)
	}
	defer resp.Body.Close() // only read
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return false, nil
	default:
		return false, fmt.Errorf("ask the server: status %d", resp.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 16<<20)).Decode(v); err != nil {
		return false, fmt.Errorf("read the server's answer: %w", err)
	}
	return true, nil
}
