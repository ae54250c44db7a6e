package mtasts

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Fetcher gets the policy file of a domain over HTTPS (RFC 8461 section 3.3). It
// knows whom it may ask: a domain without consent is refused with ErrNotFetched.
type Fetcher interface {
	Fetch(ctx context.Context, domain msp.Name) ([]byte, error)
}

// ErrNotFetched is the refusal of a Fetcher to ask at all.
var ErrNotFetched = errors.New("not fetched")

// maxPolicy bounds a policy file (section 3.3 allows a bound of 64 kB).
const maxPolicy = 64 << 10

// Probe looks at the MTA-STS record of the task's name, and at the policy if f is
// not nil. Data is fact.MTASTS: Present = one sound record, Broken = unsound or
// several, Absent = none. Policy is Unknown with PolicyReason unless a file came.
func Probe(f Fetcher) scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeMTASTS,
		Doc:  "the MTA-STS record and, with consent, its policy (RFC 8461)",
		Run: func(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
			return run(ctx, env, t, f)
		},
	}
}

func run(ctx context.Context, env scanner.Env, t fact.Task, f Fetcher) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	data := fact.MTASTS{Domain: t.Name, PolicyReason: "not fetched"}
	name, err := msp.ParseName("_mta-sts." + string(t.Name))
	if err != nil { // too long for the DNS
		return trace.Fact(t, fact.Absent, "", data)
	}
	a := trace.Look(ctx, name, "TXT")
	if a.Outcome != fact.Present {
		return trace.Fact(t, a.Outcome, a.Reason, data)
	}
	outcome, reason := read(a, &data)
	if outcome == fact.Present && f != nil && !env.Passive {
		policy(ctx, f, &data)
	}
	return trace.Fact(t, outcome, reason, data)
}

// read takes the record: if there is not exactly one, or it is unsound, the
// domain has none for a sender (section 3.1).
func read(a scanner.Answer, data *fact.MTASTS) (fact.Outcome, string) {
	count := 0
	for _, r := range a.Records {
		text := strings.Join(r.Fields, "")
		rec, ok := Parse(text)
		if !ok {
			continue
		}
		if count++; count == 1 {
			data.Record, data.ID, data.Errors = scanner.Printable(text), rec.ID, rec.Errors
		}
	}
	switch {
	case count == 0:
		return fact.Absent, ""
	case count > 1:
		data.Errors = append(data.Errors, "several records (RFC 8461 section 3.1)")
		return fact.Broken, "multiple"
	case len(data.Errors) > 0:
		return fact.Broken, "invalid"
	}
	return fact.Present, ""
}

func policy(ctx context.Context, f Fetcher, data *fact.MTASTS) {
	body, err := f.Fetch(ctx, data.Domain)
	switch {
	case err != nil: // a failed fetch tells nothing of the policy
		data.PolicyReason = err.Error()
		return
	case len(body) > maxPolicy:
		data.PolicyReason = "the policy file is over 64 kB"
		return
	case !utf8.Valid(body):
		data.Policy, data.PolicyReason = fact.Broken, "not UTF-8"
		return
	}
	p := ParsePolicy(string(body))
	data.Policy, data.PolicyReason = fact.Present, ""
	data.Mode, data.MX, data.MaxAge = p.Mode, p.MX, p.MaxAge
	if len(p.Errors) > 0 {
		data.Policy, data.PolicyReason = fact.Broken, strings.Join(p.Errors, "; ")
	}
}
