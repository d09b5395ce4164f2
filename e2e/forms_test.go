package e2e

import (
	"fmt"
	"strings"
	"testing"
)

const leadForm = `<form id=f data-ff-lead action="/thanks" method=get>
	<input name=full_name><input name=email type=email required><input name=phone type=tel>
	<input name=password type=password><input name=card_number><input name=cc autocomplete="cc-number"><input type=hidden name=token value=hidden-value>
	<input type=search name=q><input name=nickname data-ff-ignore><input type=checkbox name=tour value=yes><button>send</button></form>`

// fill types into a field as a visitor does.
func (b *tab) fill(name, value string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`!!document.querySelector('[name="%s"]')`, name)) // the address is there before the page is
	b.run(`const e = document.querySelector('[name="%s"]'); e.focus(); e.value = %q; e.dispatchEvent(new Event("input", { bubbles: true }))`, name, value)
}

// said is everything that pages have sent.
func (b *backend) said() string {
	var all strings.Builder
	for _, r := range b.sent() {
		all.WriteString(r.body)
	}
	return all.String()
}

func TestAFormIsBegunAndGivenUp(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.pages["/"] = `<main data-ff-property="L1">` + leadForm + `</main>`
	b.open(s.url + "/")
	b.run(`document.querySelector("[name=full_name]").focus(); footfall.track("focused"); footfall.flush()`)
	s.backend.wait("focused", 1)
	b.fill("password", "hunter2")
	b.fill("full_name", "Ada Lovelace")
	b.fill("email", "ada@")
	b.fill("nickname", "countess")
	b.run(`document.querySelector("[name=tour]").checked = true; location.href = "/elsewhere"`)
	if e := s.backend.wait("form_start", 1)[0]; e.Data["formType"] != "f" || e.Listing != "L1" {
		t.Errorf("%+v", e)
	}
	if e := s.backend.wait("form_abandon", 1)[0]; fmt.Sprint(e.Data["fieldsCompleted"]) != "[full_name email tour]" || e.Listing != "L1" {
		t.Errorf("%+v", e)
	}
	s.backend.wait("form_submit", 0)
	for _, value := range []string{"Ada", "ada@", "hunter2", "countess", "hidden-value"} {
		if strings.Contains(s.backend.said(), value) {
			t.Errorf("%q left the page", value)
		}
	}
}

func TestAFormThatIsSentIsToldAtOnceAndMakesALead(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.pages["/"] = `<main data-ff-property="L1">` + leadForm + `</main>`
	b.open(s.url + "/")
	for name, value := range map[string]string{"full_name": "Ada Lovelace", "email": "ada@example.com", "password": "hunter2", "card_number": "4111", "cc": "4112", "q": "houses", "nickname": "countess"} {
		b.fill(name, value)
	}
	b.run(`f.requestSubmit()`)
	b.until(`location.pathname == "/thanks"`)
	if e := s.backend.wait("form_submit", 1)[0]; fmt.Sprint(e.Data["fieldsCompleted"]) != "[full_name email]" {
		t.Errorf("%+v", e)
	}
	var leads struct{ Leads []map[string]any }
	eventually(t, "the lead", func() bool { s.backend.get("/v1/leads", &leads); return len(leads.Leads) == 1 })
	lead := leads.Leads[0]
	if lead["email"] != "ada@example.com" || lead["full_name"] != "Ada Lovelace" || lead["listing_id"] != "L1" || lead["session_id"] != s.backend.sessions()[0] {
		t.Errorf("%v", lead)
	}
	for _, value := range []string{"hunter2", "4111", "4112", "houses", "countess", "hidden-value"} {
		if strings.Contains(s.backend.said(), value) {
			t.Errorf("%q left the page", value)
		}
	}
	s.backend.wait("form_start", 1)
	s.backend.wait("form_abandon", 0)
}

func TestAFormThatIsNotValidIsNotSent(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.pages["/"] = strings.Replace(leadForm, "<form", `<form novalidate onsubmit="event.preventDefault()"`, 1)
	b.open(s.url + "/")
	b.fill("full_name", "Ada")
	b.run(`f.requestSubmit(); footfall.track("tried"); footfall.flush()`)
	s.backend.wait("tried", 1)
	s.backend.wait("form_submit", 0)
	b.fill("email", "ada@example.com")
	b.run(`f.requestSubmit(); document.body.innerHTML = ""; history.pushState(0, "", "/thanks")`)
	s.backend.wait("form_submit", 1)
	s.backend.wait("form_abandon", 0)
}

func TestOtherFormsAreNobodysBusiness(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.pages["/"] = `<form id=a><input name=x></form><form id=b data-ff-ignore><input name=y type=email></form><form id=c data-ff-form=tour><input name=z></form>`
	b.open(s.url + "/")
	b.fill("x", "1")
	b.fill("y", "1")
	b.fill("z", "1")
	b.run(`footfall.flush()`)
	if e := s.backend.wait("form_start", 1)[0]; e.Data["formType"] != "tour" {
		t.Errorf("%+v", e)
	}
}

func TestALeadReachesTheServerAlthoughItWasDown(t *testing.T) {
	t.Parallel()
	b, s := newTab(t), newSite(t, "")
	s.pages["/"] = strings.Replace(leadForm, "<form", `<form onsubmit="event.preventDefault()"`, 1)
	b.before(steered)
	b.open(s.url + "/")
	b.fill("email", "ada@example.com")
	s.backend.stop()
	b.run(`f.requestSubmit()`)
	eventually(t, "a try", func() bool { return strings.Contains(s.backend.said(), "formData") })
	s.backend.start()
	var leads struct{ Leads []map[string]any }
	eventually(t, "the lead", func() bool {
		b.run(`advance(6000)`)
		s.backend.get("/v1/leads", &leads)
		return len(leads.Leads) == 1
	})
}
