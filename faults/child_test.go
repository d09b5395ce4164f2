package faults

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// Campaigns that end programs run in children of the test: this binary again, told what to do by the environment.
const (
	childCampaign = "FOOTFALL_FAULTS_CHILD" // the name of the campaign, its seed, and from and to which trial
	perChild      = 150                     // trials; what Fatal stopped stays in memory
)

// campaign runs the i-th trial of a seed. It tells how the program ended, and returns what is wrong.
type campaign func(seed uint64, i int, tell func(outcome)) error

var campaigns = map[string]campaign{
	"operations": failOperation,
	"pairs":      failTwoOperations,
	"torn":       tearWrites,
	"rot":        rot,
}

// trialSeed is the seed of a trial by itself; those of two rounds never meet.
func trialSeed(seed uint64, i int) uint64 { return seed + uint64(i)<<44 }

func TestMain(m *testing.M) {
	if job := os.Getenv(childCampaign); job != "" {
		child(strings.Fields(job))
		return
	}
	os.Exit(m.Run())
}

// child says how each trial ends: a line with the outcome, one with what is wrong, if anything is, and one at its end.
func child(job []string) {
	number := func(i int) uint64 {
		n, err := strconv.ParseUint(job[i], 10, 64)
		if err != nil {
			panic(err)
		}
		return n
	}
	run := campaigns[job[0]]
	for i := int(number(2)); i < int(number(3)); i++ {
		if err := run(number(1), i, func(how outcome) { fmt.Printf("outcome %s\n", how) }); err != nil {
			fmt.Printf("wrong %q\n", err.Error())
		}
		fmt.Println("done")
	}
}

// trials runs the trials [0, n) of a campaign in children and counts their outcomes.
func trials(t *testing.T, name string, seed uint64, n int) map[outcome]int {
	t.Helper()
	count := map[outcome]int{}
	n = scaled(n)
	for i := 0; i < n && !t.Failed(); {
		i = runChild(t, name, seed, i, min(n, i+perChild), count)
	}
	return count
}

// runChild runs trials and returns the first one that is still to be run.
func runChild(t *testing.T, name string, seed uint64, from, to int, count map[outcome]int) (next int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d %d", childCampaign, name, seed, from, to))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	next = from
	how, wrong := dead, 0
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		what, rest, _ := strings.Cut(lines.Text(), " ")
		switch what {
		case "wrong":
			if text, err := strconv.Unquote(rest); err != nil || wrong < 3 {
				t.Errorf("trial %d: %s", next, text)
			}
			wrong++
		case "outcome":
			how = outcome(rest)
		case "done":
			count[how]++
			next++
			how = dead
		}
	}
	if err := cmd.Wait(); err != nil {
		if next >= to {
			t.Fatalf("the child ended with %v:\n%.3000s", err, stderr.String())
		}
		if how == dead {
			t.Logf("trial %d: %v: %s", next, err, head(stderr.String()))
		}
		count[how]++
		next++
	}
	return next
}

// head returns what a panic says first, and where.
func head(stderr string) string {
	lines := strings.SplitN(stderr, "\n", 60)
	return strings.Join(lines[:min(len(lines), 40)], "\n")
}
