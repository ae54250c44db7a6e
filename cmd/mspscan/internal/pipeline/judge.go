package pipeline

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/exposure"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
	"mspscan/msp/indicator"
	"mspscan/msp/inventory"
	"mspscan/msp/journal"
	"mspscan/msp/review"
	"mspscan/msp/waiver"
	"mspscan/reports"
	"mspscan/rules"
)

// How much of the exposure model goes into a report.
const (
	pathsPerAsset = 3
	fixesShown    = 30
	domainNotes   = 20 // domains that do not exist, a note each
	tablesShare   = .2 // by which the tables may be wrong
)

// judge is the right side of the journal: rules, exposure, report.
type judge struct {
	catalog  *catalog.Catalog
	rules    *rules.Set
	tables   exposure.Tables
	waivers  []waiver.Waiver
	reviews  review.Set
	sets     []indicator.Set  // the embedded one first
	setFiles []inventory.File // those that were asked for
	past     *past            // the run to compare with; nil = none
	kept     *kept            // the last model
	last     *judged          // the last verdict
}

// kept is a model with what it was made of.
type kept struct {
	input exposure.Input
	now   time.Time
	model *exposure.Model
}

// weigh gives the exposure model of a graph: the last one where nothing that it
// is made of has changed since.
func (j *judge) weigh(ctx context.Context, g *graph.Graph, now time.Time) (*exposure.Model, error) {
	in := exposure.FromGraph(g, now)
	if j.kept != nil && j.kept.now.Equal(now) && reflect.DeepEqual(j.kept.input, in) {
		return j.kept.model, nil
	}
	m, err := exposure.BuildUnder(ctx, in, j.tables, now)
	if err != nil {
		return nil, fmt.Errorf("weigh exposure: %w", err)
	}
	j.kept = &kept{in, now, m}
	return m, nil
}

func newJudge(cfg Config) (*judge, error) {
	cat, err := loadCatalog()
	if err != nil {
		return nil, err
	}
	set, err := LoadRules(cfg.RuleDirs, cfg.RuleParams)
	if err != nil {
		return nil, coded(CodeUsage, err)
	}
	waivers, err := loadWaivers(cfg.Waivers)
	if err != nil {
		return nil, err
	}
	tables, err := loadTables(cfg.Model)
	if err != nil {
		return nil, err
	}
	j := &judge{catalog: cat, rules: set, tables: tables, waivers: waivers, reviews: cfg.Books.reviews}
	if err := j.askedSets(cfg.Indicators); err != nil {
		return nil, err
	}
	return j, j.checkGate(cfg.Gate)
}

// fork gives a judge of its own for one organisation of many: the same rules and
// tables, no run before, nothing kept.
func (j *judge) fork() *judge {
	own := *j
	own.past, own.kept, own.last = nil, nil, nil
	own.sets, own.setFiles = slices.Clip(own.sets), slices.Clip(own.setFiles)
	return &own
}

// weigher gives the model of a graph to what draws it.
func (j *judge) weigher(ctx context.Context, g *graph.Graph, now time.Time) weigher {
	return func() (*exposure.Model, error) { return j.weigh(ctx, g, now) }
}

// verdict is what judging a graph gives.
type verdict struct {
	model     *exposure.Model
	exposures []msp.Exposure
	paths     []msp.PathExposure
	pairs     exposure.Searched // pairs of provider and asset that paths are listed for
	result    rules.Result
}

// evaluate judges a graph. The last verdict holds where no fact came since.
func (j *judge) evaluate(ctx context.Context, g *graph.Graph, now time.Time) (verdict, error) {
	if l := j.last; l != nil && l.graph == g && l.version == g.Version() && l.now.Equal(now) && l.past == j.past && l.sets == len(j.sets) {
		return l.verdict, nil
	}
	v, err := j.evaluateAnew(ctx, g, now)
	if err == nil {
		j.last = &judged{graph: g, version: g.Version(), now: now, past: j.past, sets: len(j.sets), verdict: v}
	}
	return v, err
}

// judged is a verdict with what it was made of.
type judged struct {
	graph   *graph.Graph
	version int
	now     time.Time
	past    *past
	sets    int
	verdict verdict
}

func (j *judge) evaluateAnew(ctx context.Context, g *graph.Graph, now time.Time) (verdict, error) {
	model, err := j.weigh(ctx, g, now)
	if err != nil {
		return verdict{}, err
	}
	v := verdict{model: model, exposures: model.Exposures()}
	v.paths, v.pairs = model.PathList(pathsPerAsset)
	if err := ctx.Err(); err != nil {
		return v, fmt.Errorf("weigh exposure: %w", err)
	}
	v.result, err = j.rules.Evaluate(ctx, rules.Input{
		Graph: g, Now: now, Exposures: v.exposures, Paths: slices.Concat(v.paths, model.Uncontrolled()), Previous: j.past.facts(),
		Sets: len(j.sets), Hits: concerning(g, indicator.Match(j.sets, g.Facts(), now)),
	})
	if err != nil {
		return verdict{}, fmt.Errorf("judge: %w", err)
	}
	nameChecks(v.result.Findings, g)
	return v, nil
}

// secondOpinions gives the questions to ask again before a grave DNS finding is
// confirmed.
func (j *judge) secondOpinions(ctx context.Context, g *graph.Graph, now time.Time) ([]fact.Task, error) {
	v, err := j.evaluate(ctx, g, now)
	if err != nil {
		return nil, err
	}
	return rules.SecondOpinions(v.result.Findings, g), nil
}

// report judges a run and builds the model that every format shows.
func (j *judge) report(ctx context.Context, run *journal.Run, g *graph.Graph, now time.Time) (*reports.Report, error) {
	v, err := j.evaluate(ctx, g, now)
	if err != nil {
		return nil, err
	}
	j.last = nil // findings are marked in what follows
	r := j.build(run, g, v, now)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("weigh exposure: %w", err)
	}
	return r, nil
}

// build makes the model of a verdict.
func (j *judge) build(run *journal.Run, g *graph.Graph, v verdict, now time.Time) *reports.Report {
	present, fixed := j.compared(g, v)
	findings, waivers := waiver.Apply(j.waivers, present, v.result.Questions, now)
	header := j.header(run, g, v, now)
	shares, layers := concentration(g)
	header.Notes = slices.Concat(tableNotes(j.tables, run.Header.Tables, j.past), header.Notes, j.setNotes(), j.past.notes(), waiverNotes(waivers))
	return reports.Build(reports.Input{
		ToolVersion: strings.TrimPrefix(run.Header.Tool, "mspscan "),
		Header:      header,
		Graph:       g,
		Value:       v.model.Value(),
		Exposures:   v.exposures,
		Paths:       v.paths,
		Unlisted:    v.pairs.Of - v.pairs.Looked,
		Fixes:       v.model.Fixes(fixesShown),
		Explain:     v.explain(),
		Tables:      j.tables,
		Sensitivity: v.model.Sensitivity(tablesShare),
		Findings:    append(findings, fixed...),
		Previous:    j.past.before(),
		Waivers:     waiverRows(waivers),
		Reviews:     j.reviews,
		Questions:   weighed(v.result.Questions, v.model, g),
		Shares:      shares,
		Layers:      layers,
		Counts:      v.result.Counts,
		Rules:       j.rules.Rules(),
		Errors:      append(append([]string{}, run.End.Errors...), v.result.Errors...),
	})
}

func (j *judge) header(run *journal.Run, g *graph.Graph, v verdict, now time.Time) reports.Header {
	h := run.Header
	return reports.Header{
		ID: h.ID, Started: h.Started, Finished: run.End.Finished, Complete: run.End.Complete,
		InventorySHA256: h.InventorySHA256, Resolvers: h.Resolvers, Now: now,
		CommandLine: strings.Join(h.Command, " "), Notes: notes(run, g, v),
		Packs: append([]reports.Pack{{Name: "rules", Hash: j.rules.Hash()}, {Name: "catalogue", Hash: j.catalog.Hash()}, {Name: "exposure tables", Hash: j.tables.Version}}, j.setPacks()...),
	}
}

// explain says in words what the costliest declared provider's compromise costs
// and which changes are worth it.
func (v verdict) explain() []string {
	worst, most := "", 0.0
	for _, e := range v.exposures {
		if e.Money.Hi > most {
			worst, most = e.Provider, e.Money.Hi
		}
	}
	if worst == "" {
		return nil
	}
	lines, err := v.model.Explain(worst)
	if err != nil {
		return nil // the model knows every provider that it gave an exposure of
	}
	return lines
}

// notes says in words what the reader must know of how the run was made.
func notes(run *journal.Run, g *graph.Graph, v verdict) []string {
	var list []string
	h := run.Header
	if !run.End.Complete {
		list = append(list, "The run did not come to its end: what is missing is unknown, not clean.")
	}
	for _, f := range g.FactsOf(fact.ProbePreflight) {
		if f.Outcome == fact.Unknown {
			list = append(list, "The resolver "+f.Task.Server+" did not answer at the start of the run.")
		}
	}
	lost := missingDomains(g)
	for i, name := range lost {
		if i == domainNotes {
			list = append(list, fmt.Sprintf("%d more domains of the inventory do not exist: see the DNS list.", len(lost)-i))
			break
		}
		list = append(list, "The domain "+name+" does not exist (NXDOMAIN): correct its spelling, or find out whether it lapsed and who may register it.")
	}
	if h.Zones != "" {
		list = append(list, "Scanned offline, in zone files (SHA-256 "+h.Zones[:min(12, len(h.Zones))]+"…).")
	}
	if h.Passive {
		list = append(list, "Passive: only recursive resolvers were asked, so what each name server says was not seen.")
	}
	if !h.Active {
		list = append(list, "No active probe was sent: zone transfer and recursion were not tested.")
	}
	if text := sweepNote(h.Sweep); text != "" {
		list = append(list, text)
	}
	if d := v.model.Defaulted(); len(d) > 0 {
		list = append(list, "Assets without a stated value count with a default by criticality: "+strings.Join(d, ", ")+".")
	}
	return append(append(list, v.model.Limits()...), h.Notes...)
}

// replay builds the graph of a journal.
func (j *judge) replay(run *journal.Run) (*graph.Graph, error) {
	var files []inventory.File
	for _, f := range run.Header.Inventory {
		data, err := f.Bytes()
		if err != nil {
			return nil, coded(CodeUsage, fmt.Errorf("read the journal's inventory %s: %w", f.Name, err))
		}
		files = append(files, inventory.File{Name: f.Name, Data: data})
	}
	inv, diags := inventory.Decode(files)
	if err := diags.Err(); err != nil {
		return nil, coded(CodeUsage, fmt.Errorf("read the journal's inventory: %w", err))
	}
	g, err := graph.New(inv, j.catalog)
	if err != nil {
		return nil, coded(CodeUsage, err)
	}
	for _, f := range run.Facts {
		if err := g.Apply(f); err != nil {
			return nil, coded(CodeUsage, err)
		}
	}
	for _, t := range missing(g, run.Tasks) { // the run was cut before an answer
		if err := g.Apply(fact.Fact{Task: t, Reason: "not_run", At: run.Header.Started}); err != nil {
			return nil, coded(CodeUsage, err)
		}
	}
	return g, nil
}

// missingDomains lists the domains of the inventory that DNS denies, sorted.
func missingDomains(g *graph.Graph) []string {
	var list []string
	for _, w := range g.Watched() {
		f, ok := g.Fact(fact.ProbeHosts, w.Name)
		if w.Host || !ok || f.Outcome != fact.Absent {
			continue
		}
		var d fact.Hosts
		if f.Decode(&d) == nil && len(d.Chain) == 0 && d.EndRcode == "NXDOMAIN" {
			list = append(list, string(w.Name))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
