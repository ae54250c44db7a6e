package dane

import (
	"context"
	"slices"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Probe looks at the TLSA set of port 25 of the task's name, an MX host. Data is
// fact.DANE: Present = a set, whether it can match or not, Absent = none. Signed
// is Present if the resolver validated the set or signatures came with it, Absent
// if the zone proved to have no keys, else Unknown.
func Probe() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeDANE,
		Doc:  "the TLSA set of an MX host's port 25 and whether its zone is signed (RFC 7672)",
		Run:  run,
	}
}

func run(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	data := fact.DANE{Host: t.Name}
	name, err := msp.ParseName("_25._tcp." + string(t.Name))
	if err != nil { // too long for the DNS
		return trace.Fact(t, fact.Absent, "", data)
	}
	a := trace.Look(ctx, name, "TLSA")
	if a.Outcome != fact.Present {
		return trace.Fact(t, a.Outcome, a.Reason, data)
	}
	data.Records = Parse(a.Records)
	data.Signed = signed(ctx, trace, name, a)
	return trace.Fact(t, fact.Present, "", data)
}

// signed asks as little as decides: AD, then signatures, then the keys of the
// zone. A resolver that knows nothing of DNSSEC shows neither of the first two,
// so that only the proof that there are no keys counts as unsigned.
func signed(ctx context.Context, trace *scanner.Trace, name msp.Name, a scanner.Answer) fact.Outcome {
	if a.AD {
		return fact.Present
	}
	again := trace.Resolve(ctx, scanner.Question{Name: name, Type: "TLSA", DO: true})
	if again.AD || len(again.Signatures) > 0 {
		return fact.Present
	}
	zone, ok := apex(ctx, trace, a.End(name))
	if !ok {
		return fact.Unknown
	}
	switch keys := trace.Look(ctx, zone, "DNSKEY"); keys.Outcome {
	case fact.Present, fact.Absent:
		return keys.Outcome
	}
	return fact.Unknown
}

// apex finds the zone of name: the owner of the SOA record that comes with the
// answer, whether there is one at the name or not (RFC 2308 section 3).
func apex(ctx context.Context, trace *scanner.Trace, name msp.Name) (msp.Name, bool) {
	a := trace.Look(ctx, name, "SOA")
	for _, r := range slices.Concat(a.Records, a.Authority) {
		if r.Type == "SOA" && name.Within(r.Name) && r.Name != msp.Root {
			return r.Name, true
		}
	}
	return "", false
}
