package journal

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/event"
	"footfall/store"
)

// fill submits records of several sessions over several days, chunks and others mixed, and returns their lines.
func (g *rig) fill(n int) (lines []string) {
	random := rand.New(rand.NewPCG(3, 4))
	for i := range n {
		g.clock.Add(int64(random.IntN(4 * 3_600_000)))
		r := chunk(fmt.Sprint("s", random.IntN(5)), fmt.Sprint("e", i))
		if random.IntN(3) == 0 {
			r = note(fmt.Sprint("n", i))
		}
		g.submit(r)
		lines = append(lines, fmt.Sprint(i+1, " ", g.o.Now().UnixMilli(), " ", textOf(&r)))
	}
	return lines
}

func TestReadYieldsEverythingInOrderWhateverTheWindow(t *testing.T) {
	g := newRig(t).open()
	defer g.close()
	want := g.fill(100)
	for _, window := range []Position{1, 2, 7, 99, 100, 101, 1 << 20} {
		for _, after := range []Position{0, 1, 50, 99, 100, 1000} {
			var got []string
			g.must(read(g.db.Reader(), after, window, func(r *Record) error {
				got = append(got, lineOf(r))
				return nil
			}))
			if !slices.Equal(got, want[min(int(after), len(want)):]) {
				t.Errorf("window %d after %d: got\n%s", window, after, strings.Join(got, "\n"))
			}
		}
	}
}

func TestReadSkipsWhatWasErased(t *testing.T) {
	g := newRig(t).open()
	defer g.close()
	lines := g.fill(60)
	var want []string
	for _, line := range lines {
		var pos Position
		if _, err := fmt.Sscan(line, &pos); err != nil {
			t.Fatal(err)
		}
		if pos < 20 || pos > 45 {
			want = append(want, line)
			continue
		}
		g.erase(pos)
	}
	for _, window := range []Position{1, 5, 26, 1 << 20} {
		var got []string
		g.must(read(g.db.Reader(), 0, window, func(r *Record) error {
			got = append(got, lineOf(r))
			return nil
		}))
		if !slices.Equal(got, want) {
			t.Errorf("window %d: got\n%s\nwant\n%s", window, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// erase deletes what is stored at a position.
func (g *rig) erase(pos Position) {
	g.t.Helper()
	b := g.db.NewBatch()
	b.Delete(recordKey(pos))
	lo, hi := store.Events.Span()
	g.must(g.db.Reader().Scan(store.Range{Lo: lo, Hi: hi}, func(key, _ []byte) error {
		if _, _, _, at, err := parseEventKey(key); err != nil || at == pos {
			b.Delete(key)
			return err
		}
		return nil
	}))
	g.must(b.Commit(true))
}

func TestReadStopsWhenItsCallerDoes(t *testing.T) {
	g := newRig(t).open()
	defer g.close()
	g.fill(10)
	n := 0
	for r, err := range g.Read(3) {
		g.must(err)
		if n++; r.Pos == 5 {
			break
		}
	}
	if n != 2 {
		t.Errorf("read %d records", n)
	}
}

func TestReadTellsOfAnUnreadableRecord(t *testing.T) {
	g := newRig(t).open()
	defer g.close()
	g.submit(note("one"), note("two"))
	b := g.db.NewBatch()
	b.Set(recordKey(2), []byte("rot"))
	g.must(b.Commit(true))
	var got error
	for _, err := range g.Read(0) {
		if err != nil {
			got = err
		}
	}
	if got == nil {
		t.Error("no error")
	}
}

func TestReadSessionReturnsADayOfASession(t *testing.T) {
	g := newRig(t).open()
	defer g.close()
	g.submit(chunk("a", "a1"), chunk("b", "b1"), chunk("a", "a2"), note("n"))
	today := uint16(event.UTCDay(noon.UnixMilli()))
	g.clock.Store((24 * time.Hour).Milliseconds())
	other := chunk("a", "site 2")
	other.Site = 2
	g.submit(chunk("a", "a3"), other)
	for _, c := range []struct {
		day   uint16
		site  uint32
		after Position
		want  string
	}{
		{today, 1, 0, "a1 a2"}, {today, 1, 1, "a2"}, {today, 1, 3, ""}, {today + 1, 1, 0, "a3"}, {today + 1, 2, 0, "site 2"}, {today + 2, 1, 0, ""},
	} {
		var got []string
		g.must(ReadSession(g.db.Reader(), c.day, c.site, g.db.ID("a"), c.after, func(r *Record) error {
			got = append(got, r.Chunk.Events[0].ID)
			return nil
		}))
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}
