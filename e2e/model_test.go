package e2e

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"footfall/server"
)

// Half a year after leads came, the page Model holds what was said of them against what became of them.
func TestTheModelPageHoldsWhatWasSaidAgainstWhatCame(t *testing.T) {
	t.Parallel()
	var ago atomic.Int64 // ns by which the server's clock is late
	ago.Store(int64(200 * 24 * time.Hour))
	b := newTab(t)
	o := newOffice(t, 0, func(o *server.Options) {
		o.Now = func() time.Time { return time.Now().Add(-time.Duration(ago.Load())) }
	})
	for i := range 45 {
		ago.Store(int64((200 + 2*time.Duration(45-i)) * 24 * time.Hour))
		o.lead(i)
	}
	var all struct{ Leads []struct{ ID string } }
	o.get("/v1/leads?limit=45", &all)
	for i, l := range all.Leads {
		o.send("POST", "/v1/leads/"+l.ID+"/outcome", fmt.Sprintf(`{"outcome":%q}`, []string{"closed_lost", "closed_won", "closed_lost"}[i%3]))
	}
	ago.Store(0)
	o.lead(45)
	var job struct{ ID, State string }
	o.post("/v1/models/train", "", &job)
	eventually(t, "a training", func() bool { o.get("/v1/jobs/"+job.ID, &job); return job.State == "done" })
	var models struct {
		Models []struct{ Temporal []struct{ N int } }
	}
	o.get("/v1/models", &models)
	if len(models.Models) != 1 || len(models.Models[0].Temporal) == 0 {
		t.Fatalf("%+v", models)
	}
	var m struct {
		Bins []struct {
			Leads, Won int
		} `json:"reliability"`
	}
	o.get("/v1/models/metrics", &m)
	sum, won := 0, 0
	for _, bin := range m.Bins {
		sum, won = sum+bin.Leads, won+bin.Won
	}
	if sum != 45 || won != 15 {
		t.Fatalf("%+v", m)
	}
	b.size(1280, 900)
	b.enter(o, "admin", "/app/model")
	b.settled()
	if n := eval[int](b, `document.querySelectorAll(".reliable circle").length`); n != len(m.Bins) {
		t.Errorf("%d points of %d groups", n, len(m.Bins))
	}
	for _, says := range []string{"Predictions this hour", "Time a prediction", "Model was in memory", "Chances said, and deals that came"} {
		b.says(says)
	}
	b.until(fmt.Sprintf(`document.querySelectorAll("[aria-label='Trained then, tried on later leads'] tbody tr").length === %d`, len(models.Models[0].Temporal)))
	b.until(`!!document.querySelector(".series canvas")`)
	for _, width := range []int{1280, 360} {
		b.size(width, 900)
		b.settled()
		b.clean(fmt.Sprintf("the model, %d px", width))
		b.run(`document.querySelector(".reliable").closest(".card").scrollIntoView()`)
		b.picture(fmt.Sprintf("model-reliability-%d", width))
	}
	b.noErrors()
}
