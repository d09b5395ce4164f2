package journal

import (
	"errors"
	"fmt"
	"testing"

	"footfall/fault"
)

func TestExplainTellsClientsWhatIsTheirsToKnow(t *testing.T) {
	j := new(Journal)
	for err, want := range map[error]fault.Code{
		fmt.Errorf("submit: %w", ErrOverloaded): fault.Overloaded,
		ErrClosed:                               fault.Unavailable,
		errors.New("anything else"):             fault.Internal,
	} {
		got := j.Explain("doing it", err)
		if fault.From(got).Code != want || !errors.Is(got, err) {
			t.Errorf("%v: %v", err, got)
		}
	}
	if j.Explain("doing it", nil) != nil {
		t.Error("no error is one")
	}
}
