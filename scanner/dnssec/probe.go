package dnssec

import (
	"context"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// The words of fact.DNSSEC.Validation.
const (
	Secure        = "secure"        // the resolver set AD
	Bogus         = "bogus"         // the chain is broken
	Insecure      = "insecure"      // no DS: proved unsigned
	Indeterminate = "indeterminate" // nobody validated; see Checked
)

// Probe looks at the chain of trust of the task's name, a zone. Data is
// fact.DNSSEC: Present = a DS set stands at the parent, Absent = none does,
// Broken = it does and the chain fails, Unknown = the DS set was not answered.
func Probe() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeDNSSEC,
		Doc:  "DS, DNSKEY and signatures of the zone, and the resolver's verdict (RFC 4033 to 4035)",
		Run:  run,
	}
}

// look is one run of the probe.
type look struct {
	trace *scanner.Trace
	zone  msp.Name
	data  fact.DNSSEC
}

func run(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	l := &look{trace: scanner.NewTrace(env.Resolver), zone: t.Name, data: fact.DNSSEC{Zone: t.Name, Validation: Indeterminate}}
	reason := l.signers(ctx)
	if l.data.DSOutcome == fact.Absent {
		l.data.Validation = Insecure
		return l.trace.Fact(t, fact.Absent, "", l.data)
	}
	soa, bogus := l.apex(ctx)
	keys := l.either(ctx, "DNSKEY")
	c := chain{zone: t.Name, now: env.Now, ds: l.data.DS, soaSet: soaSet(t.Name, soa)}
	c.keys, c.keySet = keySet(t.Name, keys)
	l.data.KeysOutcome, l.data.Keys = keys.Outcome, c.keyFacts()
	l.judge(c, soa, bogus, keys)
	switch {
	case l.data.DSOutcome != fact.Present:
		return l.trace.Fact(t, fact.Unknown, reason, l.data)
	case l.data.Validation == Bogus:
		return l.trace.Fact(t, fact.Broken, "bogus", l.data)
	}
	return l.trace.Fact(t, fact.Present, "", l.data)
}

func (l *look) ask(ctx context.Context, q scanner.Question) scanner.Answer {
	q.Name, q.DO = l.zone, true
	return l.trace.Resolve(ctx, q)
}

// either asks for a set, and past the validator if it stands in the way.
func (l *look) either(ctx context.Context, qtype string) scanner.Answer {
	a := l.ask(ctx, scanner.Question{Type: qtype})
	if a.Rcode == "SERVFAIL" {
		return l.ask(ctx, scanner.Question{Type: qtype, CD: true})
	}
	return a
}

// signers asks for the DS set at the parent. A set seen only past the validator
// counts; a denial seen only there proves nothing.
func (l *look) signers(ctx context.Context) (reason string) {
	a := l.ask(ctx, scanner.Question{Type: "DS"})
	l.trace.Keep(a, l.zone, "DS")
	reason = a.Reason
	if a.Rcode == "SERVFAIL" {
		if past := l.ask(ctx, scanner.Question{Type: "DS", CD: true}); past.Outcome == fact.Present {
			a = past
		}
	}
	if len(a.Chain) > 0 { // an alias has no delegation
		a.Outcome, reason = fact.Unknown, "cname"
	}
	l.data.DSOutcome, l.data.DS = a.Outcome, dsFacts(l.zone, a.Records)
	if a.Outcome == fact.Broken {
		l.data.DSOutcome = fact.Unknown
	}
	return reason
}

// apex asks for the SOA. Bogus is a SERVFAIL that stays when asked again, while
// the same question with checking disabled is answered (RFC 4035 section 4.9.1).
func (l *look) apex(ctx context.Context) (soa scanner.Answer, bogus bool) {
	soa = l.ask(ctx, scanner.Question{Type: "SOA"})
	l.say(soa)
	if soa.Rcode != "SERVFAIL" {
		return soa, false
	}
	past := l.ask(ctx, scanner.Question{Type: "SOA", CD: true})
	if past.Outcome != fact.Present {
		return past, false
	}
	again := l.ask(ctx, scanner.Question{Type: "SOA", Look: 1})
	if again.Outcome == fact.Present {
		l.data.Faults = nil
		l.say(again)
		return again, false
	}
	return past, again.Rcode == "SERVFAIL"
}

// say keeps what the resolver says of the answer: AD, and the errors of RFC 8914.
func (l *look) say(a scanner.Answer) {
	if a.AD && a.Outcome == fact.Present {
		l.data.Validation = Secure
	}
	if n := len(a.Queries); n > 0 {
		l.data.Validator = a.Queries[n-1].Server
	}
	for _, e := range a.EDE {
		l.data.Faults = append(l.data.Faults, "the resolver says: "+scanner.Printable(e))
	}
}

// judge joins the resolver's verdict and the inspection.
func (l *look) judge(c chain, soa scanner.Answer, bogus bool, keys scanner.Answer) {
	fetched := soa.Outcome == fact.Present && keys.Outcome != fact.Unknown && len(c.ds) > 0
	var faults []string
	sure := false
	if fetched {
		l.data.Signatures, faults, sure = c.inspect()
		l.data.Checked = true
	}
	switch {
	case l.data.Validation == Secure:
		l.data.Faults = nil // a validator went the whole chain
	case bogus, sure && len(faults) > 0:
		l.data.Validation = Bogus
		l.data.Faults = append(faults, l.data.Faults...)
	default:
		l.data.Validator = "" // nobody validated
		l.data.Faults = nil
	}
}
