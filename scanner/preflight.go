package scanner

import (
	"context"
	"strings"
	"sync"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// preflightLabels is how many random names are asked for under each suffix.
const preflightLabels = 3

// Preflight asks resolver, by the name that goes into the fact, for random names
// that cannot exist: three under invalid. (RFC 6761 section 6.4) and three under
// each suffix. One that resolves unmasks a resolver that rewrites NXDOMAIN.
// Validates says that the root's keys came with AD. random gives a label.
func Preflight(ctx context.Context, r Resolver, resolver string, random func() string, suffixes ...msp.Name) fact.Preflight {
	questions := []Question{{Name: msp.Root, Type: "DNSKEY", DO: true}}
	for _, suffix := range append([]msp.Name{"invalid"}, suffixes...) {
		for range preflightLabels {
			name := msp.Name(strings.ToLower(random()) + "." + string(suffix))
			questions = append(questions, Question{Name: name, Type: "A"})
		}
	}
	answers := make([]Answer, len(questions))
	var wg sync.WaitGroup
	for i, q := range questions { // at once: a dead resolver costs one wait, not one a name
		wg.Go(func() { answers[i] = r.Resolve(ctx, q) })
	}
	wg.Wait()
	p := fact.Preflight{Resolver: resolver, Validates: answers[0].Outcome == fact.Present && answers[0].AD}
	for i, a := range answers {
		p.Reachable = p.Reachable || a.Rcode != ""
		p.Rewrites = p.Rewrites || i > 0 && (a.Outcome == fact.Present || len(a.Chain) > 0)
	}
	return p
}
