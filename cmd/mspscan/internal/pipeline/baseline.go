package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
	"mspscan/msp/history"
	"mspscan/msp/journal"
	"mspscan/reports"
)

// past is a run that was made before: a journal, judged again, or its report.
type past struct {
	run    history.Run
	report *reports.Report
	graph  *graph.Graph // nil for a report: facts are in journals only
}

// facts gives the graph of the run, nil if there is none.
func (p *past) facts() *graph.Graph {
	if p == nil {
		return nil
	}
	return p.graph
}

func (p *past) before() *reports.Report {
	if p == nil {
		return nil
	}
	return p.report
}

// notes says what a run was compared with.
func (p *past) notes() []string {
	if p == nil {
		return nil
	}
	note := fmt.Sprintf("Compared with run %s of %s.", p.report.Run.ID, p.report.Run.Started)
	if p.graph == nil {
		note += " Drift was not judged: that run is a report, which holds no facts; give its journal."
	}
	return []string{note}
}

// useBaseline reads the run to compare with. It must not be of a later time.
func (j *judge) useBaseline(ctx context.Context, file string, now time.Time) error {
	if file == "" {
		return nil
	}
	p, err := j.open(ctx, file, nil)
	if err != nil {
		return err
	}
	if started, err := time.Parse(time.RFC3339, p.report.Run.Started); err == nil && started.After(now) {
		return usage("baseline %s is of %s, after the run that it is to be compared with", file, p.report.Run.Started)
	}
	j.past = p
	return nil
}

// open reads a journal or a report. A journal is judged as of its own time, by
// the rules of this program, against the run before it.
func (j *judge) open(ctx context.Context, file string, before *past) (*past, error) {
	if !isJournal(file) {
		return openReport(file)
	}
	run, err := journal.Open(file)
	if err != nil {
		return nil, coded(CodeUsage, err)
	}
	k := &judge{catalog: j.catalog, rules: j.rules, tables: j.tables, waivers: j.waivers, past: before}
	if err := errors.Join(k.askedSets(nil), k.recordedSets(run.Header)); err != nil {
		return nil, err
	}
	g, err := k.replay(run)
	if err != nil {
		return nil, err
	}
	now := run.Header.Started
	v, err := k.evaluate(ctx, g, now)
	if err != nil {
		return nil, coded(CodeInternal, err)
	}
	return &past{run: runOf(g, v, k.ruleIDs()), report: k.build(run, g, v, now), graph: g}, nil
}

func openReport(file string) (*past, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, usage("open run: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	r, err := reports.Read(f)
	if err != nil {
		return nil, usage("read %s: %w; want a journal or a report of -o json", file, err)
	}
	return &past{run: runOfReport(r), report: r}, nil
}

// compared gives the findings of a run with their states: those that are there,
// and those that the run before had and this one closed.
func (j *judge) compared(g *graph.Graph, v verdict) (present, fixed []msp.Finding) {
	if j.past == nil {
		return v.result.Findings, nil
	}
	for _, c := range history.Compare(j.past.run, runOf(g, v, j.ruleIDs())) {
		if c.State == msp.StateFixed {
			fixed = append(fixed, c.Finding)
		} else {
			present = append(present, c.Finding)
		}
	}
	return present, fixed
}

// comparing names the rules that lack what they work on where every judgement of
// them is "not applicable": no run before, no indicators, no sweep.
func comparing() []string {
	return []string{"dns-drift", "dns-indicator-match", "dns-lookalike", "dns-brand-on-dynamic-dns"}
}

// runOf says what a run found and looked at.
func runOf(g *graph.Graph, v verdict, rules []string) history.Run {
	run := history.Run{Findings: v.result.Findings, Subjects: subjects(g), Rules: rules}
	for _, q := range v.result.Questions {
		run.Unjudged = append(run.Unjudged, history.Unjudged{Rule: q.Rule, Subject: q.Subject, Why: q.Why})
	}
	judged := map[string]int{}
	for _, c := range v.result.Counts {
		judged[c.Rule] = c.Pass + c.Fail + c.Unknown
	}
	run.Off = off(judged)
	for _, f := range g.Facts() {
		run.Checks = append(run.Checks, history.Check{Key: question(reports.CheckName(f.Task), string(f.Task.Name)), Fact: f.ID, Outcome: f.Outcome})
	}
	return run
}

// nameChecks tells for each piece of evidence which question it answers: ids of
// facts differ from run to run.
func nameChecks(findings []msp.Finding, g *graph.Graph) {
	for _, f := range findings {
		for i := range f.Evidence {
			if seen, ok := g.FactByID(f.Evidence[i].Fact); ok {
				f.Evidence[i].Check = question(reports.CheckName(seen.Task), string(seen.Task.Name))
			}
		}
	}
}

func question(check, name string) string { return check + " of " + name }

func off(judged map[string]int) []string {
	var list []string
	for _, rule := range comparing() {
		if judged[rule] == 0 {
			list = append(list, rule)
		}
	}
	return list
}

// subjects lists everything that the rules of a run were asked about, but for
// paths, which come and go with the doors on them.
func subjects(g *graph.Graph) []msp.Subject {
	inv := g.Inventory()
	list := []msp.Subject{{Kind: msp.SubjectOrganisation, ID: inv.Organisation.ID}}
	for _, a := range inv.Assets {
		list = append(list, msp.Subject{Kind: msp.SubjectAsset, ID: a.ID})
	}
	for _, p := range inv.Providers {
		list = append(list, msp.Subject{Kind: msp.SubjectProvider, ID: p.ID})
	}
	for i := range inv.Relationships {
		r := &inv.Relationships[i]
		list = append(list, msp.Subject{Kind: msp.SubjectRelationship, ID: graph.RelationshipID(r)})
		for _, a := range r.Access {
			list = append(list, msp.Subject{Kind: msp.SubjectAccess, ID: a.ID})
		}
	}
	for _, w := range g.Watched() {
		list = append(list, msp.Subject{Kind: msp.SubjectHost, ID: string(w.Name)})
		if !w.Host {
			list = append(list, msp.Subject{Kind: msp.SubjectDomain, ID: string(w.Name)})
		}
	}
	return list
}

// runOfReport says the same of a report, as far as it tells.
func runOfReport(r *reports.Report) history.Run {
	run := history.Run{Subjects: subjectsOfReport(r)}
	for _, f := range r.Findings {
		run.Findings = append(run.Findings, f.Finding)
	}
	for _, q := range r.Questions {
		run.Unjudged = append(run.Unjudged, history.Unjudged{Rule: q.Rule, Subject: q.Subject, Why: q.Why})
	}
	judged := map[string]int{}
	for _, rule := range r.Rules {
		run.Rules = append(run.Rules, rule.ID)
		judged[rule.ID] = rule.Judged.Pass + rule.Judged.Fail + rule.Judged.Unknown
	}
	run.Off = off(judged)
	for _, c := range r.DNS {
		var o fact.Outcome // a word that is not known stays unknown
		_ = o.UnmarshalText([]byte(c.Result))
		run.Checks = append(run.Checks, history.Check{Key: question(c.Check, c.Domain), Fact: c.Fact, Outcome: o})
	}
	return run
}

func subjectsOfReport(r *reports.Report) []msp.Subject {
	list := []msp.Subject{{Kind: msp.SubjectOrganisation, ID: r.Organisation.ID}}
	add := func(kind msp.SubjectKind, id string) { list = append(list, msp.Subject{Kind: kind, ID: id}) }
	for _, a := range r.Assets {
		add(msp.SubjectAsset, a.ID)
	}
	owners := map[string]bool{r.Organisation.ID: true}
	for _, p := range r.Providers {
		if p.Declared {
			owners[p.ID] = true
			add(msp.SubjectProvider, p.ID)
		}
	}
	for _, l := range r.SupplyChain {
		if l.Source == "declared" {
			add(msp.SubjectRelationship, msp.RelationshipID(l.Provider, l.Recipient, l.Service))
		}
	}
	for _, c := range r.Controls {
		add(msp.SubjectAccess, c.Subject)
	}
	for _, c := range r.DNS {
		if owners[c.Owner] {
			add(msp.SubjectDomain, c.Domain)
			add(msp.SubjectHost, c.Domain)
		}
	}
	return list
}

// severity is what the gate on all open findings asks for; with New it is for
// byState to judge.
func (g Gate) severity() string {
	if g.New {
		return ""
	}
	return g.FailOn
}

// byState fails the verdict for open findings that the run before did not have.
func (g Gate) byState(v *reports.Verdict, r *reports.Report) {
	if !g.New || g.FailOn == "never" {
		return
	}
	least, worse := msp.Info, ""
	if g.FailOn != "" {
		least, _ = msp.ParseSeverity(g.FailOn) // checked by validate
		worse = " of severity " + g.FailOn + " or worse"
	}
	n := 0
	for _, f := range r.Findings {
		if f.Open() && f.Effective() >= least && (f.State == msp.StateNew || f.State == msp.StateReopened) {
			n++
		}
	}
	if n > 0 {
		v.Code = CodeGate
		v.Reasons = append([]string{fmt.Sprintf("%s%s since the baseline", count(n, "new finding"), worse)}, v.Reasons...)
	}
}
