package main

import (
	"fmt"

	"footfall/scorer"
)

type explainCmd struct {
	XGB  string   `help:"Model that XGBoost saved as JSON (binary:logistic)." name:"xgb" required:"" placeholder:"FILE"`
	CSV  string   `help:"Table with the features of the model: CSV, gzip too; - for standard input." name:"csv" required:"" placeholder:"FILE"`
	Drop []string `help:"Columns that are no features, if the model does not name its features." placeholder:"COLUMN,…"`
	Out  string   `help:"File for margins and contributions, a row for each row; standard output without." placeholder:"FILE"`
}

func (c *explainCmd) Run(p *program) error {
	model, err := readInput(c.XGB)
	if err != nil {
		return err
	}
	t, err := readTable(c.CSV)
	if err != nil {
		return err
	}
	explained, err := scorer.ExplainXGBoost(model, t, c.Drop)
	if err != nil {
		return fmt.Errorf("%s: %w", c.XGB, asUsage(err))
	}
	return p.writeOut(c.Out, explained)
}
