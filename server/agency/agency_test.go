package agency

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/server"
)

var homes = []Home{
	{ID: "1-elm", Address: "1 Elm", City: "Oak Park", Price: 300_000, Beds: 2, Baths: 1, Sqft: 900, Listed: time.Now().AddDate(0, 0, -20)},
	{ID: "2-elm", Address: "2 Elm", City: "Oak Park", Price: 600_000, Beds: 3, Baths: 2, Sqft: 1800, Listed: time.Now().AddDate(0, 0, -40)},
}

const (
	writeKey  = "wk_0123456789abcdef"
	secretKey = "sk_0123456789abcdef"
)

// serve serves a real server until the test ends and returns its address.
func serve(t *testing.T) string {
	t.Helper()
	s, err := server.Open(t.Context(), server.Options{
		Data: t.TempDir(), Listen: "127.0.0.1:0", OpsListen: "127.0.0.1:0", WriteKey: writeKey, AdminKey: secretKey,
		ShutdownGrace: 10 * time.Second, QueueBytes: 32 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	public, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, public) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return "http://" + public.Addr().String()
}

func TestTheAgencyHasAPastAModelAndOpenLeads(t *testing.T) {
	var out bytes.Buffer
	a := New(Options{Footfall: serve(t), WriteKey: writeKey, SecretKey: secretKey, Homes: homes, Now: time.Now, Out: &out})
	for _, step := range []func(context.Context) error{a.Past, a.Open} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Invite(t.Context(), "http://homes.example"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "900 generated past leads") || !strings.Contains(out.String(), "you@example.com") {
		t.Error(out.String())
	}
	var models struct{ Active string }
	var page struct {
		Leads []struct {
			Message string
			Basis   string
			Session *string `json:"session_id"`
		}
		Next *string `json:"next_cursor"`
	}
	get := func(path string, answer any) {
		t.Helper()
		if err := a.ask(t.Context(), http.MethodGet, path, "", nil, answer); err != nil {
			t.Fatal(err)
		}
	}
	if get("/v1/models", &models); models.Active != "model-1" {
		t.Errorf("the active model is %q", models.Active)
	}
	get("/v1/leads?limit=1000", &page)
	wrote := 0
	for _, l := range page.Leads {
		if l.Message != generated || l.Basis != "model" {
			t.Fatalf("a lead that does not say that it is generated, or has no score of the model: %+v", l)
		}
		if l.Session != nil {
			wrote++
		}
	}
	if wrote != openLeads {
		t.Errorf("%d open leads are of visitors, want %d", wrote, openLeads)
	}
}

func TestTheSameSeedMakesTheSamePeople(t *testing.T) {
	now := time.Now()
	year := func() (all []pastLead, visits [][]event) {
		a := New(Options{Homes: homes})
		for i := range 50 {
			all = append(all, a.pastLead(i, now))
			visits = append(visits, a.visit(a.shopper(i), now))
		}
		return all, visits
	}
	first, walks := year()
	again, sameWalks := year()
	for i := range first {
		if first[i].External != again[i].External || first[i].Form["email"] != again[i].Form["email"] || first[i].Outcome != again[i].Outcome {
			t.Errorf("%v, then %v", first[i], again[i])
		}
	}
	for i := range walks {
		same := func(x, y event) bool { return x.ID == y.ID && x.At == y.At && x.Home == y.Home }
		if !slices.EqualFunc(walks[i], sameWalks[i], same) {
			t.Errorf("%v, then %v", walks[i], sameWalks[i])
		}
		if !slices.IsSortedFunc(walks[i], func(x, y event) int { return int(x.At - y.At) }) {
			t.Errorf("out of time order: %v", walks[i])
		}
	}
}

func TestNoTwoPeopleShareAnAddressOrANumber(t *testing.T) {
	a := New(Options{Homes: homes})
	seen := map[string]bool{}
	for range pastLeads + 1000 {
		p := a.person()
		if seen[p.Email] || seen[p.Phone] {
			t.Fatalf("again: %+v", p)
		}
		seen[p.Email], seen[p.Phone] = true, true
	}
}
