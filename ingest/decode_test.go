package ingest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"footfall/event"
	"footfall/fault"
)

const base = `"eventType":"page_view","sessionId":"s1"`

// decodeOne decodes an event that has base and more members; it fails the test if that is not accepted.
func decodeOne(t *testing.T, more string) Item {
	t.Helper()
	d := new(Decoder)
	_, items, rejects, err := d.Decode([]byte("{"+base+more+"}"), event.MaxEvents)
	if err != nil || len(items) != 1 {
		t.Fatalf("%.80s: %d items, rejects %v, error %v", more, len(items), rejects, err)
	}
	return items[0]
}

func attr(k event.AttrKey) func(Item) any { return func(it Item) any { return it.Event.Attr(k) } }

// A row for each row of the wire contract's table, and each other name that a field goes by.
func TestFieldsAreRead(t *testing.T) {
	typ := func(it Item) any { return it.Event.TypeName() }
	session := func(it Item) any { return it.Session }
	id := func(it Item) any { return it.Event.ID }
	visitor := func(it Item) any { return it.Visitor }
	page := func(it Item) any { return it.Event.Page }
	listing := func(it Item) any { return it.Event.Listing }
	profile := func(it Item) any { return it.Profile }
	ts := func(it Item) any { return fmt.Sprint(it.TS, it.HasTS) }
	sentAt := func(it Item) any { return fmt.Sprint(it.SentAt, it.HasSentAt) }
	clock := func(it Item) any { return int(it.Event.Clock) }
	scroll := func(it Item) any { return int(it.Event.Scroll) }
	device := func(it Item) any { return it.Device.String() }
	consent := func(it Item) any { return fmt.Sprint(it.Anonymous, it.HasConsent) }
	webdriver := func(it Item) any { return it.Webdriver }
	data := func(it Item) any { return it.Event.Data }
	for _, tc := range []struct {
		more string
		get  func(Item) any
		want any
	}{
		{``, typ, "page_view"},
		{`,"eventType":"open_house_visit"`, typ, "open_house_visit"},
		{`,"event_type":"my_event2"`, typ, "my_event2"},
		{`,"eventType":"` + strings.Repeat("a", 50) + `"`, typ, strings.Repeat("a", 50)},
		{`,"session_id":"s2"`, session, "s2"},
		{`,"sessionId":"` + strings.Repeat("x", 255) + `"`, session, strings.Repeat("x", 255)},
		{`,"sessionId":"` + strings.Repeat("é", 127) + `"`, session, strings.Repeat("é", 127)},
		{`,"sessionId":"a\u0001\u202eb/..%00"`, session, "a\x01\u202eb/..%00"},
		{`,"session\u0049d":"s3"`, session, "s3"},
		{`,"sessionId":"\ud83d\ude00\ud800"`, session, "😀\ufffd"},
		{`,"eventId":"e"`, id, "e"},
		{`,"event_id":"` + strings.Repeat("e", 64) + `"`, id, strings.Repeat("e", 64)},
		{`,"eventId":""`, id, ""},
		{`,"visitorId":"v"`, visitor, "v"},
		{`,"visitor_id":"v"`, visitor, "v"},
		{`,"visitorId":null`, visitor, ""},
		{`,"visitorId":"a","visitorId":"b"`, visitor, "b"},
		{`,"pageId":"p"`, page, "p"},
		{`,"page_id":"` + strings.Repeat("p", 64) + `"`, page, strings.Repeat("p", 64)},
		{`,"propertyId":"l"`, listing, "l"},
		{`,"property_id":"l"`, listing, "l"},
		{`,"listingId":"l"`, listing, "l"},
		{`,"listing_id":"l"`, listing, "l"},
		{`,"eventData":{"propertyId":"l"}`, listing, "l"},
		{`,"eventData":{"listingId":"\u006c"}`, listing, "l"},
		{`,"eventData":{"propertyId":"in"},"propertyId":"out"`, listing, "out"},
		{`,"eventData":{"propertyId":"in"},"propertyId":null`, listing, "in"},
		{`,"eventData":{"x":{"propertyId":"deep"}}`, listing, ""},
		{`,"profileId":"a"`, profile, "a"},
		{`,"profile_id":"a"`, profile, "a"},
		{``, ts, "0 false"},
		{`,"ts":null`, ts, "0 false"},
		{`,"ts":1700000000000`, ts, "1700000000000 true"},
		{`,"ts":1700000000000.5`, ts, "1700000000001 true"},
		{`,"ts":1.7e12`, ts, "1700000000000 true"},
		{`,"ts":-5`, ts, "-5 true"},
		{`,"ts":0`, ts, "0 true"},
		{`,"ts":4102444800000`, ts, "4102444800000 true"},
		{`,"ts":9223372036854775808`, ts, "1000000000000000 true"},
		{`,"sentAt":12`, sentAt, "12 true"},
		{`,"sent_at":12`, sentAt, "12 true"},
		{``, clock, event.None},
		{`,"durationSeconds":0`, clock, 0},
		{`,"durationSeconds":-0.0`, clock, 0},
		{`,"durationSeconds":0.0005`, clock, 1},
		{`,"durationSeconds":0.00049999999`, clock, 0},
		{`,"duration_seconds":12.3456`, clock, 12346},
		{`,"durationSeconds":86400`, clock, 86_400_000},
		{`,"durationSeconds":86400.0004`, clock, 86_400_000},
		{``, scroll, event.None},
		{`,"scrollPercentage":0`, scroll, 0},
		{`,"scroll_percentage":75.05`, scroll, 751},
		{`,"scrollPercentage":100`, scroll, 1000},
		{`,"scrollPercentage":1e2`, scroll, 1000},
		{`,"eventData":{"scrollPercentage":50}`, scroll, 500},
		{`,"eventData":{"scrollPercentage":null}`, scroll, event.None},
		{`,"scrollPercentage":10,"eventData":{"scrollPercentage":999}`, scroll, 100},
		{``, device, ""},
		{`,"deviceType":"desktop"`, device, "desktop"},
		{`,"device_type":"mobile"`, device, "mobile"},
		{`,"deviceType":"tablet"`, device, "tablet"},
		{``, consent, "false false"},
		{`,"consent":"granted"`, consent, "false true"},
		{`,"consent":"anonymous"`, consent, "true true"},
		{``, webdriver, false},
		{`,"webdriver":true`, webdriver, true},
		{`,"webdriver":false`, webdriver, false},
		{`,"url":"https://a.example/x"`, attr(event.AttrURL), "https://a.example/x"},
		{`,"title":"Elm \"St\""`, attr(event.AttrTitle), `Elm "St"`},
		{`,"title":"` + strings.Repeat("t", 2048) + `"`, attr(event.AttrTitle), strings.Repeat("t", 2048)},
		{`,"referrerUrl":"https://b.example/y"`, attr(event.AttrReferrer), "https://b.example/y"},
		{`,"referrer_url":"https://b.example/y"`, attr(event.AttrReferrer), "https://b.example/y"},
		{`,"utm_source":"s"`, attr(event.AttrUTMSource), "s"},
		{`,"utmSource":"s"`, attr(event.AttrUTMSource), "s"},
		{`,"utm_medium":"s"`, attr(event.AttrUTMMedium), "s"},
		{`,"utm_campaign":"s"`, attr(event.AttrUTMCampaign), "s"},
		{`,"utm_term":"s"`, attr(event.AttrUTMTerm), "s"},
		{`,"utm_content":"s"`, attr(event.AttrUTMContent), "s"},
		{`,"utm_id":"s"`, attr(event.AttrUTMID), "s"},
		{`,"gclid":"g"`, attr(event.AttrGclid), "g"},
		{`,"fbclid":"f"`, attr(event.AttrFbclid), "f"},
		{`,"eventData":{"interactionType":"share_click"}`, attr(event.AttrInteraction), "share_click"},
		{`,"eventData":{"interaction_type":"share_click"}`, attr(event.AttrInteraction), "share_click"},
		{`,"interactionType":"map_view","eventData":{"interactionType":"share_click"}`, attr(event.AttrInteraction), "map_view"},
		{``, data, ""},
		{`,"eventData":null`, data, ""},
		{`,"eventData":{ }`, data, ""},
		{`,"eventData":{ "a" : [ 1, {"b":"\u00e9 x"} ] , "c":null }`, data, `{"a":[1,{"b":"\u00e9 x"}],"c":null}`},
		{`,"event_data":{"a":1}`, data, `{"a":1}`},
		{`,"eventData":{"a":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `}`, data, `{"a":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `}`},
		{`,"eventData":{"a":"` + strings.Repeat("x", event.MaxData-8) + `"}`, data, `{"a":"` + strings.Repeat("x", event.MaxData-8) + `"}`},
		{`,"unknown":{"deep":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `},"EVENTTYPE":7`, typ, "page_view"},
	} {
		if got := tc.get(decodeOne(t, tc.more)); got != tc.want {
			t.Errorf("%.100s: got %v, want %v", tc.more, got, tc.want)
		}
	}
}

func TestFieldsAreRefused(t *testing.T) {
	for _, tc := range []struct {
		more, field string
		code        fault.Code
		says        string
	}{
		{`,"eventType":""`, "eventType", fault.MissingField, "required"},
		{`,"eventType":null`, "eventType", fault.MissingField, "required"},
		{`,"eventType":7`, "eventType", fault.InvalidField, "not a number"},
		{`,"eventType":"Page_View"`, "eventType", fault.InvalidField, "small letters"},
		{`,"eventType":"1st"`, "eventType", fault.InvalidField, "small letters"},
		{`,"eventType":"_x"`, "eventType", fault.InvalidField, "small letters"},
		{`,"eventType":"a-b"`, "eventType", fault.InvalidField, "small letters"},
		{`,"eventType":"a` + "\u00e9" + `"`, "eventType", fault.InvalidField, "small letters"},
		{`,"eventType":"` + strings.Repeat("a", 51) + `"`, "eventType", fault.InvalidField, "at most 50"},
		{`,"sessionId":""`, "sessionId", fault.MissingField, "required"},
		{`,"sessionId":true`, "sessionId", fault.InvalidField, "not a boolean"},
		{`,"sessionId":"` + strings.Repeat("x", 256) + `"`, "sessionId", fault.InvalidField, "256 bytes of UTF-8; at most 255"},
		{`,"sessionId":"` + strings.Repeat("é", 128) + `"`, "sessionId", fault.InvalidField, "at most 255"},
		{`,"sessionId":"a\u0000"`, "sessionId", fault.InvalidField, "NUL"},
		{`,"eventId":"` + strings.Repeat("e", 65) + `"`, "eventId", fault.InvalidField, "at most 64"},
		{`,"eventId":["e"]`, "eventId", fault.InvalidField, "not an array"},
		{`,"eventId":"\u0000"`, "eventId", fault.InvalidField, "NUL"},
		{`,"visitorId":"` + strings.Repeat("v", 256) + `"`, "visitorId", fault.InvalidField, "at most 255"},
		{`,"visitorId":"\u0000"`, "visitorId", fault.InvalidField, "NUL"},
		{`,"pageId":"` + strings.Repeat("p", 65) + `"`, "pageId", fault.InvalidField, "at most 64"},
		{`,"propertyId":"` + strings.Repeat("l", 256) + `"`, "propertyId", fault.InvalidField, "at most 255"},
		{`,"listing_id":12`, "propertyId", fault.InvalidField, "not a number"},
		{`,"eventData":{"propertyId":"\u0000"}`, "propertyId", fault.InvalidField, "NUL"},
		{`,"profileId":"` + strings.Repeat("a", 256) + `"`, "profileId", fault.InvalidField, "at most 255"},
		{`,"ts":"1700000000000"`, "ts", fault.InvalidField, "not a string"},
		{`,"ts":""`, "ts", fault.InvalidField, "not a string"},
		{`,"ts":1e400`, "ts", fault.InvalidField, "too large"},
		{`,"sentAt":{}`, "sentAt", fault.InvalidField, "not an object"},
		{`,"sentAt":-1e400`, "sentAt", fault.InvalidField, "too large"},
		{`,"durationSeconds":-0.001`, "durationSeconds", fault.InvalidField, "0 to 86,400"},
		{`,"durationSeconds":86400.0005`, "durationSeconds", fault.InvalidField, "0 to 86,400"},
		{`,"durationSeconds":1e400`, "durationSeconds", fault.InvalidField, "0 to 86,400"},
		{`,"durationSeconds":"5"`, "durationSeconds", fault.InvalidField, "not a string"},
		{`,"scrollPercentage":100.05`, "scrollPercentage", fault.InvalidField, "0 to 100"},
		{`,"scrollPercentage":-1`, "scrollPercentage", fault.InvalidField, "0 to 100"},
		{`,"eventData":{"scrollPercentage":101}`, "scrollPercentage", fault.InvalidField, "0 to 100"},
		{`,"eventData":{"scrollPercentage":"50"}`, "scrollPercentage", fault.InvalidField, "not a string"},
		{`,"deviceType":"phone"`, "deviceType", fault.InvalidField, "desktop, mobile or tablet"},
		{`,"deviceType":"Desktop"`, "deviceType", fault.InvalidField, "desktop, mobile or tablet"},
		{`,"consent":"yes"`, "consent", fault.InvalidField, "granted or anonymous"},
		{`,"consent":true`, "consent", fault.InvalidField, "not a boolean"},
		{`,"webdriver":"true"`, "webdriver", fault.InvalidField, "not a string"},
		{`,"url":"` + strings.Repeat("u", 2049) + `"`, "url", fault.InvalidField, "at most 2,048"},
		{`,"title":"` + strings.Repeat("t", 2049) + `"`, "title", fault.InvalidField, "2,049 bytes"},
		{`,"referrer_url":"` + strings.Repeat("r", 2049) + `"`, "referrerUrl", fault.InvalidField, "at most 2,048"},
		{`,"utm_source":"` + strings.Repeat("t", 2049) + `"`, "utm_source", fault.InvalidField, "at most 2,048"},
		{`,"gclid":"` + strings.Repeat("t", 2049) + `"`, "gclid", fault.InvalidField, "at most 2,048"},
		{`,"fbclid":0`, "fbclid", fault.InvalidField, "not a number"},
		{`,"key":5`, "key", fault.InvalidField, "not a number"},
		{`,"eventData":[]`, "eventData", fault.InvalidField, "not an array"},
		{`,"eventData":"{}"`, "eventData", fault.InvalidField, "not a string"},
		{`,"eventData":{"a":"` + strings.Repeat("x", event.MaxData-7) + `"}`, "eventData", fault.InvalidField, "8,193 bytes; at most 8,192"},
		{`,"eventData":{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`, "eventData", fault.InvalidField, "16 levels"},
		{`,"eventData":` + strings.Repeat(`{"a":`, 9_000) + "1" + strings.Repeat("}", 9_000), "eventData", fault.InvalidField, "16 levels"},
	} {
		body := "{" + base + tc.more + "}"
		d := new(Decoder)
		_, items, rejects, err := d.Decode([]byte(body), event.MaxEvents)
		if err != nil || len(items) != 0 || len(rejects) != 1 {
			t.Errorf("%.80s: %d items, %d rejects, error %v", tc.more, len(items), len(rejects), err)
			continue
		}
		r := rejects[0]
		if r.Code != tc.code || r.Field != tc.field || !strings.Contains(r.Message, tc.says) || string(r.Raw) != body {
			t.Errorf("%.80s: code %s, field %s, message %q; want %s, %s, …%s…", tc.more, r.Code, r.Field, r.Message, tc.code, tc.field, tc.says)
		}
	}
}

func TestMissingFieldsAreRefused(t *testing.T) {
	for body, field := range map[string]string{`{}`: "eventType", `{"sessionId":"s"}`: "eventType", `{"eventType":"page_view"}`: "sessionId"} {
		_, _, rejects, err := new(Decoder).Decode([]byte(body), 10)
		if err != nil || len(rejects) != 1 || rejects[0].Code != fault.MissingField || rejects[0].Field != field {
			t.Errorf("%s: rejects %v, error %v, want %s missing", body, rejects, err, field)
		}
	}
}

// summary shows what a body became: accepted events as index:session/name, rejected ones as index!code.
func summary(body string) string {
	key, items, rejects, err := new(Decoder).Decode([]byte(body), 3)
	if err != nil {
		return string(fault.From(err).Code)
	}
	var b strings.Builder
	if key != "" {
		fmt.Fprintf(&b, "key=%s ", key)
	}
	for _, it := range items {
		fmt.Fprintf(&b, "%d:%s/%s ", it.Index, it.Session, it.Event.TypeName())
	}
	for _, r := range rejects {
		fmt.Fprintf(&b, "%d!%s ", r.Index, r.Code)
	}
	return strings.TrimSpace(b.String())
}

func TestBodiesOfEachFormAreRead(t *testing.T) {
	const a, b = `{"eventType":"aa","sessionId":"s"}`, `{"eventType":"bb","sessionId":"t"}`
	for _, tc := range []struct{ name, body, want string }{
		{"one", a, "0:s/aa"},
		{"one over several lines", "\n{\n\"eventType\":\"aa\",\n\"sessionId\":\"s\"\n}\n", "0:s/aa"},
		{"one with a key", `{"key":"wk_1",` + a[1:], "key=wk_1 0:s/aa"},
		{"array", "[" + a + " , " + b + "]\n", "0:s/aa 1:t/bb"},
		{"array with a key inside", `[` + a + `,{"key":"wk_2",` + b[1:] + `]`, "key=wk_2 0:s/aa 1:t/bb"},
		{"array with bad elements", `[1,` + a + `,{"sessionId":"s"}]`, "1:s/aa 0!invalid_field 2!missing_field"},
		{"lines", a + "\n" + b, "0:s/aa 1:t/bb"},
		{"lines with blanks and CRLF", "\r\n" + a + "\r\n \r\n\t" + b + "\r\n\r\n", "0:s/aa 1:t/bb"},
		{"lines, the first bad", `{"eventType":"aa` + "\n" + b, "1:t/bb 0!invalid_json"},
		{"lines, the first no object", "oops\n" + b, "1:t/bb 0!invalid_json"},
		{"lines, the middle bad", a + "\n{\"x\":\xff\"}\n" + b, "0:s/aa 2:t/bb 1!invalid_json"},
		{"lines, the last cut", a + "\n" + b + "\n" + a[:9], "0:s/aa 1:t/bb 2!invalid_json"},
		{"lines, two on one", a + "\n" + a + b, "0:s/aa 1!invalid_json"},
		{"lines, one an array", a + "\n[" + b + "]\n5", "0:s/aa 1!invalid_field 2!invalid_field"},
		{"lines, a wrapper is no event", a + "\n{\"events\":[" + b + "]}", "0:s/aa 1!missing_field"},
		{"wrapper", `{"events":[` + a + `,` + b + `]}`, "0:s/aa 1:t/bb"},
		{"shared before", `{"key":"wk_3","sessionId":"u","events":[{"eventType":"aa"},` + b + `]}`, "key=wk_3 0:u/aa 1:t/bb"},
		{"shared after", `{"events":[{"eventType":"aa"},` + b + `],"session_id":"u"}`, "0:u/aa 1:t/bb"},
		{"shared type", `{"eventType":"cc","events":[{"sessionId":"u"},` + b + `]}`, "0:u/cc 1:t/bb"},
		{"own null or empty takes the shared", `{"sessionId":"u","events":[{"eventType":"aa","sessionId":null},{"eventType":"bb","sessionId":""}]}`, "0:u/aa 1:u/bb"},
		{"a bad shared field spoils those who use it", `{"sessionId":5,"events":[{"eventType":"aa"},` + b + `]}`, "1:t/bb 0!invalid_field"},
		{"last events win", `{"events":[` + a + `],"events":[` + b + `]}`, "0:t/bb"},
		{"null events are absent", `{"events":null,` + a[1:], "0:s/aa"},
		{"over several lines", "{\"events\":[\n" + a + ",\n" + b + "\n]}", "0:s/aa 1:t/bb"},
		{"as many as allowed", "[" + a + "," + a + "," + a + "]", "0:s/aa 1:s/aa 2:s/aa"},
	} {
		if got := summary(tc.body); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestBodiesAreRefusedWhole(t *testing.T) {
	const a = `{"eventType":"aa","sessionId":"s"}`
	for _, tc := range []struct{ name, body, want string }{
		{"empty", "", "no_events"},
		{"blank", " \r\n", "no_events"},
		{"empty array", "[]", "no_events"},
		{"no events in the wrapper", `{"events":[],"sessionId":"s"}`, "no_events"},
		{"a number", "42", "no_events"},
		{"null", "null", "no_events"},
		{"a string", `"x"`, "no_events"},
		{"text", "hello", "invalid_json"},
		{"lines of text", "hello\nworld", "invalid_json"},
		{"a cut object", a[:20], "invalid_json"},
		{"a cut array", "[" + a, "invalid_json"},
		{"a cut array over lines", "[\n" + a + ",\n" + a, "invalid_json"},
		{"two on one line", a + a, "invalid_json"},
		{"text after an array", "[" + a + "] x", "invalid_json"},
		{"an array after an array", "[" + a + "]\n[" + a + "]", "invalid_json"},
		{"a bad element", "[" + a + ",{]", "invalid_json"},
		{"invalid UTF-8", `{"eventType":"aa","sessionId":"` + "\xff" + `"}`, "invalid_json"},
		{"form data", "a=b&c=d", "invalid_json"},
		{"nested too deeply", strings.Repeat("[", 100_000), "invalid_json"},
		{"objects nested too deeply", strings.Repeat(`{"a":`, 100_000), "invalid_json"},
		{"events is no array", `{"events":{}}`, "invalid_field"},
		{"the shared key is no string", `{"key":1,"events":[` + a + `]}`, "invalid_field"},
		{"array with too many", "[" + a + "," + a + "," + a + "," + a + "]", "too_many_events"},
		{"lines with too many", a + "\n" + a + "\n" + a + "\n" + a, "too_many_events"},
		{"wrapper with too many", `{"events":[{},{},{},{}]}`, "too_many_events"},
	} {
		if got := summary(tc.body); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestSharedFieldsAreDefaults(t *testing.T) {
	body := `{"visitorId":"v","sentAt":9,"deviceType":"mobile","consent":"anonymous","url":"https://a.example/?utm_source=mail&x=1","eventId":"shared",
		"eventData":{"a":1},"propertyId":"shared","webdriver":true,"events":[
		{` + base + `},
		{` + base + `,"visitorId":"w","deviceType":"tablet","consent":"granted","url":"https://a.example/two","webdriver":false,"eventData":{"propertyId":"own"}}]}`
	_, items, rejects, err := new(Decoder).Decode([]byte(body), 10)
	if err != nil || len(items) != 2 {
		t.Fatalf("%d items, rejects %v, error %v", len(items), rejects, err)
	}
	first, second := items[0], items[1]
	if first.Visitor != "v" || first.SentAt != 9 || first.Device != event.Mobile || !first.Anonymous || !first.Webdriver || first.Event.Listing != "shared" ||
		first.Event.Attr(event.AttrURL) != "https://a.example/?utm_source=mail" || first.Event.Attr(event.AttrUTMSource) != "mail" {
		t.Errorf("the first event is %+v", first)
	}
	if first.Event.ID != "" || first.Event.Data != "" {
		t.Errorf("eventId and eventData are one event's own, but the first has %q and %q", first.Event.ID, first.Event.Data)
	}
	if second.Visitor != "w" || second.Device != event.Tablet || second.Anonymous || second.Webdriver || second.Event.Listing != "own" ||
		second.Event.Attr(event.AttrURL) != "https://a.example/two" || second.Event.Attr(event.AttrUTMSource) != "" {
		t.Errorf("the second event is %+v", second)
	}
	if want := "{" + base + "}"; string(first.Raw) != want {
		t.Errorf("Raw is %s, want %s", first.Raw, want)
	}
}

func TestSharedFieldsCannotSwellABody(t *testing.T) {
	var events []string
	for range 1000 {
		events = append(events, `{"eventType":"page_view"}`)
	}
	body := `{"sessionId":"s","title":"` + strings.Repeat("t", 2000) + `","events":[` + strings.Join(events, ",") + `]}`
	_, _, _, err := new(Decoder).Decode([]byte(body), 1000)
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.TooLarge {
		t.Errorf("error %v, want too_large", err)
	}
}

func TestLinesAloneNeverSpoilTheRest(t *testing.T) {
	items, rejects := new(Decoder).DecodeLines([]byte("{" + base + "}\n\nnope\n[{" + base + "}]\n{" + base + "}\n"))
	if len(items) != 2 || items[1].Index != 3 || len(rejects) != 2 || rejects[0].Index != 1 || rejects[0].Code != fault.InvalidJSON || rejects[1].Index != 2 {
		t.Errorf("items %v, rejects %v", items, rejects)
	}
}

func TestAMillionKeysAreIgnored(t *testing.T) {
	var b strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&b, `,"k%d":%d`, i, i)
	}
	if it := decodeOne(t, b.String()); it.Session != "s1" {
		t.Errorf("session %q", it.Session)
	}
}

func TestADecoderCanBeUsedAgain(t *testing.T) {
	d := new(Decoder)
	bodies := []string{
		`{"key":"wk","visitorId":"v","events":[{` + base + `,"eventData":{"token":1}},{}]}`,
		`{` + base + `}`, `[`, "{" + base + "}\nx", `{` + base + `}`,
	}
	for _, body := range bodies {
		key, items, rejects, err := d.Decode([]byte(body), 10)
		fresh := new(Decoder)
		key2, items2, rejects2, err2 := fresh.Decode([]byte(body), 10)
		if key != key2 || fmt.Sprint(items) != fmt.Sprint(items2) || fmt.Sprint(rejects) != fmt.Sprint(rejects2) || (err == nil) != (err2 == nil) || d.Redacted != fresh.Redacted {
			t.Errorf("%s: %v %v %v %v, a new Decoder says %v %v %v %v", body, key, items, rejects, err, key2, items2, rejects2, err2)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, body := range []string{
		"{" + base + "}", "[{" + base + "}]", "{" + base + "}\r\n{", `{"events":[{"eventType":"a","ts":1e3,"sent_at":-5.5}],"sessionId":"\ud800"}`,
		`{` + base + `,"eventData":{"password":1,"a":[{"iban":2}],"propertyId":"p","scrollPercentage":0.05},"durationSeconds":0.0005,"consent":"anonymous"}`,
		`{` + base + `,"url":"https://u:p@h/p?utm_source=a%20b&x=1#f","referrerUrl":"android-app://com.x/?q"}`,
	} {
		f.Add([]byte(body))
	}
	zone := time.FixedZone("", -5*3600)
	f.Fuzz(func(t *testing.T, body []byte) {
		d := new(Decoder)
		_, items, rejects, err := d.Decode(body, 50)
		if (err == nil) != (len(items)+len(rejects) > 0) || len(items)+len(rejects) > 50 {
			t.Fatalf("%d items, %d rejects, error %v", len(items), len(rejects), err)
		}
		for _, r := range rejects {
			if r.Code == "" || r.Message == "" || r.Raw == nil {
				t.Fatalf("reject %+v", r)
			}
		}
		for _, it := range items {
			checkItem(t, it)
		}
		var g Grouper
		n := 0
		for _, c := range g.Chunks(items, Stamp{Received: 1_800_000_000_000, Zone: zone}) {
			n += len(c.Events)
			var again event.Chunk
			if err := event.Decode(event.Append(nil, &c), &again); err != nil {
				t.Fatalf("%+v does not come back: %v", c, err)
			}
			if fmt.Sprint(again) != fmt.Sprint(c) {
				t.Fatalf("%+v comes back as %+v", c, again)
			}
		}
		if n != len(items) {
			t.Fatalf("%d events in chunks, want %d", n, len(items))
		}
		for _, r := range rejects {
			d.Redact(nil, r.Raw)
		}
	})
}

func checkItem(t *testing.T, it Item) {
	e := &it.Event
	for _, s := range []struct {
		text  string
		limit int
		empty bool
	}{
		{e.TypeName(), event.MaxTypeName, false}, {it.Session, event.MaxSession, false}, {e.ID, event.MaxID, true},
		{it.Visitor, event.MaxVisitor, true}, {e.Page, event.MaxPage, true}, {e.Listing, event.MaxListing, true}, {it.Profile, event.MaxProfile, true},
	} {
		if len(s.text) > s.limit || s.text == "" && !s.empty || strings.ContainsRune(s.text, 0) {
			t.Fatalf("%q in %+v", s.text, it)
		}
	}
	for i, a := range e.Attrs {
		if a.Value == "" || len(a.Value) > event.MaxAttr || a.Key >= event.NumAttrs || i > 0 && a.Key <= e.Attrs[i-1].Key {
			t.Fatalf("attributes %v", e.Attrs)
		}
	}
	if e.Clock < event.None || e.Clock > event.MaxClock || e.Scroll < event.None || e.Scroll > event.MaxScroll || len(e.Data) > event.MaxData {
		t.Fatalf("event %+v", e)
	}
	if e.Data != "" && scan([]byte(e.Data)).why != "" {
		t.Fatalf("data %q", e.Data)
	}
	url := e.Attr(event.AttrURL)
	if strings.Contains(url, "#") || strings.ContainsAny(e.Attr(event.AttrReferrer), "?#") || !allKept(queryOf(url)) {
		t.Fatalf("addresses %v", e.Attrs)
	}
}
