package sessionize

import "footfall/event"

// Run is a visit: event times with no gap over 30 minutes.
type Run struct {
	From, To int64 // smallest and largest event time, ms
	Return   bool  // a return_visit lies in it
}

// addRun unites a run with runs, which are ascending and more than a visit's gap apart, and stay so. The result does
// not depend on the order in which runs are added.
func addRun(runs []Run, r Run) []Run {
	i := len(runs)
	for i > 0 && runs[i-1].From > r.To+event.VisitGap {
		i--
	}
	// runs[i:] begin more than a gap after r; unite r with those before i that it touches.
	k := i
	for k > 0 && runs[k-1].To >= r.From-event.VisitGap {
		k--
		r.From, r.To = min(r.From, runs[k].From), max(r.To, runs[k].To)
		r.Return = r.Return || runs[k].Return
	}
	if k == i {
		runs = append(runs, Run{})
		copy(runs[i+1:], runs[i:])
		runs[i] = r
		return runs
	}
	runs[k] = r
	return append(runs[:k+1], runs[i:]...)
}

// visitCount is the number of runs, and one more if a return_visit lies in the earliest: the visit before we knew the
// visitor.
func visitCount(runs []Run) int {
	if len(runs) > 0 && runs[0].Return {
		return len(runs) + 1
	}
	return len(runs)
}
