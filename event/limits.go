package event

import "time"

// Limits of the wire contract. Sizes are bytes of UTF-8.
const (
	MaxTypeName  = 50
	MaxSession   = 255
	MaxID        = 64
	MaxVisitor   = 255
	MaxPage      = 64
	MaxListing   = 255
	MaxProfile   = 255
	MaxAttr      = 2048
	MaxData      = 8 << 10
	MaxDataDepth = 16
	MaxClock     = 86_400_000 // ms
	MaxScroll    = 1000       // tenths of a percent

	MaxEvents = 1000     // of one request
	MaxWire   = 64 << 10 // bytes of a request's body as sent
	MaxBody   = 1 << 20  // bytes of a request's body, decompressed
)

// Times that give numbers their meaning. All of them are part of the fold: changing one changes answers.
const (
	VisitGap     = int64(30 * time.Minute / time.Millisecond) // a longer gap starts a new visit
	MaxStep      = int64(30 * time.Minute / time.Millisecond) // a longer gap or step counts 0
	MaxDwell     = int64(30 * time.Minute / time.Millisecond) // of one view
	Jitter       = int64(10 * time.Second / time.Millisecond) // an event older than the newest by more is late
	ClockSlack   = int64(2 * time.Second / time.Millisecond)  // by which a new page's clock may exceed its age
	MaxEventAge  = int64(24 * time.Hour / time.Millisecond)   // a client clock says no more
	DedupeWindow = int64(24 * time.Hour / time.Millisecond)   // of event ids, by receive time
)

// FirstImportDay is the earliest ts that an import may carry, ms since 1970: 2000-01-01 UTC.
const FirstImportDay = 946_684_800_000

// MsPerDay is how many ms a UTC day has.
const MsPerDay = 86_400_000

// UTCDay returns the UTC day of a time, days since 1970-01-01.
func UTCDay(ms int64) int32 {
	d := ms / MsPerDay
	if ms%MsPerDay < 0 {
		d--
	}
	return int32(d)
}
