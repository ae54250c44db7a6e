package sweep

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/lookalike"
)

// Slice is how many look-alikes one task asks for: so many are lost at most when
// a run is stopped.
const Slice = 500

// Places names a slice of the candidates, from and to counting from 1.
func Places(from, to int) string { return fmt.Sprintf("%d-%d", from, to) }

// ReadPlaces reads what Places wrote.
func ReadPlaces(s string) (from, to int, err error) {
	if n, err := fmt.Sscanf(s, "%d-%d", &from, &to); n != 2 || err != nil || from < 1 || to < from || s != Places(from, to) {
		return 0, 0, fmt.Errorf("read places %q: two numbers such as 1-500", s)
	}
	return from, to, nil
}

// Options are those by which candidates are made, in the plan and in the probe.
func Options() lookalike.Options { return lookalike.Options{Least: lookalike.DefaultLeast} }

// Lookalikes asks which of the look-alikes of the task's name are registered;
// the task's type says which of them, see Places. A recursive resolver is asked
// for their NS sets; what it says is there counts if the parent's own servers
// delegate it, unless the scan is passive. Data is fact.Lookalikes.
func Lookalikes() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeLookalikes,
		Doc:  "which names that look like the domain are registered (delegated, RFC 1034 section 4.2.1)",
		Run:  lookalikes,
	}
}

func lookalikes(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	data := fact.Lookalikes{Domain: t.Name}
	from, to, err := ReadPlaces(t.Type)
	if err != nil || to-from >= Slice {
		return trace.Fact(t, fact.Unknown, "bad_question", data)
	}
	data.From, data.To = from, to
	list, made := lookalike.Top(t.Name, Options(), data.To)
	data.Made = made
	list = list[min(data.From-1, len(list)):]
	verdicts, found := make([]verdict, len(list)), make([]fact.Lookalike, len(list))
	each(len(list), func(i int) { found[i], verdicts[i] = look(ctx, env, list[i]) })
	data.Swept = count(trace, verdicts)
	for i, f := range found {
		if verdicts[i].outcome == fact.Present {
			data.Found = append(data.Found, f)
		}
	}
	slices.SortStableFunc(data.Found, func(a, b fact.Lookalike) int { return cmp.Compare(b.Likeness, a.Likeness) })
	o, reason := outcome(data.Swept, len(data.Found))
	return trace.Fact(t, o, reason, data)
}

// look asks about one candidate.
func look(ctx context.Context, env scanner.Env, c lookalike.Candidate) (fact.Lookalike, verdict) {
	out := fact.Lookalike{Name: c.Name, Family: c.Family.String(), Likeness: c.Likeness}
	a := env.Resolver.Resolve(ctx, scanner.Question{Name: c.Name, Type: "NS"})
	switch {
	case a.Outcome == fact.Absent, a.Outcome == fact.Present && len(a.Chain) > 0:
		return out, verdict{outcome: fact.Absent} // no zone cut: nobody registered it
	case a.Outcome != fact.Present:
		return out, unsure(a.Reason)
	}
	trace := scanner.NewTrace(env.Resolver)
	trace.Look(ctx, c.Name, "NS")
	out.NS = scanner.Names(a.Records, "NS")
	if v := confirm(ctx, env, trace, c.Name); v.outcome != fact.Present {
		return out, v
	}
	mx := trace.Look(ctx, c.Name, "MX")
	switch mx.Outcome {
	case fact.Present:
		out.MX = exchangers(mx.Records)
	case fact.Absent:
	default:
		out.MXReason = cmp.Or(mx.Reason, "no_clean_answer")
	}
	return out, verdict{outcome: fact.Present, trace: trace}
}

// confirm has the parent's own servers say whether they delegate the name, and
// a random label beside it say whether they would delegate any.
func confirm(ctx context.Context, env scanner.Env, trace *scanner.Trace, name msp.Name) verdict {
	if env.Random != nil {
		beside, err := msp.ParseName(env.Random() + "." + string(name.Parent()))
		if err != nil {
			return unsure("name_too_long")
		}
		switch a := trace.Resolve(ctx, scanner.Question{Name: beside, Type: "NS"}); {
		case a.Outcome == fact.Present:
			return unsure("wildcard")
		case a.Outcome != fact.Absent:
			return unsure(a.Reason)
		}
	}
	if env.Passive {
		return verdict{outcome: fact.Present}
	}
	switch cut := scanner.FindCut(ctx, trace, name); {
	case cut.Outcome == fact.Present && len(cut.NS) > 0:
		return verdict{outcome: fact.Present}
	case cut.Outcome == fact.Absent:
		return verdict{outcome: fact.Absent}
	default:
		return unsure(cut.Reason)
	}
}

// exchangers gives the hosts of an MX set; a null MX has none (RFC 7505).
func exchangers(records []scanner.Record) []msp.Name {
	var list []msp.Name
	for _, r := range records {
		if r.Type == "MX" && len(r.Fields) == 2 && r.Fields[1] != string(msp.Root) {
			list = append(list, msp.Name(r.Fields[1]))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
