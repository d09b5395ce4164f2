package leads

import (
	"slices"
	"testing"

	"footfall/journal"
	"footfall/learn"
	"footfall/scorer"
)

func TestALeadThatIsScoredAgainKeepsWhatItHad(t *testing.T) {
	w := newWorld(t)
	id, before := w.create(Create{})
	for range 30 {
		w.now.Add(60_000)
		got, err := w.leads.Rescore(t.Context(), 1, []string{id, "ld_nobody"})
		w.must(err)
		if got[0].Prediction == nil || got[1].Prediction != nil || got[1].ID != "ld_nobody" {
			t.Fatalf("%+v", got)
		}
	}
	after := w.get(id)
	if after["ml_scored_at"] == before["ml_scored_at"] || after["updated_at"] != after["ml_scored_at"] || after["created_at"] != before["created_at"] {
		t.Errorf("before %v, after %v", before, after)
	}
	same(t, "features", after["features"], mustJSON(t, before["features"]))
	scores, err := w.leads.Scores(1, id)
	w.must(err)
	var at []Time
	for _, s := range scores {
		at = append(at, s.ScoredAt)
	}
	slices.Reverse(at)
	if len(at) != maxEarlier+1 || at[0] != Time(start) || at[maxEarlier] != Time(start+30*60_000) || !slices.IsSorted(at) {
		t.Errorf("%v", at)
	}
	w.must(w.leads.Each("default", func(r *LeadRow) error {
		if r.Exact != 25 || r.Model != learn.Rules || r.Priority != scorer.PriorityLow {
			t.Errorf("at creation: %+v", r)
		}
		return nil
	}))
}

// Only a score of another version is given again, and only while somebody should still do something about the lead.
func TestOpenLeadsThatTheActiveVersionScoredAreLeftAlone(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		w.create(Create{})
	}
	n, err := w.leads.RescoreOpen(t.Context(), "default", func(float64) {})
	if w.must(err); n != 0 {
		t.Errorf("%d were scored again", n)
	}
}

func TestWhoIsForgottenTeachesNothingAndLeavesNoScore(t *testing.T) {
	w := newWorld(t)
	stays, _ := w.create(Create{})
	goes, _ := w.create(Create{Form: form("email", `"bob@example.com"`)})
	w.now.Add(60_000)
	_, err := w.leads.Rescore(t.Context(), 1, []string{stays, goes})
	w.must(err)
	w.end(goes, Result{Outcome: "closed_won"})
	_, err = w.leads.Erase(t.Context(), w.site(), Who{Lead: goes})
	w.must(err)
	taught, err := w.leads.Teach("default")
	w.must(err)
	if len(taught) != 1 || taught[0].ID != stays {
		t.Errorf("%+v", taught)
	}
	w.must(w.journal.Checkpoint(t.Context()))
	_, err = w.leads.Purge(t.Context(), true, func(*Gone) error { return nil })
	w.must(err)
	scores := 0
	for r, err := range w.journal.Read(0) {
		w.must(err)
		if r.Kind == journal.KindScore {
			scores++
		}
	}
	if scores != 1 {
		t.Errorf("%d records of scores are left", scores)
	}
}

func TestTeachTellsHowLeadsEnded(t *testing.T) {
	w := newWorld(t)
	day := int64(24 * 3600 * 1000)
	won, _ := w.create(Create{})
	reopened, _ := w.create(Create{})
	byHand, _ := w.create(Create{})
	w.now.Add(10 * day)
	w.end(won, Result{Outcome: "unresponsive"})
	w.end(reopened, Result{Outcome: "closed_lost"})
	w.setStatus(byHand, "closed_won")
	w.now.Add(10 * day)
	w.end(won, Result{Outcome: "closed_won", Date: "2024-01-15"})
	w.setStatus(reopened, "contacted")
	w.judge(won, true, "")
	w.imports(form("external_id", `"x"`, "created_at", `"2023-05-06 07:08"`, "outcome", `"closed_won"`, "outcome_date", `"2023-06-01"`))
	leads, err := w.leads.Teach("default")
	w.must(err)
	by := map[string]*learn.Lead{}
	imported := ""
	for i := range leads {
		by[leads[i].ID] = &leads[i]
		if leads[i].Imported {
			imported = leads[i].ID
		}
	}
	for id, want := range map[string]string{
		won:      `[{"At":1705005000000,"Heard":1705005000000,"Days":10,"Was":1},{"At":1705869000000,"Heard":1705869000000,"Days":14,"Was":2}]`,
		reopened: `[{"At":1705005000000,"Heard":1705005000000,"Days":10,"Was":1},{"At":1705869000000,"Heard":1705869000000,"Days":20,"Was":0}]`,
		byHand:   `[{"At":1705005000000,"Heard":1705005000000,"Days":10,"Was":2}]`,
		// known as if it had been written down at the end of 2023-06-01, but heard of now
		imported: `[{"At":1685664000000,"Heard":1705869000000,"Days":26,"Was":2}]`,
	} {
		if got := mustJSON(t, by[id].Ends); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	same(t, "judged", by[won].Judged, `[{"Accurate":true,"Band":"low"}]`)
	if by[imported].Arrived != 1705869000000 || by[won].Arrived != start || by[won].Person != by[byHand].Person {
		t.Errorf("%+v", by[imported])
	}
}
