package agency

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// team are the agents, each with a share of the leads. The first is the profile that every server begins with.
var team = []struct {
	ID, Name string
	Share    float64
}{{"default", "Robin Hale", .5}, {"marta", "Marta Oduya", .3}, {"theo", "Theo Lindgren", .2}}

// people gives the site and its agents their names.
func (a *Agency) people(ctx context.Context) error {
	if err := a.send(ctx, http.MethodPatch, "/v1/sites/1", map[string]string{"name": "Cedar & Sound"}, nil); err != nil {
		return err
	}
	if err := a.send(ctx, http.MethodPatch, "/v1/profiles/"+team[0].ID, map[string]string{"full_name": team[0].Name}, nil); err != nil {
		return err
	}
	for _, t := range team[1:] {
		if err := a.send(ctx, http.MethodPost, "/v1/profiles", map[string]string{"id": t.ID, "full_name": t.Name}, nil); err != nil {
			return err
		}
	}
	return nil
}

// agent draws whose a lead or a home is.
func (a *Agency) agent() string {
	at := a.dice.Float64()
	for _, t := range team[1:] {
		if at -= t.Share; at < 0 {
			return t.ID
		}
	}
	return team[0].ID
}

// soldHomes is how many homes the agency has sold in the days of its past.
const soldHomes = 60

// soldHome makes the home number i that was sold: like one that is for sale, with another price, size and street number.
func (a *Agency) soldHome(i int, now time.Time) listing {
	d := a.dice
	like := a.o.Homes[i%len(a.o.Homes)]
	_, road, _ := strings.Cut(like.Address, " ")
	by := .8 + .4*d.Float64()
	closed := now.Add(-time.Duration(d.Float64() * pastDays * 24 * float64(time.Hour))).Truncate(24 * time.Hour)
	listed := closed.AddDate(0, 0, -int(12+30*d.ExpFloat64()))
	return listing{
		ID: fmt.Sprintf("sold-%d", i), Price: int(float64(like.Price)*by) / 1000 * 1000, Address: fmt.Sprintf("%d %s", 300+7*i, road), City: like.City,
		Type: "house", Beds: like.Beds, Baths: like.Baths, Sqft: int(float64(like.Sqft) * (.85 + .3*d.Float64())), Status: "sold", Listed: listed, Closed: &closed, Agent: a.agent(),
	}
}
