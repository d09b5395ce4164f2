package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"

	"footfall/scorer"

	"github.com/schollz/progressbar/v3"
)

type trainCmd struct {
	CSV      string   `help:"Table to learn from: CSV with a header, gzip too; - for standard input." name:"csv" required:"" placeholder:"FILE"`
	Target   string   `help:"Column of outcomes: 1, true or yes, or 0, false or no. Rows without one are left out." required:"" placeholder:"COLUMN"`
	Drop     []string `help:"Columns that are no features." placeholder:"COLUMN,…"`
	Weights  string   `help:"Column of weights of the rows, 0 or more." placeholder:"COLUMN"`
	Folds    string   `help:"CSV with the fold of each row (fold, or row from 0 and fold); 5 folds by chance without." placeholder:"FILE"`
	Seed     uint64   `help:"Of all that is drawn by chance." default:"1"`
	ModelOut string   `help:"File for the model." required:"" placeholder:"FILE"`
	Report   string   `help:"File for the report as JSON." placeholder:"FILE"`
	Gate     bool     `help:"If the model is not surely better than the base rate, write its base rate alone."`
}

func (c *trainCmd) Run(p *program) error {
	data, splits, unlabelled, err := c.read()
	if err != nil {
		return err
	}
	show, done := trainProgress()
	m, err := scorer.Train(p.ctx, data, scorer.TrainOptions{
		Splits: splits, Gate: c.Gate, Target: c.Target, Workers: runtime.GOMAXPROCS(0), Show: show,
	})
	done()
	if err != nil {
		return fmt.Errorf("%s: %w", c.CSV, err)
	}
	m.Report.Unlabelled = unlabelled
	fmt.Fprint(p.out, m.Report.Text())
	if err := c.write(p, m); err != nil {
		return err
	}
	written := "the model"
	if len(m.Parts) == 0 {
		written = "its base rate alone: it says the same of every row"
	}
	fmt.Fprintf(p.out, "%-14s%s, in %s\n", "written", written, c.ModelOut)
	return nil
}

// read makes data of the files. Unlabelled is how many rows have no outcome.
func (c *trainCmd) read() (d scorer.Data, splits []scorer.Split, unlabelled int, err error) {
	t, err := readTable(c.CSV)
	if err != nil {
		return d, nil, 0, err
	}
	labels := scorer.Labels{Target: c.Target, Drop: c.Drop, Weights: c.Weights}
	if c.Folds != "" {
		if labels.Folds, err = readTable(c.Folds); err != nil {
			return d, nil, 0, err
		}
	}
	d, splits, unlabelled, err = labels.Data(t, c.Seed)
	return d, splits, unlabelled, asUsage(err)
}

func (c *trainCmd) write(p *program, m *scorer.Model) error {
	text, err := m.Marshal()
	if err != nil {
		return err
	}
	if err := p.writeOut(c.ModelOut, text); err != nil || c.Report == "" {
		return err
	}
	report, err := json.MarshalIndent(m.Report, "", "  ")
	return errors.Join(err, p.writeOut(c.Report, append(report, '\n')))
}

// trainProgress shows progress on stderr: a bar on a terminal, else a line for each tenth.
func trainProgress() (show func(done, of int, doing string), done func()) {
	if !isTerminal(os.Stderr) {
		shown := -1
		return func(done, of int, doing string) {
			if tenth := 10 * done / of; tenth > shown {
				shown = tenth
				fmt.Fprintf(os.Stderr, "%3d %%  %s\n", 100*done/of, doing)
			}
		}, func() {}
	}
	bar := progressbar.NewOptions(1, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetWidth(20),
		progressbar.OptionClearOnFinish())
	return func(done, of int, doing string) {
		bar.ChangeMax(of)
		bar.Describe(doing)
		_ = bar.Set(done) // a bar that cannot be drawn harms nothing
	}, func() { _ = bar.Clear() }
}
