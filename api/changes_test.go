package api

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// told is what somebody who follows the changes was told, one line each.
func (r *reply) told() (lines []string) {
	for _, v := range r.at("changes").([]any) {
		m := v.(map[string]any)
		lines = append(lines, fmt.Sprintf("%v %v %v%v", m["type"], m["change"], m["session_id"], m["lead_id"]))
	}
	return lines
}

func (r *reply) cursor() string { return url.QueryEscape(fmt.Sprint(r.at("next_cursor"))) }

func TestChangesTellWhatHappenedInOrder(t *testing.T) {
	w := newWorld(t)
	w.beacon(sent{"eventType": "page_view", "sessionId": "s", "visitorId": "v"}, sent{"eventType": "page_view", "sessionId": "s", "visitorId": "v"})
	id := w.lead(`{"formData":{"name":"Ada canary"},"sessionId":"s"}`)
	w.posted("/v1/leads/"+id+"/activities", `{"type":"call","note":"canary"}`, asJSON)
	w.posted("/v1/leads/"+id+"/outcome", `{"outcome":"closed_won","notes":"canary"}`, asJSON)
	w.posted("/v1/leads/"+id+"/feedback", `{"was_accurate":true,"feedback":"canary"}`, asJSON)
	if res := w.do("PATCH", "/v1/leads/"+id, `{"status":"qualified","notes":"canary"}`, bearer, asJSON); res.StatusCode != 200 {
		t.Fatal(res.raw)
	}
	all := w.got("/v1/changes")
	want := []string{
		"session events s<nil>", "lead created s" + id, "lead activity <nil>" + id, "outcome outcome <nil>" + id, "lead feedback <nil>" + id, "lead changed <nil>" + id,
	}
	if got := all.told(); !slices.Equal(got, want) || all.at("more") != false {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if first := all.at("changes").([]any)[0].(map[string]any); first["events"] != 2.0 || first["visitor_id"] != "v" || first["profile_id"] != "default" || first["time"] != "2026-03-10T12:00:00.000Z" {
		t.Errorf("the session: %v", first)
	}
	if strings.Contains(all.raw, "canary") {
		t.Errorf("it tells what people wrote: %s", all.raw)
	}
	if got := w.got("/v1/changes?types=outcome").told(); !slices.Equal(got, want[3:4]) {
		t.Errorf("outcomes: %q", got)
	}
	if got := w.got("/v1/changes?types=lead,outcome&limit=2"); !slices.Equal(got.told(), want[1:3]) || got.at("more") != true {
		t.Errorf("a page: %q, more %v", got.told(), got.at("more"))
	}
	next := w.got("/v1/changes?cursor=" + all.cursor())
	if len(next.told()) != 0 || next.at("next_cursor") == nil {
		t.Errorf("after the end: %s", next.raw)
	}
	w.beacon(sent{"eventType": "page_view", "sessionId": "later"})
	if got := w.got("/v1/changes?cursor=" + next.cursor()).told(); !slices.Equal(got, []string{"session events later<nil>"}) {
		t.Errorf("later: %q", got)
	}
	for _, query := range []string{"?types=hot", "?cursor=x", "?types=lead&cursor=" + all.cursor(), "?limit=0"} {
		if res := w.get("/v1/changes" + query); res.StatusCode != 400 {
			t.Errorf("%s: %d", query, res.StatusCode)
		}
	}
	if res := w.do("DELETE", "/v1/visitors/v", "", bearer); res.StatusCode != 202 {
		t.Fatal(res.raw)
	}
	if got := w.got("/v1/changes").told(); !slices.Equal(got, []string{"session events later<nil>"}) {
		t.Errorf("who was forgotten is told of: %q", got)
	}
}

func TestChangesAreOfWhatTheKeySees(t *testing.T) {
	w := newWorld(t)
	elm, oak := w.tenant("elm"), w.tenant("oak")
	w.fill(oak)
	leads := w.fill(elm)
	if got := w.do("GET", "/v1/changes", "", elm.read).told(); len(got) != 4 {
		t.Errorf("elm is told %q", got)
	}
	got := w.do("GET", "/v1/changes", "", elm.name).told()
	if want := []string{"session events of ann<nil>", "lead created of ann" + leads["ann"]}; !slices.Equal(got, want) {
		t.Errorf("ann is told %q", got)
	}
	if res := w.do("GET", fmt.Sprintf("/v1/changes?site_id=%d", oak.site), "", elm.read); res.StatusCode != 404 {
		t.Errorf("%d", res.StatusCode)
	}
}

func TestACursorThatRetentionPassedIsExpired(t *testing.T) {
	w := newWorld(t)
	w.beacon(sent{"eventType": "page_view", "sessionId": "old"})
	id := w.lead(`{"formData":{"name":"Ada"}}`)
	first := w.got("/v1/changes?limit=1")
	before := w.got("/v1/changes?limit=2")
	w.beacon(sent{"eventType": "page_view", "sessionId": "old too"})
	w.later.Store(int64(48 * time.Hour))
	w.beacon(sent{"eventType": "page_view", "sessionId": "new"})
	w.must(w.journal.Checkpoint(context.Background()))
	w.must(w.journal.RetireEvents(uint16(now.Add(24*time.Hour).Unix() / 86400)))
	for _, query := range []string{"?cursor=" + before.cursor(), "?limit=1&cursor=" + first.cursor()} {
		if res := w.get("/v1/changes" + query); res.StatusCode != 400 || res.code() != "cursor_expired" {
			t.Errorf("%s: %d %s", query, res.StatusCode, res.raw)
		}
	}
	page := w.got("/v1/changes?limit=1") // from the oldest that is kept
	if got := page.told(); !slices.Equal(got, []string{"lead created <nil>" + id}) {
		t.Errorf("got %q", got)
	}
	if got := w.got("/v1/changes?cursor=" + page.cursor()).told(); !slices.Equal(got, []string{"session events new<nil>"}) {
		t.Errorf("and then %q", got)
	}
}

// Somebody who follows page by page and is killed at any moment, so that they ask again with a cursor of before, misses
// nothing and sees everything in order.
func TestWhoFollowsTheChangesMissesNothing(t *testing.T) {
	w := newWorld(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		var want, got []string
		start := w.got("/v1/changes?limit=1000")
		for start.at("more") == true || len(start.told()) > 0 {
			start = w.got("/v1/changes?limit=1000&cursor=" + start.cursor())
		}
		cursor, kept := start.cursor(), 0
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.IntRange(0, 4).Draw(rt, "step") {
			case 0, 1:
				n++
				session := fmt.Sprint("s", n)
				w.beacon(sent{"eventType": "page_view", "sessionId": session})
				want = append(want, "session events "+session+"<nil>")
			case 2:
				want = append(want, "lead created <nil>"+w.lead(`{"formData":{"name":"Ada"}}`))
			default:
				page := w.got(fmt.Sprintf("/v1/changes?limit=%d&cursor=%s", rapid.IntRange(1, 3).Draw(rt, "limit"), cursor))
				got = append(got[:kept], page.told()...)
				if !rapid.Bool().Draw(rt, "killed") { // else nothing of the page was kept
					cursor, kept = page.cursor(), len(got)
				}
			}
		}
		for more := true; more; {
			page := w.got("/v1/changes?limit=2&cursor=" + cursor)
			got = append(got[:kept], page.told()...)
			cursor, kept = page.cursor(), len(got)
			more = page.at("more") == true
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("got  %q\nwant %q", got, want)
		}
	})
}
