package faults

import (
	"context"
	"slices"
	"time"

	"footfall/catalog"
	"footfall/journal"
	"footfall/leads"
	"footfall/store"
)

// eraseVisitor has a visitor forgotten and what is left of it removed. Two days later whatever comes is taken again.
func (s *simulation) eraseVisitor() error {
	ctx, visitor := context.Background(), pick(s.random, visitors...)
	site, _ := s.world.catalog.Site(catalog.DefaultSite)
	if _, err := s.world.leads.Erase(ctx, site, leads.Who{Visitor: visitor}); err != nil {
		return err
	}
	if _, err := s.world.leads.Purge(ctx, s.random.IntN(2) == 0, func(*leads.Gone) error { return nil }); err != nil {
		return err
	}
	s.oracle.newest = max(s.now, s.oracle.newest)
	s.forget(s.oracle.erase(visitor))
	if err := s.look(); err != nil {
		return err
	}
	behind := time.Duration(s.oracle.newest-s.now) * time.Millisecond // the clock may have gone back
	if err := s.moveBy(behind + 48*time.Hour + time.Second); err != nil {
		return err
	}
	s.oracle.newest = s.now // a record that changes nothing tells the journal the time, before the clock may go back
	body := journal.EncodeRetire(&journal.Retire{Space: store.Events})
	_, err := s.world.journal.Submit(ctx, journal.Record{Kind: journal.KindRetire, Body: body})
	return err
}

// forget drops the leads of some numbers, and the forms whose idempotency keys are forgotten with them.
func (c *client) forget(numbers []int) {
	for _, i := range slices.Backward(numbers) {
		id := c.ids[i]
		c.ids = slices.Delete(c.ids, i, i+1)
		c.forms = slices.DeleteFunc(c.forms, func(f form) bool { return f.id == id })
	}
}

// erase forgets a visitor: the sessions that are its own, those of nobody in which a robot named it, and their leads,
// whose numbers it returns.
func (o *oracle) erase(visitor string) (numbers []int) {
	gone := map[string]bool{}
	for _, s := range sessions {
		owner, bound := o.owner(s)
		named := slices.ContainsFunc(o.events, func(e happened) bool { return e.session == s && e.visitor == visitor })
		gone[s] = bound && owner == visitor || !bound && named
	}
	o.events = slices.DeleteFunc(o.events, func(e happened) bool { return gone[e.session] })
	for i, p := range o.leads {
		if gone[p.session] {
			numbers = append(numbers, i)
		}
	}
	for _, i := range slices.Backward(numbers) {
		o.leads = slices.Delete(o.leads, i, i+1)
	}
	return numbers
}
