package faults

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// simulation is a client, the program on a machine that fails, and a log of what happened.
type simulation struct {
	*client
	machine machine
	fs      *vfs.MemFS
	world   *world
	log     []string
}

// op is one thing that may happen: a client's deed, or something done to the machine.
type op struct {
	name   string
	weight int
	deed   func(*client) deed
	do     func(*simulation) error
}

var ops = []op{
	{name: "beacon", weight: 100, deed: (*client).beacon},
	{name: "duplicate", weight: 30, deed: (*client).duplicate},
	{name: "late", weight: 25, deed: (*client).late},
	{name: "robot", weight: 5, deed: (*client).robot},
	{name: "lead", weight: 5, deed: (*client).lead},
	{name: "lead again", weight: 5, deed: (*client).leadAgain},
	{name: "patch", weight: 10, deed: (*client).patch},
	{name: "activity", weight: 5, deed: (*client).activity},
	{name: "outcome", weight: 5, deed: (*client).outcome},

	{name: "seconds pass", weight: 50, do: (*simulation).secondsPass},
	{name: "half an hour passes", weight: 8, do: move(30*time.Minute + time.Second)},
	{name: "the clock goes an hour forward", weight: 2, do: move(time.Hour)},
	{name: "the clock goes an hour back", weight: 2, do: move(-time.Hour)},
	{name: "the clock goes a day forward", weight: 2, do: move(24 * time.Hour)},
	{name: "the clock goes a day back", weight: 2, do: move(-24 * time.Hour)},
	{name: "erase", weight: 2, do: (*simulation).eraseVisitor},
	{name: "crash", weight: 2, do: (*simulation).crash},
	{name: "restart", weight: 1, do: (*simulation).restart},
	{name: "rebuild", weight: 1, do: (*simulation).rebuild},
	{name: "warm", weight: 4, do: (*simulation).warm},
	{name: "look", weight: 1, do: (*simulation).look},
}

// draw chooses one by weight.
func draw(c *client, among []op) *op {
	sum := 0
	for i := range among {
		sum += among[i].weight
	}
	n := c.random.IntN(sum)
	for i := range among {
		if n -= among[i].weight; n < 0 {
			return &among[i]
		}
	}
	panic("weights")
}

// Whatever happens, in whatever order: the program answers as the oracle does.
func TestAnyStoryIsAnsweredAsTheOracleDoes(t *testing.T) {
	for _, half := range []string{"one half", "the other half"} { // at the same time
		t.Run(half, func(t *testing.T) {
			t.Parallel()
			for seed := range rounds(t, 50) {
				if err := story(seed); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func story(seed uint64) error {
	const length = 500 / min(shrink, 3)
	s, err := newSimulation(seed)
	for i := 0; i < length && err == nil; i++ {
		err = s.step()
	}
	if err == nil {
		err = s.end()
	}
	if err != nil {
		return fmt.Errorf("after %d of\n%s\n%w", len(s.log), s.story(), err)
	}
	return nil
}

func newSimulation(seed uint64) (*simulation, error) {
	s := &simulation{client: newClient(seed), fs: vfs.NewCrashableMem()}
	s.machine.every = pick(s.random, 1, 3, 10, 40, 200)
	s.machine.memory = pick[int64](s.random, 0, 1, 3000)
	return s, s.open()
}

func (s *simulation) open() (err error) {
	s.machine.fs = s.fs
	s.machine.now.Store(s.now)
	s.world, err = s.machine.open()
	return err
}

func (s *simulation) step() error {
	o := draw(s.client, ops)
	if o.deed == nil {
		s.log = append(s.log, o.name)
		return o.do(s)
	}
	d := o.deed(s.client)
	s.log = append(s.log, d.what+" "+d.body)
	err := s.client.do(s.world, d)
	if err == nil {
		d.effect(s.oracle)
	}
	return err
}

// story returns the last things that happened.
func (s *simulation) story() (text string) {
	for i, line := range s.log[max(0, len(s.log)-40):] {
		text += fmt.Sprintf("%4d %.300s\n", i, line)
	}
	return text
}

func move(by time.Duration) func(*simulation) error {
	return func(s *simulation) error { return s.moveBy(by) }
}

func (s *simulation) moveBy(by time.Duration) error {
	s.now += by.Milliseconds()
	s.machine.now.Store(s.now)
	return nil
}

func (s *simulation) secondsPass() error {
	return s.moveBy(time.Duration(1+s.random.IntN(300)) * time.Second)
}

// look compares everything.
func (s *simulation) look() error {
	got, err := s.world.answers()
	if err != nil {
		return err
	}
	return difference(s.oracle.answers(), got)
}

// crash stops the machine; what was not synced is there or not, block by block.
func (s *simulation) crash() error {
	left := s.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: pick(s.random, 0, 10, 50, 100), RNG: s.random})
	if err := s.world.close(); err != nil {
		return err
	}
	s.fs = left
	return s.reopen()
}

func (s *simulation) restart() error {
	if err := s.world.close(); err != nil {
		return err
	}
	return s.reopen()
}

func (s *simulation) rebuild() error {
	if err := s.world.rebuild(); err != nil {
		return err
	}
	return s.reopen()
}

func (s *simulation) reopen() error {
	if err := s.open(); err != nil {
		return err
	}
	return s.look()
}

func (s *simulation) warm() error { return s.world.sessions.Warm(context.Background(), false) }

// end compares for the last time, also what is stored.
func (s *simulation) end() error {
	for _, last := range []func() error{s.look, s.crash, s.rebuild} {
		if err := last(); err != nil {
			return err
		}
	}
	for _, err := range s.world.check() {
		return err
	}
	return s.world.close()
}
