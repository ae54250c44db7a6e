package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxReport is the size in bytes up to which Read takes a report.
const maxReport = 1 << 30

// ErrReport is the cause of every error of Read.
var ErrReport = errors.New("not a report of mspscan")

// Read takes in a report that JSON wrote. Keys that this version does not know
// are left out.
func Read(r io.Reader) (*Report, error) {
	return readOne(r, SchemaID, func(r *Report) string { return r.Schema })
}

// readOne takes in one JSON value of a schema, and nothing behind it.
func readOne[T any](r io.Reader, want string, schema func(*T) string) (*T, error) {
	d := json.NewDecoder(io.LimitReader(r, maxReport))
	var out T
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReport, err)
	}
	if got := schema(&out); got != want {
		return nil, fmt.Errorf("%w: schema %q; this version reads %q", ErrReport, got, want)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: more than one JSON value", ErrReport)
	}
	return &out, nil
}
