// Package reports turns what a run found into one Report model and renders it.
// Every format shows the same model, so no two of them can disagree. Build is a
// pure function; text from outside stays as it came in the model and is made
// harmless by each renderer, with one helper a medium.
package reports

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"time"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
)

// builder holds what the parts of a report share.
type builder struct {
	in      Input
	inv     *msp.Inventory
	g       *graph.Graph
	names   map[string]string // id -> name of organisation, assets, providers, third parties
	rules   map[string]msp.RuleInfo
	chains  map[string]string // provider id -> path of names from the organisation
	byFact  map[string][]string
	counts  map[string]Counts // open findings by provider id
	all     map[string]Counts // with the waived ones
	tool    map[string]Counts // open findings without reviews
	exposed map[string]msp.Exposure
	r       *Report
}

// Build makes the report. The same input gives the same report, however its
// lists are ordered.
func Build(in Input) *Report {
	b := &builder{in: in, g: in.Graph, inv: in.Graph.Inventory(), r: &Report{Schema: SchemaID}}
	b.index()
	b.header()
	b.findings()
	b.providers()
	b.dependencies()
	b.r.Paths = b.paths()
	b.r.SupplyChain = b.supplyChain()
	b.r.Controls = b.controls()
	b.r.DNS = b.checks()
	b.rest()
	b.r.Actions = b.actions()
	b.limit()
	b.r.Coverage = b.coverage()
	b.r.Summary = b.summary()
	fill(reflect.ValueOf(b.r).Elem())
	return b.r
}

// index prepares the look-ups.
func (b *builder) index() {
	b.names = map[string]string{}
	for _, n := range b.g.Nodes() {
		b.names[n.ID] = cmp.Or(n.Name, n.ID)
	}
	b.rules = map[string]msp.RuleInfo{}
	for _, r := range b.in.Rules {
		b.rules[r.ID] = r
	}
	b.exposed = map[string]msp.Exposure{}
	for _, e := range b.in.Exposures {
		b.exposed[e.Provider] = e
	}
	b.chains = b.chain()
}

// name gives the name of an id, or the id where it has none.
func (b *builder) name(id string) string { return cmp.Or(b.names[id], id) }

func (b *builder) header() {
	h, o := b.in.Header, &b.inv.Organisation
	b.r.Tool = Tool{Name: "mspscan", Version: b.in.ToolVersion}
	b.r.Run = Run{
		ID: h.ID, Started: stamp(h.Started), Finished: stamp(h.Finished), Complete: h.Complete,
		InventorySHA256: h.InventorySHA256, Resolvers: h.Resolvers, Now: stamp(h.Now),
		CommandLine: h.CommandLine, Notes: h.Notes, Packs: h.Packs, Tables: tablesOf(b.in.Tables),
	}
	b.r.Organisation = Organisation{ID: o.ID, Name: cmp.Or(o.Name, o.ID), Currency: o.Currency, Value: cents(b.in.Value)}
}

func (b *builder) rest() {
	b.r.Questions = slices.Clone(b.in.Questions)
	for i := range b.r.Questions {
		b.r.Questions[i].Narrows = cents(b.r.Questions[i].Narrows)
	}
	slices.SortFunc(b.r.Questions, func(x, y msp.Question) int {
		return cmp.Or(cmp.Compare(y.Narrows, x.Narrows), cmp.Compare(y.WouldBeFinding, x.WouldBeFinding), cmp.Compare(x.ID, y.ID))
	})
	b.r.Fixes = slices.Clone(b.in.Fixes)
	for i := range b.r.Fixes {
		f := &b.r.Fixes[i]
		f.Before, f.After, f.Reduction = cents(f.Before), cents(f.After), cents(f.Reduction)
		f.Cost, f.PerCost = rounding(f.Cost, cents), rounding(f.PerCost, points)
	}
	b.concentration()
	b.r.Model, b.r.Sensitivity = modelOf(b.in.Tables), b.sensitivity()
	b.r.Errors = slices.Clone(b.in.Errors)
	b.r.Waivers = slices.Clone(b.in.Waivers)
	for _, a := range b.inv.Assets {
		b.r.Assets = append(b.r.Assets, Asset{ID: a.ID, Name: cmp.Or(a.Name, a.ID), Kind: a.Kind, Criticality: a.Criticality, Value: cents(a.Value.Likely)})
	}
	slices.SortFunc(b.r.Assets, func(x, y Asset) int { return cmp.Compare(x.ID, y.ID) })
	b.r.Rules = b.ruleRows()
}

func (b *builder) ruleRows() []Rule {
	judged := map[string]Judgement{}
	for _, c := range b.in.Counts {
		judged[c.Rule] = Judgement{Pass: c.Pass, Fail: c.Fail, Unknown: c.Unknown, NotApplicable: c.NotApplicable}
	}
	rows := make([]Rule, 0, len(b.in.Rules))
	for _, r := range b.in.Rules {
		rows = append(rows, Rule{RuleInfo: r, Judged: judged[r.ID]})
	}
	slices.SortFunc(rows, func(x, y Rule) int { return cmp.Compare(x.ID, y.ID) })
	return rows
}

// coverage counts facts by outcome and judgements by verdict.
func (b *builder) coverage() Coverage {
	var c Coverage
	for _, f := range b.g.Facts() {
		c.Checks++
		switch f.Outcome {
		case fact.Present:
			c.Present++
		case fact.Absent:
			c.Absent++
		case fact.Broken:
			c.Broken++
		default:
			c.Unknown++
		}
	}
	for _, n := range b.in.Counts {
		c.Rules.Pass += n.Pass
		c.Rules.Fail += n.Fail
		c.Rules.Unknown += n.Unknown
		c.Rules.NotApplicable += n.NotApplicable
	}
	c.NotApplicable = c.Rules.NotApplicable
	return c
}

func (b *builder) summary() Headline {
	s := Headline{}
	for _, f := range b.r.Findings {
		switch f.State {
		case msp.StateFixed:
			s.Fixed++
			continue
		case msp.StateNew:
			s.New++
		case msp.StateReopened:
			s.Reopened++
		}
		s.All.add(f.Effective())
		if f.Open() {
			s.Open.add(f.Effective())
		} else {
			s.Waived++
		}
	}
	for _, p := range b.r.Providers {
		if !p.Declared {
			s.Undeclared = append(s.Undeclared, p.ID)
		}
	}
	if w := b.r.worst(); w != nil {
		s.Worst, s.Grade, s.GradeAll, s.Why = w.ID, w.Grade, w.GradeAll, w.GradeWhy
	}
	s.BestFix, s.Explain = bestFix(b.r.Fixes), slices.Clone(b.in.Explain)
	s.Before = before(b.in.Previous)
	return s
}

// bestFix gives the single change that removes most. Closing a door ends the
// service behind it, so it counts only where no control removes anything.
func bestFix(fixes []msp.Fix) *msp.Fix {
	var best *msp.Fix
	for i := range fixes {
		f := fixes[i]
		if len(f.IDs) != 1 || f.Reduction <= 0 {
			continue
		}
		if best == nil || closes(*best) && !closes(f) || closes(*best) == closes(f) && f.Reduction > best.Reduction {
			best = &f
		}
	}
	return best
}

// Closing gives the fix that closes the door which another fix puts a control
// on: the other way to do it.
func (r *Report) Closing(f msp.Fix) (msp.Fix, bool) {
	if len(f.IDs) != 1 || closes(f) {
		return msp.Fix{}, false
	}
	want := "close:" + door(f.IDs[0])
	for _, c := range r.Fixes {
		if len(c.IDs) == 1 && c.IDs[0] == want {
			return c, true
		}
	}
	return msp.Fix{}, false
}

func before(p *Report) *Before {
	if p == nil {
		return nil
	}
	s := &Before{Run: p.Run.ID, Now: p.Run.Now, Open: p.Summary.Open}
	if w := p.worst(); w != nil {
		s.Worst, s.Score, s.Exposure = w.ID, *w.Score, *w.Exposure
	}
	return s
}

// worst gives the provider whose compromise costs most, nil if none is weighed.
func (r *Report) worst() *Provider {
	for i := range r.Providers {
		if r.Providers[i].Exposure != nil {
			return &r.Providers[i]
		}
	}
	return nil
}

// Provider gives a provider by id.
func (r *Report) Provider(id string) (Provider, bool) {
	for _, p := range r.Providers {
		if p.ID == id {
			return p, true
		}
	}
	return Provider{}, false
}

// fill turns nil lists and maps into empty ones, all the way down, so that JSON
// never says null for a list.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// cents rounds an amount to two decimals, points a score to four.
func cents(x float64) float64  { return math.Round(x*100) / 100 }
func points(x float64) float64 { return math.Round(x*1e4) / 1e4 }

func rounded(r msp.Range, f func(float64) float64) msp.Range {
	return msp.Range{Hi: f(r.Hi), Lo: f(r.Lo)}
}

func rounding(v *float64, f func(float64) float64) *float64 {
	if v == nil {
		return nil
	}
	x := f(*v)
	return &x
}

// unique sorts a list and drops repeats and empty strings.
func unique(list []string) []string {
	list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "" })
	slices.Sort(list)
	return slices.Compact(list)
}
