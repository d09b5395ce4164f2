package server_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"footfall/server"
)

// A person, and somebody who was there too. The texts of the person are long and odd, so that nothing else holds them.
const (
	erasedVisitor = "visitor-Zq7Rt9-erased"
	erasedSession = "session-Wm3Kx5-erased"
	erasedEmail   = "Erased.Person+Pj8@mail.example"
	keptVisitor   = "visitor-kept"
)

// aPersonAndAnother sends what two people do: events, forms, an event that is rejected, and one of a robot.
func aPersonAndAnother(t *testing.T, p *process) (lead string) {
	t.Helper()
	for _, body := range []string{
		`{"sessionId":"` + erasedSession + `","visitorId":"` + erasedVisitor + `","eventType":"property_view","propertyId":"L1","eventId":"e1"}`,
		`{"sessionId":"` + erasedSession + `-2","visitorId":"` + erasedVisitor + `","eventType":"property_view","propertyId":"L2"}`,
		`{"sessionId":"bot","visitorId":"` + erasedVisitor + `","eventType":"property_view","propertyId":"L2","webdriver":true}`,
		`{"sessionId":"kept","visitorId":"` + keptVisitor + `","eventType":"property_view","propertyId":"L1"}`,
		`{"sessionId":"kept","visitorId":"` + erasedVisitor + `","eventType":"page_view"}`, // stays, without the name
	} {
		if err := p.post(body); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.post(`{"sessionId":"x","visitorId":"` + erasedVisitor + `","eventType":"not a type"}`); err == nil {
		t.Fatal("an event that is none was taken")
	}
	form := `{"sessionId":"` + erasedSession + `","listingId":"L1","formData":{"name":"Ann","email":"` + erasedEmail + `"},"idempotency_key":"k-Yb2"}`
	status, answer, err := p.do("POST", "/v1/leads", form)
	var created struct{ Lead struct{ ID string } }
	if err != nil || status != 201 || json.Unmarshal([]byte(answer), &created) != nil {
		t.Fatalf("%d %s %v", status, answer, err)
	}
	if status, answer, err := p.do("PATCH", "/v1/leads/"+created.Lead.ID, `{"status":"contacted","notes":"wrote to `+erasedEmail+`"}`); err != nil || status != 200 {
		t.Fatalf("%d %s %v", status, answer, err)
	}
	return created.Lead.ID
}

// erase has somebody erased and waits for the job.
func (p *process) erase(target string) {
	p.t.Helper()
	status, answer, err := p.do("DELETE", target, "")
	var accepted struct {
		Job string `json:"job_id"`
	}
	if err != nil || status != 202 || json.Unmarshal([]byte(answer), &accepted) != nil {
		p.t.Fatalf("DELETE %s: %d %s %v", target, status, answer, err)
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		job := p.get("/v1/jobs/" + accepted.Job)
		switch {
		case strings.Contains(job, `"state":"done"`):
			return
		case strings.Contains(job, `"state":"failed"`):
			p.t.Fatal(job)
		}
	}
	p.t.Fatal("the job does not end")
}

// leftOf says how erase --verify finds a person, by exit code.
func leftOf(t *testing.T, dir, flag, person string) (code int, out string) {
	t.Helper()
	return command(t, "erase", "--verify", "--data", dir, flag, person)
}

func TestOfWhoWasErasedNothingIsLeftInAnyFile(t *testing.T) {
	data, backups := t.TempDir(), t.TempDir()
	backup, restored := filepath.Join(backups, "before"), filepath.Join(t.TempDir(), "restored")
	p := start(t, data, "env", "FOOTFALL_BACKUP_DIR="+backups)
	lead := aPersonAndAnother(t, p)
	if code, out := command(t, "backup", "--data", data, "--to", backup, "--ops-listen", p.ops); code != 0 {
		t.Fatal(out)
	}
	if code, out := leftOf(t, backup, "--visitor", erasedVisitor); code == 0 {
		t.Fatalf("the person is not in the backup: %s", out)
	}
	p.erase("/v1/visitors/" + erasedVisitor)
	for _, target := range []string{
		"/v1/visitors/" + erasedVisitor, "/v1/sessions/" + erasedSession, "/v1/sessions/" + erasedSession + "/events",
		"/v1/leads/" + lead, "/v1/export/person?visitor=" + erasedVisitor, "/v1/sessions/bot",
	} {
		if status, answer, err := p.do("GET", target, ""); err != nil || status != 404 {
			t.Errorf("GET %s: %d %s %v", target, status, answer, err)
		}
	}
	for target, want := range map[string]string{
		"/v1/listings/L1/engagement": `"total_views":1`, "/v1/listings/L2/engagement": `"total_views":0`,
		"/v1/sessions/kept": `"event_count":2`, "/v1/visitors/" + keptVisitor: keptVisitor,
	} {
		if answer := p.get(target); !strings.Contains(answer, want) {
			t.Errorf("GET %s lacks %s: %s", target, want, answer)
		}
	}
	for _, target := range []string{"/v1/rejects", "/v1/leads", "/v1/sessions", "/v1/visitors", "/v1/sessions/kept/events", "/v1/audit"} {
		for _, text := range []string{erasedVisitor, erasedSession, erasedEmail, lead} {
			if _, answer, _ := p.do("GET", target, ""); strings.Contains(answer, text) {
				t.Errorf("GET %s tells of %s: %s", target, text, answer)
			}
		}
	}
	status, answer, err := p.do("POST", "/v1/events?k="+writeKey, `{"sessionId":"late","visitorId":"`+erasedVisitor+`","eventType":"page_view"}`)
	if err != nil || status != 410 || !strings.Contains(answer, `"erased"`) {
		t.Errorf("a late event: %d %s %v", status, answer, err)
	}
	if code := p.stop(); code != 0 {
		t.Fatal(p.log.String())
	}
	nothingLeft := func(dir string) {
		t.Helper()
		for flag, person := range map[string]string{"--visitor": erasedVisitor, "--email": erasedEmail} {
			if code, out := leftOf(t, dir, flag, person); code != 0 {
				t.Errorf("in %s is left of %s: %s", dir, person, out)
			}
		}
		for _, text := range []string{erasedSession, lead} { // found as text, whatever it was
			if code, out := leftOf(t, dir, "--visitor", text); code != 0 {
				t.Errorf("in %s is left of %s: %s", dir, text, out)
			}
		}
	}
	nothingLeft(data)
	if strings.Contains(p.log.String(), erasedVisitor) || strings.Contains(p.log.String(), erasedEmail) {
		t.Error("the log tells of the person")
	}
	checkSaysOK(t, data)
	if code, out := command(t, "restore", "--from", backup, "--to", restored); code != 0 || !strings.Contains(out, "erased    ") {
		t.Fatalf("restore exits %d: %s", code, out)
	}
	nothingLeft(restored)
	checkSaysOK(t, restored)
	for _, dir := range []string{data, restored} {
		live := verified(t, dir)["digest"]
		if code, out := command(t, "rebuild", "--data", dir); code != 0 {
			t.Errorf("rebuild exits %d: %s", code, out)
		}
		if again := verified(t, dir)["digest"]; again != live {
			t.Errorf("%s has the digest %s live and %s rebuilt", dir, live, again)
		}
		checkSaysOK(t, dir)
		p := start(t, dir)
		if answer := p.get("/v1/listings/L1/engagement"); !strings.Contains(answer, `"total_views":1`) || !strings.Contains(answer, `"inquiry_count":0`) {
			t.Errorf("rebuilt the listing has %s", answer)
		}
		p.stop()
	}
}

func TestALeadsPersonIsErasedWithAllLeadsOfTheAddress(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	lead := aPersonAndAnother(t, p)
	again := `{"formData":{"name":"Ann","email":"` + strings.ToLower(erasedEmail) + `"}}`
	if status, answer, err := p.do("POST", "/v1/leads", again); err != nil || status != 201 {
		t.Fatalf("%d %s %v", status, answer, err)
	}
	if answer := p.get("/v1/export/person?email=" + strings.ReplaceAll(erasedEmail, "+", "%2B")); !strings.Contains(answer, erasedVisitor) ||
		!strings.Contains(answer, lead) || !strings.Contains(answer, `"event_id":"e1"`) || !strings.Contains(answer, "wrote to") || strings.Contains(answer, keptVisitor) {
		t.Errorf("the person's export: %s", answer)
	}
	p.erase("/v1/leads/" + lead)
	if answer := p.get("/v1/leads?status=new") + p.get("/v1/leads"); strings.Contains(answer, `"id"`) {
		t.Errorf("there are leads: %s", answer)
	}
	if status, _, _ := p.do("GET", "/v1/visitors/"+erasedVisitor, ""); status != 404 {
		t.Error("the lead's visitor is there")
	}
	p.stop()
	if code, out := leftOf(t, data, "--email", erasedEmail); code != 0 {
		t.Errorf("of the address is left: %s", out)
	}
	checkSaysOK(t, data)
}

func TestErasingAndExportingADirectoryThatNoServerHasOpen(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	aPersonAndAnother(t, p)
	if code, out := command(t, "erase", "--data", data, "--visitor", erasedVisitor); code != 75 {
		t.Errorf("of a directory in use: %d %s", code, out)
	}
	p.kill()
	if code, out := command(t, "person", "export", "--data", data, "--email", erasedEmail); code != 0 || !strings.Contains(out, erasedVisitor) {
		t.Errorf("export: %d %s", code, out)
	}
	if code, out := command(t, "erase", "--data", data, "--email", erasedEmail); code != 0 || !strings.Contains(out, "1 visitors") || !strings.Contains(out, "1 leads") {
		t.Errorf("erase: %d %s", code, out)
	}
	for flag, person := range map[string]string{"--visitor": erasedVisitor, "--email": erasedEmail} {
		if code, out := leftOf(t, data, flag, person); code != 0 {
			t.Errorf("left of %s: %s", person, out)
		}
	}
	if _, err := os.Stat(filepath.Join(data, server.ErasuresFile)); err != nil {
		t.Error(err)
	}
	checkSaysOK(t, data)
}

func TestAnErasureThatACrashInterruptsIsFinishedByTheNextStart(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	aPersonAndAnother(t, p)
	if status, answer, err := p.do("DELETE", "/v1/visitors/"+erasedVisitor, ""); err != nil || status != 202 {
		t.Fatalf("%d %s %v", status, answer, err)
	}
	p.kill()
	for range 20 {
		p := start(t, data)
		if status, answer, _ := p.do("GET", "/v1/visitors/"+erasedVisitor, ""); status != 404 {
			t.Fatalf("after the crash: %d %s", status, answer)
		}
		time.Sleep(300 * time.Millisecond) // for the job
		p.stop()
		if code, _ := leftOf(t, data, "--visitor", erasedVisitor); code == 0 {
			checkSaysOK(t, data)
			return
		}
	}
	_, out := leftOf(t, data, "--visitor", erasedVisitor)
	t.Errorf("it is never finished: %s", out)
}
