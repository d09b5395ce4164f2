package agency

import (
	"context"
	"fmt"
	"math"
	"time"
)

// Sizes of the past. A lead is won about one time in ten, as the odds in pastLead say.
const (
	pastLeads = 900
	pastDays  = 540 // before now; whoever came in the last 190 of them has not matured at a horizon of 180 days
)

// pastLead is a row of the import of past leads, by the names of the API.
type pastLead struct {
	External    string            `json:"external_id"`
	Created     time.Time         `json:"created_at"`
	Form        map[string]string `json:"formData"`
	Listing     string            `json:"listing_id"`
	Agent       string            `json:"profile_id"`
	Status      string            `json:"status,omitempty"`
	Outcome     string            `json:"outcome,omitempty"`
	OutcomeDate *time.Time        `json:"outcome_date,omitempty"`
	DealValue   int               `json:"deal_value,omitempty"`
	LossReason  string            `json:"loss_reason,omitempty"`

	Score     int     `json:"behavioral_score"`
	Visits    int     `json:"visited_count"`
	Seconds   int     `json:"total_engagement_time"`
	Viewed    int     `json:"properties_viewed_count"`
	Deep      int     `json:"deep_engagement_properties_count"`
	Scroll    float64 `json:"scroll_depth_avg"`
	Mobile    int     `json:"is_mobile"`
	Returning int     `json:"is_returning_visitor"`
	Social    int     `json:"referrer_is_social"`
}

// Past makes the listings, imports the past leads and asks for a model to be trained from them. It returns once there is a
// verdict.
func (a *Agency) Past(ctx context.Context) error {
	now := a.o.Now()
	if err := a.people(ctx); err != nil {
		return err
	}
	if err := a.listings(ctx, now); err != nil {
		return err
	}
	rows := make([]pastLead, pastLeads)
	won := 0
	for i := range rows {
		rows[i] = a.pastLead(i, now)
		if rows[i].Outcome == "closed_won" {
			won++
		}
	}
	body, err := lines(rows)
	if err != nil {
		return err
	}
	var sum struct{ Created, Rejected int }
	if err := a.ask(ctx, "POST", "/v1/leads", "application/x-ndjson", body, &sum); err != nil {
		return err
	}
	fmt.Fprintf(a.o.Out, "Imported %d generated past leads, %d of them won, %d refused.\n", sum.Created, won, sum.Rejected)
	return a.train(ctx)
}

// pastLead makes the lead number i. That it is won depends on what it did, so that there is something to learn: the odds
// are those of the line with truth below.
func (a *Agency) pastLead(i int, now time.Time) pastLead {
	d := a.dice
	keen := d.NormFloat64() // what nobody sees
	p := a.person()
	l := pastLead{
		External: fmt.Sprintf("generated-%d", i), Listing: a.o.Homes[d.IntN(len(a.o.Homes))].ID,
		Created: now.Add(-time.Duration(d.Float64() * pastDays * 24 * float64(time.Hour))).Truncate(time.Second),
		Form:    map[string]string{"name": p.Name, "email": p.Email, "message": generated},
		Visits:  1 + poisson(d.Float64, math.Exp(.3+.6*keen)), Viewed: 1 + poisson(d.Float64, math.Exp(.7+.5*keen)),
		Mobile: d.IntN(2), Social: btoi(d.Float64() < .2),
	}
	if d.Float64() < .5+.1*keen {
		l.Form["phone"] = p.Phone
	}
	l.Deep = min(poisson(d.Float64, math.Exp(-.2+.7*keen)), l.Viewed)
	l.Seconds = int(60 * math.Exp(.8+.7*keen+.5*d.NormFloat64()))
	l.Scroll = math.Round(100/(1+math.Exp(-keen-d.NormFloat64()))*10) / 10
	l.Returning = btoi(l.Visits > 1)
	l.Score = min(50+15*l.Returning+10*btoi(l.Visits > 3)+10*btoi(l.Seconds > 120)+15*btoi(l.Seconds > 300)+5*l.Deep+2*len(l.Form), 100)
	truth := -3.9 + .55*float64(l.Deep) + .3*float64(l.Visits) + .5*keen - .6*float64(l.Social)
	a.end(&l, 1/(1+math.Exp(-truth)), now)
	l.Agent = a.agent()
	if l.Outcome == "closed_won" {
		l.Listing = fmt.Sprintf("sold-%d", d.IntN(soldHomes))
	}
	return l
}

// end says how a lead ended, if it has by now: what is won takes two months and more, what is lost is told late or never.
func (a *Agency) end(l *pastLead, p float64, now time.Time) {
	d := a.dice
	wins := d.Float64() < p
	days := min(10+40*d.ExpFloat64(), 75)
	if wins {
		days = min(35+40*d.ExpFloat64(), 170)
	}
	at := l.Created.Add(time.Duration(days * 24 * float64(time.Hour))).Truncate(time.Second)
	switch {
	case at.After(now):
		l.Status = []string{"contacted", "qualified", "nurturing"}[d.IntN(3)]
		return
	case wins:
		l.Outcome, l.DealValue = "closed_won", 250_000+1000*d.IntN(900)
	case d.Float64() < .15:
		l.Outcome = "unresponsive"
	default:
		l.Outcome = "closed_lost"
		l.LossReason = []string{"price", "timing", "competitor", "financing", "unqualified", "other"}[d.IntN(6)]
	}
	l.OutcomeDate = &at
}

// listing is a row of the catalog, by the names of the API.
type listing struct {
	ID      string     `json:"id"`
	Price   int        `json:"price"`
	Address string     `json:"address"`
	City    string     `json:"city"`
	Type    string     `json:"property_type"`
	Beds    int        `json:"beds"`
	Baths   float64    `json:"baths"`
	Sqft    int        `json:"sqft"`
	Status  string     `json:"status"`
	Listed  time.Time  `json:"listed_at"`
	Closed  *time.Time `json:"closed_at,omitempty"`
	Agent   string     `json:"profile_id"`
}

// listings puts the homes into the catalog, those that were sold before those for sale.
func (a *Agency) listings(ctx context.Context, now time.Time) error {
	var all []listing
	for i := range soldHomes {
		all = append(all, a.soldHome(i, now))
	}
	for _, h := range a.o.Homes {
		a.agents[h.ID] = a.agent()
		all = append(all, listing{
			ID: h.ID, Price: h.Price, Address: h.Address, City: h.City, Type: "house", Beds: h.Beds, Baths: h.Baths, Sqft: h.Sqft,
			Status: "active", Listed: h.Listed, Agent: a.agents[h.ID],
		})
	}
	body, err := lines(all)
	if err != nil {
		return err
	}
	return a.ask(ctx, "POST", "/v1/listings:batch", "application/x-ndjson", body, nil)
}

// train asks for a model and waits for it.
func (a *Agency) train(ctx context.Context) error {
	var job struct {
		ID, State, Error string
		Progress         float64
	}
	if err := a.ask(ctx, "POST", "/v1/models/train", "", nil, &job); err != nil {
		return err
	}
	for job.State != "done" && job.State != "failed" {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
		if err := a.ask(ctx, "GET", "/v1/jobs/"+job.ID, "", nil, &job); err != nil {
			return err
		}
	}
	if job.State == "failed" {
		return fmt.Errorf("train a model: %s", job.Error)
	}
	fmt.Fprintln(a.o.Out, "Trained a model from them.")
	return nil
}

// poisson draws a count with the given mean, by Knuth's product of uniforms.
func poisson(uniform func() float64, mean float64) (n int) {
	for p := uniform(); p > math.Exp(-mean) && n < 50; p *= uniform() {
		n++
	}
	return n
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
