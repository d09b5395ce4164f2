package main

import (
	"errors"
	"io"
	"os"

	"footfall/scorer"
)

// usageError is wrong usage that shows only once a table is read: a flag names what is not there.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// asUsage makes wrong usage of a column that is not there.
func asUsage(err error) error {
	if missing := (*scorer.NoColumnError)(nil); errors.As(err, &missing) {
		return &usageError{err}
	}
	return err
}

// readTable reads a CSV file, gzip too; - is standard input.
func readTable(name string) (*scorer.Table, error) {
	text, err := readInput(name)
	if err != nil {
		return nil, err
	}
	return scorer.ParseTable(name, text)
}

func readInput(name string) (text []byte, err error) {
	f, _, err := openInput(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	plain, err := gunzip(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}

// writeOut writes a file whole or, if it has no name or is -, to what the program prints to.
func (p *program) writeOut(name string, text []byte) error {
	if name == "" || name == "-" {
		_, err := p.out.Write(text)
		return err
	}
	return os.WriteFile(name, text, 0o666)
}
