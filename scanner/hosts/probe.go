package hosts

import (
	"context"

	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Probe asks for the addresses of the task's name. Data is fact.Hosts. A Present
// fact with a reason means that only one of the two address types is known.
func Probe() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeHosts,
		Doc:  "CNAME chain and addresses of a name (RFC 1034 3.6.2, RFC 3596)",
		Run:  run,
	}
}

func run(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	a, aaaa := trace.Look(ctx, t.Name, "A"), trace.Look(ctx, t.Name, "AAAA")
	h, outcome, reason := judge(t.Name, a, aaaa)
	return trace.Fact(t, outcome, reason, h)
}
