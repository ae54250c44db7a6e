package sweep

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

const (
	workers  = 16  // names of one task that the strict client asks for at the same time
	maxRetry = 200 // names of one task without a clean glance that are looked at again
)

// each calls do for 0 to n-1, a few at the same time.
func each(n int, do func(i int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// glances takes a quick look at the names.
func glances(ctx context.Context, env scanner.Env, names []msp.Name, qtype string) []scanner.Glance {
	if env.Scout != nil {
		if list := env.Scout.Scout(ctx, names, qtype); len(list) == len(names) {
			return list
		}
	}
	list := make([]scanner.Glance, len(names))
	each(len(names), func(i int) {
		list[i] = scanner.GlanceOf(env.Resolver.Resolve(ctx, scanner.Question{Name: names[i], Type: qtype}))
	})
	return list
}

// sift takes a quick look at the names and a strict one at those that it does not
// show to be absent. shows says what a clean glance leaves to be looked at.
func sift(ctx context.Context, env scanner.Env, names []msp.Name, qtype string, shows func(msp.Name, scanner.Glance) bool, look func(i int) verdict) []verdict {
	verdicts := make([]verdict, len(names))
	var again []int
	retries := 0
	for i, g := range glances(ctx, env, names, qtype) {
		clean := g.Outcome == fact.Present || g.Outcome == fact.Absent
		switch {
		case clean && !shows(names[i], g):
			verdicts[i] = verdict{outcome: fact.Absent}
		case !clean && retries == maxRetry:
			verdicts[i] = unsure(g.Reason)
		default:
			if !clean {
				retries++
			}
			again = append(again, i)
		}
	}
	each(len(again), func(k int) { verdicts[again[k]] = look(again[k]) })
	return verdicts
}

// verdict is what was learnt of one candidate.
type verdict struct {
	outcome fact.Outcome
	reason  string
	trace   *scanner.Trace // of what exists; nil = nothing is kept
}

func unsure(reason string) verdict {
	return verdict{outcome: fact.Unknown, reason: cmp.Or(reason, "no_clean_answer")}
}

// count adds the verdicts up and joins the evidence of what exists, in order.
func count(trace *scanner.Trace, list []verdict) fact.Swept {
	s := fact.Swept{Asked: len(list)}
	for _, v := range list {
		switch v.outcome {
		case fact.Present:
			trace.Merge(v.trace)
		case fact.Absent:
			s.Absent++
		default:
			s.Unknown++
			if s.Reasons == nil {
				s.Reasons = map[string]int{}
			}
			s.Reasons[cmp.Or(v.reason, "no_clean_answer")]++
		}
	}
	return s
}

// outcome gives the outcome of a sweep: Unknown = some names gave no clean answer,
// whatever else was found; else Present = something was found, Absent = every name
// was proved not to be there.
func outcome(s fact.Swept, found int) (fact.Outcome, string) {
	switch {
	case s.Unknown == 0 && found > 0:
		return fact.Present, ""
	case s.Unknown == 0:
		return fact.Absent, ""
	}
	most, n := "", 0
	for reason, times := range s.Reasons {
		if times > n || times == n && reason < most {
			most, n = reason, times
		}
	}
	return fact.Unknown, most
}

// place is where a name leads: Present to addresses, or by an alias to wherever;
// Absent if both address types are denied.
type place struct {
	outcome   fact.Outcome
	reason    string
	addresses []string
	values    []string // addresses and targets of aliases
}

// resolve asks where a name leads and keeps what it saw.
func resolve(ctx context.Context, trace *scanner.Trace, name msp.Name) place {
	p := place{outcome: fact.Absent}
	for _, qtype := range []string{"A", "AAAA"} {
		a := trace.Look(ctx, name, qtype)
		for _, hop := range a.Chain {
			p.values = append(p.values, string(hop.To))
		}
		for _, addr := range scanner.Addresses(a.Records) {
			p.addresses = append(p.addresses, addr.String())
		}
		if a.Outcome == fact.Unknown || a.Outcome == fact.Broken {
			p.outcome, p.reason = fact.Unknown, cmp.Or(a.Reason, a.Outcome.String())
		}
		if a.Outcome == fact.Absent && a.Rcode == "NXDOMAIN" {
			break // no type of it exists (RFC 8020)
		}
	}
	if p.values = append(p.values, p.addresses...); len(p.values) > 0 {
		p.outcome, p.reason = fact.Present, ""
	}
	return p
}

// random asks where a random label below a name leads: where that is anywhere,
// or cannot be told, a name below it proves nothing by itself. What it asks is
// evidence, and no observation to be repeated.
func random(ctx context.Context, env scanner.Env, trace *scanner.Trace, below msp.Name) place {
	if env.Random == nil {
		return place{reason: "no_random_labels"}
	}
	name, err := msp.ParseName(env.Random() + "." + string(below))
	if err != nil {
		return place{reason: "name_too_long"}
	}
	branch := trace.Branch()
	p := resolve(ctx, branch, name)
	trace.MergeQueries(branch)
	return p
}

// common reports whether two places have an address or a target in common.
func common(a, b place) bool {
	return slices.ContainsFunc(a.values, func(v string) bool { return slices.Contains(b.values, v) })
}

// stands looks whether a name has an address where random labels beside it lead
// nowhere.
func stands(ctx context.Context, env scanner.Env, trace *scanner.Trace, name, parent msp.Name) (place, verdict) {
	p := resolve(ctx, trace, name)
	switch {
	case p.outcome == fact.Unknown:
		return p, unsure(p.reason)
	case len(p.addresses) == 0:
		return p, verdict{outcome: fact.Absent}
	}
	switch beside := random(ctx, env, trace, parent); beside.outcome {
	case fact.Present:
		return p, unsure("wildcard")
	case fact.Absent:
		return p, verdict{outcome: fact.Present, trace: trace}
	default:
		return p, unsure(beside.reason)
	}
}
