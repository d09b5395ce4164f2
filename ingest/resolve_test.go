package ingest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"footfall/event"
)

const received = int64(1_750_000_000_000)

func TestResolveBelievesOnlyABelievableClock(t *testing.T) {
	const day = event.MaxEventAge
	for _, tc := range []struct {
		name             string
		ts, sentAt       int64
		hasTS, hasSentAt bool
		want             int64
	}{
		{"neither", 0, 0, false, false, received},
		{"sentAt alone", 0, 5, false, true, received},
		{"both, a wrong clock with a right age", 1000, 4000, true, true, received - 3000},
		{"both, no age", 4000, 4000, true, true, received},
		{"both, a day", 0, day, true, true, received - day},
		{"both, over a day", 0, day + 1, true, true, received},
		{"both, sent before it happened", 4001, 4000, true, true, received},
		{"ts alone, now", received, 0, true, false, received},
		{"ts alone, an hour ago", received - 3_600_000, 0, true, false, received - 3_600_000},
		{"ts alone, a day ago", received - day, 0, true, false, received - day},
		{"ts alone, longer ago", received - day - 1, 0, true, false, received},
		{"ts alone, in the future", received + 1, 0, true, false, received},
		{"1970", 0, 0, true, false, received},
		{"2100", 4_102_444_800_000, 0, true, false, received},
		{"negative", -1, 0, true, false, received},
		{"absurd", -maxTime, maxTime, true, true, received},
	} {
		if got := Resolve(tc.ts, tc.sentAt, tc.hasTS, tc.hasSentAt, received); got != tc.want {
			t.Errorf("%s: got %d, want %d", tc.name, got, tc.want)
		}
	}
}

func loadZone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Skipf("no time zones on this machine: %v", err)
	}
	return loc
}

func TestLocalDayIsRightAcrossClockChanges(t *testing.T) {
	for _, tc := range []struct{ zone, at, day string }{
		{"America/New_York", "2025-03-09T04:59:59Z", "2025-03-08"}, // UTC−5 until 07:00 UTC
		{"America/New_York", "2025-03-09T05:00:00Z", "2025-03-09"},
		{"America/New_York", "2025-03-10T03:59:59Z", "2025-03-09"}, // UTC−4 from then on
		{"America/New_York", "2025-03-10T04:00:00Z", "2025-03-10"},
		{"America/New_York", "2025-11-02T03:59:59Z", "2025-11-01"},
		{"America/New_York", "2025-11-03T04:59:59Z", "2025-11-02"},
		{"America/New_York", "2025-11-03T05:00:00Z", "2025-11-03"},
		{"Pacific/Kiritimati", "2025-01-01T10:00:00Z", "2025-01-02"},
		{"Asia/Kathmandu", "2025-01-01T18:14:59.999Z", "2025-01-01"},
		{"Asia/Kathmandu", "2025-01-01T18:15:00Z", "2025-01-02"},
		{"UTC", "1969-12-31T23:59:59Z", "1969-12-31"},
	} {
		at, _ := time.Parse(time.RFC3339, tc.at)
		want, _ := time.Parse(time.DateOnly, tc.day)
		if got := LocalDay(at.UnixMilli(), loadZone(t, tc.zone)); got != event.UTCDay(want.UnixMilli()) {
			t.Errorf("%s in %s: day %d, want %s", tc.at, tc.zone, got, tc.day)
		}
	}
	if got := LocalDay(86_400_000, nil); got != 1 {
		t.Errorf("without a zone: day %d, want 1", got)
	}
}

func TestARememberedZoneAnswersAsTheCalendarDoes(t *testing.T) {
	zones := []*time.Location{time.UTC, time.FixedZone("", -9*3600), loadZone(t, "Europe/Berlin"), loadZone(t, "Australia/Lord_Howe"), loadZone(t, "America/St_Johns")}
	random := rand.New(rand.NewPCG(1, 2))
	var z zoneSpan
	for range 20_000 {
		loc := zones[random.IntN(len(zones))]
		ms := random.Int64N(4_000_000_000_000) - 1_000_000_000_000
		y, m, d := time.UnixMilli(ms).In(loc).Date()
		want := event.UTCDay(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).UnixMilli())
		if got := z.day(ms, loc); got != want {
			t.Fatalf("%d in %s: day %d, want %d", ms, loc, got, want)
		}
	}
}

// show writes chunks as session(visitor,device,flags): id@age …
func show(chunks []event.Chunk) string {
	var b strings.Builder
	for _, c := range chunks {
		fmt.Fprintf(&b, "%s(%s,%s,%d):", c.Session, c.Visitor, c.Device, c.Flags)
		for _, e := range c.Events {
			fmt.Fprintf(&b, " %s@%d", e.ID, received-e.At)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// aged returns an item whose event is age ms old.
func aged(session, id string, age int64) Item {
	return Item{Session: session, TS: received - age, HasTS: true, Event: event.Event{ID: id}}
}

func with(it Item, f func(*Item)) Item {
	f(&it)
	return it
}

func TestChunksAreOrderedAndCut(t *testing.T) {
	live := Stamp{Received: received, Device: event.Desktop}
	imported := Stamp{Received: received, Imported: true, TrustTS: true}
	visitor := func(it *Item) { it.Visitor = "v" }
	for _, tc := range []struct {
		name  string
		items []Item
		stamp Stamp
		want  string
	}{
		{"none", nil, live, ""},
		{"one", []Item{aged("s", "a", 0)}, live, "s(,desktop,0): a@0\n"},
		{"by time, stable", []Item{aged("s", "a", 5), aged("s", "b", 9), aged("s", "c", 5), aged("s", "d", 0)}, live, "s(,desktop,0): b@9 a@5 c@5 d@0\n"},
		{"sessions by first appearance", []Item{aged("t", "a", 1), aged("s", "b", 9), aged("t", "c", 5), aged("r", "d", 7), aged("s", "e", 8)}, live,
			"t(,desktop,0): c@5 a@1\ns(,desktop,0): b@9 e@8\nr(,desktop,0): d@7\n"},
		{"cut where the visitor changes", []Item{aged("s", "a", 5), with(aged("s", "b", 4), visitor), with(aged("s", "c", 3), visitor), aged("s", "d", 2)}, live,
			"s(,desktop,0): a@5\ns(v,desktop,0): b@4 c@3\ns(,desktop,0): d@2\n"},
		{"cut where profile, device or flags change", []Item{
			aged("s", "a", 9),
			with(aged("s", "b", 8), func(it *Item) { it.Profile = "p" }),
			with(aged("s", "c", 7), func(it *Item) { it.Device = event.Mobile }),
			with(aged("s", "d", 6), func(it *Item) { it.Webdriver = true }),
			with(aged("s", "e", 5), func(it *Item) { it.HasConsent, it.Anonymous = true, true }),
		}, live, "s(,desktop,0): a@9\ns(,desktop,0): b@8\ns(,mobile,0): c@7\ns(,desktop,1): d@6\ns(,desktop,8): e@5\n"},
		{"a bot's", []Item{aged("s", "a", 0)}, Stamp{Received: received, Flagged: true}, "s(,,1): a@0\n"},
		{"the site's consent", []Item{aged("s", "a", 0), with(aged("s", "b", 0), func(it *Item) { it.HasConsent = true })}, Stamp{Received: received, DefaultAnonymous: true},
			"s(,,8): a@0\ns(,,0): b@0\n"},
		{"an import keeps its lines' order and times", []Item{aged("s", "a", 5), aged("t", "b", 0), aged("s", "c", 900_000_000), aged("s", "d", 1)}, imported,
			"s(,,4): a@5 c@900000000 d@1\nt(,,4): b@0\n"},
	} {
		var g Grouper
		for range 2 { // the second time with used buffers
			if got := show(g.Chunks(tc.items, tc.stamp)); got != tc.want {
				t.Errorf("%s: got\n%swant\n%s", tc.name, got, tc.want)
			}
		}
	}
}

func TestChunksTakeTheLocalDay(t *testing.T) {
	var g Grouper
	at := time.Date(2025, 6, 2, 3, 0, 0, 0, time.UTC)
	chunks := g.Chunks([]Item{{Session: "s"}}, Stamp{Received: at.UnixMilli(), Zone: loadZone(t, "America/New_York")})
	if got, want := chunks[0].Events[0].Day, event.UTCDay(at.UnixMilli())-1; got != want {
		t.Errorf("day %d, want %d", got, want)
	}
}
