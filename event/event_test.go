package event

import (
	"testing"
	"time"
)

func TestTypeNamesAndNumbersAreFixed(t *testing.T) {
	for name, number := range map[string]Type{
		"page_view": 1, "scroll_depth": 2, "property_view": 3, "property_interaction": 4, "form_start": 5,
		"form_abandon": 6, "form_submit": 7, "return_visit": 8, "page_duration": 9, "property_search": 10,
		"property_save": 11, "contact_click": 12, "open_house_visit": 13,
	} {
		if got := TypeOf(name); got != number {
			t.Errorf("TypeOf(%q) = %d, want %d", name, got, number)
		}
		if got := (&Event{Type: number}).TypeName(); got != name {
			t.Errorf("type %d is named %q, want %q", number, got, name)
		}
	}
	if numTypes != 14 {
		t.Errorf("there are %d types, the table above has 13 and Custom", numTypes)
	}
}

func TestOtherNamesAreCustomAndKeepTheirName(t *testing.T) {
	for _, name := range []string{"", "tour_booked", "Page_view", "page_view "} {
		if got := TypeOf(name); got != Custom {
			t.Errorf("TypeOf(%q) = %d, want Custom", name, got)
		}
	}
	if got := (&Event{Type: Custom, Name: "tour_booked"}).TypeName(); got != "tour_booked" {
		t.Errorf("a custom event is named %q", got)
	}
}

func TestDevicesHaveWireNames(t *testing.T) {
	for d, name := range map[Device]string{DeviceUnknown: "", 1: "desktop", 2: "mobile", 3: "tablet", numDevices: "", 255: ""} {
		if d.String() != name {
			t.Errorf("device %d is named %q, want %q", d, d.String(), name)
		}
		if of, ok := DeviceOf(name); ok != (name != "") || ok && of != d {
			t.Errorf("DeviceOf(%q) = %d, %t", name, of, ok)
		}
	}
	if d, ok := DeviceOf("fridge"); ok || d != DeviceUnknown {
		t.Errorf("DeviceOf of an unknown name = %d, %t", d, ok)
	}
}

func TestAttributesAreFoundByKey(t *testing.T) {
	e := Event{Attrs: []Attr{{AttrURL, "https://a.example/"}, {AttrGclid, "g"}}}
	for key, want := range map[AttrKey]string{AttrURL: "https://a.example/", AttrGclid: "g", AttrTitle: ""} {
		if got := e.Attr(key); got != want {
			t.Errorf("attribute %s is %q, want %q", AttrNames[key], got, want)
		}
	}
	for key, name := range AttrNames {
		if name == "" {
			t.Errorf("attribute %d has no name", key)
		}
	}
}

func TestUTCDay(t *testing.T) {
	day := func(s string) int64 {
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return at.UnixMilli()
	}
	for _, c := range []struct {
		at   string
		want int32
	}{
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01T23:59:59.999Z", 0},
		{"1970-01-02T00:00:00Z", 1},
		{"1969-12-31T23:59:59.999Z", -1},
		{"1969-12-31T00:00:00Z", -1},
		{"1969-12-30T23:59:59.999Z", -2},
		{"2000-01-01T00:00:00Z", 10957},
		{"2026-03-02T12:00:00Z", 20514},
	} {
		if got := UTCDay(day(c.at)); got != c.want {
			t.Errorf("UTCDay(%s) = %d, want %d", c.at, got, c.want)
		}
	}
	if FirstImportDay != day("2000-01-01T00:00:00Z") {
		t.Errorf("the first day of imports is %d", FirstImportDay)
	}
}
