package leads

import (
	"context"

	"footfall/journal"
	"footfall/sessionize"
)

// EraseAgain forgets once more who was forgotten in a directory that this one was copied from before, and returns how many
// that was news.
func (l *Leads) EraseAgain(ctx context.Context, listed []sessionize.Erased) (news int, err error) {
	known := map[goneID]bool{}
	err = sessionize.EachErased(l.db.Reader(), 0, func(e sessionize.Erased) error {
		known[goneID{e.Site, e.Kind, e.ID}] = true
		return nil
	})
	if err != nil {
		return 0, err
	}
	seeds := map[uint32][]journal.Target{}
	for _, e := range listed {
		if known[goneID{e.Site, e.Kind, e.ID}] {
			continue
		}
		t := journal.Target{Kind: e.Kind, ID: e.ID}
		if e.Kind == journal.EraseLead {
			r, found, err := getRow(l.db, e.Site, e.ID)
			if err != nil {
				return 0, err
			}
			if found {
				t.Pos = r.Pos
			}
		}
		seeds[e.Site] = append(seeds[e.Site], t)
		news++
	}
	unlock := l.lockAll()
	defer unlock()
	for site, targets := range seeds {
		h := hunt{l: l, site: site, met: map[journal.Target]bool{}}
		if err := h.follow(targets); err != nil {
			return 0, err
		}
		r, err := h.record()
		if err != nil {
			return 0, err
		}
		if err := l.submit(ctx, r); err != nil {
			return 0, err
		}
	}
	return news, nil
}
