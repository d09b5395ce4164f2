package leads

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"footfall/event"
	"footfall/scorer"
	"footfall/sessionize"
)

// features returns what is known of a lead when it is created. a is nil if nothing of its past is known or may be used.
func features(a *sessionize.Analytics, form []Field, behavioral int, created time.Time) scorer.Features {
	f := scorer.UnknownFeatures()
	f[scorer.BehavioralScoreFeature] = float64(behavioral)
	f[scorer.FormCompletionRate] = completion(form)
	f[scorer.HourOfDay] = float64(created.Hour())
	f[scorer.DayOfWeek] = float64((created.Weekday() + 6) % 7) // Monday is 0
	if a == nil {
		return f
	}
	seconds, listings := float64(a.TotalDuration)/1000, float64(len(a.PropertiesViewed))
	f[scorer.VisitedCount] = float64(a.VisitCount)
	f[scorer.TotalEngagementTime] = seconds
	f[scorer.PropertiesViewedCount] = listings
	f[scorer.DeepEngagementCount] = float64(len(a.Deep))
	f[scorer.IsReturningVisitor] = number(a.VisitCount > 1)
	f[scorer.AvgTimePerProperty] = seconds / max(1, listings)
	f[scorer.ReferrerIsSocial] = number(isSocial(a))
	if a.Device != event.DeviceUnknown {
		f[scorer.IsMobile] = number(a.Device == event.Mobile)
	}
	if a.ScrollDepth >= 0 {
		f[scorer.ScrollDepthAvg] = a.ScrollDepth
	}
	return f
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// What names the social networks in referrers, by domain or by Android package, and in utm_source.
var (
	socialHosts   = []string{"instagram.com", "facebook.com", "fb.com", "fb.me", "tiktok.com"}
	socialApps    = []string{"com.instagram.", "com.facebook.", "com.zhiliaoapp.musically", "com.ss.android.ugc."}
	socialSources = []string{"instagram", "ig", "facebook", "fb", "tiktok"}
)

// isSocial says whether the session came from Instagram, Facebook or TikTok. Their in-app browsers show by the referrer
// or by the click id that they add; the User-Agent is not kept.
func isSocial(a *sessionize.Analytics) bool {
	if a.SourceAttr(event.AttrFbclid) != "" {
		return true
	}
	source := strings.ToLower(a.SourceAttr(event.AttrUTMSource))
	words := strings.FieldsFunc(source, func(r rune) bool { return r < 'a' || r > 'z' })
	if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(socialSources, w) }) {
		return true
	}
	u, err := url.Parse(a.SourceAttr(event.AttrReferrer))
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if u.Scheme == "android-app" {
		return slices.ContainsFunc(socialApps, func(app string) bool { return strings.HasPrefix(host+".", app) })
	}
	return slices.ContainsFunc(socialHosts, func(h string) bool { return host == h || strings.HasSuffix(host, "."+h) })
}

func sourceOf(a *sessionize.Analytics) Source {
	attr := func(k event.AttrKey) Text { return Text(a.SourceAttr(k)) }
	return Source{
		Referrer: attr(event.AttrReferrer), LandingURL: attr(event.AttrURL),
		UTMSource: attr(event.AttrUTMSource), UTMMedium: attr(event.AttrUTMMedium),
		UTMCampaign: attr(event.AttrUTMCampaign), UTMTerm: attr(event.AttrUTMTerm),
		UTMContent: attr(event.AttrUTMContent), UTMID: attr(event.AttrUTMID),
		Gclid: attr(event.AttrGclid), Fbclid: attr(event.AttrFbclid),
	}
}
