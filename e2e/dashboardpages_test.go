package e2e

import (
	"fmt"
	"testing"
)

// What each of the later pages is there for is on it, for somebody who opens it on a telephone.
func TestThePagesSayOnATelephoneWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	b, o := newTab(t), newOffice(t, 12)
	b.size(360, 740)
	b.enter(o, "admin", "/app/performance")
	visit := func(path string) {
		b.run(`document.querySelector("nav a[href='%s']").click()`, path)
		b.until(fmt.Sprintf(`location.pathname === %q`, path))
		b.settled()
		// The link to the page that is open is in view, however many there are.
		b.until(`(() => { const link = document.querySelector("nav [aria-current]").getBoundingClientRect(), bar = document.querySelector(".top nav").getBoundingClientRect();
			return link.left >= bar.left - 1 && link.right <= bar.right + 1 })()`)
	}
	b.settled()
	for _, card := range []string{"Conversion rate", "Days to close", "Closed deals", "Time to first contact"} {
		b.until(fmt.Sprintf(`[...document.querySelectorAll(".figure")].some((f) => f.innerText.startsWith(%q) && f.querySelector(".note"))`, card))
	}
	for _, m := range []string{"Leads", "Closed deals", "Conversion rate", "Days to close", "Time to first contact"} {
		b.until(fmt.Sprintf(`[...document.querySelectorAll("select option")].some((o) => o.innerText === %q)`, m))
	}

	// The homes were listed 100 days ago, so three ends of months and today know what a square foot costs.
	visit("/app/market")
	b.says("Twelve months of this market")
	b.until(`[...document.querySelectorAll("figure.chart")].some((f) => f.innerText.includes("Price a square foot, by month") && f.querySelectorAll("tbody tr").length >= 3 && f.querySelectorAll("tbody tr").length <= 5)`)
	whole := `[...document.querySelectorAll("table.stack")].filter((t) => t.parentElement.scrollWidth > t.parentElement.clientWidth + 1).map((t) => t.caption.innerText)`
	if cut := eval[[]string](b, whole); len(cut) > 0 {
		t.Errorf("cut off at 360 px: %v", cut)
	}

	visit("/app/brokerage")
	if cut := eval[[]string](b, whole); len(cut) > 0 {
		t.Errorf("cut off at 360 px: %v", cut)
	}
	visit("/app/model")
	visit("/app/setup")
	b.run(`document.querySelector(".tabs a[href$='team']").click()`)
	b.until(`document.querySelectorAll("table.stack tbody button").length > 3`)
	if !eval[bool](b, `[...document.querySelectorAll("table.stack tbody button")].every((e) => e.getBoundingClientRect().right <= innerWidth && e.offsetHeight < 60)`) {
		t.Error("the buttons of a user are outside of the window, or broken")
	}
	for _, part := range []string{"keys", "team"} {
		b.run(`document.querySelector(".tabs a[href$='%s']").click()`, part)
		b.until(fmt.Sprintf(`document.querySelector(".tabs [aria-current]").href.endsWith(%q)`, part))
		b.until(`document.querySelector(".tabs [aria-current]").getBoundingClientRect().right <= document.querySelector(".tabs").getBoundingClientRect().right + 1`)
	}
	b.pressed("Rename Robin Hale")
	b.until(`!!document.querySelector("dialog input")`)
	b.clean("another name, 360 px")
	b.run(`const f = document.querySelector("dialog input"); f.value = "Robin Vance"; f.dispatchEvent(new Event("input", { bubbles: true }))`)
	b.pressed("Save")
	b.until(`!document.querySelector("dialog") && !!document.querySelector("[aria-label='Rename Robin Vance']")`)
	b.clean("the team, 360 px")
	visit("/app/brokerage")
	b.says("1. Robin Vance")
	b.noErrors()
}
