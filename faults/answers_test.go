package faults

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// answers asks the program for everything that the oracle tells, and puts it the same way.
func (w *world) answers() (lines []string, err error) {
	for _, part := range []func() ([]string, error){
		func() ([]string, error) { return each(sessions, w.sessionLines) },
		func() ([]string, error) { return each(visitors, w.visitorLines) },
		func() ([]string, error) { return each(listings, w.listingLines) },
		w.leadLines,
	} {
		more, err := part()
		if err != nil {
			return nil, err
		}
		lines = append(lines, more...)
	}
	slices.Sort(lines)
	return lines, nil
}

func each(names []string, lines func(string) ([]string, error)) (all []string, err error) {
	for _, name := range names {
		more, err := lines(name)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

func (w *world) sessionLines(id string) ([]string, error) {
	var s struct {
		Visitor string   `json:"visitor_id"`
		Events  int      `json:"event_count"`
		Visits  int      `json:"visit_count"`
		Lead    bool     `json:"converted_to_lead"`
		Viewed  []string `json:"properties_viewed"`
	}
	found, err := w.ask("/v1/sessions/"+id, &s)
	if err != nil || !found {
		return nil, err
	}
	ids, err := w.timeline(id)
	return []string{sessionLine(id, s.Visitor, s.Events, s.Visits, s.Lead, s.Viewed), timelineLine(id, ids)}, err
}

func (w *world) timeline(session string) (ids []string, err error) {
	target := "/v1/sessions/" + session + "/events?limit=1000"
	for cursor := ""; ; {
		var page struct {
			Events []struct {
				ID string `json:"event_id"`
			}
			Next *string `json:"next_cursor"`
		}
		if _, err := w.ask(target+cursor, &page); err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			ids = append(ids, e.ID)
		}
		if page.Next == nil {
			return ids, nil
		}
		cursor = "&cursor=" + url.QueryEscape(*page.Next)
	}
}

func (w *world) visitorLines(id string) ([]string, error) {
	var v struct {
		Visits   int `json:"visit_count"`
		Events   int `json:"event_count"`
		Sessions []struct {
			ID string `json:"session_id"`
		} `json:"sessions"`
	}
	found, err := w.ask("/v1/visitors/"+id, &v)
	if err != nil || !found {
		return nil, err
	}
	var ids []string
	for _, s := range v.Sessions {
		ids = append(ids, s.ID)
	}
	slices.Sort(ids)
	return []string{visitorLine(id, ids, v.Events, v.Visits)}, nil
}

func (w *world) listingLines(id string) ([]string, error) {
	type numbers struct {
		Views     int `json:"total_views"`
		Unique    int `json:"unique_views"`
		Inquiries int `json:"inquiry_count"`
		Shares    int `json:"share_count"`
	}
	var e struct {
		Totals numbers
		Days   []struct {
			Date string
			numbers
		}
	}
	if _, err := w.ask("/v1/listings/"+id+"/engagement?from=2025-01-01&to=2028-12-31", &e); err != nil {
		return nil, err
	}
	line := func(day string, n numbers) string {
		return listingLine(id, day, n.Views, n.Unique, n.Inquiries, n.Shares)
	}
	lines := []string{line("in all", e.Totals)}
	for _, d := range e.Days {
		lines = append(lines, line(d.Date, d.numbers))
	}
	return lines, nil
}

// leadLines tells of the leads of every status: a list without one names the open ones only.
func (w *world) leadLines() (lines []string, err error) {
	for _, status := range statuses {
		for cursor := ""; ; {
			var page struct {
				Leads []struct {
					Ref, Notes, Status string
					Profile            string `json:"profile_id"`
					Listing            string `json:"listing_id"`
					Session            string `json:"session_id"`
					Outcome            struct{ Outcome, Notes string }
				}
				Next *string `json:"next_cursor"`
			}
			if _, err := w.ask("/v1/leads?limit=1000&status="+status+cursor, &page); err != nil {
				return nil, err
			}
			for _, l := range page.Leads {
				lines = append(lines, leadLine(l.Ref, l.Status, l.Profile, l.Notes, l.Listing, l.Session, l.Outcome.Outcome))
			}
			if page.Next == nil {
				break
			}
			cursor = "&cursor=" + url.QueryEscape(*page.Next)
		}
	}
	return lines, nil
}

// difference returns an error with the lines that only one of two has, nil if there are none.
func difference(want, got []string) error {
	if slices.Equal(want, got) {
		return nil
	}
	var b strings.Builder
	for _, line := range want {
		if !slices.Contains(got, line) {
			fmt.Fprintf(&b, "\n  want %s", line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			fmt.Fprintf(&b, "\n  got  %s", line)
		}
	}
	if b.Len() == 0 {
		b.WriteString("\n  the same lines, in other numbers")
	}
	return fmt.Errorf("the answers are not those of the oracle:%s", b.String())
}
