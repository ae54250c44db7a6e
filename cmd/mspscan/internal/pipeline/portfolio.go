package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/inventory"
	"mspscan/reports"
	"mspscan/reports/html"
)

// Portfolio scans several inventories over one resolver, so that what they share
// is asked once. Each organisation gets reports of its own, FILE with its id
// before the ending; FILE itself is the portfolio's, in the formats that have
// one (xlsx, html, json, md).
func Portfolio(ctx context.Context, cfg Config, groups [][]string, s Streams) (err error) {
	if cfg.DryRun {
		return usage("--dry-run takes one inventory at a time")
	}
	if cfg.Redact != "" && cfg.Redact != string(reports.RedactNone) {
		return usage("--redact takes one inventory at a time: pseudonyms of one organisation say nothing in another's report")
	}
	more := slices.Concat(groups...)
	if cfg.Baseline != "" {
		more = append(more, filepath.Dir(cfg.Baseline)) // one of each organisation
	}
	judge, err := readyJudge(cfg, more...)
	if err != nil {
		return err
	}
	judge.warnSets(s.Err, cfg.Quiet)
	warnTables(s.Err, cfg.Quiet, cfg.Model, judge.tables)
	jobs, err := members(cfg, judge, groups, s)
	if err != nil {
		return err
	}
	if err := memberBaselines(ctx, cfg, jobs); err != nil {
		return err
	}
	n, err := openNetwork(cfg)
	if err != nil {
		return coded(CodeInternal, err)
	}
	defer func() { err = errors.Join(err, n.close()) }()
	n.warn(s.Err, cfg.Quiet)
	return runPortfolio(ctx, cfg, s, jobs, n)
}

// members prepares every inventory before the first query: all diagnostics of
// all files in one run.
func members(cfg Config, judge *judge, groups [][]string, s Streams) ([]*job, error) {
	var jobs []*job
	var diags inventory.Diagnostics
	seen := map[string]string{}
	for _, group := range groups {
		c := cfg
		c.Inventories = group
		c.Outputs, c.Journal, c.Baseline = nil, "", ""
		j, err := prepare(c, judge, s)
		var bad inventory.Diagnostics
		if errors.As(err, &bad) {
			diags = append(diags, bad...)
			continue
		}
		if err != nil {
			return nil, err
		}
		id := j.loaded.Inventory.Organisation.ID
		if other, twice := seen[id]; twice {
			return nil, usage("organisation %q is in %s and in %s; an id names one organisation", id, other, group[0])
		}
		seen[id] = group[0]
		j.cfg.Journal = memberFile(cfg.Journal, id)
		j.cfg.Outputs, j.cfg.Baseline = memberOutputs(cfg.Outputs, id), memberFile(cfg.Baseline, id)
		if err := j.cfg.refuseClobber(); err != nil {
			return nil, err
		}
		if err := checkWritable(j.cfg.Outputs); err != nil {
			return nil, coded(CodeInternal, err)
		}
		jobs = append(jobs, j)
	}
	if len(diags) > 0 {
		return nil, coded(CodeUsage, diags)
	}
	if err := cfg.refuseClobber(slices.Concat(groups...)...); err != nil {
		return nil, err
	}
	return jobs, checkWritable(cfg.Outputs)
}

// memberFile puts an organisation's id before the ending of a file's name.
func memberFile(file, id string) string {
	if file == "" || file == "-" {
		return ""
	}
	dir, base := filepath.Split(file)
	stem, ending, found := strings.Cut(base, ".")
	if !found {
		return file + "-" + id
	}
	return dir + stem + "-" + id + "." + ending
}

// memberBaselines opens the run before of each organisation: the file of
// --baseline with its id before the ending, as a portfolio writes them. An
// organisation without one is new; a portfolio without any is a mistake.
func memberBaselines(ctx context.Context, cfg Config, jobs []*job) error {
	if cfg.Baseline == "" {
		return nil
	}
	found := 0
	for _, j := range jobs {
		own := *j.judge
		j.judge = &own
		if _, err := os.Stat(j.cfg.Baseline); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		found++
		if err := j.judge.useBaseline(ctx, j.cfg.Baseline, asOf(cfg, time.Now())); err != nil {
			return err
		}
	}
	if found == 0 {
		return usage("--baseline %s: there is no run of any of the organisations, such as %s", cfg.Baseline, jobs[0].cfg.Baseline)
	}
	return nil
}

func memberOutputs(outs []Output, id string) []Output {
	var list []Output
	for _, o := range outs {
		if f := memberFile(o.File, id); f != "" {
			list = append(list, Output{o.Format, f})
		}
	}
	return list
}

// runPortfolio scans one organisation after another, writes its reports and
// keeps only what the portfolio needs of it.
func runPortfolio(ctx context.Context, cfg Config, s Streams, jobs []*job, n *network) error {
	var list []reports.PortfolioMember
	var problems []string
	code := 0
	for _, j := range jobs {
		j.use(n)
		run, err := j.collect(ctx)
		if err != nil {
			return err
		}
		r, err := j.judge.report(ctx, run, j.graph, asOf(cfg, run.Header.Started))
		if err != nil {
			return coded(CodeInternal, err)
		}
		v, err := newView(cfg, r, j.graph, j.judge.weigher(ctx, j.graph, asOf(cfg, run.Header.Started)))
		if err != nil {
			return err
		}
		sheets, err := cfg.Books.of(r.Organisation.ID).handouts(r)
		if err != nil {
			return err
		}
		if err := writeAll(slices.Concat(j.cfg.Outputs, sheets), s.Out, cfg.sealed(v.render)); err != nil {
			return coded(CodeInternal, err)
		}
		quiet := cfg
		quiet.Quiet = true
		if cfg.Gate.New && j.judge.past == nil { // all that a new organisation has is new
			quiet.Gate.New, quiet.Gate.FailOn = false, cmp.Or(cfg.Gate.FailOn, msp.Low.String())
		}
		if err := gate(quiet, s, r, v); err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Err != nil {
				return err
			}
			problems = append(problems, fmt.Sprintf("%s: the gate ends with exit code %d", r.Organisation.ID, e.Code))
			code = worse(code, e.Code)
		}
		list = append(list, reports.PortfolioMember{Report: r, Compared: j.judge.past != nil, Mark: j.graph.Mark})
		j.judge.kept = nil // its memory is for the next
	}
	if err := portfolioReports(cfg, s, reports.BuildPortfolio(list, problems)); err != nil {
		return err
	}
	if code != 0 {
		return &Error{Code: code}
	}
	return nil
}

// worse gives the exit code that wins: a failed gate over an incomplete run.
func worse(a, b int) int {
	if a == CodeGate || b == CodeGate {
		return CodeGate
	}
	return max(a, b)
}

// portfolioReports writes the portfolio's own files and its summary.
func portfolioReports(cfg Config, s Streams, p *reports.Portfolio) error {
	var outs []Output
	for _, o := range cfg.Outputs {
		if slices.Contains([]string{"xlsx", "html", "json", "md"}, o.Format) {
			outs = append(outs, o)
		}
	}
	err := writeAll(outs, s.Out, cfg.sealed(func(o Output, w io.Writer) error {
		switch o.Format {
		case "json":
			return p.WriteJSON(w)
		case "html":
			return html.Portfolio{}.Render(w, p)
		case "md":
			return p.WriteMarkdown(w)
		}
		return cfg.Books.portfolio().Render(w, p)
	}))
	if err != nil {
		return coded(CodeInternal, err)
	}
	if cfg.Quiet {
		return nil
	}
	return coded(CodeInternal, p.WriteSummary(summaryTo(cfg.Outputs, s), written(outs)))
}
