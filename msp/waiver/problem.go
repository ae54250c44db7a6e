package waiver

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/secret"
)

// Problem is something wrong in a waiver file: where, what, and what would be
// right.
type Problem struct {
	Pos        msp.Pos
	What, Want string
}

// Problems are all problems of a file, sorted by place.
type Problems []Problem

// Error gives one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = msp.Visible(p.Pos.String()) + ": " + msp.Visible(p.What)
		if p.Want != "" {
			lines[i] += "; " + msp.Visible(p.Want)
		}
	}
	return strings.Join(lines, "\n")
}

func (ps *Problems) add(at msp.Pos, want, what string, args ...any) {
	text, _ := secret.Blot(fmt.Sprintf(what, args...))
	*ps = append(*ps, Problem{Pos: at, What: text, Want: want})
}

func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	return ps
}

// suggest words the nearest of the known words, or lists them if they are few.
func suggest(s string, known []string) string {
	if n := msp.Nearest(s, known); n != "" {
		return "did you mean " + n + "?"
	}
	if len(known) <= 12 {
		return "write one of " + strings.Join(known, ", ")
	}
	return ""
}
