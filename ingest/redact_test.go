package ingest

import (
	"strings"
	"testing"

	"footfall/event"
)

func TestPageAddressesLoseWhatMayNotBeStored(t *testing.T) {
	for _, tc := range []struct{ url, want string }{
		{"https://a.example/homes/1", "https://a.example/homes/1"},
		{"https://a.example/homes/1#map", "https://a.example/homes/1"},
		{"https://a.example/?email=x@y.z", "https://a.example/"},
		{"https://a.example/?utm_source=s&email=x&gclid=g&fbclid=f&q=1", "https://a.example/?utm_source=s&gclid=g&fbclid=f"},
		{"https://a.example/?utm_source=s&utm_custom=c#x?y=z", "https://a.example/?utm_source=s&utm_custom=c"},
		{"https://a.example/?q=1&utm_source=s", "https://a.example/?utm_source=s"},
		{"https://a.example/?q=utm_source", "https://a.example/"},
		{"https://a.example/?xutm_source=1&gclidx=2&UTM_SOURCE=3", "https://a.example/"},
		{"https://a.example/?&&utm_id=1&", "https://a.example/?utm_id=1"},
		{"https://a.example/?", "https://a.example/"},
		{"https://user:pw@a.example/@x?gclid=1", "https://a.example/@x?gclid=1"},
		{"https://a@b@a.example", "https://a.example"},
		{"https://a.example/@agent", "https://a.example/@agent"},
		{"/homes/1?q=1", "/homes/1"},
		{"?q=1", ""},
		{"#x", ""},
	} {
		if got := new(Decoder).pageURL(tc.url); got != tc.want {
			t.Errorf("pageURL(%s) = %s, want %s", tc.url, got, tc.want)
		}
	}
}

func TestReferrersAreCutToOriginAndPath(t *testing.T) {
	for _, tc := range []struct{ url, want string }{
		{"https://search.example/find?q=me#top", "https://search.example/find"},
		{"https://a.example/own?utm_source=s", "https://a.example/own"},
		{"http://user:pw@b.example/x", "http://b.example/x"},
		{"HTTPS://b.example", "HTTPS://b.example"},
		{"android-app://com.google.android.gm/?x=1", "android-app://com.google.android.gm/"},
		{"about:client", ""},
		{"javascript:alert(1)", ""},
		{"data:text/html,x", ""},
		{"/relative", ""},
		{"b.example/x", ""},
		{"https://", ""},
		{"https:///x", ""},
		{"://x", ""},
		{"1x://y", ""},
		{"https://a b/", ""},
		{"https://a/\n", ""},
	} {
		if got := new(Decoder).referrer(tc.url); got != tc.want {
			t.Errorf("referrer(%q) = %q, want %q", tc.url, got, tc.want)
		}
	}
}

func TestCampaignsAreTakenFromTheAddress(t *testing.T) {
	it := decodeOne(t, `,"url":"https://a.example/?utm_source=a%20b+c&utm_medium=&utm_medium=m&utm_campaign=%ff&utm_term=%zz&utm_content=%C3%A9&utm_id=1&gclid=g&fbclid=f#utm_id=2","utm_medium":"own"`)
	for k, want := range map[event.AttrKey]string{
		event.AttrUTMSource: "a b c", event.AttrUTMMedium: "own", event.AttrUTMCampaign: "%ff", event.AttrUTMTerm: "%zz",
		event.AttrUTMContent: "é", event.AttrUTMID: "1", event.AttrGclid: "g", event.AttrFbclid: "f",
	} {
		if got := it.Event.Attr(k); got != want {
			t.Errorf("%s is %q, want %q", event.AttrNames[k], got, want)
		}
	}
	for i := 1; i < len(it.Event.Attrs); i++ {
		if it.Event.Attrs[i].Key <= it.Event.Attrs[i-1].Key {
			t.Errorf("attributes are out of order: %v", it.Event.Attrs)
		}
	}
	twice := decodeOne(t, `,"url":"https://a.example/?utm_medium=&utm_medium=m"`)
	if got := twice.Event.Attr(event.AttrUTMMedium); got != "m" {
		t.Errorf("utm_medium is %q, want the first that is not empty", got)
	}
}

func TestSecretsAreDroppedFromEventDataAndCounted(t *testing.T) {
	for _, tc := range []struct {
		data, want string
		dropped    int
	}{
		{`{"password":"x"}`, "", 1},
		{`{"a":1,"passWord":"x","b":2}`, `{"a":1,"b":2}`, 1},
		{`{"cardNumber":"x","a":1,"IBAN":{"deep":[1]},"access_token":0}`, `{"a":1}`, 3},
		{`{"a":[{"cvv":1},{"cvc":2,"b":3}],"c":{"userSSN":1,"client_secret":2}}`, `{"a":[{},{"b":3}],"c":{}}`, 4},
		{`{"p\u0061ss":1,"a":2}`, `{"a":2}`, 1},
		{`{"price":1,"city":"token","t":"card","s":"pass"}`, `{"price":1,"city":"token","t":"card","s":"pass"}`, 0},
		{`{"a" : "\u2028" , "\u0062":1}`, `{"a":"\u2028","\u0062":1}`, 0},
		{`{"token":{"propertyId":"hidden"}}`, "", 1},
	} {
		d := new(Decoder)
		_, items, rejects, err := d.Decode([]byte("{"+base+`,"eventData":`+tc.data+"}"), 1)
		if err != nil || len(items) != 1 {
			t.Errorf("%s: rejects %v, error %v", tc.data, rejects, err)
			continue
		}
		if got := items[0].Event.Data; got != tc.want || d.Redacted != tc.dropped {
			t.Errorf("%s: got %s with %d dropped, want %s with %d", tc.data, got, d.Redacted, tc.want, tc.dropped)
		}
	}
}

func TestRejectedEventsAreRedactedBeforeTheyAreKept(t *testing.T) {
	for _, tc := range []struct{ name, raw, want string }{
		{"secrets", `{ "eventType":7, "eventData":{"password":"x","a":1}, "token":"t" }`, `{"eventType":7,"eventData":{"a":1}}`},
		{"addresses", `{"url":"https://a.example/?email=x","referrer_url":"https://b.example/#y","eventData":{"url":"/z?q"},"title":"a?b"}`,
			`{"url":"https://a.example/","referrer_url":"https://b.example/","eventData":{"url":"/z"},"title":"a?b"}`},
		{"an escape in an address", `{"url":"https://a.example/\u003femail=x"}`, `{"url":"https://a.example/"}`},
		{"an address that is none", `{"url":{"password":1}}`, `{"url":{}}`},
		{"no JSON", `{"password":"x"`, ``},
		{"no object", `["x"]`, ``},
		{"too deep", strings.Repeat(`{"a":`, 18) + "1" + strings.Repeat("}", 18), ``},
	} {
		if got := string(new(Decoder).Redact([]byte(">"), []byte(tc.raw))); got != ">"+tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
}
