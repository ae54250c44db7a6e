package hosts

import (
	"context"
	"slices"

	"mspscan/msp"
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
	if outcome == fact.Unknown && len(h.Chain) == 0 && slices.Contains([]string{"servfail", "timeout", "unreachable"}, reason) {
		aliases(ctx, trace, &h)
	}
	return trace.Fact(t, outcome, reason, h)
}

// maxHops bounds the chain as the resolver does.
const maxHops = 11

// aliases asks for the CNAMEs alone. A resolver that cannot reach the end of a
// chain says SERVFAIL to all of it, or nothing in time, yet where a name leads is a fact of its own:
// the outcome stays unknown, the chain is kept as far as it is answered.
func aliases(ctx context.Context, trace *scanner.Trace, h *fact.Hosts) {
	for len(h.Chain) < maxHops && !loops(h.Chain) {
		a := trace.Look(ctx, h.End, "CNAME")
		to, ok := target(a, h.End)
		if !ok {
			break
		}
		h.Chain, h.End = append(h.Chain, fact.Hop{From: h.End, To: to}), to
	}
	h.Loop = loops(h.Chain)
}

// target gives where a clean answer says that name leads.
func target(a scanner.Answer, name msp.Name) (msp.Name, bool) {
	if a.Outcome != fact.Present {
		return "", false
	}
	for _, r := range a.Records {
		if r.Type != "CNAME" || r.Name != name || len(r.Fields) != 1 {
			continue
		}
		if to, err := msp.ParseName(r.Fields[0]); err == nil {
			return to, true
		}
	}
	return "", false
}
