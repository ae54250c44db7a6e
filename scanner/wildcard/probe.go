package wildcard

import (
	"context"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// labels is the number of random labels: one could be a name by chance.
const labels = 2

// Probe asks for two random labels under the task's name. Data is fact.Wildcard.
func Probe() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeWildcard,
		Doc:  "whether two random labels under the zone resolve (RFC 4592)",
		Run:  run,
	}
}

func run(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	data := fact.Wildcard{Zone: t.Name}
	if env.Random == nil {
		return trace.Fact(t, fact.Unknown, "no_random_labels", data)
	}
	var all [][]scanner.Answer
	for range labels {
		name, err := msp.ParseName(env.Random() + "." + string(t.Name))
		if err != nil { // the zone's name leaves no room for a label
			return trace.Fact(t, fact.Unknown, "name_too_long", data)
		}
		all = append(all, askLabel(ctx, trace, name))
	}
	outcome, reason := judge(&data, all)
	return trace.Fact(t, outcome, reason, data)
}

func askLabel(ctx context.Context, trace *scanner.Trace, name msp.Name) []scanner.Answer {
	var answers []scanner.Answer
	for _, qtype := range types() {
		a := trace.Resolve(ctx, scanner.Question{Name: name, Type: qtype})
		answers = append(answers, a)
		denied := a.Outcome == fact.Absent && (len(a.Chain) > 0 || a.Rcode == "NXDOMAIN")
		if a.Outcome == fact.Present || denied {
			break // found, an alias to nothing, or no type of it exists (RFC 8020)
		}
	}
	return answers
}
