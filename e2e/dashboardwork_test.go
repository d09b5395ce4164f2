package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// keys presses keys, one after the other.
func (b *tab) keys(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// says waits until the page says something.
func (b *tab) says(text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.body.innerText.includes(%q)`, text))
}

// pressed clicks the first button or link of a text.
func (b *tab) pressed(text string) {
	b.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll("main button, main a, dialog button, .toasts button, .fresh button, summary")].find((e) => e.innerText.trim() === %q || e.getAttribute("aria-label") === %q)`, text, text)
	b.until("!!" + find)
	b.run("%s.click()", find)
}

type deeds struct {
	Activities []struct{ ID, Type, Note string }
}

func (o *office) deeds(lead string) deeds {
	o.t.Helper()
	var d deeds
	o.get("/v1/leads/"+lead+"/activities", &d)
	return d
}

// Whom to call, the call, a note, and how it ended, without a mouse.
func TestAnAgentWorksByKeysAlone(t *testing.T) {
	t.Parallel()
	b, o := newTab(t), newOffice(t, 12)
	b.size(1280, 900)
	b.enter(o, "agent", "/app/")
	b.settled()
	lead := func() string {
		return eval[string](b, `document.activeElement.closest("[data-lead]")?.dataset.lead ?? ""`)
	}
	b.keys("j")
	b.until(`!!document.activeElement.closest("[data-lead]")`)
	first := lead()
	b.keys("j")
	b.until(fmt.Sprintf(`document.activeElement.closest("[data-lead]")?.dataset.lead !== %q`, first))
	b.keys("k")
	b.until(fmt.Sprintf(`document.activeElement.closest("[data-lead]")?.dataset.lead === %q`, first))
	b.keys("c")
	b.says("Logged a call to")
	eventually(t, "the call is stored", func() bool { return len(o.deeds(first).Activities) == 1 })
	b.keys("u")
	eventually(t, "the call is taken back", func() bool { return len(o.deeds(first).Activities) == 0 })
	b.keys("?")
	b.until(`document.querySelector("dialog[open]").innerText.includes("Log a call")`)
	b.clean("the overview of keys")
	b.keys("\x1b")
	b.until(`!document.querySelector("dialog")`)
	if lead() != first {
		t.Error("the focus does not go back to where it was before the overview")
	}
	b.keys("?")
	b.until(`!!document.querySelector("dialog[open]")`)
	b.run(`document.querySelector("dialog").close(); document.getElementById("find").focus()`) // Escape and / at once
	b.until(`!document.querySelector("dialog")`)
	if !eval[bool](b, `document.activeElement.id === "find"`) {
		t.Error("a dialog that is gone takes the focus")
	}
	b.run(`document.activeElement.blur()`)
	b.keys("/")
	b.until(`document.activeElement.id === "find"`)
	b.keys("zzzz nobody")
	b.says("No lead is like that")
	b.run(`document.activeElement.select()`)
	b.keys("person3@example.com")
	b.until(`document.querySelectorAll("[data-lead]").length === 1`)
	b.run(`document.activeElement.blur()`)
	b.keys("j")
	b.until(`!!document.activeElement.closest("[data-lead]")`)
	found := lead()
	b.keys("o")
	b.until(fmt.Sprintf(`location.pathname === "/app/leads/%s"`, found))
	b.settled()
	b.keys("r")
	b.until(`document.querySelector("dialog[open]").innerText.includes("How did it end")`)
	b.clean("the form of an outcome")
	b.run(`const s = document.querySelector("dialog select"); s.value = "closed_lost"; s.dispatchEvent(new Event("change", { bubbles: true }))`)
	b.until(`document.querySelectorAll("dialog select").length === 2`)
	b.run(`const s = document.querySelectorAll("dialog select")[1]; s.value = "financing"; s.dispatchEvent(new Event("change", { bubbles: true }))`)
	b.pressed("Record")
	b.says("financing")
	var l struct {
		Status  string
		Outcome struct {
			Outcome string
			Loss    string `json:"loss_reason"`
		}
	}
	o.get("/v1/leads/"+found, &l)
	if l.Status != "closed_lost" || l.Outcome.Outcome != "closed_lost" || l.Outcome.Loss != "financing" {
		t.Errorf("%+v", l)
	}
	b.noErrors()
}

// What was done shows before the server has it, goes if the server refuses, and says why.
func TestAContactThatIsRefusedIsTakenBack(t *testing.T) {
	t.Parallel()
	b, o := newTab(t), newOffice(t, 3)
	b.size(1280, 900)
	b.enter(o, "agent", "/app/")
	b.settled()
	release := make(chan struct{})
	o.spoil(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/activities") {
			return false
		}
		<-release
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"error":{"code":"forbidden","message":"Not today."}}`)
		return true
	})
	b.keys("j")
	b.until(`!!document.activeElement.closest("[data-lead]")`) // the next frame
	b.keys("c")
	b.says("Logged a call to")
	b.until(`[...document.querySelectorAll("[data-lead]")].some((e) => e.innerText.includes("✓"))`)
	close(release)
	b.says("is not logged. Not today.")
	b.until(`![...document.querySelectorAll("[data-lead]")].some((e) => e.innerText.includes("✓"))`)
	b.noErrors()
}

// The bars from where it starts to the score add up exactly, and the score is the API's.
func TestTheReasonsOfAScoreAddUp(t *testing.T) {
	t.Parallel()
	b, o := newTab(t), newOffice(t, 12)
	b.enter(o, "agent", "/app/")
	var all struct {
		Leads []struct {
			ID    string
			Score int `json:"ml_score"`
		}
	}
	o.get("/v1/leads", &all)
	if len(all.Leads) != 12 {
		t.Fatalf("%d leads", len(all.Leads))
	}
	for _, l := range all.Leads {
		b.open(o.url + "/app/leads/" + l.ID)
		b.until(`!!document.querySelector(".waterfall tbody tr")`)
		points := eval[[]int](b, `[...document.querySelectorAll(".waterfall tbody td.number")].map((e) => Number(e.innerText.replace("−", "-").replace("+", "")))`)
		sum := 0
		for _, p := range points[:len(points)-1] {
			sum += p
		}
		if sum != l.Score || points[len(points)-1] != l.Score {
			t.Errorf("lead %s has %d: %v", l.ID, l.Score, points)
		}
	}
}

// A contact log takes notes, and takes them back; who may only look has no way to.
func TestNotesStandInTheLog(t *testing.T) {
	t.Parallel()
	b, o := newTab(t), newOffice(t, 1)
	id := o.newest()
	b.enter(o, "agent", "/app/leads/"+id)
	b.settled()
	b.pressed("Add a note or contact")
	b.run(`const n = document.querySelector("form.add textarea"); n.value = "Likes <b>light</b>"; n.dispatchEvent(new Event("input", { bubbles: true }))`)
	b.pressed("Add")
	b.until(`!!document.querySelector(".log li .note") && document.querySelector(".log li .note").innerText === "Likes <b>light</b>"`)
	if d := o.deeds(id); len(d.Activities) != 1 || d.Activities[0].Note != "Likes <b>light</b>" {
		t.Errorf("%+v", d)
	}
	b.run(`document.querySelector(".log li button").click()`)
	b.until(`!document.querySelector(".log li")`)
	if d := o.deeds(id); len(d.Activities) != 0 {
		t.Errorf("%+v", d)
	}
	b.run(`const s = document.querySelector(".heading select"); s.value = "qualified"; s.dispatchEvent(new Event("change", { bubbles: true }))`)
	b.says("Status is now Qualified.")
	var l struct{ Status string }
	if o.get("/v1/leads/"+id, &l); l.Status != "qualified" {
		t.Errorf("%+v", l)
	}
	b.pressed("Undo")
	eventually(t, "the status is as before", func() bool { o.get("/v1/leads/"+id, &l); return l.Status != "qualified" })
	b.noErrors()
}

// Somebody who must sign in again goes on where they were.
func TestAnEndedLoginLeadsBackToThePage(t *testing.T) {
	t.Parallel()
	b, o := newTab(t), newOffice(t, 1)
	b.enter(o, "admin", "/app/live")
	b.settled()
	b.run(`fetch("/v1/logout", { method: "POST" })`)
	b.until(`location.pathname === "/app/sign-in"`)
	b.fill("email", "admin@homes.example")
	b.fill("password", officePassword)
	b.run(`document.querySelector("button").click()`)
	b.until(`location.pathname === "/app/live" && !!document.querySelector("main#page h1")`)
}

// The first minutes of an admin: a table of past leads, looked at and then taken; an invitation; a key.
func TestAnAdminSetsUp(t *testing.T) {
	t.Parallel()
	b, o := newTab(t), newOffice(t, 0)
	b.size(1280, 900)
	b.enter(o, "admin", "/app/setup")
	b.settled()
	b.says(`data-key="` + writeKey)
	b.says("Waiting for the first event")
	o.live("s-first", "v-first", "10-oak-street")
	b.says("Working")

	b.open(o.url + "/app/setup?part=past")
	b.settled()
	b.run(`const t = new DataTransfer(); t.items.add(new File(["Email,Create Date,Deal Stage,Close Date,Shoe size\ndora@example.com,2025-05-01,Closed Won,2025-06-15,38\neli@example.com,soon,Closed Lost,,40\n"], "leads.csv", { type: "text/csv" }));
		const f = document.querySelector("input[type=file]"); f.files = t.files; f.dispatchEvent(new Event("change", { bubbles: true }))`)
	b.pressed("Look at leads.csv first")
	b.says("nothing is written yet")
	b.says("Rows that are not understood")
	b.clean("an import that was looked at")
	var all struct{ Leads []struct{ Email string } }
	if o.get("/v1/leads?status=closed_won", &all); len(all.Leads) != 0 {
		t.Errorf("looking wrote %+v", all)
	}
	b.pressed("Import 1 lead")
	b.says("Imported")
	if o.get("/v1/leads?status=closed_won", &all); len(all.Leads) != 1 || all.Leads[0].Email != "dora@example.com" {
		t.Errorf("%+v", all)
	}

	b.open(o.url + "/app/setup?part=team")
	b.settled()
	b.pressed("Make a link")
	b.says("/app/invite#")
	var invites struct{ Invites []struct{ Role string } }
	if o.get("/v1/invites", &invites); len(invites.Invites) != 1 || invites.Invites[0].Role != "agent" {
		t.Errorf("%+v", invites)
	}
	b.open(o.url + "/app/setup?part=keys")
	b.settled()
	b.pressed("Make it")
	b.says("it is not shown again")
	b.until(`document.body.innerText.includes("sk_")`)
	b.open(o.url + "/app/setup?part=scores")
	b.settled()
	b.run(`const n = document.querySelector("input[type=number]"); n.value = "80"; n.dispatchEvent(new Event("input", { bubbles: true }))`)
	b.until(`document.querySelector("input[type=number]").value === "80"`)
	b.run(`document.querySelector("input[type=number]").form.requestSubmit()`)
	b.says("Saved.")
	var set struct{ Thresholds struct{ High int } }
	if o.get("/v1/organizations/default/settings", &set); set.Thresholds.High != 80 {
		t.Errorf("%+v", set)
	}
	b.noErrors()
}
