package plan

import (
	"slices"

	"mspscan/msp"
	"mspscan/msp/domain"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
	"mspscan/scanner/lookalike"
	"mspscan/scanner/sweep"
)

// SweepOptions say which sweeps are wanted.
type SweepOptions struct {
	Hosts      bool
	Lookalikes bool // names that could be taken for a domain, and its label under dynamic-DNS suffixes
	Budget     int  // look-alikes asked for in all, shared evenly by the domains
}

// Sweep gives the tasks of the sweeps that no fact answers yet, sorted: each
// registrable domain of the organisation and of the declared providers once.
func Sweep(g *graph.Graph, o SweepOptions) []fact.Task {
	var tasks []fact.Task
	names, registrable := sweptNames(g)
	if o.Hosts {
		for _, n := range names {
			tasks = append(tasks, fact.Task{Probe: fact.ProbeHostSweep, Name: n})
		}
	}
	if o.Lookalikes {
		tasks = append(tasks, lookalikeTasks(registrable, o.Budget)...)
		for _, n := range brandDomains(g, registrable) {
			tasks = append(tasks, fact.Task{Probe: fact.ProbeBrandNames, Name: n})
		}
	}
	tasks = slices.DeleteFunc(tasks, func(t fact.Task) bool { _, done := g.FactOf(t); return done })
	slices.SortFunc(tasks, func(a, b fact.Task) int {
		if a.Less(b) {
			return -1
		}
		return 1
	})
	return tasks
}

// sweptNames gives the declared domains, and the registrable ones among and
// above them, each list sorted.
func sweptNames(g *graph.Graph) (names, registrable []msp.Name) {
	for _, w := range g.Watched() {
		if w.Host {
			continue
		}
		names = append(names, w.Name)
		if reg, ok := lookalike.Registrable(w.Name); ok {
			registrable = append(registrable, reg)
		}
	}
	slices.Sort(names)
	slices.Sort(registrable)
	return slices.Compact(names), slices.Compact(registrable)
}

// lookalikeTasks cuts each domain's share of the budget, the likest names, into
// slices.
func lookalikeTasks(domains []msp.Name, budget int) []fact.Task {
	made := make([]int, len(domains))
	for i, n := range domains {
		made[i] = total(n)
	}
	var tasks []fact.Task
	for i, wanted := range shares(made, budget) {
		for from := 1; from <= wanted; from += sweep.Slice {
			places := sweep.Places(from, min(from+sweep.Slice-1, wanted))
			tasks = append(tasks, fact.Task{Probe: fact.ProbeLookalikes, Name: domains[i], Type: places})
		}
	}
	return tasks
}

// shares splits a budget evenly; what one does not need goes to the others.
func shares(needs []int, budget int) []int {
	out := make([]int, len(needs))
	order := make([]int, len(needs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return needs[a] - needs[b] })
	for k, i := range order { // the least need first
		out[i] = min(needs[i], budget/(len(order)-k))
		budget -= out[i]
	}
	return out
}

func total(n msp.Name) int {
	made := 0
	for range lookalike.All(n, sweep.Options()) {
		made++
	}
	return made
}

// brandDomains keeps one domain for each label that an owner registered: under
// another suffix the label is the same.
func brandDomains(g *graph.Graph, domains []msp.Name) []msp.Name {
	seen := map[string]bool{}
	var list []msp.Name
	for _, n := range domains {
		reg, ok := domain.Registrable(n)
		if !ok {
			continue
		}
		key := reg.Labels()[0]
		for _, owner := range g.Owners(n) {
			key += " " + owner
		}
		if !seen[key] {
			seen[key] = true
			list = append(list, n)
		}
	}
	return list
}
