package leads

import (
	"cmp"
	"slices"
	"sync"

	"footfall/journal"
	"footfall/scorer"
	"footfall/store"
)

// past is what earlier leads tell about the score of the next one, by organization. The committer changes it, Create
// reads it.
type past struct {
	mu   sync.Mutex
	orgs map[string]*orgPast
}

type orgPast struct {
	last     []ranked // the newest, ascending by position
	wins     int
	resolved int
	bands    [numPriorities]band
}

// band is how the leads of a priority have done that were scored when they came.
type band struct{ leads, won int }

type ranked struct {
	pos    journal.Position
	points int
}

func newPast() past { return past{orgs: map[string]*orgPast{}} }

// load counts the stored rows.
func (p *past) load(r store.Reader) error {
	lo, hi := store.Leads.Span()
	return r.Scan(store.Range{Lo: lo, Hi: hi}, func(_, value []byte) error {
		row, err := decodeRow(value)
		if err == nil {
			p.add(&row)
		}
		return err
	})
}

// clear forgets all, so that load can count again.
func (p *past) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.orgs)
}

// of returns the uncapped points of an organization's last leads, how many of its leads closed and were resolved, and how
// those of each priority did.
func (p *past) of(organization string) (points []int, wins, resolved int, bands [numPriorities]band) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.orgs[organization]
	if o == nil {
		return nil, 0, 0, bands
	}
	for _, r := range o.last {
		points = append(points, r.points)
	}
	return points, o.wins, o.resolved, o.bands
}

// add counts a row. Rows come in any order; those of the newest leads stay.
func (p *past) add(r *row) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.orgs[r.Organization]
	if o == nil {
		o = new(orgPast)
		p.orgs[r.Organization] = o
	}
	o.count(r, 1)
	i, found := o.find(r.Pos)
	if found || r.Unranked {
		return
	}
	o.last = slices.Insert(o.last, i, ranked{r.Pos, r.Points})
	if len(o.last) > scorer.PastLeads {
		o.last = slices.Delete(o.last, 0, 1)
	}
}

// recount takes a row's change in. The organization of a lead never changes.
func (p *past) recount(from, to *row) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o := p.orgs[to.Organization]; o != nil {
		o.count(from, -1)
		o.count(to, 1)
	}
}

// remove takes out a row that is deleted. Rows are deleted from the oldest on, so none would take its place.
func (p *past) remove(r *row) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.orgs[r.Organization]
	if o == nil {
		return
	}
	o.count(r, -1)
	if i, found := o.find(r.Pos); found {
		o.last = slices.Delete(o.last, i, i+1)
	}
}

func (o *orgPast) count(r *row, by int) {
	s := r.Status
	if s.won() {
		o.wins += by
	}
	if s.resolved() {
		o.resolved += by
	}
	if r.Imported { // its score was shown to nobody when it came
		return
	}
	b := &o.bands[r.Priority]
	b.leads += by
	if s.won() {
		b.won += by
	}
}

func (o *orgPast) find(pos journal.Position) (int, bool) {
	return slices.BinarySearchFunc(o.last, pos, func(r ranked, pos journal.Position) int { return cmp.Compare(r.pos, pos) })
}
