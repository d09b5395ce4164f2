package leads

import (
	"context"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"footfall/catalog"
	"footfall/event"
	"footfall/fault"
	"footfall/journal"
)

// Result says how a lead ended.
type Result struct {
	Outcome   string
	Date      string // local day, or a time in RFC 3339; "": today
	DealValue string // a decimal number, "" if it is not known
	Loss      string // why it was lost, "" if it is not known or was not
	Notes     string
}

// Outcome is how a lead ended, as its readers see it.
type Outcome struct {
	ID       string          `json:"id"`
	Outcome  string          `json:"outcome"`
	Date     string          `json:"outcome_date"`
	Value    json.RawMessage `json:"deal_value"`
	Days     int32           `json:"days_to_close"`
	Loss     Text            `json:"loss_reason"`
	Notes    Text            `json:"notes"`
	Recorded Time            `json:"recorded_at"`
	By       Text            `json:"by"`
}

// maxDealCents is the largest deal value, what the product document's column holds.
const maxDealCents = 999_999_999_999

// AddOutcome adds an outcome to a lead's history and moves its status. All outcomes are kept, the latest counts.
func (l *Leads) AddOutcome(ctx context.Context, q Request, res Result) (answer []byte, replayed bool, err error) {
	return l.add(ctx, &q, func(r *row, a *addition) error {
		o, err := res.decide(q.Site, r.Created, a.entry.At)
		if err != nil {
			return err
		}
		a.kind, a.entry.Outcome, a.note = journal.KindOutcome, o, res.Notes
		a.answer = func(r *row) any {
			return struct {
				Outcome
				Lead   string `json:"lead_id"`
				Status string `json:"status"` // of the lead
			}{newOutcome(&a.entry, res.Notes), q.Lead, r.Status.String()}
		}
		return nil
	})
}

// decide checks a result for a lead that was created, and now, ms.
func (res *Result) decide(site *catalog.Site, created, now int64) (*outcome, error) {
	o := &outcome{Outcome: res.Outcome, Loss: res.Loss}
	if err := oneOf("outcome", res.Outcome, outcomeNames); err != nil {
		return nil, err
	}
	if res.Loss != "" {
		if err := oneOf("loss_reason", res.Loss, lossReasons); err != nil {
			return nil, err
		}
		if res.Outcome != statusLost.String() {
			return nil, fault.Field(fault.InvalidField, "loss_reason", "loss_reason is for closed_lost only.")
		}
	}
	if err := checkNote("notes", res.Notes); err != nil {
		return nil, err
	}
	var err error
	if o.Value, err = parseMoney("deal_value", res.DealValue); err != nil {
		return nil, err
	}
	first := localDay(time.UnixMilli(created).In(site.Zone()))
	today := max(localDay(time.UnixMilli(now).In(site.Zone())), first) // the clock may have gone back since
	if o.Day, err = parseDay("outcome_date", res.Date, site, today); err != nil {
		return nil, err
	}
	switch {
	case o.Day > today:
		return nil, fault.Field(fault.InvalidField, "outcome_date", "outcome_date is after today, %s in the site's time zone.", dayText(today))
	case o.Day < first:
		return nil, fault.Field(fault.InvalidField, "outcome_date", "outcome_date is before the lead was created, %s in the site's time zone.", dayText(first))
	}
	o.Days = o.Day - first
	return o, nil
}

// parseDay reads a date, or the site's local day of a time.
func parseDay(field, text string, site *catalog.Site, otherwise int32) (int32, error) {
	if text == "" {
		return otherwise, nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil && t.Year() >= 1970 {
		return localDay(t), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil && t.Year() >= 1970 {
		return localDay(t.In(site.Zone())), nil
	}
	return 0, fault.Field(fault.InvalidField, field, "%s is a date such as 2026-01-31.", field)
}

func dayText(day int32) string {
	return time.UnixMilli(int64(day) * event.MsPerDay).UTC().Format(time.DateOnly)
}

// parseMoney reads a decimal number, not negative, with at most two decimals that are not 0. It returns hundredths, nil
// for "".
func parseMoney(field, text string) (*int64, error) {
	if text == "" {
		return nil, nil
	}
	bad := fault.Field(fault.InvalidField, field, "%s is a number from 0 to 9999999999.99 with at most two decimals.", field)
	if len(text) > 40 || strings.Trim(text, "0123456789.eE+-") != "" {
		return nil, bad
	}
	// A float tells how large the number is, so that no exponent makes a big one of many digits.
	if f, err := strconv.ParseFloat(text, 64); err != nil || f < 0 || f > maxDealCents || math.Signbit(f) && f != 0 {
		return nil, bad
	}
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, bad
	}
	if n.Mul(n, big.NewRat(100, 1)); !n.IsInt() || n.Num().Cmp(big.NewInt(maxDealCents)) > 0 {
		return nil, bad
	}
	cents := n.Num().Int64()
	return &cents, nil
}

// money returns hundredths as a JSON number, null for nil.
func money(cents *int64) json.RawMessage {
	if cents == nil {
		return json.RawMessage("null")
	}
	text := strconv.FormatInt(*cents/100, 10)
	if rest := *cents % 100; rest != 0 {
		text += "." + strings.TrimRight(strconv.FormatInt(100+rest, 10)[1:], "0")
	}
	return json.RawMessage(text)
}

func newOutcome(e *entry, note string) Outcome {
	o := e.Outcome
	return Outcome{
		ID: numberText(e.Number), Outcome: o.Outcome, Date: dayText(o.Day), Value: money(o.Value), Days: o.Days,
		Loss: Text(o.Loss), Notes: Text(note), Recorded: Time(e.At), By: Text(e.By),
	}
}
