package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"footfall/event"
)

const sendTime = 1_750_000_000_000

// bodies renders whole visits.
func bodies(s *script, visits uint64) (all [][]byte) {
	var v visit
	for n := range visits {
		for s.begin(&v, n); v.more(); {
			b, _ := v.appendBeacon(nil, sendTime+int64(len(all)))
			all = append(all, b)
		}
	}
	return all
}

func TestEqualSeedsGiveEqualBytes(t *testing.T) {
	for _, size := range []int{0, 1, 10} {
		a, b := bodies(newScript(3, "run", size, 100), 200), bodies(newScript(3, "run", size, 100), 200)
		if !slices.EqualFunc(a, b, bytes.Equal) {
			t.Errorf("size %d: two runs differ", size)
		}
		if c := bodies(newScript(4, "run", size, 100), 200); slices.EqualFunc(a, c, bytes.Equal) {
			t.Errorf("size %d: the seed changes nothing", size)
		}
	}
}

func TestAVisitCanBeToldAgainFromItsBeginning(t *testing.T) {
	for _, size := range []int{0, 1, 10} {
		s := newScript(3, "run", size, 100)
		var v visit
		for n := range uint64(300) {
			var told []step
			for s.begin(&v, n); v.more(); {
				before := v.told
				if _, events := v.appendBeacon(nil, sendTime); events != v.told-before || events < 1 {
					t.Fatalf("a beacon of %d events told %d", events, v.told-before)
				}
				if told = s.steps(n, v.told); len(told) != v.told {
					t.Fatalf("visit %d: %d steps, want %d", n, len(told), v.told)
				}
			}
			if again := s.steps(n, 1000); !slices.Equal(told, again[:len(told)]) {
				t.Fatalf("visit %d is told otherwise", n)
			}
		}
	}
}

func TestNoBodyIsRepeated(t *testing.T) {
	for _, size := range []int{0, 1, 10} {
		seen := map[string]bool{}
		for _, b := range bodies(newScript(3, "run", size, 100), 500) {
			if seen[string(b)] {
				t.Fatalf("size %d: %s", size, b)
			}
			seen[string(b)] = true
		}
	}
}

// sent is a beacon as a server reads it.
type sent struct {
	SessionID string           `json:"sessionId"`
	SentAt    int64            `json:"sentAt"`
	EventType string           `json:"eventType"`
	Events    []map[string]any `json:"events"`
}

func TestBodiesAreBeacons(t *testing.T) {
	ids, sizes, kinds, late := map[string]bool{}, map[int]int{}, map[string]int{}, 0
	for _, b := range bodies(newScript(1, "run", 0, 100), 1000) {
		var s sent
		if err := json.Unmarshal(b, &s); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		if len(b) > event.MaxWire || s.SessionID == "" || s.SentAt < sendTime {
			t.Fatalf("%s", b)
		}
		if s.EventType != "" {
			var one map[string]any
			if err := json.Unmarshal(b, &one); err != nil {
				t.Fatal(err)
			}
			s.Events = append(s.Events, one)
		}
		sizes[len(s.Events)]++
		for _, e := range s.Events {
			id := fmt.Sprint(s.SessionID, e["eventId"])
			if e["eventId"] == nil || ids[id] {
				t.Fatalf("event id %s twice or missing", id)
			}
			ids[id] = true
			kinds[fmt.Sprint(e["eventType"])]++
			if float64(s.SentAt)-e["ts"].(float64) >= lateBy {
				late++
				if e["eventType"] != "page_duration" {
					t.Errorf("late: %v", e)
				}
			}
			if event.TypeOf(fmt.Sprint(e["eventType"])) == event.Custom || e["pageId"] == nil || e["durationSeconds"] == nil {
				t.Fatalf("%v", e)
			}
		}
	}
	if late == 0 || sizes[1] == 0 || sizes[4] == 0 || sizes[10] == 0 {
		t.Errorf("%d late events, beacons by size %v", late, sizes)
	}
	for _, kind := range []string{"page_view", "property_view", "scroll_depth", "form_start", "form_submit", "page_duration", "property_interaction"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s: %v", kind, kinds)
		}
	}
}

func TestVisitsStayWithinTheBoundsOfASession(t *testing.T) {
	for _, size := range []int{0, 1, 10, 100} {
		s := newScript(1, "run", size, 1000)
		var v visit
		for n := range uint64(3000) {
			for s.begin(&v, n); v.more(); {
				v.next()
			}
			if v.page > 60 || v.told >= 900 || size > 1 && v.told%size != 0 {
				t.Fatalf("size %d: visit %d has %d pages and %d events", size, n, v.page, v.told)
			}
		}
	}
}

func TestFewListingsGetMostViews(t *testing.T) {
	s := newScript(1, "run", 0, 1000)
	views := make([]int, 1000)
	total := 0
	for n := range uint64(5000) {
		for _, st := range s.steps(n, 1000) {
			if st.kind == event.PropertyView {
				views[st.listing]++
				total++
			}
		}
	}
	first := 0
	for _, n := range views[:10] {
		first += n
	}
	if share := float64(first) / float64(total); share < .25 || share > .55 {
		t.Errorf("10 of 1000 listings have %.2f of %d views", share, total)
	}
}

func TestEventIDsAreReadBack(t *testing.T) {
	s := newScript(1, "run", 0, 1)
	for _, i := range []int{0, 9, 4095} {
		if got, ok := eventIndex(s, 77, string(s.appendEventID(nil, 77, i))); !ok || got != i {
			t.Errorf("%d: %d, %v", i, got, ok)
		}
	}
	for _, id := range []string{"", ".", "e_25.", "e_25.x", "e_25.-1", "e_25.01", "e_26.1", "x_25.1", "e_25.1 "} {
		if i, ok := eventIndex(s, 77, id); ok {
			t.Errorf("%q is event %d", id, i)
		}
	}
}
