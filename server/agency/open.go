package agency

import (
	"context"
	"fmt"
	"net/url"
	"time"
)

// Sizes of the last two weeks.
const (
	shoppers  = 160
	openLeads = 24 // of them wrote
	weeks     = 14 * 24 * time.Hour
)

// Open imports the visits of the last two weeks and sends the forms of those who wrote, each about the home that they
// looked at last and in the session in which they did.
func (a *Agency) Open(ctx context.Context) error {
	now := a.o.Now()
	var past []event
	about := map[*shopper]event{}
	visits := 0
	for n := range shoppers {
		s := a.shopper(n)
		writes := n < openLeads
		times := 1 + a.dice.IntN(2)
		if writes {
			s.keen = .25 + .75*float64(n)/openLeads
			times = 1 + a.dice.IntN(1+int(4*s.keen))
		}
		for i := range times {
			before := time.Duration(float64(weeks) * float64(times-i) / float64(times) * (.2 + .8*a.dice.Float64()))
			if writes && i == times-1 {
				before = 10*time.Minute + time.Duration(a.dice.IntN(50))*time.Minute
			}
			events := a.visit(s, now.Add(-before))
			visits++
			past = append(past, events...)
			for _, e := range events {
				if e.Home != "" {
					about[s] = e
				}
			}
			if about[s].Session == "" {
				about[s] = events[0]
			}
		}
		if writes {
			a.leads = append(a.leads, s)
		}
	}
	body, err := lines(past)
	if err != nil {
		return err
	}
	if err := a.ask(ctx, "POST", "/v1/import", "application/x-ndjson", body, nil); err != nil {
		return err
	}
	for _, s := range a.leads {
		if err := a.write(ctx, about[s]); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.o.Out, "Imported %d generated visits; %d of their visitors wrote.\n", visits, len(a.leads))
	return nil
}

// write sends the form of a visitor.
func (a *Agency) write(ctx context.Context, last event) error {
	p := a.person()
	form := map[string]string{"name": p.Name, "email": p.Email, "message": generated}
	if a.dice.IntN(2) == 0 {
		form["phone"] = p.Phone
	}
	if a.dice.IntN(3) == 0 {
		form["timeline"] = []string{"now", "3 months", "this year"}[a.dice.IntN(3)]
	}
	lead := map[string]any{"formData": form, "sessionId": last.Session}
	if last.Home != "" {
		lead["listingId"], lead["profileId"] = last.Home, a.agents[last.Home]
		for _, h := range a.o.Homes {
			if h.ID == last.Home && a.dice.IntN(2) == 0 {
				form["price_range"] = fmt.Sprintf("%d-%d", h.Price*8/10, h.Price*12/10)
			}
		}
	}
	return a.send(ctx, "POST", "/v1/leads", lead, nil)
}

// Walk lets generated visitors look at homes, a new one each few seconds, until ctx ends. Of those who wrote some come back,
// the keenest first: two at once, then one each minute.
func (a *Agency) Walk(ctx context.Context) error {
	var due []event // of all who are here, by time
	next := a.o.Now()
	back := next
	for n := range min(2, len(a.leads)) {
		due = append(due, a.visit(a.leads[len(a.leads)-1-n], next)...)
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := shoppers; ; {
		now := a.o.Now()
		if !now.Before(next) {
			s := a.shopper(n)
			n++
			due = append(due, a.visit(s, now)...)
			next = now.Add(time.Duration(5+a.dice.IntN(15)) * time.Second)
		}
		if len(a.leads) > 0 && now.Sub(back) > time.Minute {
			due = append(due, a.visit(a.leads[a.dice.IntN(len(a.leads))], now)...)
			back = now
		}
		var later, send []event
		for _, e := range due {
			if e.At > now.UnixMilli() {
				later = append(later, e)
				continue
			}
			e.Sent = e.At
			send = append(send, e)
		}
		due = later
		if len(send) > 0 {
			if err := a.send(ctx, "POST", "/v1/events?k="+url.QueryEscape(a.o.WriteKey), send, nil); err != nil && ctx.Err() == nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
