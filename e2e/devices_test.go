package e2e

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

func TestDevicesAreToldApart(t *testing.T) {
	const inApp = " [FBAN/FBIOS;FBAV/480.0.0.0;FBDV/iPhone15,2]"
	for name, test := range map[string]struct {
		agent, platform string
		touches         int
		want            string
	}{
		"iPad":              {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15", "MacIntel", 5, "tablet"},
		"Mac":               {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15", "MacIntel", 0, "desktop"},
		"Facebook, iPhone":  {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148" + inApp, "iPhone", 5, "mobile"},
		"Facebook, Android": {"Mozilla/5.0 (Linux; Android 15; Pixel 8 Build/AP3A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/150.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/480.0.0.0;]", "Linux armv8l", 5, "mobile"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, s := newTab(t), newSite(t, "")
			b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
				return call(ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: test.agent, Platform: test.platform})
			}))
			if test.touches > 0 {
				n := int64(test.touches)
				b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
					return call(ctx, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true, MaxTouchPoints: n})
				}))
			}
			b.open(s.url)
			if e := s.backend.wait("page_view", 1)[0]; e.Device != test.want || e.Flagged {
				t.Errorf("%+v", e)
			}
		})
	}
}
