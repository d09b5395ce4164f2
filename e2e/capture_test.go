package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// ways are how a visit leaves a page.
var ways = []string{"reload", "route", "link", "close"}

// caused is one event that a visit's script brought about.
type caused struct{ kind, way, mark string }

// captured is a series of visits and what they caused.
type captured struct {
	b    *tab
	s    *site
	rand *rand.Rand
	all  []caused
	n    int
}

func (c *captured) cause(kind, way string) string {
	c.n++
	mark := strconv.Itoa(c.n)
	c.all = append(c.all, caused{kind, way, mark})
	return mark
}

// page does something on a page and leaves it in the given way, at a random moment.
func (c *captured) page(way string) {
	for range 1 + c.rand.IntN(4) {
		kind := []string{"track", "interaction", "form_submit", "click"}[c.rand.IntN(4)]
		mark := c.cause(kind, way)
		switch kind {
		case "track":
			c.b.run(`footfall("track", "custom", { mark: %q })`, mark)
		case "interaction":
			c.b.run(`footfall("interaction", "L" + %s, "share_click"); footfall.track("property_save", { mark: %q })`, mark, mark)
		case "form_submit":
			c.b.run(`footfall("formSubmit", %q)`, mark)
		case "click":
			c.b.run(`const e = document.createElement("b"); e.dataset.ffEvent = "clicked"; e.setAttribute("data-ff-prop-mark", %q); document.body.append(e); e.click()`, mark)
		}
	}
	time.Sleep(time.Duration(c.rand.IntN(400)) * time.Millisecond)
	switch way {
	case "reload":
		c.b.do(chromedp.Reload())
	case "link":
		c.b.run(`location.href = "/" + Math.random()`)
		c.b.until(`document.readyState == "complete"`)
	case "route":
		c.b.run(`history.pushState(0, "", "/" + Math.random())`)
	}
}

// visit is a few pages in a tab that is then closed. Views count as caused once the tracker has begun.
func (c *captured) visit(parent *tab) {
	c.b = parent.beside()
	c.b.open(c.s.url + "/start")
	c.b.until(`!!window.footfall && !!footfall.ids`)
	for i := c.rand.IntN(3); ; i-- {
		way := ways[c.rand.IntN(3)]
		if i <= 0 {
			way = "close"
		}
		c.page(way)
		if way == "close" {
			c.b.close()
			return
		}
		c.b.until(`!!window.footfall && !!footfall.ids`)
	}
}

// The number of visits is that of FOOTFALL_VISITS: make capture.
func TestWhatVisitsCauseIsStoredOnce(t *testing.T) {
	visits := 20
	if text := os.Getenv("FOOTFALL_VISITS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		visits = n
	} else {
		t.Parallel()
	}
	first, s := newTab(t), newSite(t, "")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	c := &captured{s: s, rand: rand.New(rand.NewPCG(seed, 0))}
	for range visits {
		c.visit(first)
	}
	first.open(s.url + "/last") // sends what the visits before may have left
	first.until(`!!window.footfall && !!footfall.ids`)
	s.backend.settle()

	stored := map[string]int{}
	ids := map[string]int{}
	for _, session := range s.backend.sessions() {
		for _, e := range s.backend.whole(session) {
			ids[e.ID]++
			mark, _ := e.Data["mark"].(string)
			if e.Type == "form_submit" {
				mark, _ = e.Data["formType"].(string)
			}
			if mark != "" {
				stored[mark]++
			}
		}
	}
	lost, doubled := c.report(t, stored)
	for id, n := range ids {
		if n > 1 {
			t.Errorf("event %s is stored %d times", id, n)
		}
	}
	if rate := 1 - float64(lost)/float64(len(c.all)); rate < 0.995 || doubled > 0 {
		t.Errorf("%d of %d events lost, %d doubled", lost, len(c.all), doubled)
	}
}

// report prints what was caused, stored, lost and doubled by kind of event and way of leaving.
func (c *captured) report(t *testing.T, stored map[string]int) (lost, doubled int) {
	type row struct{ caused, stored, lost, doubled int }
	rows := map[string]*row{}
	for _, e := range c.all {
		for _, name := range []string{e.kind, "left by " + e.way, "total"} {
			if rows[name] == nil {
				rows[name] = &row{}
			}
			r := rows[name]
			r.caused++
			switch n := stored[e.mark]; {
			case n == 0:
				r.lost++
			case n > 1:
				r.doubled++
				fallthrough
			default:
				r.stored++
			}
		}
	}
	var names []string
	for name := range rows {
		names = append(names, name)
	}
	slices.Sort(names)
	var table strings.Builder
	fmt.Fprintf(&table, "%-16s %8s %8s %8s %8s\n", "", "caused", "stored", "lost", "doubled")
	for _, name := range names {
		r := rows[name]
		fmt.Fprintf(&table, "%-16s %8d %8d %8d %8d\n", name, r.caused, r.stored, r.lost, r.doubled)
	}
	t.Logf("what visits caused\n%s", table.String())
	return rows["total"].lost, rows["total"].doubled
}

// settle waits until no request has come for two seconds.
func (b *backend) settle() {
	for n := -1; n != len(b.sent()); time.Sleep(2 * time.Second) {
		n = len(b.sent())
	}
}

// whole returns a session's timeline of any length.
func (b *backend) whole(session string) (all []event) {
	b.t.Helper()
	cursor := ""
	for {
		var page struct {
			Events []event
			Next   *string `json:"next_cursor"`
		}
		b.get("/v1/sessions/"+session+"/events?limit=1000"+cursor, &page)
		all = append(all, page.Events...)
		if page.Next == nil {
			return all
		}
		cursor = "&cursor=" + *page.Next
	}
}
