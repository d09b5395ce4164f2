package api

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"strings"
	"unicode/utf8"

	"footfall/fault"
	"footfall/leads"
)

// Bounds of an import of past leads.
const (
	maxPastBody = 16 << 20
	maxPastRows = 10_000
)

// pastTable is what an import of past leads holds.
type pastTable struct {
	columns []string // of a CSV file, as they are named there
	rows    []pastRow
}

// pastRow is the columns of one lead, or why they cannot be read.
type pastRow struct {
	fields []leads.Field
	err    error
}

// pastFormat returns how a body holds past leads: "csv", "ndjson", "json", or "" if it holds one lead.
func pastFormat(format, contentType string, body []byte) (string, error) {
	switch format {
	case "":
	case "csv", "ndjson", "json":
		return format, nil
	default:
		return "", fault.Field(fault.InvalidField, "format", "format is one of: json, ndjson, csv.")
	}
	switch media, _, _ := mime.ParseMediaType(contentType); media {
	case "text/csv":
		return "csv", nil
	case "application/x-ndjson", "application/jsonl":
		return "ndjson", nil
	}
	if first := bytes.TrimLeft(body, " \t\r\n"); len(first) > 0 && first[0] == '[' {
		return "json", nil
	}
	return "", nil
}

func parsePast(format string, body []byte) (t pastTable, err error) {
	if !utf8.Valid(body) {
		return t, fault.New(fault.InvalidField, "The body is not UTF-8. Export it as UTF-8.")
	}
	switch format {
	case "csv":
		err = t.csv(body)
	case "ndjson":
		err = t.ndjson(body)
	default:
		err = t.json(body)
	}
	if err == nil && len(t.rows) == 0 {
		err = fault.New(fault.MissingField, "There are no leads in the body.")
	}
	return t, err
}

func (t *pastTable) add(r pastRow) error {
	if len(t.rows) == maxPastRows {
		return fault.New(fault.TooLarge, "An import holds at most %d leads. Send it in parts.", maxPastRows)
	}
	t.rows = append(t.rows, r)
	return nil
}

// json reads one array of objects.
func (t *pastTable) json(body []byte) error {
	var items []json.RawMessage
	if err := json.Unmarshal(body, &items); err != nil {
		return fault.Wrap(fault.InvalidJSON, err, "The body is not a JSON array of leads.")
	}
	for _, item := range items {
		if err := t.add(objectRow(item)); err != nil {
			return err
		}
	}
	return nil
}

// ndjson reads an object a line.
func (t *pastTable) ndjson(body []byte) error {
	for line := range bytes.Lines(body) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if err := t.add(objectRow(line)); err != nil {
			return err
		}
	}
	return nil
}

// objectRow reads the members of an object in their order.
func objectRow(item []byte) (r pastRow) {
	d := json.NewDecoder(bytes.NewReader(item))
	r.err = fault.New(fault.InvalidJSON, "This lead is not a JSON object.")
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return r
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return r
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return r
		}
		r.fields = append(r.fields, leads.Field{Name: name.(string), Value: value}) // the name of a member is a string
	}
	if _, err := d.Token(); err != nil {
		return r
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return r
	}
	r.err = nil
	return r
}

// csv reads a table whose first line names the columns.
func (t *pastTable) csv(body []byte) error {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	head, _, _ := bytes.Cut(body, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(body))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = separator(string(head)), -1, true
	var err error
	if t.columns, err = r.Read(); err != nil {
		return fault.Wrap(fault.BadRequest, err, "The body is no CSV whose first line names the columns.")
	}
	for i := range t.columns {
		t.columns[i] = strings.TrimSpace(t.columns[i])
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err := t.add(t.cells(cells, err)); err != nil {
			return err
		}
	}
}

// separator returns what parts the columns of a line.
func separator(head string) rune {
	best, most := ',', strings.Count(head, ",")
	for _, c := range ";\t" {
		if n := strings.Count(head, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

func (t *pastTable) cells(cells []string, err error) (r pastRow) {
	if err != nil {
		r.err = fault.Wrap(fault.BadRequest, err, "This line is no CSV.")
		return r
	}
	if len(cells) > len(t.columns) {
		r.err = fault.New(fault.BadRequest, "This line has %d cells, the first line names %d columns.", len(cells), len(t.columns))
		return r
	}
	for i, cell := range cells {
		if strings.TrimSpace(cell) == "" {
			continue
		}
		value, err := json.Marshal(cell)
		if err != nil {
			r.err = fault.Wrap(fault.BadRequest, err, "A cell cannot be read.")
			return r
		}
		r.fields = append(r.fields, leads.Field{Name: t.columns[i], Value: value})
	}
	return r
}
