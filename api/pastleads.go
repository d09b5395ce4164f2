package api

import (
	"encoding/json"
	"io"
	"strings"

	"footfall/access"
	"footfall/fault"
	"footfall/ingest"
	"footfall/leads"

	"github.com/valyala/fasthttp"
)

// postLead answers POST /v1/leads: a lead form, or with a secret key or from the dashboard perhaps many past leads.
func (a *API) postLead(c *call) {
	if len(c.Request.Header.Peek(fasthttp.HeaderAuthorization)) == 0 && !a.fromDashboard(c) {
		a.o.Ingest.PostLead(c.RequestCtx)
		return
	}
	handled, err := a.postPast(c)
	switch {
	case err != nil:
		ingest.WriteError(c.RequestCtx, err)
	case !handled:
		a.o.Ingest.PostLead(c.RequestCtx)
	}
}

// fromDashboard says whether somebody who is signed in imports. A form names a key and no format; its cookies do not count.
func (a *API) fromDashboard(c *call) bool {
	return c.param("format") != "" && c.param("k") == "" && a.cookie(c) != ""
}

// postPast imports past leads if the body holds such, and says whether it does.
func (a *API) postPast(c *call) (handled bool, err error) {
	if err := a.authenticate(c); err != nil {
		return false, a.limited(c, err)
	}
	if !c.grant.Has(access.Write) {
		return false, fault.New(fault.Forbidden, "The key lacks the scope write.")
	}
	wire, err := ingest.Wire(c.RequestCtx, maxPastBody)
	if err != nil {
		return false, err
	}
	body, err := ingest.Plain(c.RequestCtx, wire, maxPastBody)
	if err != nil {
		return false, err
	}
	if c.grant.UserID() != "" && c.param("format") != "json" {
		if body, err = quoted(body); err != nil {
			return false, err
		}
	}
	format, err := pastFormat(c.param("format"), string(c.Request.Header.ContentType()), body)
	if err != nil || format == "" {
		return false, err
	}
	return true, a.importPast(c, format, body)
}

// quoted returns the text that a body holds as one JSON string: those who are signed in send nothing but JSON, so that no
// page of another site can send for them.
func quoted(body []byte) ([]byte, error) {
	var text string
	if err := json.Unmarshal(body, &text); err != nil {
		return nil, fault.Wrap(fault.InvalidJSON, err, "Who is signed in sends a table as one JSON string that holds its text.")
	}
	return []byte(text), nil
}

func (a *API) importPast(c *call, format string, body []byte) error {
	site, err := a.site(c)
	if err != nil {
		return err
	}
	table, err := parsePast(format, body)
	if err != nil {
		return err
	}
	p := &pastImport{a: a, c: c, table: table, done: pastSum{Columns: map[string]*string{}}}
	p.im = leads.Import{Site: site, By: c.grant.Actor, Profile: c.grant.Profile, Whole: format != "csv"}
	if dry := c.param("dry_run"); dry != "" && dry != "false" && dry != "0" {
		p.im.Dry, p.done.Dry = true, true
	}
	for _, name := range table.columns {
		p.done.Columns[name] = nil
		if target := leads.Column(name); target != "" {
			p.done.Columns[name] = &target
		}
	}
	if strings.Contains(string(c.Request.Header.Peek(fasthttp.HeaderAccept)), "application/x-ndjson") {
		ingest.StreamLines(c.RequestCtx, p)
		return nil
	}
	return p.whole()
}

// pastImport is an import on its way. Reading it imports, and yields a line for each row and one for all.
type pastImport struct {
	a     *API
	c     *call
	im    leads.Import
	table pastTable
	next  int // row
	done  pastSum
	lines []byte // not yet read
	ended bool
}

type pastSum struct {
	Dry      bool               `json:"dry_run"`
	Created  int                `json:"created"`
	Updated  int                `json:"updated"`
	Existing int                `json:"existing"`
	Rejected int                `json:"rejected"`
	Columns  map[string]*string `json:"columns"` // of a CSV file, what each was taken for; null: it was left out
}

type pastResult struct {
	Index  int         `json:"index"`
	ID     leads.Text  `json:"id"`
	Status string      `json:"status"`
	Error  *pastRefuse `json:"error,omitempty"`
}

type pastRefuse struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	Field   string     `json:"field,omitempty"`
}

// step imports the next rows.
func (p *pastImport) step() (results []pastResult, err error) {
	rows := p.table.rows[p.next:min(p.next+leads.ImportAtOnce, len(p.table.rows))]
	var good [][]leads.Field
	for i := range rows {
		if rows[i].err == nil {
			good = append(good, rows[i].fields)
		}
	}
	imported, err := p.a.o.Leads.Import(p.c, p.im, good)
	if err == nil {
		err = p.a.o.WaitDurable(p.c) // what was there already may not be on disk yet
	}
	if err != nil {
		return nil, err
	}
	for i := range rows {
		r := leads.ImportResult{Status: leads.ImportRejected, Err: rows[i].err}
		if rows[i].err == nil {
			r, imported = imported[0], imported[1:]
		}
		results = append(results, p.count(p.next+i, &r))
	}
	p.next += len(rows)
	return results, nil
}

func (p *pastImport) count(index int, r *leads.ImportResult) pastResult {
	out := pastResult{Index: index, ID: leads.Text(r.ID), Status: r.Status}
	switch r.Status {
	case leads.ImportCreated:
		p.done.Created++
	case leads.ImportUpdated:
		p.done.Updated++
	case leads.ImportExists:
		p.done.Existing++
	default:
		p.done.Rejected++
	}
	if r.Err != nil {
		f := fault.From(r.Err)
		out.Error = &pastRefuse{f.Code, f.Message, f.Field}
	}
	return out
}

// whole imports all rows and answers with what became of each.
func (p *pastImport) whole() error {
	results := []pastResult{}
	for p.next < len(p.table.rows) {
		some, err := p.step()
		if err != nil {
			return err
		}
		results = append(results, some...)
		ingest.KeepOpen(p.c.RequestCtx)
	}
	status := fasthttp.StatusOK
	if p.done.Created > 0 && !p.im.Dry {
		status = fasthttp.StatusCreated
		p.c.Response.Header.Set(fasthttp.HeaderLocation, "/v1/leads")
	}
	ingest.WriteJSON(p.c.RequestCtx, status, struct {
		pastSum
		Results []pastResult `json:"results"`
	}{p.done, results})
	return nil
}

// Read implements io.Reader.
func (p *pastImport) Read(b []byte) (int, error) {
	for len(p.lines) == 0 {
		if p.ended {
			return 0, io.EOF
		}
		p.lines = p.nextLines()
	}
	n := copy(b, p.lines)
	p.lines = p.lines[n:]
	return n, nil
}

func (p *pastImport) nextLines() (lines []byte) {
	ingest.KeepOpen(p.c.RequestCtx)
	if p.next == len(p.table.rows) {
		p.ended = true
		return line(struct {
			pastSum
			Done bool `json:"done"`
		}{p.done, true})
	}
	results, err := p.step()
	if err != nil {
		p.ended = true
		f := fault.From(err)
		return line(map[string]any{"error": pastRefuse{f.Code, f.Message, f.Field}})
	}
	for i := range results {
		lines = append(lines, line(results[i])...)
	}
	return lines
}

func line(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return nil // strings and numbers always encode
	}
	return append(b, '\n')
}
