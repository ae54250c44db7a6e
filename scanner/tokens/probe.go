package tokens

import (
	"context"

	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Probe asks for the TXT records of the task's name. Data is fact.Tokens with
// all texts; which of them are tokens, and whose, is left to the catalogue.
func Probe() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeTokens,
		Doc:  "TXT records at the top of the domain (RFC 1035 3.3.14)",
		Run:  run,
	}
}

func run(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	a := trace.Look(ctx, t.Name, "TXT")
	return trace.Fact(t, a.Outcome, a.Reason, fact.Tokens{Domain: t.Name, Texts: Texts(a.Records)})
}
