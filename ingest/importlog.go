package ingest

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"footfall/catalog"
	"footfall/event"
	"footfall/fault"

	"github.com/cespare/xxhash/v2"
)

// LogOptions of an access log.
type LogOptions struct {
	Pattern *regexp.Regexp // whose first group is the listing's id in the path of a page about one; nil: no such pages
	Shift   time.Duration  // added to every time
	// Homes, if there are some, are the listings that pages stand for: a page always for the same one.
	Homes []string
}

// ImportLog takes an access log in combined format as ImportLines takes events. Each page that was sent is a page_view,
// and a property_view too if its path is a listing's. A client's address with its User-Agent is a visitor, known by a
// keyed hash only; more than 30 minutes without a page begin a new session. Robots are flagged. A line's ids come from
// its bytes and the number of its repeat, so importing a log again, or one that has grown, counts nothing twice.
//
// What it remembers of visitors and lines is bounded: of a log with more than 65,536 visitors at a time, the longest
// silent ones begin a new session early.
func (in *Ingest) ImportLog(ctx context.Context, site *catalog.Site, r io.Reader, o LogOptions, progress func(Progress)) (Progress, error) {
	im := in.newLogImport(site, r, o)
	defer im.close()
	return im.run(ctx, progress)
}

func (in *Ingest) newLogImport(site *catalog.Site, r io.Reader, o LogOptions) *importer {
	im := in.newImporter(site, r)
	im.most = linesAtOnce / 2 // a line is up to two events
	l := &logReader{in: in, o: o, d: &im.w.decoder}
	im.decode = l.decode
	return im
}

// logReader makes events of log lines.
type logReader struct {
	in     *Ingest
	o      LogOptions
	d      *Decoder
	items  []Item
	visits recent[visit]
	lines  recent[int]
}

// visit is one visitor's newest session. Times are ms since 1970.
type visit struct {
	id          string
	first, last int64
}

func (l *logReader) decode(batch []byte) (items []Item, rejects []Reject, skipped int) {
	l.d.begin()
	l.items = l.items[:0]
	now := l.in.o.Now().UnixMilli()
	for i := 0; len(batch) > 0; i++ {
		var line []byte
		line, batch, _ = bytes.Cut(batch, []byte{'\n'})
		parsed, err := ParseCombined(line)
		switch {
		case err != nil:
			// The line goes unkept: it holds an address.
			rejects = append(rejects, Reject{Index: i, Code: fault.InvalidField, Message: "The line cannot be read: " + err.Error() + "."})
		case !parsed.isPageView():
			skipped++
		default:
			if r := l.take(&parsed, line, now); r.Code != "" {
				r.Index = i
				rejects = append(rejects, r)
			}
		}
	}
	return l.items, rejects, skipped
}

// take adds the events of a page view.
func (l *logReader) take(line *LogLine, raw []byte, now int64) Reject {
	it := Item{TS: line.Time.Add(l.o.Shift).UnixMilli(), HasTS: true}
	if r := checkTS(&it, now); r.Code != "" {
		return r
	}
	if len(line.Target) > event.MaxAttr || len(line.Referrer) > event.MaxAttr {
		return Reject{Code: fault.InvalidField, Field: "url", Message: "The line's path or referrer has more than " + count(event.MaxAttr) + " bytes."}
	}
	agent := l.in.agents.Of(line.Agent)
	it.Device, it.Webdriver = agent.Device, agent.Bot
	it.Visitor, it.Session = l.visit(line, it.TS)
	id := l.id(raw)
	e := event.Event{Type: event.PageView, ID: id, Page: id, Clock: event.None, Scroll: event.None, Attrs: l.attrs(line)}
	it.Event = e
	l.items = append(l.items, it)
	if listing := l.listing(line); listing != "" {
		e.Type, e.ID, e.Listing = event.PropertyView, id+".p", listing
		it.Event = e
		l.items = append(l.items, it)
	}
	return Reject{}
}

// visit returns the visitor and the session of a line. The session's id is the visitor and the time of the first of
// its lines in the log.
func (l *logReader) visit(line *LogLine, at int64) (visitor, session string) {
	key := l.in.o.DB.ID(line.Address + "\x00" + line.Agent)
	visitor = "log_" + hex.EncodeToString(key[:])
	v, ok := l.visits.get(key)
	if !ok || at < v.first-event.VisitGap || at > v.last+event.VisitGap {
		v = visit{id: visitor + "_" + strconv.FormatInt(at, 10), first: at, last: at}
	}
	v.first, v.last = min(v.first, at), max(v.last, at)
	l.visits.put(key, v)
	return visitor, v.id
}

// id returns the hash of a line and, from its second time on, the number of the repeat.
func (l *logReader) id(raw []byte) string {
	key := l.in.o.DB.ID(lend(raw))
	repeat, _ := l.lines.get(key)
	l.lines.put(key, repeat+1)
	id := hex.EncodeToString(key[:])
	if repeat > 0 {
		id += "." + strconv.Itoa(repeat)
	}
	return id
}

// attrs returns what a line says about its page, under the privacy rules of the Decoder.
func (l *logReader) attrs(line *LogLine) (attrs []event.Attr) {
	query := queryOf(line.Target)
	for k := event.AttrURL; k <= event.AttrFbclid; k++ {
		value := ""
		switch {
		case k == event.AttrURL:
			value = l.d.pageURL(line.Target)
		case k == event.AttrReferrer:
			value = l.d.referrer(line.Referrer)
		case k >= event.AttrUTMSource && query != "":
			value = l.d.parameter(query, event.AttrNames[k])
		}
		if value != "" {
			attrs = append(attrs, event.Attr{Key: k, Value: value})
		}
	}
	return attrs
}

// listing returns the id of the listing that a path is about, "" if it is about none.
func (l *logReader) listing(line *LogLine) string {
	if l.o.Pattern == nil {
		return ""
	}
	path := line.path()
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	m := l.o.Pattern.FindStringSubmatch(path)
	if len(m) < 2 || len(m[1]) > event.MaxListing || !utf8.ValidString(m[1]) || strings.IndexByte(m[1], 0) >= 0 {
		return ""
	}
	if n := uint64(len(l.o.Homes)); n > 0 {
		return l.o.Homes[xxhash.Sum64String(m[1])%n]
	}
	return m[1]
}

// maxRecent is how much each of two generations of a recent remembers.
const maxRecent = 1 << 16

// recent remembers what was put into it last. When the new generation is full it becomes the old one, and what nobody
// touched since is forgotten: the same puts always forget the same.
type recent[V any] struct{ new, old map[[16]byte]V }

func (r *recent[V]) get(key [16]byte) (V, bool) {
	if v, ok := r.new[key]; ok {
		return v, true
	}
	v, ok := r.old[key]
	return v, ok
}

func (r *recent[V]) put(key [16]byte, v V) {
	if _, ok := r.new[key]; !ok && len(r.new) >= maxRecent || r.new == nil {
		r.new, r.old = map[[16]byte]V{}, r.new
	}
	r.new[key] = v
}
