package server_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// roundsOf says how often a test against the real program repeats: n, or what FOOTFALL_ROUNDS says.
func roundsOf(t *testing.T, n int) int {
	t.Helper()
	if s := os.Getenv("FOOTFALL_ROUNDS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatalf("FOOTFALL_ROUNDS: %v", err)
		}
	}
	return n
}

// killers end the program at a moment of their own; each returns once it has ended.
var killers = []struct {
	name string
	kill func(p *process, began time.Time, random *rand.Rand)
}{
	{"while it stops", func(p *process, _ time.Time, random *rand.Rand) {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // it is running
		time.Sleep(time.Duration(random.IntN(30_000)) * time.Microsecond)
		p.kill()
	}},
	{"close to a checkpoint", func(p *process, began time.Time, random *rand.Rand) { // one each second
		time.Sleep(time.Second - time.Since(began)%time.Second + time.Duration(random.IntN(20_000)-15_000)*time.Microsecond)
		p.kill()
	}},
	{"told twice to stop", func(p *process, _ time.Time, _ *rand.Rand) {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // it is running, and may have ended before the second
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
	}},
	{"at any time", func(p *process, _ time.Time, _ *rand.Rand) { p.kill() }},
}

// The program is killed as by kill -9: while it stops, at a checkpoint, and again and again while it recovers. All that
// is unanswered is sent again, twice at once, and then every event stands exactly once.
func TestKilledWhileItStopsOrRecoversItLosesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(seedOf(t), 0))
	data := t.TempDir()
	whole := &load{}
	p, began := start(t, data), time.Now()
	for round := range roundsOf(t, 5) {
		killer := killers[round%len(killers)]
		l := &load{}
		var once sync.Once
		moment := 1 + random.IntN(1000)
		l.run(p, random.Uint64(), fmt.Sprint("k", round), func(acked int) {
			if acked >= moment {
				once.Do(func() { go killer.kill(p, began, random) })
			}
		})
		<-p.ended
		for range 3 {
			killInRecovery(t, data, time.Duration(random.IntN(60_000))*time.Microsecond)
		}
		p, began = start(t, data), time.Now()
		l.verify(p)
		l.resend(p)
		l.verify(p)
		if t.Failed() {
			t.Fatalf("in round %d, killed %s after %d acknowledgements", round, killer.name, moment)
		}
		whole.acked = append(whole.acked, l.acked...)
	}
	whole.verify(p)
	p.kill()
	checkSaysOK(t, data)
}

// killInRecovery starts the program and kills it a little later, wherever it is then.
func killInRecovery(t *testing.T, data string, after time.Duration) {
	t.Helper()
	cmd := exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "--data", data,
		"--write-key", writeKey, "--admin-key", adminKey)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // killed
}
