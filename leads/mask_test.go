package leads

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestAMaskedLeadTellsNothingOfThePerson(t *testing.T) {
	v := &View{
		Notes: "call Ada after six", Tags: []string{"ada"}, Status: "new",
		Outcome: &Outcome{Notes: "Ada bought elsewhere"},
		Form:    []Field{{Name: "email", Value: json.RawMessage(`"ada@example.com"`)}, {Name: "phone", Value: json.RawMessage(`5551234`)}},
	}
	v.Mask()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	got := string(b)
	for _, secret := range []string{"ada@", `"ada`, "Ada", "5551234", "after six", "elsewhere"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q stands in %s", secret, got)
		}
	}
	if !strings.Contains(got, `"email":"•••"`) || !strings.Contains(got, `"status":"new"`) {
		t.Errorf("masked: %s", got)
	}
}
