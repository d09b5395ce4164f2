package server

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"footfall/event"
	"footfall/journal"
	"footfall/leads"
)

// house is an open server with a clock that the test sets.
type house struct {
	*Server
	t     *testing.T
	o     Options
	clock atomic.Int64 // ms since 1970
}

func (h *house) now() time.Time { return time.UnixMilli(h.clock.Load()).UTC() }

func (h *house) nextDay() { h.clock.Add(event.MsPerDay) }

func openHouse(t *testing.T, o Options) *house {
	t.Helper()
	h := &house{t: t, o: o}
	h.clock.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
	h.o.Data = t.TempDir()
	h.o.WriteKey, h.o.AdminKey = "wk_0123456789abcdef", "sk_0123456789abcdef"
	h.o.Now = h.now
	h.open()
	t.Cleanup(func() { h.must(h.Close()) })
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) open() {
	h.t.Helper()
	s, err := Open(h.t.Context(), h.o)
	h.must(err)
	h.Server = s
	h.must(s.sessions.Warm(h.t.Context(), false))
}

// view sends a view of today.
func (h *house) view(session string) {
	h.t.Helper()
	h.viewOf(session, "")
}

// viewOf sends one of a visitor.
func (h *house) viewOf(session, visitor string) {
	h.t.Helper()
	at := h.clock.Load()
	_, err := h.journal.Submit(h.t.Context(), journal.Record{
		Kind: journal.KindChunk, Site: h.Site().ID, Session: session, At: h.now(), Chunk: &event.Chunk{
			Session: session, Visitor: visitor, Events: []event.Event{{
				Type: event.PropertyView, Listing: "L1", At: at, Day: event.UTCDay(at), Clock: event.None, Scroll: event.None,
			}},
		},
	})
	h.must(err)
}

func (h *house) lead() {
	h.t.Helper()
	_, _, _, err := h.leads.Create(h.t.Context(), leads.Create{
		Site: h.Site(), Form: []leads.Field{{Name: "email", Value: []byte(`"a@example.com"`)}},
	})
	h.must(err)
}

// left tells what is still there: sessions with their events, and how many leads.
func (h *house) left(sessions ...string) string {
	h.t.Helper()
	var b strings.Builder
	for _, id := range sessions {
		a, found, err := h.sessions.Session(h.Site().ID, id)
		h.must(err)
		events, _, err := h.sessions.Timeline(h.Site().ID, id, 0, -1, 100)
		h.must(err)
		if found {
			fmt.Fprintf(&b, "%s %d/%d ", id, len(events), a.EventCount)
		}
	}
	page, _, err := h.leads.List(h.Site().ID, leads.Query{})
	h.must(err)
	fmt.Fprintf(&b, "leads %d", len(page))
	return b.String()
}

// retained runs the job until it has nothing more to do: it may leave work to its next time.
func (h *house) retained() {
	h.t.Helper()
	for range 3 {
		h.must(h.retain(context.Background()))
		h.must(h.Close())
		h.open()
	}
}

// Three days are kept, of events two. Nobody comes after the fourth day.
func TestRetentionDeletesWholeDays(t *testing.T) {
	h := openHouse(t, Options{RetainEvents: 2, RetainSessions: 3, RetainLeads: 3})
	for day := range 4 {
		h.view(fmt.Sprint("of day ", day))
		h.view("of all days")
		h.lead()
		if day < 3 {
			h.nextDay()
		}
	}
	names := []string{"of day 0", "of day 1", "of day 2", "of day 3", "of all days"}
	for _, want := range []string{
		"of day 0 0/1 of day 1 1/1 of day 2 1/1 of day 3 1/1 of all days 3/4 leads 4",
		"of day 1 0/1 of day 2 1/1 of day 3 1/1 of all days 2/4 leads 3",
		"of day 2 0/1 of day 3 1/1 of all days 1/4 leads 2",
		"of day 3 0/1 of all days 0/4 leads 1",
		"leads 0",
	} {
		h.retained()
		if got := h.left(names...); got != want {
			t.Errorf("on %s are left\n     %s\nwant %s", h.now().Format(time.DateOnly), got, want)
		}
		h.nextDay()
	}
	h.must(h.Close())
	if _, err := Check(t.Context(), h.o, func(err error) { t.Error(err) }); err != nil {
		t.Error(err)
	}
	if _, err := Rebuild(t.Context(), h.o); err == nil || !strings.Contains(err.Error(), "--retain-events") {
		t.Errorf("rebuilt without events: %v", err)
	}
	h.open()
}

func TestWithoutEventsRetiredARebuildRetiresAgain(t *testing.T) {
	h := openHouse(t, Options{RetainSessions: 1, RetainLeads: 1})
	for range 4 {
		h.view(h.now().Format(time.DateOnly))
		h.lead()
		h.nextDay()
	}
	h.retained()
	names := []string{"2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"}
	want := h.left(names...)
	if want != "2026-03-04 1/1 leads 1" {
		t.Errorf("left are %s", want)
	}
	h.must(h.Close())
	if _, err := Rebuild(t.Context(), h.o); err != nil {
		t.Error(err)
	}
	h.open()
	if got := h.left(names...); got != want {
		t.Errorf("rebuilt\n     %s\nwant %s", got, want)
	}
}

func TestWithoutFlagsNothingIsRetired(t *testing.T) {
	h := openHouse(t, Options{})
	h.view("s")
	h.lead()
	h.clock.Add(3650 * event.MsPerDay)
	before := h.journal.Applied()
	h.must(h.retain(context.Background()))
	if got := h.left("s"); got != "s 1/1 leads 1" || h.journal.Applied() != before {
		t.Errorf("left are %s", got)
	}
}

// --retain-sessions is for sessions and visitors; the metric shows that it does what it says.
func TestVisitorsGoWithTheirLastSession(t *testing.T) {
	h := openHouse(t, Options{RetainSessions: 2})
	h.viewOf("first", "once")
	h.viewOf("second", "often")
	h.nextDay()
	h.viewOf("third", "often")
	visitors := func() (left []string) {
		for _, id := range []string{"once", "often"} {
			_, found, err := h.sessions.Visitor(h.Site().ID, id)
			h.must(err)
			if found {
				left = append(left, id)
			}
		}
		return left
	}
	ages := func() string {
		h.must(h.lookForOldest(t.Context()))
		ages := h.ages()
		return fmt.Sprint("events ", ages["events"], " sessions ", ages["sessions"], " visitors ", ages["visitors"])
	}
	for _, want := range []string{
		"[once often] events 36h0m0s sessions 24h0m0s visitors 24h0m0s",
		"[once often] events 60h0m0s sessions 48h0m0s visitors 48h0m0s",
		"[often] events 84h0m0s sessions 48h0m0s visitors 48h0m0s",
		"[] events 108h0m0s sessions 0s visitors 0s",
	} {
		h.retained()
		if got := fmt.Sprint(visitors(), " ", ages()); got != want {
			t.Errorf("on %s are left\n     %s\nwant %s", h.now().Format(time.DateOnly), got, want)
		}
		h.nextDay()
	}
	if h.ages()["journal"] == 0 {
		t.Error("the journal's first record has no age")
	}
	h.must(h.Close())
	if _, err := Check(t.Context(), h.o, func(err error) { t.Error(err) }); err != nil {
		t.Error(err)
	}
	if _, err := Rebuild(t.Context(), h.o); err != nil {
		t.Error(err)
	}
	h.open()
	if got := visitors(); got != nil {
		t.Errorf("rebuilt, %v are left", got)
	}
}
