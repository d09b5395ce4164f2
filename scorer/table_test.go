package scorer

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

func FuzzParseTable(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "\ufeffa;b\r\n1;\"x\ny\"\r\n", "a\tb\n\t\n", "a,a\n", "a\n\"\n", "a,b\n1\n", "", ",\n,\n", "y,n\nyes,1\nno,NA\n\xff,2\n",
		"a;b\n1,5;-1.234,5\n,5;2\n", "a,b\n\"$1,000.5\",1\n", "\xff\xfea\x00\n\x001",
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

func TestAColumnNamesRowsOfWhichSomeStandThereTwice(t *testing.T) {
	rows := ""
	for i := range 40 {
		rows += fmt.Sprintf("%d,%d\n", 100000+i, i%7)
	}
	why := func(text string) string { return Guess(tableOf(t, "n,x\n"+text), nil).Series[0].Why }
	if why(rows) == "" || why(rows+rows) == "" {
		t.Error("a column of different numbers names no row")
	}
	if why(rows+"100003,9\n") != "" {
		t.Error("a column names two rows that are not the same")
	}
	if few := rows[:19*len("100000,0\n")]; why(few+few) != "" {
		t.Error("copies make enough rows of too few")
	}
}

// As a spreadsheet saves "Unicode text": UTF-16 of either order, parted by tabs.
func TestATableInUTF16IsRead(t *testing.T) {
	units := utf16.Encode([]rune("\ufeffa\tb\r\né\t𝄞\r\n"))
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		var b []byte
		for _, u := range units {
			b = order.AppendUint16(b, u)
		}
		table, err := ParseTable("t.csv", b)
		if err != nil || !slices.Equal(table.Columns, []string{"a", "b"}) || len(table.Rows) != 1 || !slices.Equal(table.Rows[0], []string{"é", "𝄞"}) {
			t.Errorf("%v: %+v %v", order, table, err)
		}
	}
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
