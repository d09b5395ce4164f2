package ingest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"footfall/catalog"
	"footfall/event"
	"footfall/fault"
)

// Progress of an import, in lines that are not blank.
type Progress struct {
	Lines    int64 `json:"lines"`
	Accepted int64 `json:"accepted"`          // duplicates included
	Rejected int64 `json:"rejected"`          //
	Skipped  int64 `json:"skipped,omitempty"` // lines of an access log that are no page views

	Reasons []Reason `json:"reasons,omitempty"` // of rejected lines, first come first, at most 16
}

// Reason is why some lines were rejected.
type Reason struct {
	Code    fault.Code `json:"code"`
	Field   string     `json:"field,omitempty"`
	Message string     `json:"message"`
	Lines   int64      `json:"lines"`
}

// rejected counts the reasons of lines. There are few; more than maxReasons are not told of.
func (p *Progress) rejected(rejects []Reject) {
	p.Rejected += int64(len(rejects))
	for i := range rejects {
		r := &rejects[i]
		at := slices.IndexFunc(p.Reasons, func(known Reason) bool {
			return known.Code == r.Code && known.Field == r.Field && known.Message == r.Message
		})
		switch {
		case at >= 0:
			p.Reasons[at].Lines++
		case len(p.Reasons) < maxReasons:
			p.Reasons = append(p.Reasons, Reason{r.Code, r.Field, strings.Clone(r.Message), 1})
		}
	}
}

const (
	maxLine       = 64 << 10 // bytes of one line
	linesAtOnce   = 1000     // submitted together
	bytesAtOnce   = 1 << 20  // of lines submitted together, give or take one
	progressEvery = time.Second
	maxReasons    = 16 // that are told of an import's rejected lines
)

// ImportLines takes newline-delimited events of any number, in line order, and trusts their ts. It calls progress about
// once a second and returns what it came to, also with an error. Importing the same lines again changes nothing.
func (in *Ingest) ImportLines(ctx context.Context, site *catalog.Site, r io.Reader, progress func(Progress)) (Progress, error) {
	im := in.newLineImport(site, r)
	defer im.close()
	return im.run(ctx, progress)
}

// importer reads lines and submits them batch by batch.
type importer struct {
	in     *Ingest
	site   *catalog.Site
	src    *bufio.Reader
	w      *work
	most   int // lines in a batch
	decode func(batch []byte) (items []Item, rejects []Reject, skipped int)
	sum    Progress
}

func (in *Ingest) newImporter(site *catalog.Site, r io.Reader) *importer {
	return &importer{in: in, site: site, src: bufio.NewReaderSize(r, maxLine+len("\r\n")), w: in.borrow(), most: linesAtOnce}
}

func (in *Ingest) newLineImport(site *catalog.Site, r io.Reader) *importer {
	im := in.newImporter(site, r)
	im.decode = im.decodeEvents
	return im
}

// close gives back what the importer borrowed.
func (im *importer) close() { im.in.giveBack(im.w) }

func (im *importer) run(ctx context.Context, progress func(Progress)) (Progress, error) {
	told := im.in.o.Now()
	for {
		more, err := im.step(ctx)
		if err != nil || !more {
			return im.sum, err
		}
		if now := im.in.o.Now(); now.Sub(told) >= progressEvery {
			progress(im.sum)
			told = now
		}
	}
}

// step takes one batch and tells whether there may be more. What was read before a fault is submitted all the same.
func (im *importer) step(ctx context.Context) (more bool, err error) {
	batch, long, readErr := im.read()
	items, rejects, skipped := im.decode(batch)
	for range long {
		rejects = append(rejects, Reject{
			Code: fault.TooLarge, Message: "The line has more than " + count(maxLine) + " bytes.",
		})
	}
	if len(items) > 0 {
		notes := im.in.settleProfiles(im.site, items)
		s := im.in.stamp(im.site)
		s.Imported, s.TrustTS = true, true
		if err := im.in.submitPatiently(ctx, im.w, im.site, items, s); err != nil {
			return false, err
		}
		im.in.keep(im.w, im.site, notes)
	}
	im.in.keep(im.w, im.site, rejects)
	im.in.count(len(items), rejects, im.w.decoder.Redacted)
	im.sum.rejected(rejects)
	im.sum.Skipped += int64(skipped)
	im.sum.Accepted = im.sum.Lines - im.sum.Rejected - im.sum.Skipped
	switch {
	case readErr == io.EOF:
		return false, nil
	case readErr != nil:
		return false, unreadable(readErr)
	}
	return true, nil
}

// unreadable is the fault of a body that breaks off or does not decompress.
func unreadable(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	return fault.Wrap(fault.BadRequest, err, "The body cannot be read to its end. What came before that was taken; sending all of it again changes nothing of that.")
}

// read returns the next lines that are not blank, and how many were left out because they are too long.
func (im *importer) read() (batch []byte, long int, err error) {
	batch = im.w.wire[:0]
	for n := 0; n < im.most && len(batch) < bytesAtOnce && err == nil; {
		var line []byte
		line, err = im.src.ReadSlice('\n')
		full := errors.Is(err, bufio.ErrBufferFull)
		if full {
			err = im.skipLine()
		}
		switch line = bytes.Trim(line, " \t\r\n"); {
		case full || len(line) > maxLine:
			long++
		case len(line) > 0:
			batch = append(append(batch, line...), '\n')
		default:
			continue
		}
		n++
		im.sum.Lines++
	}
	im.w.wire = batch
	return batch, long, err
}

func (im *importer) skipLine() error {
	for {
		_, err := im.src.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// decodeEvents decodes lines of JSON. Each needs a ts that can be, and without an eventId gets a hash of its bytes: one
// that is keyed, so that nobody who sees it can try out which line it was.
func (im *importer) decodeEvents(batch []byte) (items []Item, rejects []Reject, skipped int) {
	decoded, rejects := im.w.decoder.DecodeLines(batch)
	now := im.in.o.Now().UnixMilli()
	items = decoded[:0]
	for _, it := range decoded {
		if r := checkTS(&it, now); r.Code != "" {
			r.Index, r.Raw = it.Index, it.Raw
			rejects = append(rejects, r)
			continue
		}
		if it.Event.ID == "" {
			it.Event.ID = im.hash(it.Raw)
		}
		items = append(items, it)
	}
	return items, rejects, 0
}

func (im *importer) hash(line []byte) string {
	id := im.in.o.DB.ID(lend(line))
	return hex.EncodeToString(id[:])
}

// checkTS returns why an imported event's time cannot be, a Reject without Code if it can.
func checkTS(it *Item, now int64) Reject {
	ts := specs[fieldTS].name
	switch {
	case !it.HasTS:
		return Reject{Code: fault.MissingField, Field: ts, Message: "ts is required in an import: the event's time in ms since 1970."}
	case it.TS < event.FirstImportDay || it.TS > now:
		return Reject{Code: fault.InvalidField, Field: ts, Message: "ts must be a time in ms since 1970, from 2000-01-01 to now."}
	}
	return Reject{}
}
