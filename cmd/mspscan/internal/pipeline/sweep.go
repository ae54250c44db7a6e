package pipeline

import (
	"context"
	"fmt"
	"time"

	"mspscan/msp/fact"
	"mspscan/scanner/plan"
	"mspscan/scanner/sweep"
)

// The values of Config.Sweep.
const (
	SweepNone       = "none"
	SweepHosts      = "hosts"
	SweepLookalikes = "lookalikes"
	SweepAll        = "all"
)

// DefaultSweepBudget is how many look-alikes a scan asks for: forty seconds at
// the default rate.
const DefaultSweepBudget = 20_000

// The bounds of a sweep.
const (
	maxSweepBudget = 5_000_000
	sweepWorkers   = 2         // tasks at the same time; each asks for several names at once
	sweepTimeout   = time.Hour // of one task, at a low --rate
)

func (c Config) sweeps() bool { return c.Sweep != "" && c.Sweep != SweepNone }

func (c Config) sweepOptions() plan.SweepOptions {
	return plan.SweepOptions{
		Hosts:      c.Sweep == SweepHosts || c.Sweep == SweepAll,
		Lookalikes: c.Sweep == SweepLookalikes || c.Sweep == SweepAll,
		Budget:     c.SweepBudget,
	}
}

func (c Config) validateSweep() error {
	switch c.Sweep {
	case "", SweepNone, SweepHosts, SweepLookalikes, SweepAll:
	default:
		return usage("--sweep %q: none, hosts, lookalikes or all", c.Sweep)
	}
	if c.sweeps() && (c.SweepBudget < 1 || c.SweepBudget > maxSweepBudget) {
		return usage("--sweep-budget %d: 1 to %d", c.SweepBudget, maxSweepBudget)
	}
	return nil
}

// sweep asks for names that may exist, where that is wanted, and then all that
// the hosts which it found bring up.
func (j *job) sweep(ctx context.Context, c *collector) error {
	if !j.cfg.sweeps() {
		return nil
	}
	tasks := plan.Sweep(j.graph, j.cfg.sweepOptions())
	usual := c.run
	c.run.Workers, c.run.TaskTimeout = sweepWorkers, sweepTimeout
	err := c.round(ctx, tasks)
	c.run = usual
	if err != nil {
		return err
	}
	return c.all(ctx)
}

// sweepNote says which sweep a run did without.
func sweepNote(done string) string {
	switch done {
	case SweepAll:
		return ""
	case SweepHosts:
		return "Look-alikes of the domains were not looked for (--sweep lookalikes)."
	case SweepLookalikes:
		return "Names of remote access were not guessed (--sweep hosts)."
	}
	return "No sweep: look-alikes were not looked for, nor names of remote access guessed (--sweep all)."
}

// sweepQueries gives the queries of a sweep's task while nothing is found: what
// is found costs a few more.
func (j *job) sweepQueries(t fact.Task) int {
	switch t.Probe {
	case fact.ProbeLookalikes:
		from, to, err := sweep.ReadPlaces(t.Type)
		if err != nil {
			return 0
		}
		return to - from + 1
	case fact.ProbeBrandNames:
		return len(sweep.Suffixes(j.judge.catalog))
	case fact.ProbeHostSweep:
		return 2 + 2*len(sweep.Labels())
	}
	return 0
}

// sweepSize says how much a task of a sweep asks for, "" of any other task.
func (j *job) sweepSize(t fact.Task) string {
	n := j.sweepQueries(t)
	switch {
	case n == 0:
		return ""
	case t.Type != "":
		return fmt.Sprintf("names %s, about %d queries", t.Type, n)
	}
	return fmt.Sprintf("about %d queries", n)
}
