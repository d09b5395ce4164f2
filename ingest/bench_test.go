package ingest

import (
	"strings"
	"testing"
	"time"

	"footfall/event"
)

const typicalEvent = `{"eventType":"property_view","eventId":"p_k3j9x0.12","sessionId":"s_1718900000_k3j9x0a1b","visitorId":"v_9f8e7d6c5b4a","pageId":"p_k3j9x0",` +
	`"propertyId":"MLS-20451187","ts":1750000000000,"sentAt":1750000001500,"durationSeconds":12.384,"url":"https://agent.example/homes/20451187","title":"12 Elm Street, Springfield","eventData":{"price":450000,"beds":3}}`

// typicalBatch is what the tracker sends: ten events with shared fields.
func typicalBatch() string {
	events := make([]string, 10)
	for i := range events {
		events[i] = `{"eventType":"scroll_depth","eventId":"p_k3j9x0.` + string(rune('a'+i)) + `","pageId":"p_k3j9x0","ts":175000000000` + string(rune('0'+i)) +
			`,"durationSeconds":12.384,"scrollPercentage":50,"propertyId":"MLS-20451187"}`
	}
	return `{"sessionId":"s_1718900000_k3j9x0a1b","visitorId":"v_9f8e7d6c5b4a","key":"wk_0123456789abcdef","sentAt":1750000001500,"deviceType":"mobile","consent":"granted",` +
		`"url":"https://agent.example/homes/20451187?utm_source=mail&page=2","referrerUrl":"https://search.example/find?q=homes","events":[` + strings.Join(events, ",") + `]}`
}

func TestTypicalBodiesAllocateNothing(t *testing.T) {
	d := new(Decoder)
	g := new(Grouper)
	stamp := Stamp{Received: received, Zone: loadZone(t, "America/New_York"), Device: event.Desktop}
	for name, body := range map[string]string{"one event": typicalEvent, "ten events": typicalBatch(), "ten lines": strings.Repeat(typicalEvent+"\n", 10)} {
		b := []byte(body)
		run := func() {
			_, items, rejects, err := d.Decode(b, event.MaxEvents)
			if err != nil || len(items) == 0 || len(rejects) > 0 || len(g.Chunks(items, stamp)) != 1 {
				t.Fatalf("%s: %v, error %v", name, rejects, err)
			}
		}
		run()
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, tc := range []struct{ name, body string }{
		{"one", typicalEvent}, {"ten", typicalBatch()}, {"ten lines", strings.Repeat(typicalEvent+"\n", 10)},
	} {
		b.Run(tc.name, func(b *testing.B) {
			d := new(Decoder)
			body := []byte(tc.body)
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, _, _, err := d.Decode(body, event.MaxEvents); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkChunks(b *testing.B) {
	d, g := new(Decoder), new(Grouper)
	_, items, _, err := d.Decode([]byte(typicalBatch()), event.MaxEvents)
	if err != nil {
		b.Fatal(err)
	}
	stamp := Stamp{Received: received, Zone: time.FixedZone("", -5*3600)}
	b.ReportAllocs()
	for b.Loop() {
		g.Chunks(items, stamp)
	}
}
