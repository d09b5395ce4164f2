package journal

import (
	"context"
	"testing"
	"time"

	"footfall/store"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// peeking is an owner that looks, while it applies a record, how far the journal says that it has come.
type peeking struct {
	t *testing.T
	j *Journal
}

func (p *peeking) Name() string                   { return "peeking" }
func (p *peeking) Position() Position             { return 0 }
func (p *peeking) Checkpoint() error              { return nil }
func (p *peeking) Check(*store.View, func(error)) {}
func (p *peeking) Apply(_ *store.Batch, r *Record) error {
	if p.j.Applied() < r.Pos {
		p.t.Errorf("record %d is being applied, and Applied says %d: who sees it would not wait for the disk", r.Pos, p.j.Applied())
	}
	return nil
}

func TestWhoSeesARecordBeingAppliedWaitsForIt(t *testing.T) {
	db, err := store.Open("data", store.Options{FS: vfs.NewMem(), Mem: 256 << 10, Cache: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	p := &peeking{t: t}
	if p.j, err = Open(db, []Owner{p}, Options{Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.j.Submit(context.Background(), chunk("a", "1"), note("x"), chunk("b", "2")); err != nil {
		t.Fatal(err)
	}
	if err := p.j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
