package pipeline

import (
	"context"
	"fmt"
	"iter"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/resolve/bulk"
)

// defaultRate is how many queries a second go to the resolvers unless told
// otherwise, as the strict client has it.
const defaultRate = 500

// scoutTries is how often a name is put in bulk; the strict client has a go at what
// is left.
const scoutTries = 4

// scout takes the quick looks of a sweep: in bulk, at the same resolvers.
type scout struct {
	client *bulk.Client
	saw    func() // of each name; nil = nobody
}

// scout makes the bulk client of a sweep. The rate is shared by the tasks that run
// at the same time.
func (n *network) scout(saw func()) (scanner.Scout, error) {
	rate := n.config.Rate
	switch {
	case rate == 0:
		rate = defaultRate
	case rate < 0:
		rate = 0 // no limit
	}
	window := 2048 // of each task, at each resolver
	if n.box != nil {
		window = 64 // its one resolver shares the machine with us
	}
	client, err := bulk.New(bulk.Config{Resolvers: n.config.Resolvers, Dial: n.config.Dial, Rate: rate / sweepWorkers, Window: window, Tries: scoutTries})
	if err != nil {
		return nil, fmt.Errorf("make ready the sweep: %w", err)
	}
	return scout{client: client, saw: saw}, nil
}

// Scout implements scanner.Scout. Nothing comes back where no socket could be
// opened.
func (s scout) Scout(ctx context.Context, names []msp.Name, qtype string) []scanner.Glance {
	list, at := make([]scanner.Glance, len(names)), make(map[string][]int, len(names))
	for i, n := range names {
		list[i].Reason = "canceled"
		at[string(n)] = append(at[string(n)], i)
	}
	_, err := s.client.Run(ctx, questions(names, qtype), func(a bulk.Answer) {
		for _, i := range at[a.Name] {
			list[i] = glance(a)
		}
		if s.saw != nil {
			s.saw()
		}
	})
	if err != nil && ctx.Err() == nil {
		return nil
	}
	return list
}

func questions(names []msp.Name, qtype string) iter.Seq[bulk.Question] {
	number := map[string]uint16{"A": bulk.TypeA, "NS": bulk.TypeNS}[qtype]
	return func(yield func(bulk.Question) bool) {
		for _, n := range names {
			if !yield(bulk.Question{Name: string(n), Type: number}) {
				return
			}
		}
	}
}

func glance(a bulk.Answer) scanner.Glance {
	g := scanner.Glance{Outcome: a.Outcome, Reason: a.Reason, Alias: a.Alias != "", SOA: msp.Name(a.SOA)}
	switch {
	case a.Outcome == fact.Absent && a.RCode == 3: // RFC 1035 section 4.1.1
		g.Rcode = "NXDOMAIN"
	case a.RCode == 0:
		g.Rcode = "NOERROR"
	}
	return g
}
