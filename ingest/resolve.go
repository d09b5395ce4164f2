package ingest

import (
	"cmp"
	"math"
	"slices"
	"time"

	"footfall/event"
)

// Resolve returns the event time of a live beacon: the receive time less the event's age by the client's own clock, if
// that is believable, else the receive time. A client that gives ts alone is a server whose clock is right.
func Resolve(ts, sentAt int64, hasTS, hasSentAt bool, received int64) int64 {
	switch {
	case !hasTS:
		return received
	case !hasSentAt:
		sentAt = received
	}
	if age := sentAt - ts; age >= 0 && age <= event.MaxEventAge {
		return received - age
	}
	return received
}

// LocalDay returns the day of a time in a zone, days since 1970-01-01; nil is UTC.
func LocalDay(ms int64, loc *time.Location) int32 {
	var z zoneSpan
	return z.day(ms, loc)
}

// zoneSpan is a stretch of time in which a zone keeps its offset from UTC. Looking offsets up takes longer than all else
// that is done to an event's time, and nearly all events fall into the stretch of the one before.
type zoneSpan struct {
	loc        *time.Location
	start, end int64 // ms since 1970
	offset     int64 // ms
}

func (z *zoneSpan) day(ms int64, loc *time.Location) int32 {
	if loc == nil {
		loc = time.UTC
	}
	if z.loc != loc || ms < z.start || ms >= z.end {
		z.find(ms, loc)
	}
	return event.UTCDay(ms + z.offset)
}

func (z *zoneSpan) find(ms int64, loc *time.Location) {
	t := time.UnixMilli(ms).In(loc)
	_, seconds := t.Zone()
	*z = zoneSpan{loc: loc, start: math.MinInt64, end: math.MaxInt64, offset: int64(seconds) * 1000}
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		z.start = start.UnixMilli()
	}
	if !end.IsZero() {
		z.end = end.UnixMilli()
	}
}

// Stamp is what the receiver of a request decides about its events.
type Stamp struct {
	Received         int64          // ms since 1970
	Zone             *time.Location // the site's; nil is UTC
	Device           event.Device   // from the User-Agent, for events that name none
	Flagged          bool           // the User-Agent is a bot's
	Imported         bool
	DefaultAnonymous bool   // the site's consent for events that give none
	Anonymous        bool   // consent "anonymous" for all, whatever they give
	Visitor          string // that anonymous events are counted as, empty: none
	TrustTS          bool   // an import: ts is the event time, and the order of the lines stays
}

// Grouper makes chunks of a request's items. It may be used again, by one goroutine at a time; the chunks it returned
// before are then no longer valid. The zero value is ready.
type Grouper struct {
	zone     zoneSpan
	order    []place
	sessions map[string]int32
	events   []event.Event
	chunks   []event.Chunk
}

// place is where an item stands: sessions in the order of their first item, in each the events by time.
type place struct {
	session int32
	item    int32
	at      int64
}

// Chunks resolves the items' times and groups them: each chunk has consecutive events of one session, in event-time
// order, that share visitor, profile, device and flags. Chunks of a session stand together, sessions in the order of
// their first item. Strings are lent from the items.
func (g *Grouper) Chunks(items []Item, s Stamp) []event.Chunk {
	g.sort(items, s)
	g.events = slices.Grow(g.events[:0], len(items))
	g.chunks = g.chunks[:0]
	session := int32(-1)
	for _, p := range g.order {
		it := &items[p.item]
		e := it.Event
		e.At, e.Day = p.at, g.zone.day(p.at, s.Zone)
		head := s.head(it)
		if p.session != session || !sameHead(&g.chunks[len(g.chunks)-1], &head) {
			g.chunks = append(g.chunks, head)
			session = p.session
		}
		g.events = append(g.events, e)
		c := &g.chunks[len(g.chunks)-1]
		n := len(g.events)
		c.Events = g.events[n-len(c.Events)-1 : n : n]
	}
	return g.chunks
}

// sort fills order.
func (g *Grouper) sort(items []Item, s Stamp) {
	if g.sessions == nil {
		g.sessions = make(map[string]int32)
	}
	g.order = slices.Grow(g.order[:0], len(items))
	sorted := true
	for i := range items {
		it := &items[i]
		p := place{item: int32(i), session: g.session(items, i), at: s.time(it)}
		sorted = sorted && (i == 0 || p.compare(g.order[i-1], s.TrustTS) >= 0)
		g.order = append(g.order, p)
	}
	clear(g.sessions) // its strings are lent
	if !sorted {
		slices.SortFunc(g.order, func(a, b place) int { return a.compare(b, s.TrustTS) })
	}
}

// session numbers the sessions by their first item. Nearly every request has but one, which needs no map.
func (g *Grouper) session(items []Item, i int) int32 {
	if i == 0 {
		return 0
	}
	name := items[i].Session
	if name == items[i-1].Session {
		return g.order[i-1].session
	}
	if len(g.sessions) == 0 {
		g.sessions[items[0].Session] = 0
	}
	n, ok := g.sessions[name]
	if !ok {
		n = int32(len(g.sessions))
		g.sessions[name] = n
	}
	return n
}

func (p place) compare(q place, lineOrder bool) int {
	if c := cmp.Compare(p.session, q.session); c != 0 {
		return c
	}
	if !lineOrder {
		if c := cmp.Compare(p.at, q.at); c != 0 {
			return c
		}
	}
	return cmp.Compare(p.item, q.item)
}

func (s *Stamp) time(it *Item) int64 {
	if s.TrustTS && it.HasTS {
		return it.TS
	}
	return Resolve(it.TS, it.SentAt, it.HasTS, it.HasSentAt, s.Received)
}

// head returns the item's chunk without events.
func (s *Stamp) head(it *Item) event.Chunk {
	c := event.Chunk{Session: it.Session, Visitor: it.Visitor, Profile: it.Profile, Device: it.Device, Received: s.Received}
	if c.Device == event.DeviceUnknown {
		c.Device = s.Device
	}
	if s.Flagged || it.Webdriver {
		c.Flags |= event.Flagged
	}
	if s.Imported {
		c.Flags |= event.Imported
	}
	if s.anonymous(it) {
		c.Flags |= event.Anonymous
		c.Visitor = s.Visitor
	}
	return c
}

func (s *Stamp) anonymous(it *Item) bool {
	return s.Anonymous || it.Anonymous || !it.HasConsent && s.DefaultAnonymous
}

func sameHead(a, b *event.Chunk) bool {
	return a.Visitor == b.Visitor && a.Profile == b.Profile && a.Device == b.Device && a.Flags == b.Flags
}
