package leads

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"footfall/fault"
	"footfall/journal"
	"footfall/learn"
	"footfall/store"

	"pgregory.net/rapid"
)

// happening is one thing that a naive oracle remembers of a lead.
type happening struct {
	id, kind, word string
	at             int64
}

// told is what the oracle says of a lead: it looks at everything from the start, each time.
type told struct {
	Status, Contacted, Acted string
	Activities, Outcomes     []string
	Outcome                  string
}

func tell(all []happening) (t told) {
	t.Status = "new"
	moved := false
	for _, h := range all {
		to := h.word
		switch h.kind {
		case "activity":
			t.Acted, t.Activities = Time(h.at).String(), append(t.Activities, h.id+h.word)
			if to = t.Status; to == "new" {
				to = "contacted"
			}
		case "outcome":
			t.Outcomes, t.Outcome = append(t.Outcomes, h.id+h.word), h.word
		case "feedback":
			continue
		}
		if to != "new" && !moved {
			moved, t.Contacted = true, Time(h.at).String()
		}
		t.Status = to
	}
	slices.Reverse(t.Activities)
	slices.Reverse(t.Outcomes)
	return t
}

// asked is the same of what readers see.
func (w *world) asked(id string) (t told) {
	w.t.Helper()
	var v struct {
		Status    string
		Contacted *string `json:"contacted_at"`
		Acted     *string `json:"last_activity"`
		Outcome   *struct{ Outcome string }
	}
	w.must(json.Unmarshal([]byte(mustJSON(w.t, w.get(id))), &v))
	t.Status = v.Status
	if v.Contacted != nil {
		t.Contacted = *v.Contacted
	}
	if v.Acted != nil {
		t.Acted = *v.Acted
	}
	if v.Outcome != nil {
		t.Outcome = v.Outcome.Outcome
	}
	for _, d := range w.did(id) {
		t.Activities = append(t.Activities, d.ID+d.Type)
	}
	outcomes, _, err := w.leads.Outcomes(1, id, Page{Limit: maxPage})
	w.must(err)
	for _, o := range outcomes {
		t.Outcomes = append(t.Outcomes, o.ID+o.Outcome)
	}
	return t
}

// Whatever is done about leads, and taken back, in whatever order: they are what is left of it, live, opened again and
// rebuilt.
func TestALeadIsWhatIsLeftOfItsHistory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		ids := []string{}
		for range 3 {
			id, _ := w.create(Create{})
			ids = append(ids, id)
		}
		history := map[string][]happening{}
		compare := func(when string) {
			for _, id := range ids {
				if got, want := mustJSON(t, w.asked(id)), mustJSON(t, tell(history[id])); got != want {
					rt.Fatalf("%s: lead %s after %v\n got %s\nwant %s", when, id, history[id], got, want)
				}
			}
		}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			w.now.Add(1000)
			id, at := rapid.SampledFrom(ids).Draw(rt, "lead"), w.now.Load()
			add := func(kind, word string, answer map[string]any) {
				number, _ := answer["id"].(string)
				history[id] = append(history[id], happening{number, kind, word, at})
			}
			switch rapid.IntRange(0, 5).Draw(rt, "what") {
			case 0, 1:
				kind := rapid.SampledFrom(activityTypes).Draw(rt, "type")
				add("activity", kind, w.act(id, kind, "said"))
			case 2:
				status := rapid.SampledFrom(statusNames[:]).Draw(rt, "status")
				news := tell(history[id]).Status != status
				if w.setStatus(id, status); news {
					add("status", status, nil)
				}
			case 3:
				outcome := rapid.SampledFrom(outcomeNames).Draw(rt, "outcome")
				add("outcome", outcome, w.end(id, Result{Outcome: outcome}))
			case 4:
				add("feedback", "", w.judge(id, true, ""))
			default:
				i := slices.IndexFunc(history[id], func(h happening) bool { return h.kind == "activity" })
				if i >= 0 && rapid.Bool().Draw(rt, "the last one") {
					for k, h := range history[id] {
						if h.kind == "activity" {
							i = k
						}
					}
				}
				if i >= 0 {
					w.must(w.leads.UndoActivity(t.Context(), w.site(), id, history[id][i].id))
					history[id] = slices.Delete(history[id], i, i+1)
				}
			}
		}
		compare("live")
		w.close()
		w.open()
		compare("opened again")
		w.rebuild()
		compare("rebuilt")
	})
}

func TestTheFirstActivityMovesANewLeadAndUndoMovesItBack(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{})
	w.now.Add(1000)
	got := w.act(id, "call", "left a message")
	if got["status"] != "contacted" || got["lead_id"] != id || got["note"] != "left a message" || got["by"] != "user:7" {
		t.Errorf("the answer is %v", got)
	}
	lead := w.get(id)
	same(t, "status", lead["status"], `"contacted"`)
	same(t, "contacted_at", lead["contacted_at"], `"2024-01-01T20:30:01.000Z"`)
	same(t, "updated_at", lead["updated_at"], `"2024-01-01T20:30:01.000Z"`)
	w.now.Add(1000)
	w.must(w.leads.UndoActivity(t.Context(), w.site(), id, got["id"].(string)))
	lead = w.get(id)
	same(t, "status", lead["status"], `"new"`)
	same(t, "contacted_at", lead["contacted_at"], `null`)
	same(t, "last_activity", lead["last_activity"], `null`)
	same(t, "updated_at", lead["updated_at"], `"2024-01-01T20:30:02.000Z"`)
	if left := w.did(id); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
	again := w.act(id, "text", "")
	if again["id"] == got["id"] {
		t.Error("the id of what was taken back is used again")
	}
	if _, err := w.leads.Get(1, id); err != nil || w.rows(store.LeadNotes) != 0 {
		t.Errorf("what was written with it is still there: %d notes, %v", w.rows(store.LeadNotes), err)
	}
}

// Records of changes from before there was a history count, and are no part of it.
func TestWhatWasChangedBeforeThereWasAHistoryIsItsStart(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{})
	for _, status := range words("qualified new contacted new") {
		w.now.Add(1000)
		body, err := encodeChange(&change{Lead: id, At: w.now.Load(), Status: status})
		w.must(err)
		w.must(w.leads.submit(t.Context(), journal.Record{Kind: journal.KindPatch, Site: 1, Body: body}))
	}
	w.now.Add(1000)
	first := w.act(id, "call", "")["id"].(string)
	w.setStatus(id, "nurturing")
	w.must(w.leads.UndoActivity(t.Context(), w.site(), id, first))
	look := func() string {
		r, _, err := getRow(w.db, 1, w.db.ID(id))
		w.must(err)
		return mustJSON(t, []any{w.asked(id), r})
	}
	live := look()
	same(t, "contacted_at", w.get(id)["contacted_at"], `"2024-01-01T20:30:01.000Z"`)
	w.rebuild()
	if got := look(); got != live {
		t.Errorf("rebuilt %s, live %s", got, live)
	}
}

func TestUndoOfWhatIsNoActivityIsRefused(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{})
	other, _ := w.create(Create{})
	first := w.act(id, "call", "")["id"].(string)
	outcome := w.end(id, Result{Outcome: "nurturing"})["id"].(string)
	for what, try := range map[string][2]string{
		"another lead's": {other, first}, "an outcome": {id, outcome}, "none": {id, "77"}, "no number": {id, "x"}, "0": {id, "0"},
		"written otherwise": {id, "0" + first}, "negative": {id, "-1"}, "no lead": {"ld_x", first},
	} {
		refused(t, what, w.leads.UndoActivity(t.Context(), w.site(), try[0], try[1]), fault.NotFound, "")
	}
	w.must(w.leads.UndoActivity(t.Context(), w.site(), id, first))
	refused(t, "twice", w.leads.UndoActivity(t.Context(), w.site(), id, first), fault.NotFound, "")
}

func TestActivitiesAndFeedbackThatAreRefused(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{})
	for _, tt := range []struct {
		kind, note, field string
		code              fault.Code
	}{
		{"", "", "type", fault.MissingField}, {"visit", "", "type", fault.InvalidField}, {"note", "", "note", fault.MissingField},
		{"call", string(make([]byte, maxNotes+1)), "note", fault.InvalidField}, {"call", "\xff", "note", fault.InvalidField},
	} {
		_, _, err := w.leads.AddActivity(t.Context(), w.request(id), tt.kind, tt.note)
		refused(t, tt.kind+tt.note, err, tt.code, tt.field)
	}
	_, _, err := w.leads.AddFeedback(t.Context(), w.request(id), nil, "")
	refused(t, "no judgment", err, fault.MissingField, "was_accurate")
	_, _, err = w.leads.AddActivity(t.Context(), w.request("ld_none"), "call", "")
	refused(t, "no lead", err, fault.NotFound, "")
	same(t, "status", w.get(id)["status"], `"new"`)
}

func TestFeedbackChangesNothingElse(t *testing.T) {
	w := newWorld(t)
	id, before := w.create(Create{})
	got := w.judge(id, false, "far too low")
	if got["was_accurate"] != false || got["feedback"] != "far too low" || got["ml_priority"] != before["ml_priority"] {
		t.Errorf("the answer is %v", got)
	}
	after := w.get(id)
	delete(before, "activity")
	delete(after, "activity")
	same(t, "the lead", after, mustJSON(t, before))
}

func TestTheHistoryPagesNewestFirst(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{})
	for i := range 7 {
		w.act(id, "call", fmt.Sprint(i))
		w.end(id, Result{Outcome: "nurturing", Notes: fmt.Sprint(i)})
	}
	var notes []string
	for p := (Page{Limit: 3}); ; {
		page, next, err := w.leads.Activities(1, id, p)
		w.must(err)
		for _, d := range page {
			notes = append(notes, string(d.Note))
		}
		if p.After = next; next == "" {
			break
		}
	}
	if !slices.Equal(notes, words("6 5 4 3 2 1 0")) {
		t.Errorf("activities %v", notes)
	}
	count := 0
	for p := (Page{Limit: 3}); ; {
		page, next, err := w.leads.History(1, id, p)
		w.must(err)
		count += len(page)
		if p.After = next; next == "" {
			break
		}
	}
	if count != 14 {
		t.Errorf("page by page there are %d entries", count)
	}
	all, next, err := w.leads.History(1, id, Page{Limit: 14})
	w.must(err)
	if len(all) != 14 || next != "" || all[0].Outcome == nil || all[1].Activity == nil {
		t.Errorf("history %s, next %q", mustJSON(t, all), next)
	}
	_, _, err = w.leads.Outcomes(1, id, Page{After: "x"})
	refused(t, "a cursor", err, fault.InvalidCursor, "")
	_, _, err = w.leads.Outcomes(1, "ld_none", Page{})
	refused(t, "no lead", err, fault.NotFound, "")
	scores, err := w.leads.Scores(1, id)
	w.must(err)
	if len(scores) != 1 || scores[0].Basis != learn.BasisRules {
		t.Errorf("scores %+v", scores)
	}
}

func TestAnIdempotencyKeyAddsOnce(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{IdempotencyKey: "of a form"})
	q := w.request(id)
	q.IdempotencyKey, q.Body = "k", hashOf("call")
	first, replayed, err := w.leads.AddActivity(context.Background(), q, "call", "")
	w.must(err)
	again, replayedAgain, err := w.leads.AddActivity(context.Background(), q, "call", "")
	w.must(err)
	if replayed || !replayedAgain || string(first) != string(again) || len(w.did(id)) != 1 {
		t.Errorf("%v %s, then %v %s, %d activities", replayed, first, replayedAgain, again, len(w.did(id)))
	}
	q.Body = hashOf("outcome")
	_, _, err = w.leads.AddOutcome(context.Background(), q, Result{Outcome: "nurturing"})
	refused(t, "another call", err, fault.IdempotencyMismatch, "Idempotency-Key")
	q.IdempotencyKey = "of a form"
	_, _, err = w.leads.AddActivity(context.Background(), q, "call", "")
	refused(t, "a form's", err, fault.IdempotencyMismatch, "Idempotency-Key")
}
