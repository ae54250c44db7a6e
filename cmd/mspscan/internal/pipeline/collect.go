package pipeline

import (
	"context"
	"fmt"
	"sort"
	"time"

	"mspscan/msp/fact"
	"mspscan/msp/graph"
	"mspscan/msp/journal"
	"mspscan/scanner"
	"mspscan/scanner/plan"
	"mspscan/scanner/resolve"
)

// maxRounds bounds the planning: each rank brings a handful of rounds.
const maxRounds = 64

// collector runs the left side of the journal for one graph.
type collector struct {
	net     *network
	graph   *graph.Graph
	journal *journal.Writer // nil = the facts are kept in memory only
	options plan.Options
	run     scanner.RunConfig
	remote  runner        // nil = the tasks are run in this process
	turns   resolve.Turns // shared with the workers of the run; nil = there are none
	share   *stake        // with other organisations; nil = with none
	asked   int           // tasks run
}

// runner runs each task once and hands its fact to keep, one at a time: in this
// process by scanner.Run, past it by the workers of a queue.
type runner interface {
	Run(ctx context.Context, tasks []fact.Task, keep func(fact.Fact) error) error
}

// inProcess runs tasks here.
type inProcess scanner.RunConfig

// Run implements runner.
func (r inProcess) Run(ctx context.Context, tasks []fact.Task, keep func(fact.Fact) error) error {
	return scanner.Run(ctx, scanner.RunConfig(r), tasks, keep)
}

func (c *collector) runner() runner {
	var r runner = inProcess(c.run)
	if c.remote != nil {
		r = c.remote
	}
	if c.share != nil {
		return sharing{c.share, r}
	}
	return r
}

// newCollector makes a collector with the probes of this tool.
func newCollector(cfg Config, n *network, g *graph.Graph, j *journal.Writer, all []scanner.Probe, started time.Time, watch func(scanner.Progress)) *collector {
	c := &collector{net: n, graph: g, journal: j, options: planOptions(cfg, all, started)}
	c.run = scanner.RunConfig{
		Probes:  all,
		Env:     scanner.Env{Resolver: n.client, Passive: cfg.Passive, Now: started, Random: randomLabel},
		Vantage: vantage(n),
		Now:     func() time.Time { return time.Now().UTC() },
		Clock:   time.Now,
		Scope:   scopeOf,
		Observe: watch,
	}
	return c
}

func planOptions(cfg Config, all []scanner.Probe, now time.Time) plan.Options {
	known := map[string]bool{}
	for _, p := range all {
		known[p.Name] = p.Active
	}
	return plan.Options{Probes: known, Ranks: cfg.Ranks, Passive: cfg.Passive, Active: cfg.Active, Now: now}
}

func vantage(n *network) string {
	if n.box != nil {
		return "zone files"
	}
	return "this machine"
}

// scopeOf counts all queries about a name together. Those of a sweep are about
// many names and bounded by its own budget.
func scopeOf(t fact.Task) string {
	switch t.Probe {
	case fact.ProbeLookalikes, fact.ProbeBrandNames, fact.ProbeHostSweep:
		return ""
	}
	return string(t.Name)
}

// all runs rounds until the graph brings up nothing new.
func (c *collector) all(ctx context.Context) error {
	for range maxRounds {
		next := plan.Next(c.graph, c.options)
		if len(next.Tasks) == 0 {
			return nil
		}
		if err := c.round(ctx, next.Tasks); err != nil {
			return err
		}
	}
	return fmt.Errorf("plan: still new tasks after %d rounds", maxRounds)
}

// flush makes durable what was learnt.
func (c *collector) flush() error {
	if c.journal == nil {
		return nil
	}
	return coded(CodeInternal, c.journal.Flush())
}

// round runs tasks, records each fact as it comes and applies them all at the
// end, in order.
func (c *collector) round(ctx context.Context, tasks []fact.Task) error {
	if c.journal != nil {
		for _, t := range tasks {
			if err := c.journal.Task(t); err != nil {
				return coded(CodeInternal, err)
			}
		}
	}
	var facts []fact.Fact
	err := c.runner().Run(ctx, tasks, func(f fact.Fact) error {
		facts = append(facts, f)
		if c.journal == nil {
			return nil
		}
		return coded(CodeInternal, c.journal.Fact(f))
	})
	sort.Slice(facts, func(i, j int) bool { return facts[i].Task.Less(facts[j].Task) })
	for _, f := range facts {
		if err := c.graph.Apply(f); err != nil {
			return fmt.Errorf("apply fact: %w", err)
		}
	}
	c.asked += len(facts)
	return err
}

// missing gives the tasks of a list that no fact answers yet.
func missing(g *graph.Graph, tasks []fact.Task) []fact.Task {
	var list []fact.Task
	for _, t := range tasks {
		if _, done := g.FactOf(t); !done {
			list = append(list, t)
		}
	}
	return list
}
