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

// Slice is how many look-alikes one task asks for: so many are asked again at
// most when a run was stopped.
const Slice = 2000

// Places names a slice of the candidates, from and to counting from 1, the likest
// first. least is the likeness down to which candidates are made.
func Places(from, to, least int) string {
	if least == lookalike.DefaultLeast {
		return fmt.Sprintf("%d-%d", from, to)
	}
	return fmt.Sprintf("%d-%d@%d", from, to, least)
}

// ReadPlaces reads what Places wrote.
func ReadPlaces(s string) (from, to, least int, err error) {
	least = lookalike.DefaultLeast
	n, err := fmt.Sscanf(s, "%d-%d@%d", &from, &to, &least)
	if n < 2 || n == 2 && err == nil || from < 1 || to < from || least < 1 || least > 99 || s != Places(from, to, least) {
		return 0, 0, 0, fmt.Errorf("read places %q: two numbers such as 1-500", s)
	}
	return from, to, least, nil
}

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
	from, to, least, err := ReadPlaces(t.Type)
	if err != nil || to-from >= Slice {
		return trace.Fact(t, fact.Unknown, "bad_question", data)
	}
	data.From, data.To = from, to
	list, made := lookalike.Top(t.Name, lookalike.Options{Least: least}, data.To)
	data.Made = made
	list = list[min(data.From-1, len(list)):]
	names := make([]msp.Name, len(list))
	for i, c := range list {
		names[i] = c.Name
	}
	found := make([]fact.Lookalike, len(list))
	verdicts := sift(ctx, env, names, "NS", mayBeHeld, func(i int) (v verdict) {
		found[i], v = look(ctx, env, list[i])
		return v
	})
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

// mayBeHeld reports whether a clean glance at the NS set of a name leaves it to be
// looked at: a zone cut is there, or the name lies below a domain and exists.
func mayBeHeld(n msp.Name, g scanner.Glance) bool {
	switch {
	case g.Outcome == fact.Present:
		return true
	case g.Rcode == "NXDOMAIN":
		return false
	}
	return g.SOA == n || g.SOA == "" || !registrable(n)
}

func registrable(n msp.Name) bool {
	reg, ok := lookalike.Registrable(n)
	return ok && reg == n
}

// look asks about one candidate.
func look(ctx context.Context, env scanner.Env, c lookalike.Candidate) (fact.Lookalike, verdict) {
	out := fact.Lookalike{Name: c.Name, Family: c.Family.String(), Likeness: c.Likeness}
	trace := scanner.NewTrace(env.Resolver)
	ns := trace.Look(ctx, c.Name, "NS")
	v := verdict{outcome: fact.Absent} // no zone cut: nobody registered it
	switch {
	case cut(c.Name, ns):
		out.Delegated, out.NS = true, scanner.Names(ns.Records, "NS")
		v = confirm(ctx, env, trace, c.Name)
	case ns.Outcome == fact.Unknown || ns.Outcome == fact.Broken:
		return out, unsure(ns.Reason)
	case !registrable(c.Name) && ns.Rcode != "NXDOMAIN": // a name in a domain that somebody holds
		var p place
		p, v = stands(ctx, env, trace, c.Name, c.Name.Parent())
		out.Addresses = p.addresses
	}
	if v.outcome != fact.Present {
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

// cut reports whether an answer to the NS question of a name shows a zone cut
// there: its NS set, or the zone's own denial of one.
func cut(n msp.Name, a scanner.Answer) bool {
	if len(a.Chain) > 0 {
		return false
	}
	return a.Outcome == fact.Present || a.Outcome == fact.Absent && scanner.GlanceOf(a).SOA == n
}

// confirm has the parent's own servers say whether they delegate the name, and
// a random label beside it say whether they would delegate any.
func confirm(ctx context.Context, env scanner.Env, trace *scanner.Trace, name msp.Name) verdict {
	if env.Random == nil {
		return unsure("no_random_labels")
	}
	beside, err := msp.ParseName(env.Random() + "." + string(name.Parent()))
	if err != nil {
		return unsure("name_too_long")
	}
	switch a := trace.Resolve(ctx, scanner.Question{Name: beside, Type: "NS"}); {
	case cut(beside, a):
		return unsure("wildcard")
	case a.Outcome == fact.Unknown || a.Outcome == fact.Broken:
		return unsure(a.Reason)
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
