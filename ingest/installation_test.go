package ingest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
	"time"

	"footfall/fault"
)

func TestAnInstallationKnowsWhatCameAndSurvivesARestart(t *testing.T) {
	g := newRig(t)
	if i, err := g.in.Installation(1); err != nil || !i.First.IsZero() || len(i.Origins) != 0 {
		t.Errorf("before anything came: %+v %v", i, err)
	}
	n := &g.in.installations
	g.must(n.note(1, "https://a.example", now, 3))
	g.must(n.note(1, "https://b.example", now.Add(time.Minute), 0))
	g.must(n.note(1, "", now.Add(2*time.Minute), 2))
	g.must(n.note(1, "https://a.example", now.Add(2*time.Minute+time.Second), 1)) // not written yet
	again := installations{db: g.db, sites: map[uint32]*installed{}}
	s, err := again.site(1)
	g.must(err)
	if !s.First.Equal(now) || !s.Last.Equal(now.Add(2*time.Minute)) {
		t.Errorf("after a restart from %v to %v", s.First, s.Last)
	}
	i, err := g.in.Installation(1)
	g.must(err)
	want := fmt.Sprint([]SeenOrigin{
		{"https://a.example", now, now.Add(2*time.Minute + time.Second), 4, 0}, {"https://b.example", now.Add(time.Minute), now.Add(time.Minute), 0, 1},
	})
	if got := fmt.Sprint(i.Origins); got != want || !i.Last.Equal(now.Add(2*time.Minute+time.Second)) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if i, err := g.in.Installation(2); err != nil || !i.First.IsZero() {
		t.Errorf("another site: %+v %v", i, err)
	}
}

func TestOriginsThatAreMadeUpTakeNoMoreThanTheirRoom(t *testing.T) {
	g := newRig(t)
	n := &g.in.installations
	for k := range 500 {
		g.must(n.note(1, fmt.Sprintf("https://%d.example", k), now.Add(time.Duration(k)*time.Second), 1))
		g.must(n.note(1, "https://real.example", now.Add(time.Duration(k)*time.Second), 1))
	}
	g.must(n.note(1, string(make([]byte, maxOriginBytes+1)), now, 1))
	i, err := g.in.Installation(1)
	g.must(err)
	real := 0
	for _, o := range i.Origins {
		if o.Origin == "https://real.example" && o.Accepted == 500 {
			real++
		}
	}
	if len(i.Origins) != maxSeenOrigins || real != 1 {
		t.Errorf("%d origins, %d of them the real one", len(i.Origins), real)
	}
}

func TestAcceptedAndRefusedRequestsAreNoted(t *testing.T) {
	g := newRig(t)
	g.want(g.beacon(`{"eventType":"page_view","sessionId":"a"}`), 204, "")
	i, err := g.in.Installation(1)
	g.must(err)
	if !i.First.Equal(now) || !i.Last.Equal(now) {
		t.Errorf("%+v", i)
	}
}

func TestRejectsAreSummedByCodeWithWhatToDo(t *testing.T) {
	g := newRig(t)
	r := &g.in.rejects
	for i, code := range []fault.Code{fault.InvalidJSON, fault.MissingField, fault.MissingField} {
		_, err := r.add(new(Decoder), 1, now.Add(time.Duration(i)*time.Hour), []Reject{{Code: code, Field: "sessionId", Message: fmt.Sprint(i)}})
		g.must(err)
	}
	sums, all, err := g.in.RejectSums(1, now.Add(time.Minute))
	g.must(err)
	if len(sums) != 1 || sums[0].Count != 2 || sums[0].Message != "2" || sums[0].Fix != fixes[fault.MissingField] || !all {
		t.Errorf("%+v %t", sums, all)
	}
}

// Every code that a request may be refused with, unless it is ours to mend, has a fix of its own.
func TestEveryRejectHasAFix(t *testing.T) {
	never := map[fault.Code]bool{ // not of events, or before the site is known
		fault.InvalidCursor: true, fault.CursorExpired: true, fault.AllRejected: true, fault.Unauthorized: true, fault.Forbidden: true, fault.NotFound: true,
		fault.MethodNotAllowed: true, fault.Conflict: true, fault.Ambiguous: true, fault.InFlight: true, fault.IdempotencyMismatch: true,
		fault.HeadersTooLarge: true, fault.UnsupportedMedia: true, fault.LengthRequired: true, fault.RateLimited: true,
	}
	file, err := parser.ParseFile(token.NewFileSet(), "../fault/fault.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Code" {
			return true
		}
		text := spec.Values[0].(*ast.BasicLit).Value
		code := fault.Code(text[1 : len(text)-1])
		if codes++; code.Status() < 500 && !never[code] && fixes[code] == "" {
			t.Errorf("%s has no fix", code)
		}
		return true
	})
	if codes < 20 {
		t.Errorf("%d codes were found", codes)
	}
}
