package html

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"mspscan/msp"
	"mspscan/reports"
)

// pageRows is how many rows of a table the scripts show at once.
const pageRows = 200

// headRows is how many lines the lists of the summary have.
const headRows = 5

// view is what the template reads: the cleaned report and what is worked out
// of it.
type view struct {
	*reports.Report
	Policy  string
	Graph   picture
	Groups  []simulation
	Rows    rows
	Compact bool // so many findings that their evidence is packed for the scripts
	Data    data

	names map[string]string // id -> name of providers, assets and the organisation
	known map[string]bool   // ids of providers with a row
	rules map[string]reports.Rule
}

func newView(r *reports.Report) (*view, error) {
	v := &view{Report: r, names: map[string]string{}, known: map[string]bool{}, rules: map[string]reports.Rule{}}
	v.names[r.Organisation.ID] = cmp.Or(r.Organisation.Name, r.Organisation.ID)
	for _, a := range r.Assets {
		v.names[a.ID] = cmp.Or(a.Name, a.ID)
	}
	for _, p := range r.Providers {
		v.names[p.ID], v.known[p.ID] = cmp.Or(p.Name, p.ID), true
	}
	for _, x := range r.Rules {
		v.rules[x.ID] = x
	}
	v.Graph = draw(v)
	v.Groups = simulations(v)
	v.Rows = chosen(r)
	v.Compact = compact(v)
	v.Data = scriptData(v)
	var err error
	if v.Compact {
		v.Data.Packed, err = packed(v)
	}
	return v, err
}

// Name gives the name of an id, or the id where it has none.
func (v *view) Name(id string) string { return reports.Cut(cmp.Or(v.names[id], id), 200) }

// Owner names who is concerned by a finding: its provider, else the
// organisation itself.
func (v *view) Owner(provider string) string {
	return v.Name(cmp.Or(provider, v.Organisation.ID))
}

// Listed reports whether a provider has a row to link to.
func (v *view) Listed(id string) bool { return v.known[id] }

// Money gives an amount in the organisation's currency.
func (v *view) Money(x float64) string { return reports.Money(v.Organisation.Currency, x) }

// CostWords says what a fix costs and takes off for it.
func (v *view) CostWords(f *msp.Fix) string { return reports.CostWords(v.Organisation.Currency, *f) }

// AnnualWords says what a compromise is expected to cost a year.
func (v *view) AnnualWords(a *reports.Annual) string {
	return reports.AnnualWords(v.Organisation.Currency, *a)
}

// Span gives the ends of a loss a year.
func (v *view) Span(a *reports.Annual) string {
	if v.Money(a.Least) == v.Money(a.Most) {
		return ""
	}
	return v.Money(a.Least) + " to " + v.Money(a.Most)
}

// BestByCost gives the single change that takes off most for its cost, nil if
// there is none or it is the one worth most anyway.
func (v *view) BestByCost() *msp.Fix {
	list := v.FixesByCost(false)
	if best := v.Summary.BestFix; len(list) == 0 || best != nil && slices.Equal(best.IDs, list[0].IDs) {
		return nil
	}
	return &list[0]
}

// costCells is what the cells of a fix say of its cost.
type costCells struct {
	Given      bool
	Cost       string // exact, for sorting
	PerCost    float64
	Words, Per string
	Rank       int
}

// CostOf gives the cells of a fix.
func (v *view) CostOf(fix any) costCells {
	var f msp.Fix
	switch x := fix.(type) {
	case *msp.Fix:
		f = *x
	case msp.Fix:
		f = x
	}
	if f.Cost == nil {
		return costCells{}
	}
	c := costCells{Given: true, Cost: fmt.Sprintf("%.2f", *f.Cost), PerCost: math.MaxFloat32, Words: v.Money(*f.Cost), Per: "costs nothing", Rank: f.RankByCost}
	if f.PerCost != nil {
		c.PerCost, c.Per = *f.PerCost, reports.PerCost(v.Organisation.Currency, *f.PerCost)
	}
	return c
}

// Percent gives a share in percent.
func (v *view) Percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

// WorstProvider gives the provider that costs most, nil where none is weighed.
func (v *view) WorstProvider() *reports.Provider {
	for i, p := range v.Providers {
		if p.ID == v.Summary.Worst && p.Exposure != nil {
			return &v.Providers[i]
		}
	}
	return nil
}

// May says what a party may do, as DNS shows it.
func (v *view) May(p reports.Provider) string {
	var list []string
	for _, l := range v.SupplyChain {
		if l.Provider == p.ID && l.Service != "" && !slices.Contains(list, l.Service) {
			list = append(list, l.Service)
		}
	}
	return strings.Join(list, "; ")
}

// TopActions gives the head of the action plan.
func (v *view) TopActions() []reports.Action { return v.Actions[:min(headRows, len(v.Actions))] }

// Parties gives the parties that nobody declared.
func (v *view) Parties() []reports.Provider {
	var list []reports.Provider
	for _, id := range v.Summary.Undeclared {
		if p, ok := v.Provider(id); ok {
			list = append(list, p)
		}
	}
	return list
}

// Share gives an amount as a share of all asset value, in percent, 0 to 100.
func (v *view) Share(x float64) string { return share(x, v.Organisation.Value) }

func share(x, of float64) string {
	if of <= 0 {
		return "0"
	}
	return fmt.Sprintf("%.1f", max(0, min(100, 100*x/of)))
}

// own reports whether a finding says more than its rule, and must say it itself.
func (v *view) own(f reports.Finding) bool {
	r, ok := v.rules[f.Rule]
	return !ok || r.Remediation != f.Remediation || r.Expected != f.Expected ||
		!slices.Equal(r.References, f.References) || !sameFrameworks(r.Frameworks, f.Frameworks)
}

func sameFrameworks(a, b map[string][]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, list := range a {
		if !slices.Equal(list, b[k]) {
			return false
		}
	}
	return true
}

// HasRule reports whether a rule is listed on the page.
func (v *view) HasRule(id string) bool { _, ok := v.rules[id]; return ok }

// helpers are the functions of the template.
func helpers() template.FuncMap {
	return template.FuncMap{
		"anchor": anchor, "state": stateWord, "mark": reports.SeverityMark, "score": reports.Score,
		"sentence": sentence, "join": func(list []string) string { return strings.Join(list, ", ") },
		"chain":   func(list []string) string { return strings.Join(list, " → ") },
		"words":   words,
		"day":     func(s string) string { d, _, _ := strings.Cut(s, "T"); return d },
		"clock":   clock,
		"pct":     func(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) },
		"percent": func(x float64) float64 { return 100 * x },
		"exact":   func(x float64) string { return fmt.Sprintf("%.0f", x) },
		"cut":     reports.Cut, "severities": msp.Severities, "bands": reports.Bands, "paged": func(n int) bool { return n > pageRows },
		"lead": lead, "layer": reports.LayerTitle, "chance": reports.Chance, "layernote": func() string { return reports.LayerNote }, "portfolionote": func() string { return reports.PortfolioLayerNote }, "share": func(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) },
	}
}

// clock gives an RFC 3339 time in UTC as people write it.
func clock(s string) string { return strings.NewReplacer("T", " ", "Z", " UTC").Replace(s) }

// lead drops the closing stop of a text that goes on.
func lead(s string) string { return strings.TrimRight(s, ". ") }

// anchor gives the fragment by which a row of a kind is linked to: the id where
// it is made of plain characters, else a hash of it.
func anchor(kind, id string) string {
	plain := len(id) > 0 && len(id) <= 100
	for _, c := range []byte(id) {
		plain = plain && (c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("-._", c) >= 0)
	}
	if !plain {
		h := fnv.New64a()
		_, _ = h.Write([]byte(id)) // a hash never fails
		id = fmt.Sprintf("x%016x", h.Sum64())
	}
	if kind == "" {
		return id
	}
	return kind + "-" + id
}

// stateWord says how a finding stands.
func stateWord(f reports.Finding) string {
	switch {
	case f.Waived != nil:
		return "waived"
	case f.State == msp.StateNone:
		return "open"
	}
	return strings.ReplaceAll(string(f.State), "_", " ")
}

// sentence makes a word of the model the start of a sentence.
func sentence(s string) string {
	s = strings.ReplaceAll(s, "_", " ")
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
