package leads

import (
	"slices"
	"testing"
)

func (w *world) activity(id string) map[string]any {
	return w.get(id)["activity"].(map[string]any)
}

func TestALeadShowsWhatItsVisitorDoesInOtherSessions(t *testing.T) {
	w := newWorld(t)
	w.browse("s1", "v1")
	id, _ := w.create(Create{Session: "s1"})
	older, _ := w.create(Create{})
	w.now.Add(3 * aDay)
	w.browse("s2", "v1")
	w.browse("s3", "somebody else")
	act := w.activity(id)
	same(t, "visits_7d", act["visits_7d"], `2`)
	same(t, "views_7d", act["views_7d"], `10`)
	same(t, "trend_7d, from 50 to 90 + 15, at most 100", act["trend_7d"], `50`)
	same(t, "last_seen", act["last_seen"], `"2024-01-04T20:22:10.000Z"`)
	same(t, "online", act["online"], `true`)
	same(t, "current_listing", act["current_listing"], `"home-5"`)
	w.now.Add(5 * aDay) // the first visit was 8 days ago, the second 5
	act = w.activity(id)
	same(t, "visits_7d", act["visits_7d"], `1`)
	same(t, "views_7d", act["views_7d"], `5`)
	same(t, "trend_7d, from the 90 of one visit", act["trend_7d"], `10`)
	same(t, "online", act["online"], `false`)
	same(t, "current_listing", act["current_listing"], `null`)
	same(t, "without a session", w.activity(older)["visits_7d"], `null`)

	if got := w.ids(Query{Sort: SortActivity, Limit: 5}); !slices.Equal(got, []string{id, older}) {
		t.Errorf("by activity: %v", got)
	}
	w.act(older, "call", "")
	if got := w.ids(Query{Sort: SortActivity, Limit: 5}); !slices.Equal(got, []string{older, id}) {
		t.Errorf("by activity, after a call: %v", got)
	}
}
