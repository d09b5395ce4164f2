package ingest

import (
	"bytes"
	"encoding/base64"

	"github.com/valyala/fasthttp"

	"footfall/catalog"
	"footfall/event"
	"footfall/fault"
)

// pixel is a transparent picture of one point, 43 bytes.
var pixel = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

// Pixel answers GET /v1/p?k=…&e=…, for pages without scripts: e is one event, as JSON or as base64url of it. It answers
// a picture if the event was accepted, else what was wrong.
func (in *Ingest) Pixel(ctx *fasthttp.RequestCtx) {
	w := in.borrow()
	defer in.giveBack(w)
	site, err := in.siteOfKey(keyOf(ctx))
	if over := in.enterEvents(ctx, w); over != nil {
		err = over
	}
	if err != nil {
		WriteError(ctx, err)
		return
	}
	var t taken
	if !ctx.IsHead() { // a HEAD only asks; it counts nothing
		t, err = in.pixelEvent(ctx, w, site)
	}
	if err != nil || len(t.rejects) > 0 {
		in.answer(ctx, t, err)
		return
	}
	setRequestID(ctx)
	noStore(&ctx.Response.Header)
	ctx.SetContentType("image/gif")
	ctx.SetBody(pixel)
}

func (in *Ingest) pixelEvent(ctx *fasthttp.RequestCtx, w *work, site *catalog.Site) (taken, error) {
	if err := in.admitted(ctx, w, site); err != nil {
		return taken{}, err
	}
	e := ctx.QueryArgs().Peek("e")
	if len(e) > event.MaxWire {
		return taken{}, in.spoiled(w, site, tooLarge())
	}
	if first := bytes.TrimLeft(e, " \t\r\n"); len(first) > 0 && first[0] != '{' {
		text, err := base64.RawURLEncoding.AppendDecode(w.body[:0], bytes.TrimRight(first, "= \t\r\n"))
		if err != nil {
			return taken{}, in.spoiled(w, site, fault.Field(fault.InvalidField, "e", "e must be one event as JSON, percent-encoded, or base64url of it."))
		}
		w.body, e = text, text
	}
	return in.take(ctx, w, site, e, 1)
}
