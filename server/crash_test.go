package server_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// The program is killed as by kill -9 at some moment under load, five times over. After each, everything unanswered is
// sent again, twice at once, and then every event stands exactly once.
func TestKilledUnderLoadItLosesInventsAndDoublesNothing(t *testing.T) {
	seed := seedOf(t)
	random := rand.New(rand.NewPCG(seed, 0))
	data := t.TempDir()
	whole := &load{}
	p := start(t, data)
	for round := range roundsOf(t, 5) {
		l := &load{}
		var once sync.Once
		moment := 1 + random.IntN(3000)
		l.run(p, random.Uint64(), fmt.Sprint("r", round), func(acked int) {
			if acked >= moment {
				once.Do(func() { go p.kill() })
			}
		})
		p.kill()
		p = start(t, data)
		l.verify(p)
		l.resend(p)
		l.verify(p)
		if t.Failed() {
			t.Fatalf("in round %d, killed after %d acknowledgements", round, moment)
		}
		whole.acked = append(whole.acked, l.acked...)
	}
	whole.verify(p)
	p.kill()
	checkSaysOK(t, data)
}

func checkSaysOK(t *testing.T, data string) {
	t.Helper()
	if code, out := command(t, "check", "--data", data); code != 0 || !strings.Contains(out, "ok: ") {
		t.Errorf("check exits %d: %s", code, out)
	}
}

func TestAskedToStopUnderLoadItAnswersAndKeepsEverything(t *testing.T) {
	seed := seedOf(t)
	data := t.TempDir()
	p := start(t, data)
	l := &load{}
	codes := make(chan int, 1)
	var once sync.Once
	l.run(p, seed, "t", func(acked int) {
		if acked >= 300 {
			once.Do(func() { go func() { codes <- p.stop() }() })
		}
	})
	if code := <-codes; code != 0 {
		t.Errorf("it exits %d: %v\n%s", code, l.refused, p.log.String())
	}
	checkSaysOK(t, data)
	p = start(t, data)
	l.verify(p)
	l.resend(p)
	l.verify(p)
	if code := p.stop(); code != 0 {
		t.Errorf("without load it exits %d:\n%s", code, p.log.String())
	}
}

func TestRebuildGivesTheSameAnswers(t *testing.T) {
	seed := seedOf(t)
	data := t.TempDir()
	p := start(t, data)
	l := &load{}
	var once sync.Once
	l.run(p, seed, "b", func(acked int) {
		if acked >= 300 {
			once.Do(func() { go p.kill() })
		}
	})
	p.kill()
	p = start(t, data)
	l.resend(p)
	p.addLeads("b")
	if code := p.stop(); code != 0 {
		t.Fatalf("it exits %d", code)
	}
	// Both are asked of a server that takes nothing: else who is hot may be written down between the questions.
	readOnly := []string{"env", "FOOTFALL_READ_ONLY=true"}
	p = start(t, data, readOnly...)
	want := l.answers(p)
	if code := p.stop(); code != 0 {
		t.Fatalf("read only, it exits %d", code)
	}
	if code, out := command(t, "rebuild", "--data", data); code != 0 || !strings.Contains(out, "rebuilt from ") {
		t.Fatalf("rebuild exits %d: %s", code, out)
	}
	checkSaysOK(t, data)
	p = start(t, data, readOnly...)
	for query, got := range l.answers(p) {
		if got != want[query] {
			i := differAt(want[query], got)
			t.Errorf("%s differs at byte %d\nbefore …%.1000s\nafter  …%.1000s", query, i, want[query][i:], got[i:])
		}
	}
}

// differAt returns a place shortly before the first difference of two answers.
func differAt(a, b string) (i int) {
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return max(0, i-300)
}
