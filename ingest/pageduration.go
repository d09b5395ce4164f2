package ingest

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/valyala/fasthttp"

	"footfall/catalog"
	"footfall/event"
	"footfall/fault"
)

// PageDuration answers POST /api/analytics/page-duration, with which pages written for the product document say how
// long they were looked at: {"sessionId","duration"}, in seconds. It takes no key; other fields of an event may stand
// beside these two.
func (in *Ingest) PageDuration(ctx *fasthttp.RequestCtx) {
	w := in.borrow()
	defer in.giveBack(w)
	site, err := in.siteOfOrigin(ctx)
	in.cors(ctx, site)
	if over := in.enterEvents(ctx, w); over != nil {
		err = over
	}
	if err != nil {
		WriteError(ctx, err)
		return
	}
	t, err := in.pageDuration(ctx, w, site)
	in.answer(ctx, t, err)
}

func (in *Ingest) pageDuration(ctx *fasthttp.RequestCtx, w *work, site *catalog.Site) (taken, error) {
	if err := in.admitted(ctx, w, site); err != nil {
		return taken{}, err
	}
	body, err := in.body(ctx, w, event.MaxWire)
	if err != nil {
		return taken{}, in.spoiled(w, site, err)
	}
	if body, err = pageDurationEvent(body); err != nil {
		return taken{}, in.spoiled(w, site, err)
	}
	return in.take(ctx, w, site, body, 1)
}

// pageDurationEvent returns the event that a page-duration body stands for.
func pageDurationEvent(body []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	if !utf8.Valid(body) {
		return nil, fault.New(fault.InvalidJSON, "The body is not UTF-8.")
	}
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return nil, fault.Wrap(fault.InvalidJSON, err, `The body is not a JSON object. Send {"sessionId":"…","duration":12.5}.`)
	}
	duration, ok := fields["duration"]
	if !ok || string(duration) == "null" {
		return nil, fault.Field(fault.MissingField, "duration", "duration is required: the seconds for which the page was looked at.")
	}
	delete(fields, "duration")
	delete(fields, "events")
	fields["eventType"] = json.RawMessage(`"page_duration"`)
	fields["durationSeconds"] = duration
	doc, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("encode a page_duration event: %w", err)
	}
	return doc, nil
}
