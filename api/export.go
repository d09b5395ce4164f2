package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"footfall/access"
	"footfall/catalog"
	"footfall/fault"
	"footfall/ingest"

	"github.com/valyala/fasthttp"
)

// Bounds of exports.
const (
	exportsAtOnce  = 2
	exportRows     = 500 // that are read at a time
	crowdedFor     = 10 * time.Second
	crowdedLook    = 100 * time.Millisecond
	exportPatience = 10 * time.Second // for a turn among the queries, and for the disk
)

// An exporter reads what is exported of one site, some rows at a time: each a JSON object.
type exporter func(a *API, site *catalog.Site, in days) func() (rows []any, more bool, err error)

// exported are the things that can be exported, with the columns of their CSV.
var exported = []struct {
	name    string
	columns []string
	open    exporter
}{
	{"events", eventColumns, exportEvents},
	{"sessions", sessionColumns, exportSessions},
	{"leads", leadColumns, exportLeads},
	{"listing_days", listingDayColumns, exportListingDays},
}

func (a *API) exportRoutes() (routes []Route) {
	for i := range exported {
		what := &exported[i]
		routes = append(routes, Route{get, "/v1/export/" + what.name, access.Admin, "Export " + what.name, func(c *call) {
			if err := a.export(c, what.name, what.columns, what.open); err != nil {
				ingest.WriteError(c.RequestCtx, err)
			}
		}})
	}
	return routes
}

// export begins an answer that is as long as what is exported.
func (a *API) export(c *call, name string, columns []string, open exporter) error {
	format, err := c.choice("format", "ndjson", "csv")
	if err != nil {
		return err
	}
	if err := c.whole(); err != nil {
		return err
	}
	sites, err := a.reach(c)
	if err != nil {
		return err
	}
	e := &export{a: a, columns: columns, csv: format == "csv", id: ingest.RequestID(c.RequestCtx)}
	for _, site := range sites {
		in, err := c.days(site, a.o.Now())
		if err != nil {
			return err
		}
		e.parts = append(e.parts, open(a, site, in))
	}
	if err := a.vouch(c); err != nil {
		return err
	}
	if c.IsHead() {
		e.describe(c, name)
		return nil
	}
	if a.o.Ingest.Crowded() {
		return fault.New(fault.Overloaded, "Much waits for the disk, --queue-bytes: exports are put off first. Ask again later.")
	}
	select {
	case a.exports <- struct{}{}:
	default:
		return fault.New(fault.Overloaded, "%d exports are being made already, which is the most. Ask again later.", exportsAtOnce)
	}
	if err := a.logExport(c, name, format, sites); err != nil {
		<-a.exports
		return err
	}
	e.describe(c, name)
	if e.csv {
		e.header()
	}
	c.Response.ImmediateHeaderFlush = true
	c.SetBodyStream(e, -1)
	return nil
}

// describe sets what the answer says of its body.
func (e *export) describe(c *call, name string) {
	ingest.WriteEmpty(c.RequestCtx, fasthttp.StatusOK)
	kind, format := "application/x-ndjson", "ndjson"
	if e.csv {
		kind, format = "text/csv; charset=utf-8", "csv"
	}
	c.SetContentType(kind)
	c.Response.Header.Set(fasthttp.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s.%s"`, name, format))
}

// logExport notes in the trail of each organization what is exported of it.
func (a *API) logExport(c *call, name, format string, sites []*catalog.Site) error {
	of := map[string]string{}
	var order []string
	for _, site := range sites {
		if of[site.Organization] == "" {
			order = append(order, site.Organization)
		}
		of[site.Organization] += fmt.Sprintf(" %d", site.ID)
	}
	for _, organization := range order {
		detail := fmt.Sprintf("%s, from %q to %q, sites%s", format, c.param("from"), c.param("to"), of[organization])
		if err := a.o.Access.LogIn(context.Background(), c.grant, organization, "export", name, detail); err != nil {
			return err
		}
	}
	return nil
}

// export is an answer while it is made: reading it makes it, in the goroutine of its connection.
type export struct {
	a       *API
	parts   []func() ([]any, bool, error)
	columns []string
	csv     bool
	id      string // of the request
	buf     []byte // not read yet
	failed  error
	closed  bool
}

// Read returns the next rows. An export that fails ends with an error, so that its connection is cut: an answer that ended as
// it should is whole.
func (e *export) Read(p []byte) (int, error) {
	for len(e.buf) == 0 {
		switch {
		case e.failed != nil:
			return 0, e.failed
		case len(e.parts) == 0:
			return 0, io.EOF
		}
		if err := e.next(); err != nil {
			e.fail(err)
		}
	}
	n := copy(p, e.buf)
	e.buf = e.buf[n:]
	return n, nil
}

// fail tells why as the last line, where there is a way to.
func (e *export) fail(err error) {
	e.failed = errors.Join(errors.New("export"), err)
	e.a.o.Log.Error("an export failed", "request_id", e.id, "error", err)
	if f := fault.From(err); !e.csv {
		e.buf = fmt.Appendf(e.buf, "{\"error\":{\"code\":%q,\"message\":%q,\"request_id\":%q}}\n", f.Code, f.Message, e.id)
	}
}

// next reads some rows, as a query in its turn. It waits while what matters more does.
func (e *export) next() error {
	for waited := time.Duration(0); e.a.o.Ingest.Crowded(); waited += crowdedLook {
		if waited >= crowdedFor {
			return fault.New(fault.Overloaded, "Much waits for the disk, --queue-bytes: the export was given up. Ask again later.")
		}
		time.Sleep(crowdedLook)
	}
	ctx, cancel := context.WithTimeout(context.Background(), exportPatience)
	defer cancel()
	done, err := e.a.turn(ctx)
	if err != nil {
		return err
	}
	rows, more, err := e.parts[0]()
	done()
	if err == nil {
		err = e.a.vouch(ctx)
	}
	if err != nil {
		return err
	}
	if !more {
		e.parts = e.parts[1:]
	}
	e.buf = e.buf[:0]
	for _, row := range rows {
		if err := e.add(row); err != nil {
			return err
		}
	}
	return nil
}

// Close lets another export begin.
func (e *export) Close() error {
	if !e.closed {
		e.closed = true
		<-e.a.exports
	}
	return nil
}
