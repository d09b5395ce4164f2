package market

import "footfall/sessionize"

// DayNumbers returns the numbers of one listing day.
func DayNumbers(d *sessionize.ListingDay) Numbers { return dayNumbers(d) }
