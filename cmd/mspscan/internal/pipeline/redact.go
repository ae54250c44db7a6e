package pipeline

import (
	"fmt"
	"io"
	"slices"

	"mspscan/msp"
	"mspscan/msp/exposure"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
	"mspscan/reports"
	"mspscan/reports/ci"
	"mspscan/reports/html"
)

// view is what the outputs of a run show: its report and its graph, without the
// names that are to be hidden.
type view struct {
	cfg    Config
	report *reports.Report
	graph  *graph.Graph
	graphs []reports.GraphFormat
	hide   func(string) string
	weigh  weigher
}

// weigher gives the exposure model of the report's graph.
type weigher func() (*exposure.Model, error)

// newView hides what the configuration says. A nil report has nothing to hide.
func newView(cfg Config, r *reports.Report, g *graph.Graph, weigh weigher) (view, error) {
	v := view{cfg: cfg, report: r, graph: g, weigh: weigh, graphs: reports.GraphFormats(), hide: func(s string) string { return s }}
	level, err := reports.ParseRedaction(cfg.Redact)
	if err != nil {
		return v, usage("--redact: %w", err)
	}
	if level == reports.RedactNone || r == nil {
		return v, nil
	}
	x := reports.NewRedactor(r, level, reports.Names{Inventory: g.Inventory(), Parties: parties(g), Like: alike(g)})
	v.report, v.graphs, v.hide = x.Report(), x.Graphs(), x.Text
	return v, nil
}

// verdict gives a verdict in words that may be shown.
func (v view) verdict(g reports.Verdict) *reports.Verdict {
	reasons := make([]string, len(g.Reasons))
	for i, s := range g.Reasons {
		reasons[i] = v.hide(s)
	}
	g.Reasons = reasons
	return &g
}

// parties gives the names of the catalogue, which evidence may hold.
func parties(g *graph.Graph) []string {
	var names []string
	for _, e := range g.Catalog().Entries() {
		names = append(names, e.Name)
	}
	return names
}

// alike gives what sweeps found: names that look like those of a party, or carry
// its label.
func alike(g *graph.Graph) reports.Like {
	var list reports.Like
	add := func(domain, found msp.Name) {
		if slices.Contains(g.Owners(domain), g.Inventory().Organisation.ID) {
			list.Organisation = append(list.Organisation, found)
		} else {
			list.Providers = append(list.Providers, found)
		}
	}
	for _, f := range g.FactsOf(fact.ProbeLookalikes) {
		var d fact.Lookalikes
		if len(f.Data) > 0 && f.Decode(&d) == nil {
			for _, l := range d.Found {
				add(d.Domain, l.Name)
			}
		}
	}
	for _, f := range g.FactsOf(fact.ProbeBrandNames) {
		var d fact.BrandNames
		if len(f.Data) > 0 && f.Decode(&d) == nil {
			for _, b := range d.Found {
				add(d.Domain, b.Name)
			}
		}
	}
	return list
}

// render writes one format.
func (v view) render(o Output, w io.Writer) error {
	if book := v.cfg.bookOf(o.Format, v.report, v.graph, v.weigh); book != nil {
		return book(w)
	}
	switch o.Format {
	case "html":
		return html.Page{}.Render(w, v.report)
	case "json":
		return reports.JSON{}.Render(w, v.report)
	case "md":
		return reports.Markdown{Least: v.cfg.MinSeverity}.Render(w, v.report)
	case "csv":
		return reports.CSV{Raw: v.cfg.CSVRaw}.Render(w, v.report)
	}
	for _, f := range ci.Formats() {
		if f.Name == o.Format {
			return f.Renderer.Render(w, v.report)
		}
	}
	for _, f := range v.graphs {
		if f.Name == o.Format {
			return f.Write(w, v.graph)
		}
	}
	if drawn, err := v.draw(o.Format, w); drawn {
		return err
	}
	return fmt.Errorf("unknown format %q", o.Format)
}
