package ingest

import (
	"slices"

	"github.com/valyala/fasthttp"

	"footfall/catalog"
	"footfall/fault"
)

// hasGPC says whether the browser asks for Global Privacy Control: then consent is "anonymous", whatever a page says.
func hasGPC(ctx *fasthttp.RequestCtx) bool {
	v := ctx.Request.Header.Peek("Sec-Gpc")
	return len(v) == 1 && v[0] == '1'
}

// stampConsent completes a stamp by what it says of people who gave no consent: who sent this stands for a visitor of
// today, and the ids that the events name are not kept.
func (in *Ingest) stampConsent(ctx *fasthttp.RequestCtx, w *work, site *catalog.Site, items []Item, s *Stamp) {
	s.Anonymous = hasGPC(ctx)
	if !slices.ContainsFunc(items, func(it Item) bool { return s.anonymous(&it) }) {
		return
	}
	var err error
	if s.Visitor, err = in.o.Salt.Visitor(in.o.Now(), site.ID, w.client.addr, ctx.UserAgent()); err != nil {
		in.o.Log.Error("the salt of anonymous visitors", "error", err)
	}
}

// refuseForgotten takes out the events of who was forgotten, and adds why to the rejects. Those are not kept for the
// site's owner: it would keep the id.
func (in *Ingest) refuseForgotten(site *catalog.Site, items []Item, rejects []Reject) ([]Item, []Reject) {
	now := in.o.Now().UnixMilli()
	kept := items[:0]
	for i := range items {
		it := &items[i]
		if in.o.Sessions.Refuses(site.ID, it.Session, it.Visitor, now) {
			rejects = append(rejects, Reject{
				Index: it.Index, Code: fault.Erased,
				Message: "This visitor or session was erased; nothing of it is taken for 48 hours.",
			})
			continue
		}
		kept = append(kept, *it)
	}
	return kept, rejects
}

// keepable returns the rejects that may be kept.
func keepable(rejects []Reject) []Reject {
	if !slices.ContainsFunc(rejects, func(r Reject) bool { return r.Code == fault.Erased }) {
		return rejects
	}
	return slices.DeleteFunc(slices.Clone(rejects), func(r Reject) bool { return r.Code == fault.Erased })
}
