package sessionize

import (
	"slices"

	"footfall/event"

	"github.com/cespare/xxhash/v2"
)

// loadInOrder returns the load of an in-order event and whether the event started it.
func (f *folder) loadInOrder(e *event.Event) (load int, isNew bool) {
	s := f.s
	if e.Page != "" {
		return f.loadByPage(e.Page)
	}
	if s.Current == none || e.Type == event.PageView || f.clockWentBack(e) {
		return f.newLoad(0), true
	}
	s.Loads[s.Current].Used = s.Count
	return s.Current, false
}

// clockWentBack says whether an event without pageId has a page clock that only a new load can show: below the
// current load's largest, and no older than the time since that load's newest clocked event allows.
func (f *folder) clockWentBack(e *event.Event) bool {
	l := &f.s.Loads[f.s.Current]
	return e.Clock != event.None && e.Clock < l.Clock && e.At >= f.s.Newest &&
		int64(e.Clock) <= e.At-l.ClockAt+event.ClockSlack
}

// loadByPage returns the load of a pageId and whether it is a new one.
func (f *folder) loadByPage(page string) (load int, isNew bool) {
	s, hash := f.s, pageHash(page)
	for i := range s.Loads {
		if s.Loads[i].Page == hash {
			s.Loads[i].Used = s.Count
			return i, false
		}
	}
	load = f.newLoad(hash)
	if slices.Contains(s.DroppedPages, hash) {
		s.Loads[load].Base = event.None
	}
	return load, true
}

// newLoad adds a load; past the bound it takes the place of the least recently used one, whose duration stays. The
// current load always stays: the next event without pageId belongs to it.
func (f *folder) newLoad(page uint64) int {
	s := f.s
	l := Load{Page: page, Clock: event.None, View: none, Used: s.Count}
	if len(s.Loads) < maxLoads {
		s.Loads = append(s.Loads, l)
		return len(s.Loads) - 1
	}
	s.Truncated = true
	oldest := none
	for i := range s.Loads {
		if i != s.Current && (oldest == none || s.Loads[i].Used < s.Loads[oldest].Used) {
			oldest = i
		}
	}
	f.dropLoad(oldest)
	s.Loads[oldest] = l
	return oldest
}

func (f *folder) dropLoad(load int) {
	s, l := f.s, &f.s.Loads[load]
	s.Dropped += l.duration()
	if l.Page != 0 && len(s.DroppedPages) < maxIDs && !slices.Contains(s.DroppedPages, l.Page) {
		s.DroppedPages = append(s.DroppedPages, l.Page)
	}
	if l.View != none {
		f.end(load)
	}
	for i := range s.Views {
		if s.Views[i].Load == load {
			s.Views[i].Load, s.Views[i].Named = none, false
		}
	}
}

// pageHash never returns 0, which stands for no pageId. Whoever makes two of their own pageIds collide changes their own
// session only.
func pageHash(page string) uint64 {
	if h := xxhash.Sum64String(page) >> (64 - 8*pageBytes); h != 0 {
		return h
	}
	return 1
}
