package ingest

import (
	"encoding/json"
	"time"

	"footfall/event"
)

// LogReplay makes of an access log's lines the beacons that its pages would have sent, under the ids that ImportLog gives
// them: a log may be imported up to some line and replayed from there, and no visit is torn. It must be shown every
// line in order.
type LogReplay struct{ l *logReader }

// NewLogReplay returns a replay of a log.
func (in *Ingest) NewLogReplay(o LogOptions) *LogReplay {
	return &LogReplay{&logReader{in: in, o: o, d: new(Decoder)}}
}

// LogBeacon is what one page view sends.
type LogBeacon struct {
	At    time.Time // when, shifted
	Agent string    // the User-Agent to send it under
	Body  []byte    // of POST /v1/events
}

// Beacon returns the beacon of a line, and false if the line is no page view or cannot be read.
func (r *LogReplay) Beacon(raw []byte) (LogBeacon, bool) {
	line, err := ParseCombined(raw)
	if err != nil || !line.isPageView() {
		return LogBeacon{}, false
	}
	l := r.l
	l.d.begin()
	at := line.Time.Add(l.o.Shift)
	visitor, session := l.visit(&line, at.UnixMilli())
	id := l.id(raw)
	page := map[string]any{
		"ts": at.UnixMilli(), "eventType": "page_view", "eventId": id, "pageId": id, "sessionId": session, "visitorId": visitor,
	}
	for _, a := range l.attrs(&line) {
		name := event.AttrNames[a.Key]
		page[name] = a.Value
	}
	events := []map[string]any{page}
	if listing := l.listing(&line); listing != "" {
		events = append(events, map[string]any{
			"ts": at.UnixMilli(), "eventType": "property_view", "eventId": id + ".p", "pageId": id, "sessionId": session, "visitorId": visitor,
			"propertyId": listing,
		})
	}
	body, err := json.Marshal(events)
	return LogBeacon{at, line.Agent, body}, err == nil
}
