package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	verifiers     = 8
	maxExamples   = 10
	askedListings = 100 // of each load, the most viewed
)

// Verification is what the server said when it was asked for what it had acknowledged.
type Verification struct {
	Sessions      int      `json:"sessions"` // that were asked for
	SessionsSent  int      `json:"sessions_sent"`
	Events        int64    `json:"events"`            // of those sessions, acknowledged
	Unsure        int64    `json:"events_unanswered"` // of those sessions, sent and not acknowledged: they may be there, once
	Listings      int      `json:"listings"`          // whose views were compared
	Seconds       float64  `json:"seconds"`
	Missing       int64    `json:"missing"`        // acknowledged events that are not there
	Doubled       int64    `json:"doubled"`        // events that are there more than once
	Invented      int64    `json:"invented"`       // events that nobody sent
	Different     int64    `json:"different"`      // events with another content than was sent
	WrongSessions int64    `json:"wrong_sessions"` // sessions with wrong figures
	WrongListings int64    `json:"wrong_listings"` // listings with wrong views
	Unreadable    int64    `json:"unreadable"`     // answers that could not be had or read
	Examples      []string `json:"examples,omitempty"`

	mu sync.Mutex
}

// Wrong returns how many things are wrong.
func (v *Verification) Wrong() int64 {
	return v.Missing + v.Doubled + v.Invented + v.Different + v.WrongSessions + v.WrongListings + v.Unreadable
}

// found counts something that is wrong. The counter is one of v's.
func (v *Verification) found(counter *int64, n int64, example string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	*counter += n
	if len(v.Examples) < maxExamples {
		v.Examples = append(v.Examples, fmt.Sprintf(example, args...))
	}
}

// question is one visit to ask for.
type question struct {
	worker *worker
	entry  int
}

// questions returns the visits to ask for: all of them or a sample.
func questions(loads []*load, sample int, seed uint64) (picked []question, sent int) {
	for _, l := range loads {
		for _, w := range l.workers {
			sent += len(w.ledger)
			for i := range w.ledger {
				picked = append(picked, question{w, i})
			}
		}
	}
	if sample > 0 && len(picked) > sample {
		rng := rand.New(rand.NewPCG(seed, 3))
		rng.Shuffle(len(picked), func(i, j int) { picked[i], picked[j] = picked[j], picked[i] })
		picked = picked[:sample]
	}
	return picked, sent
}

// verify asks the server for what it acknowledged: each event of the visits, and what it makes of each visit and of
// the listings that they viewed.
func (o *Options) verify(ctx context.Context, loads []*load) (*Verification, error) {
	if len(loads) == 0 {
		return &Verification{}, nil
	}
	begin := o.Now()
	asked, sent := questions(loads, o.VerifySample, o.Seed)
	v := &Verification{Sessions: len(asked), SessionsSent: sent}
	a := newAPI(loads[0].target, o.AdminKey, verifiers, o.Timeout)
	defer a.client.CloseIdleConnections()
	var next atomic.Int64
	var asking sync.WaitGroup
	for range verifiers {
		asking.Go(func() {
			c := newChecker(v, a)
			for i := next.Add(1) - 1; i < int64(len(asked)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				c.check(asked[i])
			}
		})
	}
	o.waitShowing(&asking, &next, len(asked))
	for _, l := range loads {
		if ctx.Err() == nil {
			v.checkListings(a, l)
		}
	}
	v.Seconds = o.Now().Sub(begin).Seconds()
	if err := ctx.Err(); err != nil {
		return v, fmt.Errorf("verification was stopped: %w", err)
	}
	return v, nil
}

// waitShowing waits for the verifiers and shows how far they are.
func (o *Options) waitShowing(asking *sync.WaitGroup, next *atomic.Int64, all int) {
	done := make(chan struct{})
	go func() { asking.Wait(); close(done) }()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			n := min(int(next.Load()), all)
			o.Show(Progress{Phase: "verify", Part: float64(n) / float64(all), Text: fmt.Sprintf("%d of %d sessions asked back", n, all)})
		}
	}
}

// checkListings compares the views of the most viewed listings.
func (v *Verification) checkListings(a *api, l *load) {
	must, may := l.views()
	ranked := make([]int32, 0, len(must))
	for i := range must {
		if must[i]+may[i] > 0 {
			ranked = append(ranked, int32(i))
		}
	}
	slices.SortStableFunc(ranked, func(a, b int32) int { return int(must[b] - must[a]) })
	if len(ranked) > askedListings {
		ranked = ranked[:askedListings]
	}
	v.Listings += len(ranked)
	for _, listing := range ranked {
		views, err := a.views(engagementPath(l.script, listing))
		name := l.script.appendListing(nil, listing)
		least, most := must[listing], must[listing]+may[listing]
		switch {
		case err != nil:
			v.found(&v.Unreadable, 1, "listing %s: %v", name, err)
		case views < least || views > most:
			v.found(&v.WrongListings, 1, "listing %s: total_views is %d, but %s were acknowledged", name, views, fromTo(least, most))
		}
	}
}

func fromTo(least, most int64) string {
	if least == most {
		return fmt.Sprint(least)
	}
	return fmt.Sprintf("%d (at most %d)", least, most)
}
