package api

import (
	"encoding/json"
	"io"

	"footfall/catalog"
	"footfall/fault"
	"footfall/ingest"
)

// batchPath takes bodies of any length.
const batchPath = "/v1/listings:batch"

// Lines that are put together, and bytes of them, give or take one.
const (
	batchLines = 500
	batchBytes = 1 << 20
)

// listingBatch is a POST /v1/listings:batch on its way.
type listingBatch struct {
	api  *API
	call *call
	site *catalog.Site
	feed *ingest.Feed
	sum  struct {
		Lines     int       `json:"lines"`
		Accepted  int       `json:"accepted"`
		Rejected  int       `json:"rejected"`
		Created   int       `json:"created"`
		Updated   int       `json:"updated"`
		Unchanged int       `json:"unchanged"`
		Done      bool      `json:"done,omitempty"`
		Error     *lineFail `json:"error,omitempty"`
	}
}

// lineResult says what became of one line.
type lineResult struct {
	Line   int       `json:"line"` // from 1, blank ones not counted
	ID     *string   `json:"id"`
	Result string    `json:"result"`
	Error  *lineFail `json:"error,omitempty"`
}

type lineFail struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	Field   string     `json:"field,omitempty"`
}

func failOf(err error) *lineFail {
	f := fault.From(err)
	return &lineFail{f.Code, f.Message, f.Field}
}

const lineRejected = "rejected"

// putListings answers POST /v1/listings:batch. The answer tells what became of each line, and after some hundred how far
// it is; its last line says that all is done, or what hindered the rest.
func (a *API) putListings(c *call) {
	site, err := a.site(c)
	if err == nil {
		err = a.vouch(c) // where no line could be answered, better no answer that begins with 200
	}
	var feed *ingest.Feed
	if err == nil {
		feed, err = ingest.OpenFeed(c.RequestCtx)
	}
	if err != nil {
		ingest.WriteError(c.RequestCtx, err)
		return
	}
	b := &listingBatch{api: a, call: c, site: site, feed: feed}
	feed.Answer(b.next)
}

// next puts some lines and returns the lines that answer them.
func (b *listingBatch) next() (answer []byte, more bool) {
	lines, listings, err := b.read()
	more = err == nil
	if err == io.EOF {
		err = nil
	}
	if putErr := b.put(lines, listings); putErr != nil {
		err, more, lines = putErr, false, nil
	}
	for i := range lines {
		answer = appendLine(answer, &lines[i])
	}
	if b.sum.Done = !more && err == nil; err != nil {
		b.sum.Error = failOf(err)
		b.api.o.Log.Warn("a batch of listings ended early", "request_id", ingest.RequestID(b.call.RequestCtx), "error", err)
	}
	return appendLine(answer, &b.sum), more
}

func appendLine(b []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return b // integers and strings always encode
	}
	return append(append(b, text...), '\n')
}

// read returns the next lines and the listings in them, nil for a line that is none. io.EOF: there are no more.
func (b *listingBatch) read() (lines []lineResult, listings []*catalog.Listing, err error) {
	for size := 0; len(lines) < batchLines && size < batchBytes; {
		text, err := b.feed.Line()
		if err != nil && !fault.Is(err, fault.TooLarge) {
			return lines, listings, err
		}
		r := lineResult{Line: b.sum.Lines + len(lines) + 1}
		var l *catalog.Listing
		if err == nil {
			l, err = b.api.o.Catalog.ReadListing(b.site, "", text)
		}
		if l != nil {
			r.ID = known(l.ID)
		}
		if err != nil {
			l, r.Result, r.Error = nil, lineRejected, failOf(err)
		}
		lines, listings = append(lines, r), append(listings, l)
		size += len(text)
	}
	return lines, listings, nil
}

// put puts the listings of lines and says in the lines what became of them.
func (b *listingBatch) put(lines []lineResult, listings []*catalog.Listing) error {
	var all []*catalog.Listing
	for _, l := range listings {
		if l != nil {
			all = append(all, l)
		}
	}
	results, err := b.api.o.Catalog.PutListings(b.call, b.site, b.call.grant.Profile, b.api.o.Now(), all...)
	if err == nil {
		err = b.api.vouch(b.call)
	}
	if err != nil {
		return err
	}
	for i := range lines {
		if listings[i] != nil {
			r := results[0]
			results = results[1:]
			if lines[i].Result = r.Result; r.Err != nil {
				lines[i].Result, lines[i].Error = lineRejected, failOf(r.Err)
			}
		}
		b.count(lines[i].Result)
	}
	return nil
}

func (b *listingBatch) count(result string) {
	b.sum.Lines++
	b.sum.Accepted++
	switch result {
	case catalog.ListingCreated:
		b.sum.Created++
	case catalog.ListingUpdated:
		b.sum.Updated++
	case catalog.ListingUnchanged:
		b.sum.Unchanged++
	default:
		b.sum.Accepted--
		b.sum.Rejected++
	}
}
