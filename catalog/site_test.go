package catalog

import (
	"testing"
	"time"
)

// In Santiago, Beirut and Havana clocks skip midnight, in Havana and once in Amman they show it twice; Lord Howe moves by
// half an hour, and Apia skipped 30 December 2011.
func TestADayBeginsWhenAClockOfTheSiteFirstShowsIt(t *testing.T) {
	for _, name := range []string{
		"UTC", "America/New_York", "America/Santiago", "Asia/Beirut", "America/Havana", "Asia/Amman", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia",
	} {
		zone, err := zoneOf(name)
		if err != nil {
			t.Fatal(err)
		}
		site := &Site{zone: zone}
		for wall := time.Date(2011, 12, 1, 0, 0, 0, 0, time.UTC); wall.Year() < 2027; wall = wall.AddDate(0, 0, 1) {
			if name == "Pacific/Apia" && wall.Format(time.DateOnly) == "2011-12-30" {
				continue
			}
			day, began := localDay(wall.UnixMilli(), time.UTC), site.When(wall).UnixMilli()
			if localDay(began, zone) != day || localDay(began-1, zone) >= day {
				t.Errorf("%s: %s begins at %s", name, wall.Format(time.DateOnly), site.When(wall))
			}
		}
	}
}

func TestAWallTimeThatIsSkippedIsWhenTheClockIsPutForward(t *testing.T) {
	for _, tt := range []struct{ zone, wall, want string }{
		{"America/New_York", "2026-03-08T01:59:59Z", "2026-03-08T06:59:59Z"},
		{"America/New_York", "2026-03-08T02:30:00Z", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-03-08T03:00:00Z", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-11-01T01:30:00Z", "2026-11-01T05:30:00Z"}, // shown twice
		{"Europe/Berlin", "2026-03-29T02:30:00Z", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", "2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z"}, // twice
		{"Australia/Lord_Howe", "2026-10-04T02:15:00Z", "2026-10-03T15:30:00Z"},
		{"America/Santiago", "2026-09-06T00:00:00Z", "2026-09-06T04:00:00Z"},
	} {
		zone, err := zoneOf(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		wall, err := time.Parse(time.RFC3339, tt.wall)
		if err != nil {
			t.Fatal(err)
		}
		if got := (&Site{zone: zone}).When(wall).UTC().Format(time.RFC3339); got != tt.want {
			t.Errorf("%s shows %s at %s, not at %s", tt.zone, tt.wall, tt.want, got)
		}
	}
}
