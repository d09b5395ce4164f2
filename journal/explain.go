package journal

import (
	"errors"
	"fmt"

	"footfall/fault"
)

// Explain makes of an error of Submit a fault that tells a client what to do, where that is theirs to know; any other
// says what was being done.
func (j *Journal) Explain(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrOverloaded):
		return fault.Wrap(fault.Overloaded, err, "The server has more to write than it can take now. Try again in a moment.")
	case errors.Is(err, ErrClosed), j.Err() != nil:
		return fault.Wrap(fault.Unavailable, err, "The server is stopping. Try again in a moment.")
	}
	return fmt.Errorf("%s: %w", doing, err)
}
