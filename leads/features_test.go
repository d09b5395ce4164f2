package leads

import (
	"encoding/json"
	"testing"

	"footfall/event"
	"footfall/sessionize"
)

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSocialReferrers(t *testing.T) {
	for _, tt := range []struct {
		key   event.AttrKey
		value string
		want  bool
	}{
		{event.AttrReferrer, "https://l.facebook.com/l.php", true},
		{event.AttrReferrer, "https://WWW.TikTok.com", true},
		{event.AttrReferrer, "android-app://com.instagram.android/", true},
		{event.AttrReferrer, "android-app://com.zhiliaoapp.musically", true},
		{event.AttrReferrer, "android-app://com.google.android.gm", false},
		{event.AttrReferrer, "https://notfacebook.com/", false},
		{event.AttrReferrer, "https://facebook.com.evil.example/", false},
		{event.AttrReferrer, "https://news.example/facebook.com", false},
		{event.AttrReferrer, "::not a url", false},
		{event.AttrUTMSource, "Facebook_Ads", true},
		{event.AttrUTMSource, "ig", true},
		{event.AttrUTMSource, "digest", false},
		{event.AttrFbclid, "IwAR0", true},
		{event.AttrGclid, "abc", false},
	} {
		a := &sessionize.Analytics{Source: []event.Attr{{Key: tt.key, Value: tt.value}}}
		if got := isSocial(a); got != tt.want {
			t.Errorf("%s %q: %v", event.AttrNames[tt.key], tt.value, got)
		}
	}
	if isSocial(&sessionize.Analytics{}) {
		t.Error("a session from nowhere is social")
	}
}
