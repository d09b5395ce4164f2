package scorer

import (
	"reflect"
	"testing"
)

func TestMatrixTakesRowsInTheGivenOrderAndRepeats(t *testing.T) {
	m := Matrix{Rows: 3, Columns: [][]float64{{1, 2, 3}, {10, 20, 30}}}
	got := m.Take([]int{2, 0, 2})
	want := Matrix{Rows: 3, Columns: [][]float64{{3, 1, 3}, {30, 10, 30}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	got.Columns[0][0] = 99
	if m.Columns[0][2] != 3 {
		t.Error("a taken row is not a copy")
	}
}

func TestMatrixRowReusesWhatItIsGiven(t *testing.T) {
	m := Matrix{Rows: 2, Columns: [][]float64{{1, 2}, {10, 20}}}
	space := make([]float64, 5)
	row := m.Row(1, space)
	if !reflect.DeepEqual(row, []float64{2, 20}) || &row[0] != &space[0] {
		t.Errorf("%v", row)
	}
}
