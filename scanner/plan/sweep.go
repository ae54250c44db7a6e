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
	Budget     int  // names asked for in all, shared evenly by the domains and the two sorts; hosts are few, and are asked anyway
	Least      int  // likeness down to which look-alikes are made
}

// Sweep gives the tasks of the sweeps that no fact answers yet, sorted: each
// registrable domain of the organisation and of the declared providers once. Each
// is asked for one name at least, so that no domain goes without a word.
func Sweep(g *graph.Graph, o SweepOptions) []fact.Task {
	var tasks []fact.Task
	names, registrable := sweptNames(g)
	if o.Hosts {
		for _, n := range names {
			tasks = append(tasks, fact.Task{Probe: fact.ProbeHostSweep, Name: n})
		}
	}
	if o.Lookalikes {
		var wanted []fact.Task
		var needs []int
		suffixes := sweep.Suffixes(g.Catalog())
		for _, n := range registrable {
			wanted, needs = append(wanted, fact.Task{Probe: fact.ProbeLookalikes, Name: n}), append(needs, total(n, o.Least))
		}
		for _, n := range brandDomains(g, registrable) {
			brand, _ := sweep.Brand(n)
			made, _ := sweep.BrandCandidates(brand, suffixes)
			wanted, needs = append(wanted, fact.Task{Probe: fact.ProbeBrandNames, Name: n}), append(needs, len(made))
		}
		for i, share := range shares(needs, o.Budget-len(tasks)*len(sweep.Labels())) {
			tasks = append(tasks, slicesOf(wanted[i], max(share, 1), o.Least)...)
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

// slicesOf cuts a sweep of so many names into tasks.
func slicesOf(t fact.Task, names, least int) []fact.Task {
	if t.Probe == fact.ProbeBrandNames {
		least = lookalike.DefaultLeast // it has no say there
	}
	var tasks []fact.Task
	for from := 1; from <= names; from += sweep.Slice {
		t.Type = sweep.Places(from, min(from+sweep.Slice-1, names), least)
		tasks = append(tasks, t)
	}
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

// shares splits a budget evenly; what one does not need goes to the others.
func shares(needs []int, budget int) []int {
	budget = max(budget, 0)
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

func total(n msp.Name, least int) int {
	made := 0
	for range lookalike.All(n, lookalike.Options{Least: least}) {
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
