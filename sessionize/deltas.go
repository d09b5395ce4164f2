package sessionize

// Deltas is what folding a chunk adds to state that is not the session's own: sums and unions, so that their order never
// matters.
type Deltas struct {
	Days    []DayDelta
	Pages   []PageDelta
	Visitor string // the visitor that Runs and Ordinal belong to; empty: none
	Ordinal uint32 // the visitor's ordinal, 0: none yet
	Runs    []Run
	Bound   bool // the session was bound to Visitor by this chunk
}

// DayDelta adds to the counters of one listing and local day.
type DayDelta struct {
	Listing string
	Day     uint16
	DayCounts
	Seen uint32 // ordinal that viewed it, 0: none
	Left uint32 // ordinal that did not after all, 0: none
}

// DayCounts are the additive numbers of a listing day.
type DayCounts struct {
	Views       int64
	Dwell       int64 // Σ dwell of its views, ms
	DwellViews  int64 // views with a dwell over 0
	Scroll      int64 // Σ deepest scroll of its views, tenths of a percent
	ScrollViews int64 // views with one
	Inquiries   int64
	Shares      int64
}

// Add adds another day's numbers.
func (c *DayCounts) Add(d DayCounts) {
	c.Views += d.Views
	c.Dwell += d.Dwell
	c.DwellViews += d.DwellViews
	c.Scroll += d.Scroll
	c.ScrollViews += d.ScrollViews
	c.Inquiries += d.Inquiries
	c.Shares += d.Shares
}

// Subtract takes another day's numbers away. What is left may be below zero: another part of the same sum makes up for it.
func (c *DayCounts) Subtract(d DayCounts) {
	for i, n := range d.fields() {
		*c.fields()[i] -= *n
	}
}

func (d *Deltas) reset() { *d = Deltas{Days: d.Days[:0], Pages: d.Pages[:0], Runs: d.Runs[:0]} }

// day returns the delta of a listing day, one for each in a chunk as long as it moves no visitors.
func (d *Deltas) day(listing string, day uint16) *DayDelta {
	for i := len(d.Days) - 1; i >= 0 && i >= len(d.Days)-4; i-- {
		if d.Days[i].Day == day && d.Days[i].Left == 0 && d.Days[i].Listing == listing {
			return &d.Days[i]
		}
	}
	d.Days = append(d.Days, DayDelta{Listing: listing, Day: day})
	return &d.Days[len(d.Days)-1]
}
