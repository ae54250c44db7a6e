package pipeline

import (
	"os"
	"path/filepath"
)

// refuseClobber refuses an output that would replace what the run reads or
// records, and two outputs to one place: the last would win, and on stdout they
// would run together. More names further files that are read.
func (c Config) refuseClobber(more ...string) error {
	type place struct{ what, name string }
	var taken []place
	read := append(append([]string{c.Waivers, c.Baseline, c.RuleParams, c.Model, c.Books.options.Brand, c.Books.options.Reviews}, c.Inventories...), c.Indicators...)
	for _, f := range append(read, more...) {
		taken = append(taken, place{"a file that is read", f})
	}
	taken = append(taken, place{"the journal", c.Journal})
	for _, o := range c.Outputs {
		for _, t := range taken {
			if t.name != "" && samePlace(o.File, t.name) {
				return usage("-o %s=%s would overwrite %s; name another file", o.Format, o.File, t.what)
			}
		}
		taken = append(taken, place{"the output " + o.Format, o.File})
	}
	return nil
}

// samePlace reports whether two names lead to one file, by links too.
func samePlace(a, b string) bool {
	if a == "-" || b == "-" {
		return a == b
	}
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil {
		return os.SameFile(x, y)
	}
	a, errX = filepath.Abs(a)
	b, errY = filepath.Abs(b)
	return errX == nil && errY == nil && a == b
}
