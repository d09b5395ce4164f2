package ingest

import (
	"time"

	"github.com/valyala/fasthttp"

	"footfall/catalog"
	"footfall/fault"
)

// kindNames say what there is too much of.
var kindNames = [kinds]string{
	perRequest: "200 requests a second, 1,000 at once",
	perEvent:   "5,000 events a second",
	perByte:    "4 MiB a second, decompressed",
	perLead:    "10 lead forms a minute",
}

func tooOften(kind int, wait time.Duration) error {
	f := fault.New(fault.RateLimited, "Too much comes from this address: the limit is %s. Send it again later.", kindNames[kind])
	f.After = wait
	return f
}

// Limit counts a request against its sender's rate and tells whether it is over it. The handlers of this package call
// it themselves; who refuses a request before they see it calls it too, so that guessing is held to the rate as well.
func (in *Ingest) Limit(ctx *fasthttp.RequestCtx) error {
	_, err := in.enter(ctx, amount{perRequest: 1}, amount{perRequest: 1})
	return err
}

// enterEvents is Limit for a request that may hold events. How many, and of how many bytes, shows later, so whoever has
// had too many before is refused now, before there is work with them.
func (in *Ingest) enterEvents(ctx *fasthttp.RequestCtx, w *work) (err error) {
	w.client, err = in.enter(ctx, amount{perRequest: 1, perEvent: 1, perByte: 1}, amount{perRequest: 1})
	return err
}

// enterLead is Limit for a lead form.
func (in *Ingest) enterLead(ctx *fasthttp.RequestCtx, w *work, site *catalog.Site) (err error) {
	both := amount{perRequest: 1, perLead: 1}
	if w.client, err = in.enter(ctx, both, both); err != nil || !w.client.limited || site == nil {
		return err
	}
	if wait := in.quotas.of(site.ID).takeLead(in.quotas.leads, in.o.Now().UnixNano()); wait > 0 {
		f := fault.New(fault.RateLimited, "Too many lead forms come for this site: the limit is 120 a minute. Send it again later.")
		f.After = wait
		return f
	}
	return nil
}

func (in *Ingest) enter(ctx *fasthttp.RequestCtx, need, spend amount) (client, error) {
	c := in.clientOf(ctx)
	if !c.limited {
		return c, nil
	}
	if kind, wait := in.rates.take(c.addr, need, spend, in.o.Now().UnixNano()); wait > 0 {
		return c, tooOften(kind, wait)
	}
	return c, nil
}

// spend counts what a request turned out to hold.
func (in *Ingest) spend(c client, what amount) {
	if c.limited {
		in.rates.take(c.addr, amount{}, what, in.o.Now().UnixNano())
	}
}
