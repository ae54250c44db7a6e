package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"mspscan/msp/journal"
	"mspscan/reports"
)

// Trend is a folder of journals as history: each run judged as of its own day.
type Trend struct {
	Schema    string       `json:"schema"` // mspscan/trend/v1
	Currency  string       `json:"currency"`
	Runs      []TrendRun   `json:"runs"`      // oldest first
	Providers []TrendParty `json:"providers"` // by id
}

// TrendRun is one run.
type TrendRun struct {
	Run     string         `json:"run"`
	Started string         `json:"started"`
	Open    reports.Counts `json:"open"`
	Unknown int            `json:"unknown"`
	Checks  int            `json:"checks"`
}

// TrendParty is a provider over the runs.
type TrendParty struct {
	Provider string       `json:"provider"`
	Points   []TrendPoint `json:"points"` // one a run; nil figures where the provider was not declared
}

// TrendPoint is a provider in one run.
type TrendPoint struct {
	Score    *float64       `json:"score"`
	Exposure *float64       `json:"exposure"`
	Grade    string         `json:"grade"`
	Open     reports.Counts `json:"open"`
}

// History judges every journal of a folder and prints how each provider went.
func History(ctx context.Context, dir string, asJSON bool, w io.Writer) error {
	files, err := journals(dir)
	if err != nil {
		return err
	}
	j, err := newJudge(Config{})
	if err != nil {
		return err
	}
	var list []*reports.Report
	for _, f := range files {
		r, err := j.ofDay(ctx, f)
		if err != nil {
			return err
		}
		if len(list) > 0 && list[0].Organisation.ID != r.Organisation.ID {
			return usage("%s is of organisation %q, %s of %q: one history is of one organisation", f, r.Organisation.ID, files[0], list[0].Organisation.ID)
		}
		list = append(list, r)
	}
	t := trend(list)
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return coded(CodeInternal, enc.Encode(t))
	}
	return coded(CodeInternal, t.print(w))
}

func journals(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, usage("read history: %w", err)
	}
	var files []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".ndjson") || strings.HasSuffix(e.Name(), ".ndjson.gz") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, usage("%s holds no journal (*.ndjson, *.ndjson.gz): keep them with scan --journal", dir)
	}
	return files, nil
}

// ofDay judges a saved run as of its own start.
func (j *judge) ofDay(ctx context.Context, file string) (*reports.Report, error) {
	run, err := journal.Open(file)
	if err != nil {
		return nil, coded(CodeUsage, err)
	}
	g, err := j.replay(run)
	if err != nil {
		return nil, err
	}
	r, err := j.report(ctx, run, g, run.Header.Started)
	return r, coded(CodeInternal, err)
}

func trend(list []*reports.Report) Trend {
	slices.SortFunc(list, func(a, b *reports.Report) int {
		return strings.Compare(a.Run.Started+a.Run.ID, b.Run.Started+b.Run.ID)
	})
	t := Trend{Schema: "mspscan/trend/v1", Currency: list[len(list)-1].Organisation.Currency}
	var ids []string
	for _, r := range list {
		t.Runs = append(t.Runs, TrendRun{Run: r.Run.ID, Started: r.Run.Started, Open: r.Summary.Open, Unknown: r.Coverage.Unknown, Checks: r.Coverage.Checks})
		for _, p := range r.Providers {
			if p.Declared {
				ids = append(ids, p.ID)
			}
		}
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		party := TrendParty{Provider: id}
		for _, r := range list {
			party.Points = append(party.Points, point(r, id))
		}
		t.Providers = append(t.Providers, party)
	}
	return t
}

func point(r *reports.Report, id string) TrendPoint {
	p, ok := r.Provider(id)
	if !ok {
		return TrendPoint{}
	}
	at := TrendPoint{Grade: p.Grade, Open: p.Findings}
	if p.Score != nil && p.Exposure != nil {
		score, money := p.Score.Hi, p.Exposure.Hi
		at.Score, at.Exposure = &score, &money
	}
	return at
}

// shownRuns is how many of the latest runs the table holds.
const shownRuns = 6

func (t Trend) print(w io.Writer) error {
	from := max(0, len(t.Runs)-shownRuns)
	tab := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	if from > 0 {
		fmt.Fprintf(tab, "%d earlier runs are in -o json\n", from)
	}
	fmt.Fprint(tab, "PROVIDER")
	for _, r := range t.Runs[from:] {
		fmt.Fprintf(tab, "\t%s", r.Started[:min(10, len(r.Started))])
	}
	fmt.Fprintln(tab)
	for _, p := range t.Providers {
		fmt.Fprint(tab, reports.TerminalText(p.Provider))
		for _, at := range p.Points[from:] {
			fmt.Fprintf(tab, "\t%s", at)
		}
		fmt.Fprintln(tab)
	}
	fmt.Fprint(tab, "all, open")
	for _, r := range t.Runs[from:] {
		fmt.Fprintf(tab, "\t%d critical, %d high, %d of %d unknown", r.Open.Critical, r.Open.High, r.Unknown, r.Checks)
	}
	fmt.Fprintln(tab)
	return tab.Flush()
}

// String gives a point for a cell of the table: grade, score, worst counts.
func (p TrendPoint) String() string {
	if p.Score == nil {
		return "-"
	}
	return fmt.Sprintf("%s %.0f, %d critical, %d high", p.Grade, *p.Score, p.Open.Critical, p.Open.High)
}
