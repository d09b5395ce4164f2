package e2e

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// touch has the browser believe that it is used with fingers.
func (b *tab) touch() {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		return call(ctx, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true, MaxTouchPoints: 1})
	}))
}

// swipe moves a finger in steps from a place on the page, and lifts it.
func (b *tab) swipe(x, y, dx, dy float64) {
	b.t.Helper()
	const steps = 8
	at := func(kind input.DispatchTouchEventType, points ...*input.TouchPoint) {
		b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			return call(ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: append([]*input.TouchPoint{}, points...)})
		}))
	}
	at(input.DispatchTouchEventTypeTouchStart, &input.TouchPoint{X: x, Y: y})
	for i := range steps {
		share := float64(i+1) / steps
		at(input.DispatchTouchEventTypeTouchMove, &input.TouchPoint{X: x + dx*share, Y: y + dy*share})
	}
	at(input.DispatchTouchEventTypeTouchEnd)
}

// On a phone a finger that goes to the right over a card logs a call, which can be taken back; one that goes a little way,
// or down the page, does nothing.
func TestASwipeLogsACall(t *testing.T) {
	t.Parallel()
	b, o := newTab(t), newOffice(t, 0)
	o.send("POST", "/v1/leads", `{"formData":{"full_name":"Ada Lovelace","email":"ada@example.com"}}`)
	o.live("s-0", "v-0", "10-oak-street")
	o.send("POST", "/v1/leads", `{"formData":{"full_name":"Ben Okafor","email":"ben@example.com","phone":"+1 555 0100"},"sessionId":"s-0","listingId":"10-oak-street"}`)
	b.size(360, 740)
	b.touch()
	b.enter(o, "agent", "/app/")
	b.settled()
	b.until(`!!document.querySelector(".lead.online")`)
	lead := eval[string](b, `document.querySelector(".lead.online").dataset.lead`)
	middle := func() (x, y float64) {
		at := eval[[]float64](b, `(() => { const r = document.querySelector(".lead.online .reasons").getBoundingClientRect(); return [r.left + 30, r.top + r.height / 2] })()`)
		return at[0], at[1]
	}
	x, y := middle()
	b.swipe(x, y, 60, 0)
	b.swipe(x, y, 150, 130)
	b.swipe(x, y, 0, -120)
	b.run(`scrollTo(0, 0)`)
	if d := o.deeds(lead); len(d.Activities) != 0 {
		t.Fatalf("half a swipe logged %+v", d)
	}
	x, y = middle()
	b.swipe(x, y, 150, 6)
	b.says("Logged a call to Ben Okafor.")
	eventually(t, "the call is stored", func() bool { d := o.deeds(lead); return len(d.Activities) == 1 && d.Activities[0].Type == "call" })
	b.until(fmt.Sprintf(`document.querySelector("[data-lead=%s]").style.transform === "" && document.querySelector("[data-lead=%[1]s]").innerText.includes("✓ Called")`, lead))
	b.clean("after a swipe")
	b.pressed("Undo")
	eventually(t, "the call is taken back", func() bool { return len(o.deeds(lead).Activities) == 0 })
	b.noErrors()
}
