package pipeline

import (
	"context"
	"io"
	"slices"
	"time"

	"mspscan/msp/graph"
	"mspscan/msp/journal"
	"mspscan/reports"
	"mspscan/reports/ci"
)

// Formats lists the formats of scan and report, in the order in which help and
// errors show them.
func Formats() []string {
	names := []string{"xlsx", "html", "json", "md", "csv"}
	for _, f := range ci.Formats() {
		names = append(names, f.Name)
	}
	return append(names, GraphFormats()...)
}

// Report judges and renders a saved run again. It asks no network, and the same
// journal gives the same bytes.
func Report(ctx context.Context, cfg Config, s Streams, file string) error {
	if err := cfg.validateGate(); err != nil {
		return err
	}
	if err := cfg.refuseClobber(file); err != nil {
		return err
	}
	if err := cfg.confine(file); err != nil {
		return err
	}
	j, err := newJudge(cfg)
	if err != nil {
		return err
	}
	run, err := journal.Open(file)
	if err != nil {
		return coded(CodeUsage, err)
	}
	if err := j.checkWaivers(asOf(cfg, run.Header.Started)); err != nil {
		return err
	}
	g, err := j.replay(run)
	if err != nil {
		return err
	}
	if err := j.useBaseline(ctx, cfg.Baseline, run.Header.Started); err != nil {
		return err
	}
	if err := j.recordedSets(run.Header); err != nil {
		return err
	}
	cfg = cfg.ofOrganisation(g.Inventory().Organisation.ID)
	if err := makeFolders(cfg.made...); err != nil {
		return coded(CodeInternal, err)
	}
	j.warnSets(s.Err, cfg.Quiet)
	warnTables(s.Err, cfg.Quiet, cfg.Model, j.tables)
	return finish(ctx, cfg, s, j, run, g)
}

// finish judges a run, writes its reports, sums it up and holds it against the
// gate.
func finish(ctx context.Context, cfg Config, s Streams, j *judge, run *journal.Run, g *graph.Graph) error {
	r, err := j.report(ctx, run, g, asOf(cfg, run.Header.Started))
	if err != nil {
		return coded(CodeInternal, err)
	}
	warnWaivers(s.Err, cfg.Quiet, r.Waivers)
	warnReviews(s.Err, cfg.Quiet, reviewTroubles(j.reviews, r))
	v, err := newView(cfg, r, g, j.weigher(ctx, g, asOf(cfg, run.Header.Started)))
	if err != nil {
		return err
	}
	sheets, err := cfg.Books.handouts(r)
	if err != nil {
		return err
	}
	if err := writeAll(slices.Concat(cfg.Outputs, sheets), s.Out, cfg.sealed(v.render)); err != nil {
		return coded(CodeInternal, err)
	}
	return gate(cfg, s, r, v)
}

// asOf gives the time to judge by: what was asked for, else the given one.
func asOf(cfg Config, otherwise time.Time) time.Time {
	if !cfg.Now.IsZero() {
		return cfg.Now
	}
	return otherwise
}

// gate prints the summary and gives the exit code. It judges the whole report and
// shows the view.
func gate(cfg Config, s Streams, r *reports.Report, shown view) error {
	limit, err := reports.ParseLimit(cfg.Gate.MaxUnknown)
	if err != nil {
		return usage("--max-unknown: %w", err)
	}
	v, err := reports.Gate(r, cfg.Gate.severity(), limit)
	if err != nil {
		return coded(CodeUsage, err)
	}
	cfg.Gate.byRule(&v, r)
	cfg.Gate.byState(&v, r)
	if !cfg.Quiet {
		t := reports.Terminal{Width: s.Width, Color: s.Color, Files: written(cfg.Outputs)}
		if cfg.Gate.asked() {
			t.Verdict = shown.verdict(v)
		}
		if err := reports.Summary(summaryTo(cfg.Outputs, s), shown.report, t); err != nil {
			return coded(CodeInternal, err)
		}
	}
	if v.Code != 0 {
		return &Error{Code: v.Code}
	}
	return nil
}

// summaryTo gives where a person reads the summary: stdout, unless a report
// goes there.
func summaryTo(outs []Output, s Streams) io.Writer {
	for _, o := range outs {
		if o.File == "-" {
			return s.Err
		}
	}
	return s.Out
}

func written(outs []Output) []string {
	var list []string
	for _, o := range outs {
		if o.File != "-" {
			list = append(list, o.File)
		}
	}
	return list
}

// ParseNow reads the time of --now.
func ParseNow(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usage("--now %q: RFC 3339, such as 2026-06-01T00:00:00Z", s)
}
