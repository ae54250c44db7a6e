package dkim

import (
	"context"
	"strings"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Probe looks at the key of the task's name at one selector: the selector stands
// in Task.Type. No selector is guessed. Data is fact.DKIM: Present = one key that
// can be read, whatever else is wrong with the record, or a revoked one; Broken =
// no key in the record, or several records; Absent = no record. The vendor
// is the party of cat behind the alias that the key is reached by; cat may be nil.
func Probe(cat *catalog.Catalog) scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeDKIM,
		Doc:  "the DKIM key at a selector that a discovered vendor uses (RFC 6376, RFC 8301, RFC 8463)",
		Run: func(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
			return run(ctx, env, t, cat)
		},
	}
}

func run(ctx context.Context, env scanner.Env, t fact.Task, cat *catalog.Catalog) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	data := fact.DKIM{Domain: t.Name, Selector: t.Type}
	name, err := msp.ParseName(t.Type + "._domainkey." + string(t.Name))
	if t.Type == "" || err != nil {
		return trace.Fact(t, fact.Unknown, "no selector", data)
	}
	a := trace.Look(ctx, name, "TXT")
	if cat != nil && len(a.Chain) > 0 {
		if m, ok := cat.Match(a.End(name)); ok {
			data.Vendor = m.Entry.ID
		}
	}
	if a.Outcome != fact.Present {
		return trace.Fact(t, a.Outcome, a.Reason, data)
	}
	outcome, reason := read(a, &data)
	return trace.Fact(t, outcome, reason, data)
}

// read takes the key. What several records mean is undefined (RFC 6376 section
// 3.6.2.2).
func read(a scanner.Answer, data *fact.DKIM) (fact.Outcome, string) {
	count := 0
	for _, r := range a.Records {
		text := strings.Join(r.Fields, "")
		rec, ok := Parse(text)
		if !ok {
			continue
		}
		if count++; count == 1 {
			data.Record, data.KeyType, data.Bits = scanner.Printable(text), rec.KeyType, rec.Bits
			data.Revoked, data.Testing, data.Errors = rec.Revoked, rec.Testing, rec.Errors
		}
	}
	switch {
	case count == 0:
		return fact.Absent, ""
	case count > 1:
		data.Errors = append(data.Errors, "several records (RFC 6376 section 3.6.2.2)")
		return fact.Broken, "multiple"
	case data.Bits == 0 && !data.Revoked:
		return fact.Broken, "invalid"
	}
	return fact.Present, ""
}
