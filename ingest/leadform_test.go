package ingest

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"footfall/catalog"
)

const (
	leadPath   = "/v1/leads?k=" + testKey
	urlencoded = "application/x-www-form-urlencoded"
)

// created returns the lead's id in a 201, and checks that nothing of the visitor stands beside it.
func (g *rig) created(r reply) string {
	g.t.Helper()
	g.want(r, 201, "")
	var a struct {
		Success bool
		Lead    map[string]any
	}
	g.must(json.Unmarshal([]byte(r.body), &a))
	id, _ := a.Lead["id"].(string)
	if !a.Success || id == "" || a.Lead["status"] != "new" || a.Lead["created_at"] == nil || len(a.Lead) != 3 {
		g.t.Fatalf("%s", r.body)
	}
	if r.header.Get("Location") != "/v1/leads/"+id {
		g.t.Errorf("Location %q", r.header.Get("Location"))
	}
	return id
}

// lead returns a lead as its owner sees it.
func (g *rig) lead(id string) map[string]any {
	g.t.Helper()
	view, err := g.in.o.Leads.Get(1, id)
	g.must(err)
	text, err := json.Marshal(view)
	g.must(err)
	var m map[string]any
	g.must(json.Unmarshal(text, &m))
	return m
}

func multipartBody(t *testing.T, fields ...string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("upload", "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write([]byte("a file")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

func TestALeadComesInEveryForm(t *testing.T) {
	g := newRig(t)
	g.want(g.beacon(view("s", "1")), 204, "")
	mixed, mixedType := multipartBody(t, "name", "Ann", "email", "a@example.com", "session_id", "s", "listingId", "p1")
	for _, c := range [][2]string{
		{"application/json", `{"formData":{"name":"Ann","email":"a@example.com"},"sessionId":"s","listingId":"p1"}`},
		{"text/plain", `{"form_data":{"name":"Ann","email":"a@example.com"},"session_id":"s","propertyId":"p1"}`},
		{urlencoded, `{"formData":{"name":"Ann","email":"a@example.com"},"sessionId":"s","property_id":"p1"}`},
		{urlencoded, "name=Ann&email=a%40example.com&sessionId=s&listing_id=p1"},
		{mixedType, mixed},
	} {
		lead := g.lead(g.created(g.post(leadPath, c[1], "Content-Type", c[0])))
		for name, want := range map[string]any{"name": "Ann", "email": "a@example.com", "session_id": "s", "listing_id": "p1"} {
			if lead[name] != want {
				t.Errorf("%s: %s is %v", c[0], name, lead[name])
			}
		}
		if _, ok := lead["upload"]; ok {
			t.Error("a file was kept")
		}
	}
}

func TestRepeatedNamesOfAFormBecomeAList(t *testing.T) {
	g := newRig(t)
	lead := g.lead(g.created(g.post(leadPath, "likes=pool&name=Ann&likes=garden&likes=%22", "Content-Type", urlencoded)))
	got, err := json.Marshal(lead["likes"])
	g.must(err)
	if string(got) != `["pool","garden","\""]` {
		t.Errorf("%s", got)
	}
}

func TestASecretKeySeesTheWholeLead(t *testing.T) {
	g := newRig(t)
	r := g.post("/v1/leads", `{"formData":{"name":"Ann"}}`, "Authorization", "Bearer "+testSecret, "Origin", pageOrigin)
	g.want(r, 201, "")
	if !strings.Contains(r.body, `"name":"Ann"`) || !strings.Contains(r.body, `"ml_score":`) || r.header.Get("Location") == "" {
		t.Errorf("%s", r.body)
	}
	if r.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("a secret key has no business in a page")
	}
	g.want(g.post("/v1/leads", `[{"formData":{"name":"Ann"}}]`, "Authorization", "Bearer "+testSecret), 400, "bad_request")
	g.want(g.post("/v1/leads?site_id=1", `{"formData":{"name":"Ann"}}`, "Authorization", "Bearer "+testSecret), 201, "")
	g.want(g.post("/v1/leads?site_id=7", `{"formData":{"name":"Ann"}}`, "Authorization", "Bearer "+testSecret), 404, "not_found")
	g.want(g.post(leadPath, `{"formData":{"name":"Ann"}}`, "Authorization", "Bearer sk_ffffffffffffffff"), 401, "unauthorized")
	g.want(g.post(leadPath, `{"formData":{"name":"Ann"}}`, "Authorization", "Bearer "+testKey), 401, "unauthorized")
	g.want(g.post("/v1/leads?k="+testSecret, `{"formData":{"name":"Ann"}}`), 401, "unauthorized")
}

func TestLeadsAreRefused(t *testing.T) {
	g := newRig(t)
	many, manyPlain := map[string]string{}, url.Values{}
	for i := range maxFormFields + 1 {
		many[strings.Repeat("f", i+1)] = "x"
		manyPlain.Set(strings.Repeat("f", i+1), "x")
	}
	manyJSON, err := json.Marshal(map[string]any{"formData": many})
	g.must(err)
	for _, c := range []struct {
		name, contentType, body string
		status                  int
		code                    string
	}{
		{"no JSON", "application/json", "{", 400, "invalid_json"},
		{"text after it", "application/json", `{"formData":{"a":"b"}} x`, 400, "invalid_json"},
		{"an array", "application/json", "[]", 400, "invalid_json"},
		{"no form", "application/json", `{"sessionId":"s"}`, 400, "missing_field"},
		{"a form that is none", "application/json", `{"formData":[]}`, 400, "invalid_field"},
		{"an id that is none", "application/json", `{"formData":{"a":"b"},"sessionId":7}`, 400, "invalid_field"},
		{"a long id", "application/json", `{"formData":{"a":"b"},"sessionId":"` + strings.Repeat("x", 256) + `"}`, 400, "invalid_field"},
		{"unknown consent", "application/json", `{"formData":{"a":"b"},"consent":"maybe"}`, 400, "invalid_field"},
		{"too many fields", "application/json", string(manyJSON), 400, "invalid_field"},
		{"a long value", "application/json", `{"formData":{"a":"` + strings.Repeat("x", maxFormValue+1) + `"}}`, 400, "invalid_field"},
		{"too large", "application/json", `{"formData":{"a":"` + strings.Repeat("x", 64<<10) + `"}}`, 413, "too_large"},
		{"an empty form", urlencoded, "", 400, "missing_field"},
		{"too many fields of a form", urlencoded, manyPlain.Encode(), 400, "invalid_field"},
		{"not UTF-8", urlencoded, "name=%ff", 400, "invalid_field"},
		{"no boundary", "multipart/form-data", "x", 400, "bad_request"},
		{"no parts", "multipart/form-data; boundary=x", "y", 400, "bad_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := g.post(leadPath, c.body, "Content-Type", c.contentType)
			if r.status != c.status || !strings.Contains(r.body, `"code":"`+c.code+`"`) {
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
}

func TestAnIdempotencyKeyReplaysTheAnswer(t *testing.T) {
	g := newRig(t)
	body := `{"formData":{"name":"Ann"}}`
	first := g.created(g.post(leadPath, body, "Idempotency-Key", "k1"))
	if again := g.created(g.post(leadPath, body, "Idempotency-Key", "k1")); again != first {
		t.Errorf("%s, then %s", first, again)
	}
	g.want(g.post(leadPath, `{"formData":{"name":"Bob"}}`, "Idempotency-Key", "k1"), 422, "idempotency_mismatch")
	inBody := `{"formData":{"name":"Ann"},"idempotency_key":"k2"}`
	first = g.created(g.post(leadPath, inBody))
	if again := g.created(g.post(leadPath, inBody)); again != first {
		t.Errorf("%s, then %s", first, again)
	}
	var ids []string
	for range 2 { // the boundary differs
		b, contentType := multipartBody(t, "name", "Ann", "idempotency_key", "k3")
		ids = append(ids, g.created(g.post(leadPath, b, "Content-Type", contentType)))
	}
	if ids[0] != ids[1] {
		t.Error(ids)
	}
}

func TestAPlainFormIsSentOnToAllowedOriginsOnly(t *testing.T) {
	for _, c := range []struct {
		name, redirect, referer string
		origins                 []string
		location                string // "": 201
	}{
		{"listed", "https://agent.example/thanks", "https://agent.example/form", []string{"https://agent.example"}, "https://agent.example/thanks"},
		{"another that is listed", "https://two.example/x?y#z", "https://agent.example/form", []string{"https://agent.example", "https://two.example"}, "https://two.example/x?y#z"},
		{"relative", "/thanks", "https://agent.example/form", []string{"https://agent.example"}, "https://agent.example/thanks"},
		{"not listed", "https://evil.example/", "https://agent.example/form", []string{"https://agent.example"}, ""},
		{"look-alike", "https://agent.example.evil.example/", "https://agent.example/form", []string{"https://agent.example"}, ""},
		{"user in front", "https://agent.example@evil.example/", "https://agent.example/form", []string{"https://agent.example"}, ""},
		{"two slashes", "//evil.example/", "https://agent.example/form", []string{"https://agent.example"}, ""},
		{"a script", "javascript:alert(1)", "https://agent.example/form", []string{"https://agent.example"}, ""},
		{"none set, own page", "https://agent.example/thanks", "https://agent.example/form", nil, "https://agent.example/thanks"},
		{"none set, other page", "https://evil.example/", "https://agent.example/form", nil, ""},
		{"none set, no page", "https://evil.example/", "", nil, ""},
		{"none set, no page, relative", "/thanks", "", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newRig(t)
			g.restrict(func(s *catalog.Site) { s.Origins = c.origins })
			headers := []string{"Content-Type", urlencoded}
			if c.referer != "" {
				headers = append(headers, "Referer", c.referer)
			}
			body := "name=Ann&_redirect=" + url.QueryEscape(c.redirect)
			r := g.post(leadPath, body, headers...)
			if c.location == "" {
				g.created(r)
				return
			}
			g.want(r, 303, "")
			if got := r.header.Get("Location"); got != c.location {
				t.Errorf("Location %q", got)
			}
		})
	}
}

func TestABackslashLeadsNowhereElse(t *testing.T) {
	g := newRig(t)
	r := g.post(leadPath, "name=Ann&_redirect="+url.QueryEscape(`/\evil.example`), "Content-Type", urlencoded, "Origin", pageOrigin)
	if r.status == 303 && !strings.HasPrefix(r.header.Get("Location"), pageOrigin+"/") {
		t.Errorf("Location %q", r.header.Get("Location"))
	}
}

func TestAHoneypotCatchesAndStoresNothing(t *testing.T) {
	g := newRig(t)
	for _, c := range [][2]string{
		{urlencoded, "name=Robot&_hp=x"},
		{"application/json", `{"formData":{"name":"Robot","_hp":"x"}}`},
		{"application/json", `{"formData":{"name":"Robot"},"_hp":"x"}`},
	} {
		r := g.post(leadPath, c[1], "Content-Type", c[0])
		g.want(r, 201, "")
		if r.body != `{"success":true,"lead":null}` {
			t.Errorf("%s", r.body)
		}
	}
	r := g.post(leadPath, "name=Robot&_hp=x&_redirect=/thanks", "Content-Type", urlencoded, "Origin", pageOrigin)
	g.want(r, 303, "")
	if got := g.in.Counts().Honeypot.Load(); got != 4 {
		t.Errorf("%d counted", got)
	}
	for record, err := range g.journal.Read(0) {
		if g.must(err); record.Kind == 3 {
			t.Error("a lead was stored")
		}
	}
	g.created(g.post(leadPath, "name=Ann&_hp=", "Content-Type", urlencoded))
}
