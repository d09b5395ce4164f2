// Package ingest is all that a stranger's browser may call: the beacon, the page-duration call, the pixel and the lead
// form; and the two imports of past events, newline-delimited JSON and access logs.
//
// Its parsing half turns bytes into events. Bodies decompresses them, Decoder reads them, Resolve and Grouper give them
// their times and make chunks of them. What leaves the Decoder keeps every limit of package event and the privacy
// rules: URLs without fragment and foreign parameters, referrers cut to their path, event data without keys that name
// secrets. Durations and scroll depths are rounded there, exactly, and nowhere after. Nothing panics on any input,
// memory is bounded by the body's size, and a typical body allocates nothing; to that end strings are lent: they stand
// in the request's bytes or in the Decoder, and are valid until either is used again.
//
// Its HTTP half, Ingest, admits a request (key, origin, size), stamps every decision into the records, and submits them
// to the journal; a 2xx means that they are on disk, folded and visible to queries. It answers CORS on every status of
// the calls that browsers make from other origins. Rejected events are kept for the site's owner in a ring of their own
// space, and what has come from a site's pages in another; both are written without sync and may lose their newest in a crash.
//
// Strangers are held to rates by their address, which is forgotten at once, sites to quotas of what is new; memory for
// that is of one size. Who speaks for a client, a trusted proxy, says so in Options.
package ingest

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"footfall/access"
	"footfall/catalog"
	"footfall/fault"
	"footfall/journal"
	"footfall/leads"
	"footfall/sessionize"
	"footfall/store"
)

// Options of an Ingest. All but Log, Slow, Proxies, TLS, Salt and Bodies are required.
type Options struct {
	Journal  *journal.Journal
	Sessions *sessionize.Sessions // knows what is new to a site
	Leads    *leads.Leads
	Catalog  *catalog.Catalog
	Access   *access.Access
	DB       *store.DB // for the ring of rejects, and for ids that must not be guessed back to what they stand for
	Now      func() time.Time
	Log      *slog.Logger
	Slow     time.Duration // beacons that take this long or longer are logged; 0: none
	Proxies  Proxies       // that say for whom they speak
	TLS      bool          // the public port speaks TLS itself
	Salt     *Salt         // of anonymous visitors; nil: one that stands in memory only
	Bodies   int64         // bytes of bodies that are read at once; 0: any
}

// Counts is what an Ingest has done since its start.
type Counts struct {
	Accepted    atomic.Int64 // events, duplicates included
	Rejected    atomic.Int64 // events
	Redacted    atomic.Int64 // eventData keys dropped because they name secrets
	RejectsLost atomic.Int64 // rejected events that were not kept in the ring, for its rate
	Honeypot    atomic.Int64 // lead forms that only a robot fills in this way
	reasons     reasons
}

// Ingest holds the public handlers. Its methods may be called by many goroutines.
type Ingest struct {
	o             Options
	agents        *Agents
	bodies        Bodies
	works         sync.Pool
	rejects       ring
	installations installations
	counts        Counts
	rates         *rates
	quotas        *quotas
	load          load
}

// New returns an Ingest.
func New(o Options) *Ingest {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Salt == nil {
		o.Salt = &Salt{random: rand.Reader, day: -1}
	}
	in := &Ingest{o: o, agents: NewAgents(), rates: newRates(), quotas: newQuotas(o.Sessions, quotasOf(o.Catalog))}
	in.load.queue, in.load.bodies = o.Journal.QueueLimit(), o.Bodies
	in.works.New = func() any { return new(work) }
	in.installations = installations{db: o.DB, sites: map[uint32]*installed{}}
	in.rejects = ring{db: o.DB, sites: map[uint32]*ringSite{}}
	return in
}

// quotasOf returns what organizations set for each of their sites.
func quotasOf(c *catalog.Catalog) func(organization string) catalog.Quotas {
	return func(organization string) catalog.Quotas { return c.Settings(organization).Quotas }
}

// Counts returns the counters, which go on counting.
func (in *Ingest) Counts() *Counts { return &in.counts }

// work is what one request needs, kept for the next one. Everything in it is lent to the request that borrowed it.
type work struct {
	decoder Decoder
	grouper Grouper
	wire    []byte // the body as it came, if it had to be read from a stream
	body    []byte // the body, decompressed
	records []journal.Record
	client  client
}

func (in *Ingest) borrow() *work { return in.works.Get().(*work) }

// giveBack returns the work of a request of which nothing is in use any more.
func (in *Ingest) giveBack(w *work) {
	clear(w.records)
	w.client = client{}
	in.works.Put(w)
}

// submit makes chunks of the items and returns once they are on disk and folded. Nothing is kept of what was lent.
func (in *Ingest) submit(ctx context.Context, w *work, site *catalog.Site, items []Item, s Stamp) error {
	chunks := w.grouper.Chunks(items, s)
	at := time.UnixMilli(s.Received)
	w.records = w.records[:0]
	for i := range chunks {
		w.records = append(w.records, journal.Record{
			At: at, Kind: journal.KindChunk, Site: site.ID, Session: chunks[i].Session, Chunk: &chunks[i],
		})
	}
	_, err := in.o.Journal.Submit(ctx, w.records...)
	return in.settle(err)
}

// submitPatiently is submit for imports, which wait while the queue is full.
func (in *Ingest) submitPatiently(ctx context.Context, w *work, site *catalog.Site, items []Item, s Stamp) error {
	for {
		err := in.submit(ctx, w, site, items, s)
		if !errors.Is(err, journal.ErrOverloaded) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stamp returns what the site says about events received now.
func (in *Ingest) stamp(site *catalog.Site) Stamp {
	return Stamp{
		Received: in.o.Now().UnixMilli(), Zone: site.Zone(), DefaultAnonymous: site.Consent == "anonymous",
	}
}

// unknownProfile is the code under which events are noted whose profile is not of the site's organization.
const unknownProfile fault.Code = "unknown_profile"

// settleProfiles gives events of a profile outside the site's organization to the site's own, and returns notes of
// them for the ring.
func (in *Ingest) settleProfiles(site *catalog.Site, items []Item) (notes []Reject) {
	for i := range items {
		it := &items[i]
		if it.Profile == "" || in.o.Catalog.HasProfile(site.Organization, it.Profile) {
			continue
		}
		notes = append(notes, Reject{
			Index: it.Index, Code: unknownProfile, Field: specs[fieldProfile].name, Raw: it.Raw,
			Message: "No profile of the site's organization has this id. The event was accepted for the site's own profile.",
		})
		it.Profile = ""
	}
	return notes
}

// keep puts rejected events into the site's ring.
func (in *Ingest) keep(w *work, site *catalog.Site, rejects []Reject) {
	if len(rejects) == 0 {
		return
	}
	lost, err := in.rejects.add(&w.decoder, site.ID, in.o.Now(), rejects)
	in.counts.RejectsLost.Add(int64(lost))
	if err != nil {
		in.o.Log.Error("rejected events are not kept", "site", site.ID, "error", err)
	}
}

// keepFault puts what spoiled a whole request into the site's ring, unless the fault is ours.
func (in *Ingest) keepFault(w *work, site *catalog.Site, err error) {
	f := fault.From(err)
	if f.Code.Status() < 500 {
		in.keep(w, site, []Reject{{Code: f.Code, Field: f.Field, Message: f.Message}})
	}
}

// Rejects returns at most limit rejected events of sites, newest first, that come after a place; nil: from the newest one.
func (in *Ingest) Rejects(sites []uint32, limit int, after *RejectPlace) ([]RejectRow, error) {
	return in.rejects.listSites(sites, limit, after)
}

// count notes the events of a request that was answered.
func (in *Ingest) count(accepted int, rejects []Reject, redacted int) {
	in.counts.Accepted.Add(int64(accepted))
	in.counts.Rejected.Add(int64(len(rejects)))
	in.counts.reasons.add(rejects)
	in.counts.Redacted.Add(int64(redacted))
}
