package scorer

// LeadFrame returns the table that the features of leads are learned from, one row a lead.
func LeadFrame(rows []Features) Frame {
	f := Frame{Rows: len(rows), Series: make([]Series, NumFeatures)}
	for j := range f.Series {
		s := Series{Name: FeatureNames[j], Kind: Number, Cells: make([]Cell, len(rows))}
		if Feature(j) == HourOfDay {
			s.Period = 24
		}
		for i := range rows {
			s.Cells[i].Number = rows[i][j]
		}
		f.Series[j] = s
	}
	return f
}

// Cells appends the features as a row of LeadFrame's table.
func (f *Features) Cells(into []Cell) []Cell {
	for _, v := range f {
		into = append(into, Cell{Number: v})
	}
	return into
}

// Behavior returns what the features tell of what the rules look at: unknown counts as nothing, and of the form only the
// six fields of the completion rate are known.
func (f *Features) Behavior() Behavior {
	known := func(at Feature) float64 {
		if v := f[at]; v == v { // not NaN
			return v
		}
		return 0
	}
	return Behavior{
		VisitCount: int(known(VisitedCount)), TotalDuration: int64(known(TotalEngagementTime) * 1000),
		Viewed: int(known(PropertiesViewedCount)), Deep: int(known(DeepEngagementCount)),
		FilledFields: int(known(FormCompletionRate)*formFields + 0.5),
	}
}

// formFields is how many fields the completion rate is of.
const formFields = 6

// RulePoints returns the uncapped points of the rules: the behavioral score tells them, unless it is capped or unknown.
func (f *Features) RulePoints() int {
	_, uncapped := BehavioralPoints(f.Behavior())
	score := f[BehavioralScoreFeature]
	switch {
	case score != score:
		return uncapped
	case score < maxScore:
		return int(score)
	}
	return max(uncapped, maxScore)
}
