package exposure

import (
	"cmp"
	"slices"

	"mspscan/msp"
)

// Paths gives the k most credible paths from each provider to each critical
// asset (an asset of unstated criticality counts as one), sorted by provider,
// asset and falling probability. A path is as credible as all of its doors being
// open at once. The last of a list that was cut says More.
func (m *Model) Paths(k int) []msp.PathExposure {
	if k <= 0 {
		return nil
	}
	lists := m.paths(k, func(a asset) bool { return a.criticality == "critical" || a.criticality == "" })
	var all []msp.PathExposure
	for _, p := range m.asked() {
		all = append(all, lists[p]...)
	}
	return all
}

// paths finds up to k paths from each provider asked for to the assets wanted,
// sorted by asset.
func (m *Model) paths(k int, wanted func(asset) bool) map[int32][]msp.PathExposure {
	lists := map[int32][]msp.PathExposure{}
	w, err := newWays(m)
	if err != nil { // the doors of a model lie between its nodes
		return lists
	}
	for _, a := range m.s.assets {
		if !wanted(a) {
			continue
		}
		weight := w.toward(m, a.node)
		rest := w.back.Shortest(weight, a.node).Dist
		for _, p := range m.asked() {
			routes := w.g.KShortestTo(weight, rest, p, a.node, k+1)
			list := make([]msp.PathExposure, 0, len(routes))
			for _, r := range routes {
				list = append(list, m.path(p, w, r.Edges))
			}
			lists[p] = append(lists[p], most(list, k)...)
		}
	}
	return lists
}

// most sorts by what the paths are worth once tied doors are counted once, and
// cuts the list.
func most(list []msp.PathExposure, k int) []msp.PathExposure {
	slices.SortStableFunc(list, func(a, b msp.PathExposure) int { return cmp.Compare(b.Probability.Hi, a.Probability.Hi) })
	if len(list) > k {
		list = list[:k]
		list[k-1].More = true
	}
	return list
}

// path writes a path down: the probability that all of its doors are open. Of
// doors that share a credential only the least open one counts.
func (m *Model) path(provider int32, w *ways, edges []int32) msp.PathExposure {
	last := w.to[edges[len(edges)-1]]
	p := msp.PathExposure{Provider: m.s.nodes[provider].id, Asset: m.s.nodes[last].id, Nodes: []string{m.s.nodes[provider].id}}
	doors := make([]int32, len(edges))
	for i, e := range edges {
		doors[i] = w.door[e]
		p.Doors = append(p.Doors, m.doors[doors[i]].id)
		p.Nodes = append(p.Nodes, m.s.nodes[w.to[e]].id)
		p.Factors = append(p.Factors, msp.Range{Hi: m.hi.t[doors[i]], Lo: m.lo.t[doors[i]]})
	}
	p.Probability = msp.Range{Hi: m.allOpen(doors, m.hi.t), Lo: m.allOpen(doors, m.lo.t)}
	return p
}

// allOpen gives the probability that doors are open at once.
func (m *Model) allOpen(doors []int32, t []float64) float64 {
	p, tied := 1.0, map[string]float64{}
	for _, d := range doors {
		label := m.doors[d].shares
		least, seen := tied[label]
		switch {
		case label == "":
			p *= t[d]
		case !seen || t[d] < least:
			tied[label] = t[d]
		}
	}
	labels := make([]string, 0, len(tied))
	for l := range tied {
		labels = append(labels, l)
	}
	slices.Sort(labels)
	for _, l := range labels {
		p *= tied[l]
	}
	return p
}
