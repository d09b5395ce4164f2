package scorer

// Range returns the bounds of what a feature may be, and whether it is a whole number.
func (f Feature) Range() (high float64, whole bool) {
	switch f {
	case BehavioralScoreFeature, ScrollDepthAvg, PriceRangeMatchScore:
		return 100, false
	case FormCompletionRate:
		return 1, false
	case IsMobile, IsReturningVisitor, ReferrerIsSocial:
		return 1, true
	case HourOfDay:
		return 23, true
	case DayOfWeek:
		return 6, true
	case VisitedCount, PropertiesViewedCount, DeepEngagementCount:
		return 1e9, true
	}
	return 1e9, false
}
