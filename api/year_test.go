package api

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// year is a site whose visitors are generated, with a truth that is known: the more listings somebody looks at, the likelier
// they buy, until the market turns.
type year struct {
	*world
	rng    *rand.Rand
	day    int
	truth  func(views int) float64
	due    map[int][]ending // by day
	leads  int
	chance map[string]float64 // the true one, by lead
}

type ending struct{ lead, outcome string }

// comes has two people visit on each day, look at 1 to 8 listings, and send the form. Buyers are recorded 20 to 60 days
// later; of the others nine in ten, after 5 to 30 days.
func (y *year) comes(until int) {
	y.t.Helper()
	for ; y.day < until; y.day++ {
		for half := range 2 {
			y.later.Store(int64(time.Duration(y.day)*24*time.Hour + time.Duration(half)*9*time.Hour))
			y.visit()
		}
		y.later.Add(int64(time.Hour))
		for _, e := range y.due[y.day] {
			r := y.do("POST", "/v1/leads/"+e.lead+"/outcome", fmt.Sprintf(`{"outcome":%q}`, e.outcome), bearer, asJSON)
			if r.StatusCode != 201 {
				y.t.Fatalf("%d %s", r.StatusCode, r.raw)
			}
		}
		delete(y.due, y.day)
	}
}

func (y *year) visit() {
	y.t.Helper()
	y.leads++
	views := 1 + y.rng.IntN(8)
	name := fmt.Sprint("s", y.leads)
	var events []sent
	for i := range views {
		events = append(events, sent{"eventType": "property_view", "sessionId": name, "visitorId": "v" + name, "pageId": fmt.Sprint("p", i),
			"propertyId": fmt.Sprint("home-", i), "durationSeconds": 20 + y.rng.IntN(60)})
	}
	y.beacon(events...)
	id := y.lead(fmt.Sprintf(`{"formData":{"email":"%s@example.com","name":"A"},"sessionId":%q}`, name, name))
	p := y.truth(views)
	y.chance[id] = p
	switch {
	case y.rng.Float64() < p:
		at := y.day + 20 + y.rng.IntN(40)
		y.due[at] = append(y.due[at], ending{id, "closed_won"})
	case y.rng.Float64() < 0.9:
		at := y.day + 5 + y.rng.IntN(25)
		y.due[at] = append(y.due[at], ending{id, "closed_lost"})
	}
}

// keep looks after the models as the server does by schedule.
func (y *year) keep() (active string) {
	y.t.Helper()
	y.must(y.api.o.Learn.Keep(y.t.Context(), func(organization string) error {
		_, err := y.api.o.Leads.RescoreOpen(y.t.Context(), organization, func(float64) {})
		return err
	}))
	return fmt.Sprint(y.got("/v1/models").body["active"])
}

func TestAYearOfASiteEndsAsItsTruthSays(t *testing.T) {
	y := &year{world: newWorld(t), rng: rand.New(rand.NewPCG(7, 7)), due: map[int][]ending{}, chance: map[string]float64{},
		truth: func(views int) float64 { return 1 / (1 + math.Exp(4.5-0.5*float64(views))) }}
	if r := y.do("PATCH", "/v1/organizations/default/settings", `{"horizon_days":90}`, bearer, asJSON); r.StatusCode != 200 {
		t.Fatal(r.raw)
	}
	y.comes(20)
	if got := y.keep(); got != "rules-1" {
		t.Errorf("after 20 days %s is active", got)
	}
	y.comes(140)
	first := y.keep()
	if first == "rules-1" {
		t.Fatalf("after 140 days no model is active: %s", y.got("/v1/models").raw)
	}
	y.comes(240)

	// What the model said of those that came in its time is what the truth says, within what chance allows 40 or so wins.
	var said, truth, n float64
	var scores []float64
	for _, status := range []string{"new", "closed_won", "closed_lost"} {
		for _, l := range y.got("/v1/leads?limit=1000&status=" + status).body["leads"].([]any) {
			lead := l.(map[string]any)
			if lead["model_version"] == first && lead["ml_scored_at"] == lead["created_at"] {
				said, truth, n = said+lead["conversion_probability"].(float64), truth+y.chance[lead["id"].(string)], n+1
			}
		}
	}
	if n < 150 || math.Abs(said/truth-1) > 0.35 {
		t.Errorf("of %v leads the model said %.1f would close, the truth says %.1f", n, said, truth)
	}
	for _, l := range y.got("/v1/leads?limit=1000&sort=ml_score").body["leads"].([]any) {
		lead := l.(map[string]any)
		if lead["model_version"] != first {
			t.Errorf("an open lead shows a score of %v", lead["model_version"])
		}
		scores = append(scores, lead["conversion_probability"].(float64))
	}
	if !slices.IsSortedFunc(scores, func(a, b float64) int { return cmp.Compare(b, a) }) {
		t.Error("the inbox is not sorted by the unrounded score")
	}
	metrics := y.got("/v1/models/metrics")
	low, high := metrics.at("all", "low").(float64), metrics.at("all", "high").(float64)
	if metrics.at("standing", "worse") != false || low > 6 || high < 1 || metrics.at("all", "matured").(float64) < 200 {
		t.Error(metrics.raw)
	}

	// The market turns: now those buy who look at one home only. The model is taken back.
	y.truth = func(views int) float64 { return 1 / (1 + math.Exp(-1+1.2*float64(views))) }
	y.comes(420)
	y.keep()
	log := y.got("/v1/models").body["training_log"].([]any)
	if !slices.ContainsFunc(log, func(e any) bool {
		m := e.(map[string]any)
		return m["kind"] == "rollback" && m["from"] == first && m["by"] == "server"
	}) {
		t.Errorf("%v, %s", log, y.got("/v1/models/metrics").raw)
	}
}
