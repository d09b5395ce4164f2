package scorer

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
)

func FuzzParseTable(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "\ufeffa;b\r\n1;\"x\ny\"\r\n", "a\tb\n\t\n", "a,a\n", "a\n\"\n", "a,b\n1\n", "", ",\n,\n", "y,n\nyes,1\nno,NA\n\xff,2\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		table, err := ParseTable("t.csv", b)
		if err != nil {
			return
		}
		// What was read, written and read again is the same, but for rows of one empty value, which CSV cannot tell from no row.
		var out bytes.Buffer
		w := csv.NewWriter(&out)
		if err := w.WriteAll(append([][]string{table.Columns}, table.Rows...)); err != nil {
			t.Fatal(err)
		}
		again, err := ParseTable("t.csv", out.Bytes())
		if len(table.Columns) > 1 {
			if err != nil {
				t.Fatalf("written again: %v", err)
			}
			if !slices.Equal(again.Columns, table.Columns) || !slices.EqualFunc(again.Rows, table.Rows, slices.Equal) {
				t.Errorf("%q\n%q", table.Rows, again.Rows)
			}
		}
		frame := Guess(table, table.Columns[:1])
		e := FitEncoder(frame)
		if err := e.Check(); err != nil {
			t.Error(err)
		}
		if table, err := e.Cells(table); err != nil || table.Rows != frame.Rows {
			t.Errorf("a table that an encoder was fitted to does not fit it: %v", err)
		}
		for _, v := range []View{LinearView, TreeView} {
			if m := e.Matrix(v, frame); len(m.Columns) != len(e.Sources(v)) {
				t.Error("columns and sources differ in number")
			}
		}
		_, _, _, _ = (&Labels{Target: table.Columns[0]}).Data(table, 1)
		_, _ = FoldsOf(table, len(table.Rows))
	})
}

func TestATableSaysWhereItIsWrong(t *testing.T) {
	table := tableOf(t, "a,y\n\"two\nlines\",1\nx,0\n")
	if got, want := table.At(1, 0), `t.csv:4: column "a"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	_, _, _, err := (&Labels{Target: "b"}).Data(table, 1)
	if err == nil || !strings.Contains(err.Error(), `t.csv has no column "b"; it has a, y`) {
		t.Error(err)
	}
}
