package sweep

import (
	"cmp"
	"context"
	"sync"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// workers is how many names of one task are asked at the same time.
const workers = 8

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

// outcome gives the outcome of a sweep: Present = something was found, Absent =
// every name was proved not to be there, Unknown = some were not.
func outcome(s fact.Swept, found int) (fact.Outcome, string) {
	switch {
	case found > 0:
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

// exists asks whether a name has an address, over CNAMEs too.
func exists(ctx context.Context, r scanner.Resolver, name msp.Name) (scanner.Answer, fact.Outcome, string) {
	a := r.Resolve(ctx, scanner.Question{Name: name, Type: "A"})
	if a.Outcome == fact.Present || a.Outcome == fact.Absent && a.Rcode == "NXDOMAIN" {
		return a, a.Outcome, ""
	}
	b := r.Resolve(ctx, scanner.Question{Name: name, Type: "AAAA"})
	switch {
	case b.Outcome == fact.Present:
		return b, fact.Present, ""
	case a.Outcome == fact.Absent && b.Outcome == fact.Absent:
		return b, fact.Absent, ""
	case a.Outcome != fact.Absent:
		return a, fact.Unknown, a.Reason
	}
	return b, fact.Unknown, b.Reason
}

// random asks whether a random label below a name exists: where it does, or
// where that cannot be told, no name below it proves anything.
func random(ctx context.Context, env scanner.Env, r scanner.Resolver, below msp.Name) (fact.Outcome, string) {
	if env.Random == nil {
		return fact.Unknown, "no_random_labels"
	}
	name, err := msp.ParseName(env.Random() + "." + string(below))
	if err != nil {
		return fact.Unknown, "name_too_long"
	}
	_, o, reason := exists(ctx, r, name)
	return o, reason
}
