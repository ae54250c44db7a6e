package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
	"mspscan/msp/inventory"
	"mspscan/msp/journal"
	"mspscan/scanner/plan"
	"mspscan/scanner/probes"
)

// portfolioScan is the left side of a portfolio: one organisation after another,
// so many at a time, is read, asked for, judged and let go.
type portfolioScan struct {
	*portfolio
	store *shared
	net   *network
	id    string
	start time.Time // of the run; all are judged as of it

	mu   sync.Mutex
	said map[string]bool
}

// aloud tells a person something once, however many organisations say it.
func (p *portfolioScan) aloud(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if text == "" || p.cfg.Quiet || p.said[text] {
		return
	}
	p.said[text] = true
	p.bar.clear()
	fmt.Fprintln(p.s.Err, msp.Visible(text))
}

// Portfolio scans the organisations of several inventories. What they lean on
// together is asked for once. Each gets a journal and reports of its own, as the
// options say; the portfolio's come last, in the formats that have one (xlsx,
// html, json, md).
func Portfolio(ctx context.Context, cfg Config, groups [][]string, s Streams) (err error) {
	if cfg.DryRun {
		return usage("--dry-run takes one inventory at a time")
	}
	cfg.many = true
	p, err := newPortfolio(cfg, s)
	if err != nil {
		return err
	}
	more := slices.Concat(groups...)
	if cfg.Baseline != "" && !isFolder(cfg.Baseline) {
		more = append(more, filepath.Dir(cfg.Baseline)) // one of each organisation
	}
	if p.judge, err = readyJudge(cfg, more...); err != nil {
		return err
	}
	p.judge.warnSets(s.Err, cfg.Quiet)
	warnTables(s.Err, cfg.Quiet, cfg.Model, p.judge.tables)
	store, err := newShared(cfg.journalFolder(), time.Now)
	if err != nil {
		return coded(CodeInternal, err)
	}
	defer func() { err = errors.Join(err, store.close()) }()
	list, err := p.enlist(ctx, groups, func(l *inventory.Loaded) { store.declare(l.Inventory) })
	if err != nil {
		return err
	}
	if err := p.checkPlaces(); err != nil {
		return err
	}
	n, err := cfg.network(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	p.tidy()
	scan := &portfolioScan{portfolio: p, store: store, net: n, said: map[string]bool{}}
	if err := scan.run(ctx, list); err != nil {
		return err
	}
	if !cfg.Quiet {
		fmt.Fprintf(s.Err, "Checks asked: %d; taken over from another organisation: %d\n", store.stats.Asked, store.stats.Reused)
	}
	return p.close()
}

// run works through the organisations. Those that a run before finished come
// first: what it asked is not asked again, neither for them nor for the others.
func (p *portfolioScan) run(ctx context.Context, r *roster) error {
	p.id, p.start = randomLabel(), time.Now().UTC().Truncate(time.Second)
	if r.begun != nil {
		if err := fits(*r.begun, headerOf(p.cfg, p.judge, p.net)); err != nil {
			return fmt.Errorf("resume %s: %w", p.cfg.Journal, err)
		}
		p.id, p.start = r.begun.Portfolio, r.begun.Started
	}
	p.started, p.total = time.Now(), len(r.list)
	var begun, rest []enlisted
	for _, e := range r.list {
		if e.begun {
			begun = append(begun, e)
		} else {
			rest = append(rest, e)
		}
	}
	atOnce := cmp.Or(p.cfg.AtOnce, DefaultAtOnce)
	var cut []enlisted
	err := ordered(ctx, len(begun), atOnce,
		func(ctx context.Context, i int) (*member, error) { return p.again(ctx, begun[i]) },
		func(i int, m *member) error {
			if m == nil {
				cut = append(cut, begun[i])
			} else {
				p.take(*m)
			}
			return nil
		})
	rest = append(cut, rest...)
	if err == nil {
		err = ordered(ctx, len(rest), atOnce,
			func(ctx context.Context, i int) (member, error) { return p.scan(ctx, rest[i]) },
			func(_ int, m member) error { p.take(m); return nil })
	}
	p.bar.clear()
	if ctx.Err() != nil {
		j := job{cfg: p.cfg}
		return &Error{CodeInterrupt, fmt.Errorf("interrupted after %d of %d organisations%s", p.done, p.total, j.resumeHint())}
	}
	return err
}

// again takes an organisation from the journal of a run that was cut; nil if the
// cut is in it: it is gone on with when all are known that are whole.
func (p *portfolioScan) again(ctx context.Context, e enlisted) (*member, error) {
	j, err := p.ready(ctx, e)
	if err != nil {
		return nil, err
	}
	run, err := journal.Open(j.cfg.Journal)
	if err != nil {
		return nil, coded(CodeUsage, err)
	}
	if err := j.takeOver(run); err != nil {
		return nil, err
	}
	if !run.End.Complete {
		return nil, nil
	}
	m, err := p.finish(ctx, j.cfg, j.judge, &journal.Run{Header: j.header, Facts: j.graph.Facts(), End: run.End}, j.graph)
	return &m, err
}

// scan asks for one organisation, judges it and writes its reports.
func (p *portfolioScan) scan(ctx context.Context, e enlisted) (m member, err error) {
	j, err := p.ready(ctx, e)
	if err != nil {
		return m, err
	}
	if j.cfg.Journal != "" {
		if err := makeFolders(j.cfg.Journal); err != nil {
			return m, coded(CodeInternal, err)
		}
	}
	run, err := j.collect(ctx)
	if err != nil {
		return m, err
	}
	return p.finish(ctx, j.cfg, j.judge, run, j.graph)
}

// ready makes the job of one organisation.
func (p *portfolioScan) ready(ctx context.Context, e enlisted) (*job, error) {
	loaded, err := inventory.Load(e.files)
	if err != nil {
		return nil, coded(CodeUsage, err)
	}
	if sum, _ := embed(loaded.Files); sum != e.sum {
		return nil, usage("%s has changed since the scan began", e.files[0])
	}
	judge := p.judge.fork()
	g, err := graph.New(loaded.Inventory, judge.catalog)
	if err != nil {
		return nil, coded(CodeUsage, err)
	}
	j := &job{cfg: p.ofMember(e.id), s: p.s, judge: judge, loaded: loaded, graph: g, started: p.start, portfolio: p.id, aloud: p.aloud}
	if err := judge.useBaseline(ctx, j.cfg.Baseline, p.start); err != nil {
		return nil, err
	}
	j.use(p.net)
	j.share = &stake{store: p.store, consented: j.consented()}
	return j, nil
}

// consented reports of a task whether its answer hangs on a consent that the owner
// of the name gave.
func (j *job) consented() func(fact.Task) bool {
	if !j.cfg.Active {
		return func(fact.Task) bool { return false }
	}
	allowed := map[msp.Name]bool{}
	for _, w := range j.graph.Watched() {
		if plan.Consents(w, j.header.Started) == "" {
			allowed[w.Name] = true
		}
	}
	return func(t fact.Task) bool {
		probe, known := probes.ByName(j.probes, t.Probe)
		return known && (probe.Active || t.Probe == fact.ProbeMTASTS) && allowed[t.Name]
	}
}
