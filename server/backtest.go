package server

import (
	"context"
	"errors"
	"fmt"

	"footfall/fault"
	"footfall/learn"
	"footfall/store"
)

// Backtest trains models of the past on a data directory, which it only reads, and tells how they would have done. No
// other process may have the directory open. Without an organization it is the only one; without times they are six
// cutoffs, the last of them a horizon ago.
func Backtest(ctx context.Context, o Options, b learn.Backtest, tell func(learn.Tested) error) (err error) {
	if err := store.Exists(o.Data); err != nil {
		return err
	}
	o.ReadOnly = true
	s, err := openFolded(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.closeState()) }()
	if b.Organization == "" {
		all := s.catalog.Organizations()
		if len(all) != 1 {
			return fault.Field(fault.MissingField, "organization", "The directory holds several organizations: name one by --organization.")
		}
		b.Organization = all[0].ID
	} else if _, ok := s.catalog.Organization(b.Organization); !ok {
		return fmt.Errorf("there is no organization %q", b.Organization)
	}
	if b.To.IsZero() {
		b.To = s.o.Now().UTC().AddDate(0, 0, -s.catalog.Settings(b.Organization).Horizon)
	}
	if b.From.IsZero() {
		b.From = b.To.Add(-5 * b.Every)
	}
	return s.learn.Backtest(ctx, b, tell)
}
