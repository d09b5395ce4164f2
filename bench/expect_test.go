package bench

import (
	"reflect"
	"testing"

	"footfall/event"
)

func TestWhatIsExpectedOfAVisit(t *testing.T) {
	steps := []step{
		{kind: event.PageView, page: 1, listing: -1},
		{kind: event.PropertyView, page: 1, listing: 4, clock: 100},
		{kind: event.ScrollDepth, page: 1, listing: 4, clock: 9_000, scroll: 500},
		{kind: event.PageView, page: 2, listing: -1},
		{kind: event.PageDuration, page: 1, listing: -1, clock: 20_100, late: 30_000},
		{kind: event.PropertyView, page: 2, listing: 9, clock: 300},
		{kind: event.PageView, page: 3, listing: -1},
		{kind: event.PropertyView, page: 3, listing: 4, clock: 400},
	}
	for name, c := range map[string]struct {
		absent map[int]bool
		want   expected
	}{
		"all of it":            {nil, expected{8, 21, []int32{4, 9}}}, // 20.1 + .3 + .4 s
		"without its first":    {map[int]bool{1: true}, expected{7, 21, []int32{9, 4}}},
		"without its longest":  {map[int]bool{4: true}, expected{7, 10, []int32{4, 9}}}, // 9.7 s, half up
		"nothing but one view": {map[int]bool{0: true, 1: true, 2: true, 3: true, 4: true, 6: true, 7: true}, expected{1, 0, []int32{9}}},
	} {
		if got := expect(steps, func(i int) bool { return !c.absent[i] }); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestAnEntryKnowsWhatWasAcknowledged(t *testing.T) {
	e := entry{sent: 10, unsure: []span{{2, 4}, {9, 10}}}
	if e.acknowledged() != 7 {
		t.Error(e.acknowledged())
	}
	for i, want := range []bool{true, true, false, false, true, true, true, true, true, false, false} {
		if e.isAcknowledged(i) != want {
			t.Errorf("event %d: %v", i, !want)
		}
	}
}
