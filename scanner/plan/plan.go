// Package plan decides what to ask next. It is pure: the same graph and options
// give the same tasks, sorted, and each round asks what the facts of the last
// one brought up, until nothing new is left.
package plan

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"mspscan/msp"
	"mspscan/msp/domain"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
)

// Options bound a plan.
type Options struct {
	Probes   map[string]bool // the probes at hand, by name; true = active
	Ranks    int             // how far to follow dependencies from the organisation
	Passive  bool            // ask the recursive resolvers only
	Active   bool            // active probes where consent is live
	Now      time.Time       // for consent
	MaxTasks int             // of the whole run; 0 = no bound
}

// LeftOut is a task that the plan does not ask, and why.
type LeftOut struct {
	Task fact.Task `json:"task"`
	Why  string    `json:"why"`
}

// Plan is one round.
type Plan struct {
	Tasks   []fact.Task
	LeftOut []LeftOut
}

// Next gives the tasks that the graph calls for and has no fact of yet.
func Next(g *graph.Graph, o Options) Plan {
	p := planner{g: g, o: o, seen: map[fact.Task]bool{}}
	for _, w := range g.Watched() {
		p.watched(w)
	}
	for _, f := range g.Facts() {
		p.follow(f)
	}
	for _, d := range g.Dependencies() {
		p.deeper(d)
	}
	return p.finish()
}

type planner struct {
	g    *graph.Graph
	o    Options
	seen map[fact.Task]bool
	out  Plan
}

// add plans a task once, if its probe is at hand and no fact answers it.
func (p *planner) add(t fact.Task) {
	if _, at := p.o.Probes[t.Probe]; !at || p.seen[t] || t.Name == "" || t.Name == msp.Root {
		return
	}
	p.seen[t] = true
	if _, done := p.g.FactOf(t); done {
		return
	}
	p.out.Tasks = append(p.out.Tasks, t)
}

func (p *planner) ask(name msp.Name, probes ...string) {
	for _, probe := range probes {
		p.add(fact.Task{Probe: probe, Name: name})
	}
}

// watched plans what every name in scope is asked for.
func (p *planner) watched(w graph.Watched) {
	p.ask(w.Name, fact.ProbeHosts)
	if w.Host {
		return
	}
	p.ask(w.Name, fact.ProbeDelegation, fact.ProbeMX, fact.ProbeSPF, fact.ProbeDMARC,
		fact.ProbeCAA, fact.ProbeDNSSEC, fact.ProbeTokens, fact.ProbeWildcard)
	if !p.o.Passive {
		p.ask(w.Name, fact.ProbeAgree)
	}
	for _, probe := range []string{fact.ProbeTransfer, fact.ProbeRecursion, fact.ProbeVersion} {
		p.active(fact.Task{Probe: probe, Name: w.Name}, w)
	}
}

// active plans an active probe where it was asked for and consent is live, and
// says why not otherwise.
func (p *planner) active(t fact.Task, w graph.Watched) {
	if _, at := p.o.Probes[t.Probe]; !at {
		return
	}
	switch why := p.forbids(w); why {
	case "":
		p.add(t)
	default:
		p.out.LeftOut = append(p.out.LeftOut, LeftOut{t, why})
	}
}

func (p *planner) forbids(w graph.Watched) string {
	switch {
	case !p.o.Active:
		return "active probes were not asked for (--active)"
	case p.o.Passive:
		return "the scan is passive"
	}
	return Consents(w, p.o.Now)
}

// Consents gives "" where the owner of a name consented to active probes and
// the consent is live, else why not.
func Consents(w graph.Watched, now time.Time) string {
	until := w.Consent.Until
	switch {
	case w.Consent.ActiveProbes.Answer != msp.Yes:
		return fmt.Sprintf("%s has not consented to active probes", w.Owner)
	case until.Known() && until.Before(msp.DateOf(now)):
		return fmt.Sprintf("the consent of %s ended on %s", w.Owner, until)
	}
	return ""
}

// follow plans what a fact brings up.
func (p *planner) follow(f fact.Fact) {
	switch f.Task.Probe {
	case fact.ProbeHosts:
		decode(f, p.afterHosts)
	case fact.ProbeMX:
		decode(f, p.afterMX)
	case fact.ProbeSPF:
		decode(f, p.afterSPF)
	case fact.ProbeDMARC:
		decode(f, p.afterDMARC)
	case fact.ProbeDelegation:
		decode(f, p.afterDelegation)
	}
}

func decode[T any](f fact.Fact, then func(T)) {
	var v T
	if len(f.Data) > 0 && f.Decode(&v) == nil {
		then(v)
	}
}

// registered asks whether anyone holds the domain above a dead target.
func (p *planner) registered(target msp.Name) {
	reg, ok := domain.Registrable(target)
	if !ok || len(p.g.Owners(reg)) > 0 {
		return
	}
	p.ask(reg, fact.ProbeRegistered)
}

func (p *planner) afterHosts(h fact.Hosts) {
	if len(h.Addresses) > 0 || len(h.Chain) > 0 {
		p.ask(h.Name, fact.ProbeCDN)
	}
	if len(h.Chain) > 0 && h.EndRcode != "NOERROR" {
		p.registered(h.End)
	}
}

func (p *planner) afterMX(m fact.MX) {
	if len(m.Hosts) == 0 {
		return
	}
	p.ask(m.Domain, fact.ProbeMTASTS, fact.ProbeTLSRPT)
	for _, h := range m.Hosts {
		if h.Outcome == fact.Present {
			p.ask(h.Host, fact.ProbeDANE)
		} else {
			p.registered(h.Host)
		}
	}
}

func (p *planner) afterSPF(s fact.SPF) {
	if s.Tree != nil {
		p.spfNode(s.Tree, 0)
	}
}

func (p *planner) spfNode(n *fact.SPFNode, depth int) {
	for _, t := range n.Terms {
		if t.Target != "" && t.Rcode != "NOERROR" {
			p.registered(t.Target)
		}
		if t.Node != nil && depth < 64 {
			p.spfNode(t.Node, depth+1)
		}
	}
}

func (p *planner) afterDMARC(d fact.DMARC) {
	for _, r := range d.Reports {
		if r.External && r.Rcode != "NOERROR" {
			p.registered(r.Domain)
		}
	}
}

func (p *planner) afterDelegation(d fact.Delegation) {
	for _, s := range d.Servers {
		if s.State == fact.ServerNoAddress || s.State == fact.ServerHostUnknown {
			p.registered(s.Host)
		}
	}
}

// deeper follows a dependency to the third party's own name servers and hosts,
// and asks for the mail keys of the vendors that send for a watched domain.
func (p *planner) deeper(d graph.Dependency) {
	if d.Trust == msp.TrustVerify || d.Dead {
		return
	}
	if d.Trust == msp.TrustSend || d.Trust == msp.TrustReceive {
		p.selectors(d)
	}
	if d.Declared || d.Rank >= p.o.Ranks || p.o.Passive {
		return
	}
	for _, target := range d.Targets {
		switch d.Trust {
		case msp.TrustControl:
			if reg, ok := domain.Registrable(target); ok {
				p.ask(reg, fact.ProbeDelegation)
			}
		case msp.TrustReceive:
			p.ask(target, fact.ProbeHosts)
		}
	}
}

// selectors asks for DKIM keys at the selectors that a discovered vendor uses;
// none are guessed.
func (p *planner) selectors(d graph.Dependency) {
	e, ok := p.g.Catalog().Entry(d.Party)
	if !ok {
		return
	}
	for _, name := range d.Domains {
		for _, s := range e.DKIMSelectors {
			p.add(fact.Task{Probe: fact.ProbeDKIM, Name: name, Type: s})
		}
	}
}

// finish sorts the round and holds it within the budget.
func (p *planner) finish() Plan {
	sort.Slice(p.out.Tasks, func(i, j int) bool { return p.out.Tasks[i].Less(p.out.Tasks[j]) })
	sort.Slice(p.out.LeftOut, func(i, j int) bool { return p.out.LeftOut[i].Task.Less(p.out.LeftOut[j].Task) })
	p.out.LeftOut = slices.Compact(p.out.LeftOut)
	room := p.o.MaxTasks - len(p.g.Facts())
	if p.o.MaxTasks > 0 && len(p.out.Tasks) > max(room, 0) {
		for _, t := range p.out.Tasks[max(room, 0):] {
			p.out.LeftOut = append(p.out.LeftOut, LeftOut{t, "the budget of tasks is spent"})
		}
		p.out.Tasks = p.out.Tasks[:max(room, 0)]
	}
	return p.out
}
