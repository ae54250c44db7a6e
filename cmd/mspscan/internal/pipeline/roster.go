package pipeline

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"runtime"
	"time"

	"mspscan/msp/graph"
	"mspscan/msp/inventory"
	"mspscan/msp/journal"
)

// roster is what a scan knows of its organisations beforehand: every inventory is
// looked at before the first query, all diagnostics of all files in one run, and
// let go again.
type roster struct {
	list    []enlisted
	begun   *journal.Header // of a journal that is gone on with; nil = none
	known   map[string]int  // organisation ids
	taken   taken
	compare int // organisations with a run before
}

// enlisted is one organisation.
type enlisted struct {
	id    string
	files []string
	sum   string // of the files
	begun bool   // it has a journal
}

// looked is an inventory that was looked at.
type looked struct {
	*inventory.Loaded
	diags    inventory.Diagnostics
	header   *journal.Header
	baseline bool
}

// enlist looks at every inventory and refuses before anything is sent what would
// fail later.
func (p *portfolio) enlist(ctx context.Context, groups [][]string, declare func(*inventory.Loaded)) (*roster, error) {
	r := &roster{known: map[string]int{}}
	var err error
	if r.taken, err = p.taken(groups...); err != nil {
		return nil, err
	}
	var diags inventory.Diagnostics
	err = ordered(ctx, len(groups), runtime.GOMAXPROCS(0),
		func(ctx context.Context, i int) (looked, error) { return p.lookAt(ctx, groups[i]) },
		func(i int, l looked) error {
			if len(l.diags) > 0 {
				diags = append(diags, l.diags...)
				return nil
			}
			warn(p.s.Err, p.cfg.Quiet, l.Warnings)
			declare(l.Loaded)
			return r.add(p, groups[i], l)
		})
	switch {
	case err != nil:
		return nil, err
	case len(diags) > 0:
		return nil, coded(CodeUsage, diags)
	case p.cfg.Baseline != "" && r.compare == 0:
		example := memberFile(p.cfg.Baseline)
		if isFolder(p.cfg.Baseline) {
			example = filepath.Join(p.cfg.Baseline, idMark+".ndjson.gz")
		}
		return nil, usage("--baseline %s: there is no run of any of the organisations, such as %s", p.cfg.Baseline, named(example, r.list[0].id))
	}
	return r, nil
}

// lookAt reads one inventory and what belongs to it.
func (p *portfolio) lookAt(ctx context.Context, files []string) (l looked, err error) {
	l.Loaded, err = inventory.Load(files)
	if errors.As(err, &l.diags) {
		return l, nil
	}
	if err != nil {
		return l, coded(CodeUsage, err)
	}
	if _, err := graph.New(l.Inventory, p.judge.catalog); err != nil {
		return l, coded(CodeUsage, err)
	}
	cfg := p.ofMember(l.Inventory.Organisation.ID)
	if cfg.Baseline != "" {
		own := *p.judge
		l.baseline, err = true, own.useBaseline(ctx, cfg.Baseline, asOf(cfg, time.Now()))
	}
	if err == nil && cfg.Journal != "" {
		l.header, err = p.begun(cfg)
	}
	return l, err
}

// begun gives the header of the journal that an organisation has: nil if it has
// none, or no more than a torn header. Only --resume may find one.
func (p *portfolio) begun(cfg Config) (*journal.Header, error) {
	h, err := journal.Peek(cfg.Journal)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, coded(CodeUsage, err)
	case !cfg.Resume:
		return nil, usage("journal %s is there already: go on with --resume, or name another", cfg.Journal)
	}
	return h, nil
}

// add enters an organisation.
func (r *roster) add(p *portfolio, files []string, l looked) error {
	id := l.Inventory.Organisation.ID
	if other, twice := r.known[id]; twice {
		return usage("organisation %q is in %s and in %s; an id names one organisation", id, r.list[other].files[0], files[0])
	}
	cfg := p.ofMember(id)
	if err := errors.Join(cfg.refuseClobber(files...), r.taken.refuse(cfg)); err != nil {
		return err
	}
	sum, _ := embed(l.Files)
	r.known[id] = len(r.list)
	r.list = append(r.list, enlisted{id: id, files: files, sum: sum, begun: l.header != nil})
	if l.baseline {
		r.compare++
	}
	if l.header == nil {
		return nil
	}
	if l.header.InventorySHA256 != sum {
		return usage("resume %s: the inventory has changed since; start a new journal", cfg.Journal)
	}
	if r.begun == nil {
		r.begun = l.header
	}
	if r.begun.Portfolio != l.header.Portfolio || l.header.Portfolio == "" {
		return usage("resume %s: it is not of the same run of a portfolio as the others", cfg.Journal)
	}
	return nil
}
