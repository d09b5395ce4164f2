package scorer

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf16"
)

// Table is the text of a CSV file.
type Table struct {
	Name    string // of the file, for messages
	Columns []string
	Rows    [][]string
	lines   []int // where each row begins
}

// ParseTable reads CSV with a header: separated by commas, or by semicolons or tabs if the header has no comma, when a comma
// may stand before decimals; quotes, CRLF, a byte order mark, UTF-16 with one, and spaces around values are understood. Every
// row must have as many values as the header, and no name may be there twice.
func ParseTable(name string, b []byte) (*Table, error) {
	b = bytes.ToValidUTF8(bytes.TrimPrefix(utf8Of(b), []byte("\ufeff")), []byte("\ufffd"))
	r := csv.NewReader(bytes.NewReader(b))
	r.Comma = separator(b)
	r.FieldsPerRecord = -1
	t := &Table{Name: name}
	for {
		record, err := r.Read()
		var wrong *csv.ParseError
		switch {
		case errors.As(err, &wrong):
			return nil, fmt.Errorf("%s:%d: column %d: %w", name, wrong.Line, wrong.Column, wrong.Err)
		case err != nil: // the end: bytes cannot fail otherwise
			if t.Columns == nil {
				return nil, fmt.Errorf("%s: no header", name)
			}
			if r.Comma != ',' {
				t.pointed()
			}
			return t, nil
		}
		line, _ := r.FieldPos(0)
		for i, v := range record {
			record[i] = strings.TrimSpace(v)
		}
		if t.Columns == nil {
			t.Columns = record
			if err := t.checkHeader(line); err != nil {
				return nil, err
			}
			continue
		}
		if len(record) != len(t.Columns) {
			return nil, fmt.Errorf("%s:%d: %d values, but the header has %d names", name, line, len(record), len(t.Columns))
		}
		t.Rows, t.lines = append(t.Rows, record), append(t.lines, line)
	}
}

// utf8Of makes UTF-8 of UTF-16, which a byte order mark tells; spreadsheets write it as "Unicode text".
func utf8Of(b []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	default:
		return b
	}
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) > 1; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	return []byte(string(utf16.Decode(units)))
}

func separator(b []byte) rune {
	header, _, _ := bytes.Cut(b, []byte("\n"))
	if !bytes.ContainsRune(header, ',') {
		for _, r := range ";\t" {
			if bytes.ContainsRune(header, r) {
				return r
			}
		}
	}
	return ','
}

// checkHeader gives a column without a name, such as the row numbers that some programs write, its place as a name.
func (t *Table) checkHeader(line int) error {
	for i, name := range t.Columns {
		if name == "" {
			name = fmt.Sprintf("column %d", i+1)
			t.Columns[i] = name
		}
		if slices.Contains(t.Columns[:i], name) {
			return fmt.Errorf("%s:%d: column %d: the name %q is there twice", t.Name, line, i+1, name)
		}
	}
	return nil
}

// Column returns the index of a column.
func (t *Table) Column(name string) (int, error) {
	if j := slices.Index(t.Columns, name); j >= 0 {
		return j, nil
	}
	return 0, &NoColumnError{t.Name, name, t.Columns}
}

// NoColumnError says that a table lacks a column.
type NoColumnError struct {
	Table, Column string
	Has           []string
}

func (e *NoColumnError) Error() string {
	return fmt.Sprintf("%s has no column %q; it has %s", e.Table, e.Column, strings.Join(e.Has, ", "))
}

// At says where the value of a row and column stands, for messages.
func (t *Table) At(row, column int) string {
	return fmt.Sprintf("%s:%d: column %q", t.Name, t.lines[row], t.Columns[column])
}

// Numbers returns a column of numbers, NaN where one is missing, or says where there is something else.
func (t *Table) Numbers(column int) ([]float64, error) {
	numbers := make([]float64, len(t.Rows))
	for i, row := range t.Rows {
		x, ok := number(row[column])
		if !ok {
			return nil, fmt.Errorf("%s: %q is not a number", t.At(i, column), row[column])
		}
		numbers[i] = x
	}
	return numbers, nil
}

// Weights returns a column of numbers that are there and not negative.
func (t *Table) Weights(column int) ([]float64, error) {
	weights, err := t.Numbers(column)
	if err != nil {
		return nil, err
	}
	for i, w := range weights {
		if !(w >= 0) {
			return nil, fmt.Errorf("%s: a weight is 0 or more, not %q", t.At(i, column), t.Rows[i][column])
		}
	}
	return weights, nil
}

// Outcomes returns a column of outcomes: 1 for 1, true, yes, y, t; 0 for 0, false, no, n, f; NaN where it is missing.
func (t *Table) Outcomes(column int) ([]float64, error) {
	outcomes := make([]float64, len(t.Rows))
	for i, row := range t.Rows {
		switch text := strings.ToLower(row[column]); text {
		case "true", "yes", "y", "t":
			outcomes[i] = 1
		case "false", "no", "n", "f":
		default:
			x, ok := number(text)
			if !ok || x != 0 && x != 1 && !math.IsNaN(x) {
				return nil, fmt.Errorf("%s: an outcome is 1, true or yes, or 0, false or no, not %q", t.At(i, column), row[column])
			}
			outcomes[i] = x
		}
	}
	return outcomes, nil
}
