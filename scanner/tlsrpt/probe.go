package tlsrpt

import (
	"context"
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Probe looks at the TLS reporting record of the task's name. Data is
// fact.TLSRPT: Present = one sound record, Broken = unsound or several, Absent =
// none.
func Probe() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeTLSRPT,
		Doc:  "the SMTP TLS reporting record and its receivers (RFC 8460)",
		Run:  run,
	}
}

func run(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	data := fact.TLSRPT{Domain: t.Name}
	name, err := msp.ParseName("_smtp._tls." + string(t.Name))
	if err != nil { // too long for the DNS
		return trace.Fact(t, fact.Absent, "", data)
	}
	a := trace.Look(ctx, name, "TXT")
	if a.Outcome != fact.Present {
		return trace.Fact(t, a.Outcome, a.Reason, data)
	}
	outcome, reason := read(a, &data)
	return trace.Fact(t, outcome, reason, data)
}

// read takes the record: several count as none for a sender (section 3).
func read(a scanner.Answer, data *fact.TLSRPT) (fact.Outcome, string) {
	count := 0
	for _, r := range a.Records {
		text := strings.Join(r.Fields, "")
		rec, ok := Parse(text)
		if !ok {
			continue
		}
		if count++; count == 1 {
			data.Record, data.URIs, data.Errors = scanner.Printable(text), rec.URIs, rec.Errors
		}
	}
	switch {
	case count == 0:
		return fact.Absent, ""
	case count > 1:
		data.Errors = append(data.Errors, "several records (RFC 8460 section 3)")
		return fact.Broken, "multiple"
	case len(data.Errors) > 0:
		return fact.Broken, "invalid"
	}
	return fact.Present, ""
}
