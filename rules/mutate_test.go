package rules

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
	"github.com/stretchr/testify/require"
)

// mutants gives the expression with each operand of each && and || left out,
// those inside macros too, and the whole condition turned to true and to false.
func mutants(text string) []string {
	out := []string{"true", "false"}
	for i := 0; i+1 < len(text); i++ {
		if op := text[i : i+2]; (op == "&&" || op == "||") && !quoted(text, i) {
			from, to := operand(text, i, -1, op), operand(text, i+1, 1, op)
			out = append(out, text[:from]+" "+text[i+2:], text[:i]+" "+text[to:])
		}
	}
	return out
}

// quoted reports whether a place of the text lies inside a string.
func quoted(text string, at int) bool { return strings.Count(text[:at], `"`)%2 == 1 }

// operand finds the end of the operand of an operator at a place, going left or
// right: a bracket that was opened before it, a comma or an operator that binds
// no tighter.
func operand(text string, at, step int, op string) int {
	depth := 0
	for i := at + step; i >= 0 && i < len(text); i += step {
		if quoted(text, i) {
			continue
		}
		switch c := text[i]; {
		case strings.IndexByte("([{", c) >= 0:
			depth += step
		case strings.IndexByte(")]}", c) >= 0:
			depth -= step
		case depth == 0 && (c == ',' || c == '?' || c == ':' || c == '|' || c == '&' && op == "&&"):
			return end(i, step)
		}
		if depth < 0 {
			return end(i, step)
		}
	}
	if step < 0 {
		return 0
	}
	return len(text)
}

func end(i, step int) int {
	if step < 0 {
		return i + 1
	}
	return i
}

func TestMutantsLeaveOneOperandOut(t *testing.T) {
	squeezed := func(s string) string { return strings.ReplaceAll(s, " ", "") }
	var got []string
	for _, m := range mutants(`a && l.exists(x, x.b || x.c == "||") && (d || e)`)[2:] {
		got = append(got, squeezed(m))
	}
	require.Equal(t, []string{
		`l.exists(x,x.b||x.c=="||")&&(d||e)`, `a&&(d||e)`,
		`a&&l.exists(x,x.c=="||")&&(d||e)`, `a&&l.exists(x,x.b)&&(d||e)`,
		`a&&(d||e)`, `a&&l.exists(x,x.b||x.c=="||")`,
		`a&&l.exists(x,x.b||x.c=="||")&&(e)`, `a&&l.exists(x,x.b||x.c=="||")&&(d)`,
	}, got)
}

// conditions gives the conditions that a rule has.
func conditions(r *Rule) map[string]func(*Rule) *Expr {
	all := map[string]func(*Rule) *Expr{
		"applies": func(r *Rule) *Expr { return &r.Applies }, "when": func(r *Rule) *Expr { return &r.When },
		"unknown": func(r *Rule) *Expr { return &r.Unknown }, "each": func(r *Rule) *Expr { return &r.Each },
	}
	for i := range r.Severity {
		all[fmt.Sprintf("severity %d", i)] = func(r *Rule) *Expr { return &r.Severity[i].When }
	}
	for name, field := range all {
		if field(r).Text == "" {
			delete(all, name)
		}
	}
	return all
}

// TestMutants holds that no part of a condition can be left out unnoticed: each
// mutant of applies, when, unknown, each and the cases of the severity makes a
// sample fail.
func TestMutants(t *testing.T) {
	s := embedded(t)
	total, alive := 0, []string{}
	for _, r := range s.rules {
		base, err := newEnv(r.kind)
		require.NoError(t, err)
		for name, field := range conditions(r) {
			e := *field(r)
			for _, text := range mutants(e.Text) {
				if text == e.Text || name == "each" && (text == "true" || text == "false") {
					continue
				}
				total++
				mutant := *r
				mutant.Severity = slices.Clone(r.Severity)
				field(&mutant).Text = text
				if !killed(t, &mutant, base) {
					alive = append(alive, fmt.Sprintf("%s %s: %s", r.ID, name, strings.Join(strings.Fields(text), " ")))
				}
			}
		}
	}
	t.Logf("mutants: %d of %d killed", total-len(alive), total)
	require.Empty(t, alive)
	require.Greater(t, total, 200)
}

func killed(t *testing.T, r *Rule, base *cel.Env) bool {
	var ps Problems
	r.compile(base, &ps)
	require.Empty(t, ps)
	for i := range r.Samples {
		if r.try(context.Background(), &r.Samples[i]) != "" {
			return true
		}
	}
	return false
}
