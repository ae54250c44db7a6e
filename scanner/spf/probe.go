package spf

import (
	"context"
	"fmt"
	"strings"

	"mspscan/msp/fact"
	"mspscan/scanner"
)

// The results of fact.SPF.
const (
	ResultNone      = "none"      // no record
	ResultOK        = "ok"        // the whole tree can be evaluated
	ResultPermerror = "permerror" // it cannot, for any receiver
	ResultTemperror = "temperror" // a look-up was not answered
)

// Probe looks at the SPF record of the task's name and at everything it
// includes. Data is fact.SPF: Present = a record that can be evaluated as far as
// it was answered (Result ok, or temperror with the Reason of the part that was
// not), Broken = permerror, Absent = no record, Unknown = the domain's own TXT
// set was not answered.
func Probe() scanner.Probe {
	return scanner.Probe{
		Name: fact.ProbeSPF,
		Doc:  "the SPF record and its whole include tree with costs (RFC 7208)",
		Run:  run,
	}
}

func run(ctx context.Context, env scanner.Env, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(env.Resolver)
	data := fact.SPF{Domain: t.Name}
	w := &walker{ctx: ctx, look: trace.Look, answers: map[string]scanner.Answer{}, out: &data}
	own := w.ask(t.Name, "TXT")
	for _, text := range texts(own) {
		data.Records = append(data.Records, scanner.Printable(text))
	}
	switch {
	case trouble(own):
		data.Result = ResultTemperror
		data.Errors = []string{fmt.Sprintf("%s TXT: %s", t.Name, own.Reason)}
		return trace.Fact(t, own.Outcome, own.Reason, data)
	case len(data.Records) == 0:
		data.Result = ResultNone
		return trace.Fact(t, fact.Absent, "", data)
	}
	var c cost
	data.Tree, c = w.node(visit{name: t.Name, trusted: true, top: true})
	data.Lookups, data.Voids = c.lookups, c.voids
	outcome, reason := w.finish()
	return trace.Fact(t, outcome, reason, data)
}

// finish draws the result: a fault decides whatever was not answered.
func (w *walker) finish() (fact.Outcome, string) {
	w.out.IPv4, w.out.IPv6 = w.allowed.sizes()
	if n := w.out.Lookups; n > maxLookups {
		w.fail(w.out.Domain, "%d terms with look-ups, the limit is %d (RFC 7208 section 4.6.4)", n, maxLookups)
	}
	if n := w.out.Voids; n > maxVoids {
		w.fail(w.out.Domain, "%d void look-ups, the limit is %d (RFC 7208 section 4.6.4)", n, maxVoids)
	}
	if len(w.out.Errors) > 0 {
		w.out.Result = ResultPermerror
		return fact.Broken, ResultPermerror
	}
	if w.out.Truncated {
		w.unknown = append(w.unknown, string(w.out.Domain)+": budget")
	}
	if len(w.unknown) > 0 {
		w.out.Result, w.out.Errors = ResultTemperror, w.unknown
		return fact.Present, w.unknown[0][strings.LastIndex(w.unknown[0], ": ")+2:]
	}
	w.out.Result = ResultOK
	return fact.Present, ""
}
