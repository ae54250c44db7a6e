package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/secret"
)

// Diagnostic is one problem of an inventory: where, what is wrong, and what
// would be right. A warning is suspicious but legal.
type Diagnostic struct {
	Pos           msp.Pos
	Problem, Want string
	Warning       bool
}

// String gives file:line:column: what is wrong; what would be right. Text from
// outside, the file name too, is made visible by msp.Visible, and the line never
// starts with a CI command.
func (d Diagnostic) String() string {
	var b strings.Builder
	b.WriteString(Place(d.Pos))
	b.WriteString(": ")
	if d.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(msp.Visible(d.Problem))
	if d.Want != "" {
		b.WriteString("; ")
		b.WriteString(msp.Visible(d.Want))
	}
	return b.String()
}

// Place prints a position so that it can begin a line of output.
func Place(p msp.Pos) string {
	s := msp.Visible(p.String())
	if strings.HasPrefix(s, ":") || strings.HasPrefix(s, "#") || strings.HasPrefix(s, `\x23`) {
		return "./" + s
	}
	return s
}

// Diagnostics are the problems of a run, sorted by place.
type Diagnostics []Diagnostic

// Error prints one diagnostic a line.
func (ds Diagnostics) Error() string {
	lines := make([]string, len(ds))
	for i, d := range ds {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}

// Err gives the errors among ds as an error, nil if there are none.
func (ds Diagnostics) Err() error {
	if e := ds.Errors(); len(e) > 0 {
		return e
	}
	return nil
}

// Errors gives what makes the inventory unusable.
func (ds Diagnostics) Errors() Diagnostics { return ds.pick(false) }

// Warnings gives what is suspicious but legal.
func (ds Diagnostics) Warnings() Diagnostics { return ds.pick(true) }

func (ds Diagnostics) pick(warning bool) Diagnostics {
	var out Diagnostics
	for _, d := range ds {
		if d.Warning == warning {
			out = append(out, d)
		}
	}
	return out
}

// maxDiagnostics bounds what one run lists; beyond it the count is given.
const maxDiagnostics = 20_000

// report gathers diagnostics of the files of one inventory.
type report struct {
	order map[string]int // rank of a file, for sorting
	list  []Diagnostic
	more  int
	errs  int // errors, those not listed too
}

// add keeps a diagnostic; a credential among the words that it quotes is blotted
// out.
func (r *report) add(d Diagnostic) {
	d.Problem, _ = secret.Blot(d.Problem)
	d.Want, _ = secret.Blot(d.Want)
	if !d.Warning {
		r.errs++
	}
	if len(r.list) >= maxDiagnostics {
		r.more++
		return
	}
	r.list = append(r.list, d)
}

// sorted gives all diagnostics by file, place and text, each once.
func (r *report) sorted() Diagnostics {
	slices.SortStableFunc(r.list, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(r.order[a.Pos.File], r.order[b.Pos.File]), strings.Compare(a.Pos.Sheet, b.Pos.Sheet),
			cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column),
			strings.Compare(a.Problem, b.Problem),
		)
	})
	list := slices.Compact(r.list)
	if r.more > 0 {
		last := list[len(list)-1]
		list = append(list, Diagnostic{
			Pos: last.Pos, Problem: fmt.Sprintf("%d more problems are not listed", r.more),
			Want: "mend these and run again", Warning: r.errs == 0,
		})
	}
	return list
}

// quote shows a value from a file: cut to a length that fits a line.
func quote(s string) string {
	const most = 80
	if r := []rune(s[:min(len(s), 4*most+4)]); len(r) > most {
		return `"` + string(r[:most]) + `…"`
	}
	return `"` + s + `"`
}
