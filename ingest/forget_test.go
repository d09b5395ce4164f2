package ingest

import (
	"testing"
	"time"
)

func TestRejectsThatNameTheForgottenAreDeleted(t *testing.T) {
	g := newRig(t)
	for _, e := range []string{
		`{"eventType":"X","sessionId":"s","visitorId":"gone"}`,
		`{"eventType":"X","sessionId":"s","eventData":{"mail":"\u0067one"}}`, // the same text, written in another way
		`{"eventType":"X","sessionId":"s","visitorId":"gone too"}`,
		`not json "gone"`,
	} {
		g.beacon(e)
	}
	before := len(g.rejected())
	meant := func(text string) bool { return text == "gone" }
	g.must(ForgetRejects(g.db, 1, meant))
	for _, row := range g.rejected() {
		if anyString(row.Event, meant) {
			t.Errorf("left: %s", row.Event)
		}
	}
	if got := len(g.rejected()); got != before-2 {
		t.Errorf("%d rejects are left of %d", got, before)
	}
	g.beacon(`{"eventType":"X","sessionId":"s"}`)
	if got := len(g.rejected()); got != before-1 {
		t.Errorf("after another there are %d", got)
	}
}

func TestOldRejectsAreDeleted(t *testing.T) {
	g := newRig(t)
	g.beacon(`{"eventType":"X","sessionId":"old"}`)
	g.elapsed.Add(int64(8 * 24 * time.Hour))
	g.beacon(`{"eventType":"X","sessionId":"young"}`)
	at, found, err := OldestReject(g.db)
	if err != nil || !found || !at.Equal(now) {
		t.Errorf("the oldest is of %s, %v, %v", at, found, err)
	}
	g.must(RetireRejects(g.db, now.Add(24*time.Hour)))
	if rows := g.rejected(); len(rows) != 1 || !rows[0].Time.Equal(now.Add(8*24*time.Hour)) {
		t.Errorf("left are %+v", rows)
	}
}

func TestStringsAreFoundInTextThatEndsAnywhere(t *testing.T) {
	text := []byte(`{"a":"x\"y","b":["gone","\u12`)
	for i := range text {
		anyString(text[:i], func(string) bool { return false })
	}
	if !anyString(text, func(s string) bool { return s == "gone" }) || !anyString(text, func(s string) bool { return s == `x"y` }) {
		t.Error("a string is not found")
	}
}
