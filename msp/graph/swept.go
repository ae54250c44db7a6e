package graph

import (
	"mspscan/msp"
	"mspscan/msp/fact"
)

// swept gives the hosts that a sweep found below declared domains and that
// nobody declared: from then on they are in scope as if they had been.
func (g *Graph) swept(declared []Watched) []Watched {
	facts := g.FactsOf(fact.ProbeHostSweep)
	if len(facts) == 0 {
		return nil
	}
	domains, known := map[msp.Name][]Watched{}, map[msp.Name]bool{}
	for _, w := range declared {
		known[w.Name] = true
		if !w.Host {
			domains[w.Name] = append(domains[w.Name], w)
		}
	}
	var list []Watched
	for _, f := range facts {
		var d fact.HostSweep
		if f.Decode(&d) != nil {
			continue
		}
		for _, h := range d.Found {
			for _, w := range domains[d.Domain] {
				if !known[h.Name] {
					w.Name, w.Host, w.Swept = h.Name, true, h.Product
					list = append(list, w)
				}
			}
		}
	}
	return list
}
