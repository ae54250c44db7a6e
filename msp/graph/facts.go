package graph

import (
	"sort"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// Apply keeps a fact. Of two facts that answer the same task the later one is
// in force, so the order of a journal does not matter.
func (g *Graph) Apply(f fact.Fact) error {
	if f.ID == "" {
		f.Seal()
	}
	key := keyOf(f.Task)
	if old, ok := g.facts[g.latest[key]]; !ok || later(f, old) {
		g.latest[key] = f.ID
	}
	g.facts[f.ID] = f
	g.derived = nil
	if f.Task.Probe == fact.ProbeHostSweep {
		g.watched.Store(nil)
	}
	g.version++
	return nil
}

func keyOf(t fact.Task) factKey {
	return factKey{t.Probe, string(t.Name), t.Type, t.Server}
}

func later(a, b fact.Fact) bool {
	if !a.At.Equal(b.At) {
		return a.At.After(b.At)
	}
	return a.ID > b.ID
}

// Facts gives the facts in force, sorted by task.
func (g *Graph) Facts() []fact.Fact {
	list := make([]fact.Fact, 0, len(g.latest))
	for _, id := range g.latest {
		list = append(list, g.facts[id])
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Task.Less(list[j].Task) })
	return list
}

// Fact gives the fact in force of a probe about a name.
func (g *Graph) Fact(probe string, name msp.Name) (fact.Fact, bool) {
	return g.FactOf(fact.Task{Probe: probe, Name: name})
}

// FactOf gives the fact in force that answers a task.
func (g *Graph) FactOf(t fact.Task) (fact.Fact, bool) {
	f, ok := g.facts[g.latest[keyOf(t)]]
	return f, ok
}

// FactByID gives a fact by its id.
func (g *Graph) FactByID(id string) (fact.Fact, bool) {
	f, ok := g.facts[id]
	return f, ok
}

// FactsOf gives the facts in force of a probe, sorted by task.
func (g *Graph) FactsOf(probe string) []fact.Fact {
	var list []fact.Fact
	for key, id := range g.latest {
		if key.probe == probe {
			list = append(list, g.facts[id])
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Task.Less(list[j].Task) })
	return list
}
