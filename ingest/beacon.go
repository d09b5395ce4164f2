package ingest

import (
	"errors"
	"io"
	"net"
	"slices"
	"time"

	"github.com/valyala/fasthttp"

	"footfall/catalog"
	"footfall/event"
	"footfall/fault"
)

// Beacon answers POST /v1/events.
func (in *Ingest) Beacon(ctx *fasthttp.RequestCtx) {
	w := in.borrow()
	defer in.giveBack(w)
	key := keyOf(ctx)
	site, unknown := in.siteOfKey(key)
	in.cors(ctx, site)
	err := in.enterEvents(ctx, w)
	if err == nil && key != "" {
		err = unknown
	}
	if err != nil {
		WriteError(ctx, err)
		return
	}
	t, err := in.beacon(ctx, w, site)
	in.answer(ctx, t, err)
}

// beacon takes the events of a request's body. The site is nil if only the body names the key.
func (in *Ingest) beacon(ctx *fasthttp.RequestCtx, w *work, site *catalog.Site) (taken, error) {
	if site != nil {
		if err := in.admitted(ctx, w, site); err != nil {
			return taken{}, err
		}
	}
	body, err := in.body(ctx, w, event.MaxBody)
	if err != nil {
		return taken{}, in.spoiled(w, site, err)
	}
	return in.take(ctx, w, site, body, event.MaxEvents)
}

// admitted is admit, and notes a refusal for the site's owner.
func (in *Ingest) admitted(ctx *fasthttp.RequestCtx, w *work, site *catalog.Site) error {
	err := admit(ctx, site)
	if err != nil {
		in.noteInstallation(site.ID, originOf(ctx), in.o.Now(), 0)
	}
	return in.spoiled(w, site, err)
}

// spoiled notes for the site's owner, if the site is known, why a whole request was refused.
func (in *Ingest) spoiled(w *work, site *catalog.Site, err error) error {
	if err != nil && site != nil {
		in.keepFault(w, site, err)
	}
	return err
}

// taken is what became of a request's events. It is lent from the work.
type taken struct {
	accepted int
	rejects  []Reject
}

// take decodes a body, submits its events and keeps the rejected ones. A duplicate counts as accepted.
func (in *Ingest) take(ctx *fasthttp.RequestCtx, w *work, site *catalog.Site, body []byte, max int) (taken, error) {
	in.spend(w.client, amount{perByte: int64(len(body))})
	key, items, rejects, err := w.decoder.Decode(body, max)
	if site == nil {
		// A body that cannot be read names no key, so the answer is 401 also then.
		var unknown error
		if site, unknown = in.siteOfKey(key); unknown != nil {
			return taken{}, unknown
		}
		in.cors(ctx, site)
		if err := in.admitted(ctx, w, site); err != nil {
			return taken{}, err
		}
	}
	if err != nil {
		return taken{}, in.spoiled(w, site, err)
	}
	in.spend(w.client, amount{perEvent: int64(len(items) + len(rejects))})
	if items, rejects = in.refuseForgotten(site, items, rejects); w.client.limited {
		if items, rejects, err = in.quotas.within(site, items, rejects, in.o.Now()); err != nil {
			return taken{}, err
		}
	}
	if len(items) > 0 {
		notes := in.settleProfiles(site, items)
		s := in.stamp(site)
		agent := in.agents.Of(lend(ctx.UserAgent()))
		s.Device, s.Flagged = agent.Device, agent.Bot
		in.stampConsent(ctx, w, site, items, &s)
		use, n := in.quotas.of(site.ID), weight(items)
		if err := in.load.occupy(use, n, agent.Bot || !ctx.IsPost()); err != nil { // what is not posted is a pixel
			return taken{}, err
		}
		err := in.submit(ctx, w, site, items, s)
		in.load.vacate(use, n)
		if err != nil {
			return taken{}, err
		}
		in.noteInstallation(site.ID, originOf(ctx), time.UnixMilli(s.Received), len(items))
		in.tellSlow(ctx, w)
		in.keep(w, site, notes)
	}
	in.keep(w, site, keepable(rejects))
	in.count(len(items), rejects, w.decoder.Redacted)
	return taken{len(items), rejects}, nil
}

// answer says what became of the events.
func (in *Ingest) answer(ctx *fasthttp.RequestCtx, t taken, err error) {
	switch {
	case err != nil:
		WriteError(ctx, err)
	case len(t.rejects) == 0:
		noContent(ctx)
	case t.accepted == 0:
		writeError(ctx, allRejected(t.rejects), rejections(t.rejects))
	default:
		WriteJSON(ctx, fasthttp.StatusOK, struct {
			Accepted int         `json:"accepted"`
			Rejected []rejection `json:"rejected"`
		}{t.accepted, rejections(t.rejects)})
	}
}

func allRejected(rejects []Reject) error {
	if !slices.ContainsFunc(rejects, func(r Reject) bool { return r.Code != fault.SiteQuota }) {
		return fault.New(fault.SiteQuota, "%s Send it again later.", rejects[0].Message)
	}
	if !slices.ContainsFunc(rejects, func(r Reject) bool { return r.Code != fault.Erased }) {
		return fault.New(fault.Erased, "%s", rejects[0].Message)
	}
	return fault.New(fault.AllRejected, "None of the events could be accepted. The first one: %s", rejects[0].Message)
}

// body returns the decompressed body, lent from the work: at most event.MaxWire bytes as sent, and max in the end.
func (in *Ingest) body(ctx *fasthttp.RequestCtx, w *work, max int) ([]byte, error) {
	length := int64(ctx.Request.Header.ContentLength())
	if length < 0 || length > event.MaxWire { // chunked, or too large
		length = event.MaxWire
	}
	if err := in.load.beginBody(length); err != nil {
		ctx.SetConnectionClose()
		return nil, err
	}
	wire, err := w.readWire(ctx)
	in.load.endBody(length)
	if err != nil {
		return nil, err
	}
	w.body, err = in.bodies.Decompress(w.body[:0], encodingOf(ctx), wire, max)
	if fault.Is(err, fault.TooLarge) {
		in.spend(w.client, amount{perByte: int64(max)})
	}
	return w.body, err
}

// encodingOf returns the encoding that a request names for its body, "" if its first bytes are to tell.
func encodingOf(ctx *fasthttp.RequestCtx) string {
	if e := ctx.Request.Header.Peek("Content-Encoding"); len(e) > 0 {
		return string(e)
	}
	return string(ctx.QueryArgs().Peek("compression"))
}

// maxRefused is how much of a body that is too large is still read, so that its sender gets to see the answer.
const maxRefused = 8 << 20

// readWire returns the body as it came, lent from the request or from the work.
func (w *work) readWire(ctx *fasthttp.RequestCtx) ([]byte, error) {
	stream := ctx.RequestBodyStream()
	if stream == nil {
		if body := ctx.PostBody(); len(body) <= event.MaxWire {
			return body, nil
		}
		return nil, tooLarge()
	}
	length := ctx.Request.Header.ContentLength() // negative if the body is chunked
	err := errTooLarge
	if length <= event.MaxWire {
		w.wire, err = readAll(w.wire[:0], stream, event.MaxWire)
	}
	switch {
	case err == errTooLarge && length > maxRefused:
		ctx.SetConnectionClose()
		return nil, tooLarge()
	case err == errTooLarge:
		// What is left after this closes the connection; an error here changes nothing of the answer.
		_, _ = io.CopyN(io.Discard, stream, maxRefused)
		return nil, tooLarge()
	case err == nil && len(w.wire) < length:
		err = io.ErrUnexpectedEOF
	case err == nil:
		return w.wire, nil
	}
	ctx.SetConnectionClose()
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return nil, fault.Wrap(fault.Timeout, err, "The body did not arrive in time.")
	}
	return nil, fault.Wrap(fault.BadRequest, err, "The body ended before its length.")
}

func tooLarge() error {
	return fault.New(fault.TooLarge, "The body has more than %s bytes. Compress it or send fewer events at a time; none of these was counted.", count(event.MaxWire))
}
