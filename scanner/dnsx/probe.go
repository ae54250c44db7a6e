package dnsx

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Probe asks the task's name and type over every one of the resolvers, each
// address:port. Data is fact.Second; see fact.Agrees. The fact is Present when
// one of them gave records, Absent when one denied them and none gave any, and
// Unknown when none said anything clean; Reason is that of the first that did
// not. No socket is opened before the probe runs. shown gives the address that
// evidence shows for a resolver where that is another than the one asked.
func Probe(resolvers []string, shown map[string]string) scanner.Probe {
	sorted := slices.Compact(slices.Sorted(slices.Values(resolvers)))
	clients := make([]client, len(sorted))
	for i, r := range sorted {
		clients[i] = newClient(r)
		clients[i].shown = cmp.Or(shown[r], r)
	}
	return scanner.Probe{
		Name: fact.ProbeSecond,
		Doc:  "second opinion on a record set, by the dnsx library over every resolver",
		Run: func(ctx context.Context, _ scanner.Env, t fact.Task) fact.Fact {
			return second(ctx, clients, t)
		},
	}
}

func second(ctx context.Context, clients []client, t fact.Task) fact.Fact {
	trace := scanner.NewTrace(nil)
	data := fact.Second{Name: t.Name, Type: t.Type, Answers: make([]fact.SecondAnswer, len(clients))}
	qtype, ok := typeOf(t.Type)
	if !ok {
		data.Answers = nil
		return trace.Fact(t, fact.Unknown, "bad_question", data)
	}
	queries := make([][]fact.Query, len(clients))
	var wg sync.WaitGroup
	for i, c := range clients {
		wg.Go(func() { data.Answers[i], queries[i] = c.ask(ctx, t.Name, qtype) })
	}
	wg.Wait()
	outcome, reason := judge(data.Answers)
	f := trace.Fact(t, outcome, reason, data)
	f.Queries = slices.Concat(queries...)
	return f
}

func judge(answers []fact.SecondAnswer) (fact.Outcome, string) {
	outcome, reason := fact.Unknown, ""
	for _, a := range answers {
		switch {
		case a.Error != "":
			if reason == "" {
				reason = a.Error
			}
		case len(a.Values) > 0:
			outcome = fact.Present
		case outcome == fact.Unknown:
			outcome = fact.Absent
		}
	}
	if len(answers) == 0 {
		reason = "no_resolver"
	}
	return outcome, strings.ToLower(reason)
}
