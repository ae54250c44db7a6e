package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"mspscan/msp/journal"
)

// Journals lists the journals that arguments name: files, and what lies in
// folders. many says that they are of a portfolio, whatever their number.
func Journals(args []string) (files []string, many bool, err error) {
	for _, a := range args {
		if !isFolder(a) {
			files = append(files, a)
			continue
		}
		many = true
		list, err := journals(a)
		if err != nil {
			return nil, false, err
		}
		files = append(files, list...)
	}
	return files, many || len(files) > 1, nil
}

// ReportPortfolio judges the saved runs of many organisations again and renders
// them and the portfolio: the bytes that the scan wrote. No network is used.
func ReportPortfolio(ctx context.Context, cfg Config, s Streams, files []string) error {
	if err := cfg.validateGate(); err != nil {
		return err
	}
	cfg.many = true
	p, err := newPortfolio(cfg, s)
	if err != nil {
		return err
	}
	more := files
	if cfg.Baseline != "" && !isFolder(cfg.Baseline) {
		more = append(more[:len(more):len(more)], filepath.Dir(cfg.Baseline))
	}
	if err := cfg.confine(more...); err != nil {
		return err
	}
	if p.judge, err = newJudge(cfg); err != nil {
		return err
	}
	again := &rejudge{portfolio: p, known: map[string]string{}}
	if again.taken, err = p.taken(files); err != nil {
		return err
	}
	if err := p.checkPlaces(); err != nil {
		return err
	}
	p.judge.warnSets(s.Err, cfg.Quiet)
	warnTables(s.Err, cfg.Quiet, cfg.Model, p.judge.tables)
	p.tidy()
	p.started, p.total = time.Now(), len(files)
	err = ordered(ctx, len(files), cmp.Or(cfg.AtOnce, DefaultAtOnce),
		func(ctx context.Context, i int) (member, error) { return again.journal(ctx, files[i]) },
		func(_ int, m member) error { p.take(m); return nil })
	p.bar.clear()
	if ctx.Err() != nil {
		return &Error{CodeInterrupt, fmt.Errorf("interrupted after %d of %d organisations", p.done, p.total)}
	}
	if err != nil {
		return err
	}
	return p.close()
}

// rejudge makes the reports of journals again.
type rejudge struct {
	*portfolio
	taken taken
	mu    sync.Mutex
	known map[string]string // journals by organisation
}

// journal judges one organisation.
func (r *rejudge) journal(ctx context.Context, file string) (m member, err error) {
	run, err := journal.Open(file)
	if err != nil {
		return m, coded(CodeUsage, err)
	}
	judge := r.judge.fork()
	if err := judge.checkWaivers(asOf(r.cfg, run.Header.Started)); err != nil {
		return m, err
	}
	g, err := judge.replay(run)
	if err != nil {
		return m, err
	}
	id := g.Inventory().Organisation.ID
	if err := r.once(id, file); err != nil {
		return m, err
	}
	cfg := r.ofMember(id)
	cfg.Journal = file
	if err := errors.Join(cfg.refuseClobber(), r.taken.refuse(cfg)); err != nil {
		return m, err
	}
	if err := judge.useBaseline(ctx, cfg.Baseline, run.Header.Started); err != nil {
		return m, err
	}
	if err := judge.recordedSets(run.Header); err != nil {
		return m, err
	}
	return r.finish(ctx, cfg, judge, run, g)
}

// once refuses a second journal of an organisation.
func (r *rejudge) once(id, file string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if other, twice := r.known[id]; twice {
		return usage("organisation %q is in %s and in %s; a portfolio holds each once", id, min(other, file), max(other, file))
	}
	r.known[id] = file
	return nil
}
