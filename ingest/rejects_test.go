package ingest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"footfall/fault"
)

func TestRejectedEventsAreKeptNewestFirstWithoutSecrets(t *testing.T) {
	g := newRig(t)
	g.want(g.beacon(`{"eventType":"page_view","url":"https://agent.example/a?token=x","password":"hunter2"}`), 400, "all_rejected")
	g.want(g.beacon(`{"eventType":"Page View","sessionId":"a"}`), 400, "all_rejected")
	rows := g.rejected()
	if len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
	if rows[0].Code != fault.InvalidField || rows[0].Field != "eventType" || rows[1].Code != fault.MissingField {
		t.Errorf("%+v", rows)
	}
	if want := `{"eventType":"page_view","url":"https://agent.example/a"}`; string(rows[1].Event) != want {
		t.Errorf("kept %s, want %s", rows[1].Event, want)
	}
	if !rows[0].Time.Equal(now) {
		t.Errorf("time %v", rows[0].Time)
	}
	text, err := json.Marshal(rows[0])
	g.must(err)
	if strings.Contains(string(text), "Number") || !strings.Contains(string(text), `"event":{`) {
		t.Errorf("%s", text)
	}
}

func TestLongRejectedEventsAreCut(t *testing.T) {
	g := newRig(t)
	g.want(g.beacon(`{"eventType":"page_view","title":"`+strings.Repeat("ä", 3000)+`"}`), 400, "all_rejected")
	var beginning string
	row := g.rejected()[0]
	g.must(json.Unmarshal(row.Event, &beginning))
	if len(row.Event) > maxRejectEvent || !strings.HasPrefix(beginning, `{"eventType":"page_view","title":"ä`) {
		t.Errorf("%d bytes: %.60s", len(row.Event), beginning)
	}
}

// fill puts n numbered rejects into the ring, 100 a second.
func fill(t *testing.T, g *ring, from, n int) {
	t.Helper()
	for i := range n {
		at := now.Add(time.Duration(from+i) * time.Second / rejectsASecond)
		lost, err := g.add(new(Decoder), 1, at, []Reject{{Code: fault.InvalidJSON, Message: fmt.Sprint(from + i)}})
		if lost != 0 || err != nil {
			t.Fatal(lost, err)
		}
	}
}

func TestTheRingKeepsAThousandAndPages(t *testing.T) {
	g := newRig(t)
	fill(t, &g.in.rejects, 0, 1500)
	rows := g.rejected()
	if len(rows) != maxRejects || rows[0].Message != "1499" || rows[999].Message != "500" {
		t.Fatalf("%d rows from %q to %q", len(rows), rows[0].Message, rows[len(rows)-1].Message)
	}
	ninth := rows[9].Place()
	page, err := g.in.Rejects([]uint32{1}, 10, &ninth)
	g.must(err)
	if len(page) != 10 || page[0].Message != "1489" {
		t.Errorf("%+v", page)
	}
	if page, err = g.in.Rejects([]uint32{2}, 10, nil); err != nil || page == nil || len(page) != 0 {
		t.Errorf("another site: %v, %v", page, err)
	}
}

func TestTheRingGoesOnWhereItStoodBefore(t *testing.T) {
	g := newRig(t)
	fill(t, &g.in.rejects, 0, 5)
	again := ring{db: g.db, sites: map[uint32]*ringSite{}}
	fill(t, &again, 5, 5)
	if rows := g.rejected(); len(rows) != 10 || rows[0].Message != "9" || rows[0].Number != 10 {
		t.Errorf("%d rows, %+v", len(rows), rows[0])
	}
}

// Page by page, whatever the clock does, every row of every site is seen once, newest first.
func TestRejectsOfSeveralSitesArePagedAsOneList(t *testing.T) {
	g := newRig(t)
	for i := range 40 {
		at := now.Add(time.Duration([]int{0, 3, 3, -2, 5}[i%5]+i/5) * time.Second)
		_, err := g.in.rejects.add(new(Decoder), uint32(1+i%3), at, []Reject{{Code: fault.InvalidJSON, Message: fmt.Sprint(i)}})
		g.must(err)
	}
	for _, limit := range []int{1, 7, 100} {
		seen := map[string]bool{}
		var after *RejectPlace
		for {
			page, err := g.in.Rejects([]uint32{1, 2, 3}, limit, after)
			g.must(err)
			for _, r := range page {
				place := r.Place()
				if after != nil && (seen[r.Message] || r.Time.UnixMilli() > after.Time) {
					t.Errorf("limit %d: %+v comes after %+v", limit, r, after)
				}
				seen[r.Message], after = true, &place
			}
			if len(page) < limit {
				break
			}
		}
		if len(seen) != 40 {
			t.Errorf("limit %d: %d rows", limit, len(seen))
		}
	}
}

func TestAFloodOfBadEventsIsNoFloodOfWrites(t *testing.T) {
	g := newRig(t)
	bad := strings.Repeat("{}\n", 250)
	g.want(g.beacon(bad), 400, "all_rejected")
	g.want(g.beacon(bad), 400, "all_rejected")
	if got := len(g.rejected()); got != rejectsASecond {
		t.Errorf("%d rows in one second, want %d", got, rejectsASecond)
	}
	if lost := g.in.Counts().RejectsLost.Load(); lost != 400 {
		t.Errorf("%d lost", lost)
	}
}
