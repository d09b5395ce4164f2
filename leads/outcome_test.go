package leads

import (
	"testing"

	"footfall/fault"
)

func TestOutcomesAreKeptAndTheLatestCounts(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{}) // 2024-01-01 in Chicago
	w.now.Add(40 * aDay)
	lost := w.end(id, Result{Outcome: "closed_lost", Loss: "price", Date: "2024-01-20", Notes: "too dear"})
	for name, want := range map[string]string{
		"outcome": `"closed_lost"`, "outcome_date": `"2024-01-20"`, "days_to_close": `19`, "deal_value": `null`, "loss_reason": `"price"`,
		"notes": `"too dear"`, "status": `"closed_lost"`, "recorded_at": `"2024-02-10T20:30:00.000Z"`,
	} {
		same(t, name, lost[name], want)
	}
	w.now.Add(1000)
	w.end(id, Result{Outcome: "closed_won", DealValue: "12500.5"})
	lead := w.get(id)
	same(t, "status", lead["status"], `"closed_won"`)
	same(t, "days_to_close", lead["days_to_close"], `40`)
	same(t, "contacted_at", lead["contacted_at"], `"2024-02-10T20:30:00.000Z"`)
	outcome := lead["outcome"].(map[string]any)
	same(t, "outcome_date", outcome["outcome_date"], `"2024-02-10"`)
	same(t, "deal_value", outcome["deal_value"], `12500.5`)
	all, _, err := w.leads.Outcomes(1, id, Page{})
	w.must(err)
	if len(all) != 2 || all[0].Outcome != "closed_won" || all[1].Notes != "too dear" {
		t.Errorf("outcomes %s", mustJSON(t, all))
	}
	w.setStatus(id, "contacted") // by hand: how it ended is still what was recorded
	same(t, "days_to_close", w.get(id)["days_to_close"], `40`)
	var learned []*LeadRow
	w.must(w.leads.Each("default", func(r *LeadRow) error {
		learned = append(learned, r)
		return nil
	}))
	if len(learned) != 1 || len(learned[0].Outcomes) != 2 || learned[0].Outcomes[0].Days != 19 || !learned[0].Qualified || learned[0].Status != "contacted" {
		t.Errorf("learned %s", mustJSON(t, learned))
	}
}

func TestAnOutcomesDayIsTheSites(t *testing.T) {
	w := newWorld(t)
	w.now.Store(start + 4*3600*1000) // 00:30 UTC on the 2nd, 18:30 in Chicago on the 1st
	id, _ := w.create(Create{})
	same(t, "outcome_date", w.end(id, Result{Outcome: "nurturing"})["outcome_date"], `"2024-01-01"`)
	same(t, "a time's day", w.end(id, Result{Outcome: "nurturing", Date: "2024-01-02T00:10:00Z"})["outcome_date"], `"2024-01-01"`)
	_, _, err := w.leads.AddOutcome(t.Context(), w.request(id), Result{Outcome: "nurturing", Date: "2024-01-02"})
	refused(t, "tomorrow", err, fault.InvalidField, "outcome_date")
}

func TestALeadEndsAlthoughTheClockWentBack(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{})
	w.now.Add(-2 * aDay)
	got := w.end(id, Result{Outcome: "nurturing"})
	same(t, "outcome_date", got["outcome_date"], `"2024-01-01"`)
	same(t, "days_to_close", got["days_to_close"], `0`)
}

func TestOutcomesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create(Create{})
	for field, tries := range map[string][]Result{
		"outcome":      {{Outcome: "won"}, {Outcome: "new"}, {Outcome: "contacted"}},
		"outcome_date": {{Date: "2023-12-31"}, {Date: "2024-01-02"}, {Date: "1/1/2024"}, {Date: "today"}, {Date: "0001-01-01"}},
		"deal_value":   {{DealValue: "-1"}, {DealValue: "1.005"}, {DealValue: "ten"}, {DealValue: "1e99"}, {DealValue: "1e-99999999"}, {DealValue: "10000000000"}, {DealValue: "NaN"}, {DealValue: "1/2"}},
		"loss_reason":  {{Outcome: "closed_lost", Loss: "fate"}, {Outcome: "closed_won", Loss: "price"}},
		"notes":        {{Notes: "a\x00"}},
	} {
		for _, res := range tries {
			if res.Outcome == "" {
				res.Outcome = "closed_won"
			}
			_, _, err := w.leads.AddOutcome(t.Context(), w.request(id), res)
			refused(t, mustJSON(t, res), err, fault.InvalidField, field)
		}
	}
	_, _, err := w.leads.AddOutcome(t.Context(), w.request(id), Result{})
	refused(t, "none", err, fault.MissingField, "outcome")
	same(t, "outcome", w.get(id)["outcome"], `null`)
}

func TestMoneyIsExact(t *testing.T) {
	for text, want := range map[string]string{
		"": `null`, "0": `0`, "0.00": `0`, "12": `12`, "12.5": `12.5`, "12.05": `12.05`, "12.50": `12.5`, "1.25e4": `12500`,
		"9999999999.99": `9999999999.99`, "0.1": `0.1`, "1e-2": `0.01`,
	} {
		cents, err := parseMoney("deal_value", text)
		if err != nil || string(money(cents)) != want {
			t.Errorf("%q is %s, %v, want %s", text, money(cents), err, want)
		}
	}
}
