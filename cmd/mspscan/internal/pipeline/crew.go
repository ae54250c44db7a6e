package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
	"mspscan/scanner"
	"mspscan/scanner/dnsx"
	"mspscan/scanner/mtasts"
	"mspscan/scanner/probes"
	"mspscan/scanner/queue"
)

// The bounds of a worker's tasks. They wait for turns at servers that all workers
// share, so one may take longer than in a process of its own.
const (
	unitTasks   = 8 // of one unit at a time
	taskTimeout = 15 * time.Minute
)

// crew answers the units of one run: a resolver with the run's parameters, cache
// and budgets, and the probes over it.
type crew struct {
	header queue.Header
	net    *network
	cut    func() int64 // counts who gave up waiting for a turn as the broker was away
	run    scanner.RunConfig
	liar   bool // the resolver answers names that do not exist
}

// openCrew makes the crew of a run and tries its resolver once.
func openCrew(ctx context.Context, zones string, cat *catalog.Catalog, h queue.Header, turns *queue.RunTurns) (*crew, error) {
	cfg := Config{Resolvers: h.Resolvers, Zones: zones, Passive: h.Passive, Active: h.Active, AllowPrivate: h.AllowPrivate, Rate: h.Rate, RatePerServer: h.RatePerServer}
	n, err := openShared(cfg, h, turns)
	if err != nil {
		return nil, err
	}
	c := &crew{header: h, net: n, cut: turns.Cut}
	list := probes.All(probes.Deps{Catalog: cat, Policies: c.policies(), More: n.more})
	c.run = scanner.RunConfig{
		Probes: list, Workers: unitTasks, TaskTimeout: taskTimeout, Vantage: h.Vantage, Scope: scopeOf,
		Env: scanner.Env{Resolver: n.client, Passive: h.Passive, Now: h.Started, Random: randomLabel},
		Now: func() time.Time { return time.Now().UTC() },
	}
	c.liar = scanner.Preflight(ctx, n.client, n.resolvers[0], randomLabel).Rewrites
	return c, nil
}

// Close implements queue.Crew.
func (c *crew) Close() error { return c.net.close() }

// Answer implements queue.Crew. A probe that panics leaves its task without a
// fact: the unit goes back, and is given up when that happens too often. So does
// one whose probes could not send because the broker was away: that nothing was
// learnt then says nothing of the name.
func (c *crew) Answer(ctx context.Context, u queue.Unit, emit func(f fact.Fact, spent int)) error {
	if c.liar && (len(u.Tasks) != 1 || u.Tasks[0].Probe != fact.ProbePreflight) {
		return fmt.Errorf("%w: resolver %s answers names that do not exist", queue.ErrUnfit, c.net.resolvers[0])
	}
	scope := string(u.Name)
	c.net.client.Charge(scope, u.Spent)
	why := c.forbids(u.Consent)
	allowed, forbidden := c.sort(u, why)
	for _, t := range forbidden {
		f := fact.Fact{Task: t, Reason: "no_consent", Vantage: c.run.Vantage, At: c.run.Now()}
		f.Seal()
		emit(f, c.net.client.Spent(scope))
	}
	var trouble atomic.Pointer[string]
	cut := c.cut()
	run := c.run
	run.Probes = guarded(run.Probes, &trouble)
	err := scanner.Run(context.WithValue(ctx, refusalKey{}, why), run, allowed, func(f fact.Fact) error {
		if what := trouble.Load(); what != nil {
			return fmt.Errorf("internal error: %s", *what)
		}
		if c.cut() != cut {
			return errors.New("the broker was away for too long")
		}
		emit(f, c.net.client.Spent(scope))
		return nil
	})
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// sort tells the tasks that may be run from the active ones without consent.
func (c *crew) sort(u queue.Unit, why string) (allowed, forbidden []fact.Task) {
	for _, t := range u.Tasks {
		p, known := probes.ByName(c.run.Probes, t.Probe)
		if known && p.Active && why != "" {
			forbidden = append(forbidden, t)
		} else {
			allowed = append(allowed, t)
		}
	}
	return allowed, forbidden
}

// refusalKey is the key of why a unit's name may not be probed actively, in the
// context of its tasks.
type refusalKey struct{}

// forbids gives why a name with this consent may not be probed actively, on the
// later of the run's day and this one.
func (c *crew) forbids(consent *queue.Consent) string {
	if !c.header.Active || c.header.Passive {
		return "the run is not active"
	}
	day := c.header.Started
	if now := time.Now(); now.After(day) {
		day = now
	}
	return consent.Forbids(day)
}

// policies gives the fetcher of the run, which holds itself to the units' consent.
func (c *crew) policies() mtasts.Fetcher {
	if !c.header.Active || c.header.Passive || c.net.box != nil {
		return nil
	}
	return consented{c}
}

// consented fetches the policies of names whose unit carries a live consent.
type consented struct{ crew *crew }

// Fetch implements mtasts.Fetcher.
func (f consented) Fetch(ctx context.Context, domain msp.Name) ([]byte, error) {
	why, known := ctx.Value(refusalKey{}).(string)
	if !known {
		why = "the task has no consent with it"
	}
	return policyFetcher(f.crew.net, f.crew.header.AllowPrivate, map[msp.Name]string{domain: why}).Fetch(ctx, domain)
}

// guarded gives the probes with a panic in one noted instead of passed on.
func guarded(list []scanner.Probe, trouble *atomic.Pointer[string]) []scanner.Probe {
	out := make([]scanner.Probe, len(list))
	for i, p := range list {
		inner := p.Run
		p.Run = func(ctx context.Context, env scanner.Env, t fact.Task) (f fact.Fact) {
			defer func() {
				if r := recover(); r != nil {
					what := fmt.Sprintf("%s %s: %v", t.Probe, t.Name, r)
					trouble.Store(&what)
				}
			}()
			return inner(ctx, env, t)
		}
		out[i] = p
	}
	return out
}

// moreProbes gives the probes beside those over the strict client alone.
func moreProbes(n *network) []scanner.Probe {
	return []scanner.Probe{dnsx.Probe(n.asked, n.shown), dnsx.CDNProbe(), preflightProbe()}
}
