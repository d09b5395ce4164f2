package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"footfall/learn"
	"footfall/server"
)

type backtestCmd struct {
	offline      `embed:""`
	Organization string `help:"Whose leads; may be left out if there is only one organization." placeholder:"ID"`
	From         date   `help:"First cutoff; five steps before --to by default." placeholder:"DATE"`
	To           date   `help:"Last cutoff; a horizon ago by default: leads that came later are not old enough to try a model on." placeholder:"DATE"`
	Every        step   `help:"From one cutoff to the next, such as 30d." default:"30d"`
	JSON         bool   `name:"json" help:"Print one JSON object a cutoff."`
}

// date is a UTC day on the command line.
type date struct{ time.Time }

// UnmarshalText reads 2026-01-31.
func (d *date) UnmarshalText(text []byte) (err error) {
	if d.Time, err = time.Parse(time.DateOnly, string(text)); err != nil {
		return errors.New("give a date such as 2026-01-31")
	}
	return nil
}

// step is a number of days on the command line.
type step time.Duration

// UnmarshalText reads 30d, or a duration such as 720h.
func (s *step) UnmarshalText(text []byte) error {
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 || n > 3660 {
			return errors.New("give a number of days such as 30d")
		}
		*s = step(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	d, err := time.ParseDuration(string(text))
	*s = step(d)
	return err
}

func (c *backtestCmd) Run(p *program) error {
	b := learn.Backtest{Organization: c.Organization, From: c.From.Time, To: c.To.Time, Every: time.Duration(c.Every)}
	if c.JSON {
		return server.Backtest(p.ctx, c.options(p), b, func(t learn.Tested) error { return json.NewEncoder(p.out).Encode(t) })
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "cutoff\tlabels\twins\tgate\tn\twins\tAUC (95 %)\tAUC of rules\tlog loss\tof base\tof rules\tslope\tlift at 10 %")
	err := server.Backtest(p.ctx, c.options(p), b, func(t learn.Tested) error {
		gate := "rules"
		if t.Passed {
			gate = "model"
		}
		auc := "–"
		if t.AUC != nil {
			auc = fmt.Sprintf("%.3f (%.3f–%.3f)", *t.AUC, t.Range[0], t.Range[1])
		}
		_, err := fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.Cutoff.Format(time.DateOnly), t.Labels, t.LabelWon, gate,
			t.Leads, t.Wins, auc, figure(t.RulesAUC, 3), figure(t.LogLoss, 4), figure(t.BaseLoss, 4), figure(t.Rules, 4), figure(t.Slope, 2), figure(t.Lift, 2))
		return err
	})
	return errors.Join(err, w.Flush())
}

// figure is a number with so many decimals, a dash if there is none.
func figure(x *float64, decimals int) string {
	if x == nil {
		return "–"
	}
	return strconv.FormatFloat(*x, 'f', decimals, 64)
}
