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
	d := json.NewDecoder(io.LimitReader(r, maxReport))
	var out Report
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReport, err)
	}
	if out.Schema != SchemaID {
		return nil, fmt.Errorf("%w: schema %q; this version reads %q", ErrReport, out.Schema, SchemaID)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: more than one JSON value", ErrReport)
	}
	return &out, nil
}
