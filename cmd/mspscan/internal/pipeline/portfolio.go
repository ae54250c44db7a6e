package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"mspscan/msp"
	"mspscan/msp/graph"
	"mspscan/msp/journal"
	"mspscan/reports"
	"mspscan/reports/html"
)

// DefaultAtOnce is how many organisations of a portfolio are worked on at the
// same time: while one waits for DNS, others are judged.
const DefaultAtOnce = 8

const maxAtOnce = 1024

// portfolio is the right side of a scan or report of many organisations: each is
// judged and written for itself, and a summary of it is kept.
type portfolio struct {
	cfg      Config
	s        Streams
	judge    *judge
	own      []Output // the portfolio's
	each     []Output // each organisation's, with the mark of its id
	mu       sync.Mutex
	builder  *reports.PortfolioBuilder // under mu; the order of organisations does not matter to it
	problems []string
	code     int
	bar      *bar
	started  time.Time // when the bar began
	total    int       // organisations
	done     int
	unknown  int
}

// member is one organisation that was judged and whose reports are written.
type member struct {
	id      string
	unknown int // checks
	code    int // of its gate
}

// newPortfolio sorts the outputs and refuses what one portfolio can't be.
func newPortfolio(cfg Config, s Streams) (*portfolio, error) {
	if cfg.redacts() {
		return nil, usage("--redact takes one inventory at a time: pseudonyms of one organisation say nothing in another's report")
	}
	p := &portfolio{cfg: cfg, s: s, builder: reports.NewPortfolioBuilder()}
	var err error
	if p.own, p.each, err = placesOf(cfg.Outputs, cfg.PortfolioOnly); err != nil {
		return nil, err
	}
	if s.Terminal && !cfg.Quiet && !cfg.NoProgress {
		p.bar = &bar{w: s.Err, width: max(s.Width, 40)}
	}
	return p, nil
}

// ofMember gives the configuration of one organisation.
func (p *portfolio) ofMember(id string) Config {
	c := p.cfg
	c.Outputs, c.Books = filesOf(p.each, id), c.Books.of(id)
	c.Journal, c.Baseline = named(journalFile(c.Journal), id), baselineOf(c.Baseline, id)
	c.Quiet = true // what it would say stands in the portfolio
	return c
}

// finish judges one organisation, writes its reports and adds it to the
// portfolio.
func (p *portfolio) finish(ctx context.Context, cfg Config, j *judge, run *journal.Run, g *graph.Graph) (m member, err error) {
	now := asOf(cfg, run.Header.Started)
	r, err := j.report(ctx, run, g, now)
	if err != nil {
		return m, coded(CodeInternal, err)
	}
	v, err := newView(cfg, r, g, j.weigher(ctx, g, now))
	if err != nil {
		return m, err
	}
	sheets, err := cfg.Books.handouts(r)
	if err != nil {
		return m, err
	}
	outs := slices.Concat(cfg.Outputs, sheets)
	for _, o := range cfg.Outputs {
		err = errors.Join(err, makeFolders(o.File))
	}
	if err == nil {
		err = writeFresh(outs, p.s.Out, cfg.sealed(v.render))
	}
	if err != nil {
		return m, coded(CodeInternal, err)
	}
	if cfg.Gate.New && j.past == nil { // all that a new organisation has is new
		cfg.Gate.New, cfg.Gate.FailOn = false, cmp.Or(cfg.Gate.FailOn, msp.Low.String())
	}
	var e *Error
	if err := gate(cfg, p.s, r, v); err != nil && (!errors.As(err, &e) || e.Err != nil) {
		return m, err
	}
	m = member{id: r.Organisation.ID, unknown: r.Coverage.Unknown}
	if e != nil {
		m.code = e.Code
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.builder.Add(reports.PortfolioMember{Report: r, Compared: j.past != nil, Mark: g.Mark})
	return m, nil
}

// take notes in order that an organisation is done.
func (p *portfolio) take(m member) {
	if m.code != 0 {
		p.problems = append(p.problems, fmt.Sprintf("%s: the gate ends with exit code %d", m.id, m.code))
		p.code = worse(p.code, m.code)
	}
	p.done++
	p.unknown += m.unknown
	if p.bar != nil {
		p.bar.organisations(p.done, p.total, p.unknown, p.started)
	}
}

// worse gives the exit code that wins: a failed gate over an incomplete run.
func worse(a, b int) int {
	if a == CodeGate || b == CodeGate {
		return CodeGate
	}
	return max(a, b)
}

// close writes the portfolio's own files and its summary and gives the exit code
// of the gates.
func (p *portfolio) close() error {
	p.bar.clear()
	built := p.builder.Build(p.problems)
	err := writeAll(p.own, p.s.Out, p.cfg.sealed(func(o Output, w io.Writer) error {
		switch o.Format {
		case "json":
			return built.WriteJSON(w)
		case "html":
			return html.Portfolio{}.Render(w, built)
		case "md":
			return built.WriteMarkdown(w)
		}
		return p.cfg.Books.portfolio().Render(w, built)
	}))
	if err != nil {
		return coded(CodeInternal, err)
	}
	if !p.cfg.Quiet {
		if err := built.WriteSummary(summaryTo(p.cfg.Outputs, p.s), written(p.own)); err != nil {
			return coded(CodeInternal, err)
		}
	}
	if p.code != 0 {
		return &Error{Code: p.code}
	}
	return nil
}

// tidy removes what killed runs left in the folders of the reports, once.
func (p *portfolio) tidy() {
	seen := map[string]bool{}
	for _, o := range slices.Concat(p.own, p.each) {
		if dir := folderOf(o.File); o.File != "-" && !seen[dir] {
			seen[dir] = true
			sweepTemps(dir, time.Now())
		}
	}
}

// checkPlaces finds out before anything is sent whether the reports can be
// written: each folder once.
func (p *portfolio) checkPlaces() error {
	if err := checkWritable(p.own); err != nil {
		return coded(CodeInternal, err)
	}
	seen := map[string]bool{}
	for _, o := range p.each {
		dir := folderOf(o.File)
		if seen[dir] {
			continue
		}
		seen[dir] = true
		if err := checkFolder(dir); err != nil {
			return coded(CodeInternal, fmt.Errorf("write %s: %w", o.File, err))
		}
	}
	return nil
}
