package pipeline

import (
	"fmt"
	"hash/maphash"
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

// taken is a set of places that no output of an organisation may have: those of
// all files that are read, and of the portfolio's own outputs. It holds hashes: it
// grows with the number of organisations.
type taken struct {
	seed  maphash.Seed
	files map[uint64]bool
}

// taken gives the places of files that are read and of the portfolio's outputs.
func (p *portfolio) taken(read ...[]string) (taken, error) {
	t := taken{maphash.MakeSeed(), map[uint64]bool{}}
	for _, group := range read {
		for _, f := range group {
			t.files[t.placeOf(f)] = true
		}
	}
	for _, o := range p.own {
		if o.File == "-" {
			continue
		}
		at := t.placeOf(o.File)
		if t.files[at] {
			return t, usage("-o %s=%s would overwrite a file that is read, or another output; name another file", o.Format, o.File)
		}
		t.files[at] = true
	}
	return t, nil
}

// refuse holds the outputs of an organisation against what is taken.
func (t taken) refuse(cfg Config) error {
	for _, o := range cfg.Outputs {
		if t.files[t.placeOf(o.File)] {
			return usage("-o %s=%s would overwrite a file that is read, or another output; name another file", o.Format, o.File)
		}
		if info, err := os.Stat(o.File); err == nil && info.IsDir() {
			return coded(CodeInternal, fmt.Errorf("write %s: it is a folder", o.File))
		}
	}
	return nil
}

// placeOf hashes where a name leads to.
func (t taken) placeOf(name string) uint64 {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	if abs, err := filepath.Abs(name); err == nil {
		name = abs
	}
	return maphash.String(t.seed, name)
}
