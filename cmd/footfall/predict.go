package main

import (
	"fmt"

	"footfall/scorer"
)

type predictCmd struct {
	Model   string `help:"Model that train wrote." required:"" placeholder:"FILE"`
	CSV     string `help:"Table with the columns that the model was trained on, in any order: CSV, gzip too; - for standard input." name:"csv" required:"" placeholder:"FILE"`
	Out     string `help:"File for the probabilities, a row for each row; standard output without." placeholder:"FILE"`
	Reasons bool   `help:"Also how much each column moved the log-odds, and the bias that they start from."`
}

func (c *predictCmd) Run(p *program) error {
	text, err := readInput(c.Model)
	if err != nil {
		return err
	}
	m, err := scorer.ParseModel(text)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Model, err)
	}
	t, err := readTable(c.CSV)
	if err != nil {
		return err
	}
	predictions, err := m.Predictions(t, c.Reasons)
	if err != nil {
		return err
	}
	return p.writeOut(c.Out, predictions)
}
