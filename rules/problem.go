package rules

import (
	"fmt"
	"sort"
	"strings"

	"mspscan/msp"
)

// Problem is something wrong in a rule file.
type Problem struct {
	Pos     msp.Pos
	What    string
	Instead string // what would be right; may be empty
}

// String gives file:line:column: what is wrong; what would be right.
func (p Problem) String() string {
	s := p.Pos.String() + ": " + msp.Visible(p.What)
	if p.Instead != "" {
		s += "; " + msp.Visible(p.Instead)
	}
	return s
}

// Problems is everything wrong in a set of rule files, sorted by place.
type Problems []Problem

// Error gives one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

func (ps *Problems) add(at msp.Pos, instead, what string, args ...any) {
	*ps = append(*ps, Problem{at, fmt.Sprintf(what, args...), instead})
}

// sorted puts the problems in order of place.
func (ps Problems) sorted() Problems {
	sort.SliceStable(ps, func(i, j int) bool {
		a, b := ps[i].Pos, ps[j].Pos
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
	return ps
}

// nearest gives the known word closest to s, within a third of its length.
func nearest(s string, known []string) string {
	best, found := max(1, min(3, len(s)/3))+1, ""
	for _, k := range known {
		if d := distance(s, k); d < best {
			best, found = d, k
		}
	}
	return found
}

// suggest words a suggestion, or lists the known words if there are few.
func suggest(s string, known []string) string {
	if n := nearest(s, known); n != "" {
		return "did you mean " + n + "?"
	}
	if len(known) <= 16 {
		return "known: " + strings.Join(known, ", ")
	}
	return ""
}

// distance is the optimal string alignment distance of words of up to 64 bytes;
// longer words are far from everything.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j-1]+cost, prev[j]+1, cur[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(b)]
}
