package pipeline

import (
	"context"
	"fmt"
	"time"

	"mspscan/msp/fact"
	"mspscan/scanner/lookalike"
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

// DefaultSweepBudget is how many names a sweep asks for: the usual three thousand
// of some thirty domains, in a bit more than three minutes at the default rate.
const DefaultSweepBudget = 100_000

// DefaultSweepLikeness is the likeness down to which look-alikes are made.
const DefaultSweepLikeness = lookalike.DefaultLeast

// The bounds of a sweep.
const (
	maxSweepBudget = 5_000_000
	sweepWorkers   = 4         // tasks at the same time; each asks for many names at once
	sweepTimeout   = time.Hour // of one task, at a low --rate
)

func (c Config) sweeps() bool { return c.Sweep != "" && c.Sweep != SweepNone }

func (c Config) sweepOptions() plan.SweepOptions {
	return plan.SweepOptions{
		Hosts:      c.Sweep == SweepHosts || c.Sweep == SweepAll,
		Lookalikes: c.Sweep == SweepLookalikes || c.Sweep == SweepAll,
		Budget:     c.SweepBudget,
		Least:      c.SweepLikeness,
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
	if c.sweeps() && (c.SweepLikeness < 1 || c.SweepLikeness > 99) {
		return usage("--sweep-likeness %d: 1 to 99", c.SweepLikeness)
	}
	return nil
}

// sweep asks for names that may exist, where that is wanted, and then all that
// the hosts which it found bring up. It is always this process that asks: the rate
// to the resolvers bounds it, not the number of machines.
func (j *job) sweep(ctx context.Context, c *collector) (err error) {
	if !j.cfg.sweeps() {
		return nil
	}
	if j.share != nil {
		done, err := j.share.store.sweep(ctx)
		if err != nil {
			return err
		}
		defer done()
	}
	tasks := plan.Sweep(j.graph, j.cfg.sweepOptions())
	usual, remote := c.run, c.remote
	if remote != nil {
		if err := j.here(ctx, c); err != nil {
			return err
		}
	}
	c.run.Workers, c.run.TaskTimeout = sweepWorkers, sweepTimeout
	watch := j.watchSweep(tasks)
	if c.run.Env.Scout, err = j.net.scout(watch); err != nil {
		return coded(CodeInternal, err)
	}
	c.run.Observe = nil // it counts tasks; a sweep is counted by names
	err = c.round(ctx, tasks)
	c.run, c.remote = usual, remote
	j.bar.clear()
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
func sweepQueries(t fact.Task) int {
	switch t.Probe {
	case fact.ProbeLookalikes, fact.ProbeBrandNames:
		from, to, _, err := sweep.ReadPlaces(t.Type)
		if err != nil {
			return 0
		}
		return to - from + 1
	case fact.ProbeHostSweep:
		return len(sweep.Labels())
	}
	return 0
}

// sweepSize says how much a task of a sweep asks for, "" of any other task.
func sweepSize(t fact.Task) string {
	n := sweepQueries(t)
	switch {
	case n == 0:
		return ""
	case t.Type != "":
		return fmt.Sprintf("names %s, about %d queries", t.Type, n)
	}
	return fmt.Sprintf("about %d queries", n)
}
