package caa

import (
	"context"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Probe climbs from the task's name to the CAA set that applies to it. Data is
// fact.CAA: Present = a set was found, Absent = every name up to the root proved
// to have none, Unknown = a name of the climb gave no clean answer.
func Probe() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeCAA,
		Doc:  "CAA set by the climb of RFC 8659 section 3, issuers and critical properties",
		Run:  run,
	}
}

// run climbs (RFC 8659 section 3): the name itself, then each parent but the
// root. An alias is followed by the resolver at each step, and no further climb
// starts at its target.
func run(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	c := fact.CAA{Domain: t.Name}
	for name := t.Name; name != msp.Root; name = name.Parent() {
		a := trace.Look(ctx, name, "CAA")
		c.Climb = append(c.Climb, fact.CAAStep{Name: name, Outcome: a.Outcome, Reason: a.Reason})
		switch a.Outcome {
		case fact.Absent:
			continue
		case fact.Present:
			c.At, c.Records = name, parseSet(a.Records)
			c.UnknownCritical = UnknownCritical(c.Records)
			return trace.Fact(t, fact.Present, "", c)
		}
		return trace.Fact(t, fact.Unknown, a.Reason, c)
	}
	return trace.Fact(t, fact.Absent, "", c)
}

// parseSet reads the records, sorted by tag, value and flags.
func parseSet(records []scanner.Record) []fact.CAARecord {
	set := make([]fact.CAARecord, 0, len(records))
	for _, r := range records {
		set = append(set, Parse(r))
	}
	slices.SortFunc(set, func(a, b fact.CAARecord) int {
		if c := strings.Compare(a.Tag, b.Tag); c != 0 {
			return c
		}
		if c := strings.Compare(a.Value, b.Value); c != 0 {
			return c
		}
		return a.Flags - b.Flags
	})
	return set
}
