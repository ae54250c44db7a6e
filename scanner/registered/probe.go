package registered

import (
	"context"

	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Probe asks the parent's servers for the task's name, a registrable domain;
// passive scans ask the resolver. Data is fact.Registered: Present = delegated,
// Absent = proved not to be (see its Rcode), Unknown = nobody said.
func Probe() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeRegistered,
		Doc:  "whether a registrable domain is delegated, as its parent's servers answer (RFC 1034 4.3.2)",
		Run:  run,
	}
}

func run(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	if env.Passive {
		d, outcome, reason := fromResolver(t.Name, trace.Look(ctx, t.Name, "NS"))
		return trace.Fact(t, outcome, reason, d)
	}
	d, outcome, reason := fromCut(scanner.FindCut(ctx, trace, t.Name))
	if outcome == fact.Absent {
		trace.Look(ctx, t.Name, "NS") // for the second opinion
	}
	return trace.Fact(t, outcome, reason, d)
}
