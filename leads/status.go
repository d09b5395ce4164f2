package leads

import (
	"slices"
	"strings"

	"footfall/fault"
	"footfall/scorer"
)

// status is what became of a lead. The numbers are part of the format.
type status uint8

const (
	statusNew status = iota
	statusContacted
	statusQualified
	statusNurturing
	statusUnresponsive
	statusWon
	statusLost
	numStatuses
)

var statusNames = [numStatuses]string{
	"new", "contacted", "qualified", "nurturing", "unresponsive", "closed_won", "closed_lost",
}

func (s status) String() string { return statusNames[s] }

// open says whether somebody should still do something about the lead.
func (s status) open() bool { return s <= statusNurturing }

func (s status) won() bool { return s == statusWon }

// resolved says whether it is known how it ended.
func (s status) resolved() bool { return s == statusWon || s == statusLost || s == statusUnresponsive }

func statusOf(name string) (status, error) {
	i := slices.Index(statusNames[:], name)
	if i < 0 {
		return 0, fault.Field(fault.InvalidField, "status", "status is one of: %s.", strings.Join(statusNames[:], ", "))
	}
	return status(i), nil
}

// priority is how urgent a lead is. The numbers are part of the format.
type priority uint8

const (
	priorityLow priority = iota
	priorityMedium
	priorityHigh
	numPriorities
)

var priorityNames = [numPriorities]string{scorer.PriorityLow, scorer.PriorityMedium, scorer.PriorityHigh}

// priorityOf returns the priority of a name, low for one that is none.
func priorityOf(name string) priority { return priority(max(slices.Index(priorityNames[:], name), 0)) }

func parsePriority(name string) (priority, error) {
	if !slices.Contains(priorityNames[:], name) {
		return 0, fault.Field(fault.InvalidField, "priority", "priority is one of: %s.", strings.Join(priorityNames[:], ", "))
	}
	return priorityOf(name), nil
}
