package exposure

import (
	"cmp"
	"math"
	"slices"

	"mspscan/msp"
	"mspscan/msp/graph/csr"
)

// Paths gives the k most credible paths from each provider to each critical
// asset (an asset of unstated criticality counts as one), sorted by provider,
// asset and falling probability. A path is as credible as all of its doors being
// open at once. The last of a list that was cut says More.
func (m *Model) Paths(k int) []msp.PathExposure {
	list, _ := m.PathList(k)
	return list
}

// PathList is Paths with how many pairs of provider and asset there are paths
// for. In a model too large to list them all, it gives those of the pairs that
// could cost most, and no path of more than maxHops doors.
func (m *Model) PathList(k int) ([]msp.PathExposure, Searched) {
	if k <= 0 {
		return nil, Searched{}
	}
	lists, searched := m.paths(k, func(a asset) bool { return a.criticality == "critical" || a.criticality == "" })
	var all []msp.PathExposure
	for _, p := range m.asked() {
		all = append(all, lists[p]...)
	}
	m.singles(all)
	return all, searched
}

// The paths that are listed: nobody reads more.
const (
	maxPairs = 3000 // of provider and asset
	maxHops  = 32
)

// pair is a provider that reaches an asset.
type pair struct {
	asset, provider int32
	money           float64 // value times the probability of the most credible path
}

// paths finds up to k paths from each provider asked for to the assets wanted,
// sorted by asset.
func (m *Model) paths(k int, wanted func(asset) bool) (map[int32][]msp.PathExposure, Searched) {
	lists := map[int32][]msp.PathExposure{}
	w, err := newWays(m)
	if err != nil { // the doors of a model lie between its nodes
		return lists, Searched{}
	}
	pairs, searched := m.pairs(w, wanted)
	var r *csr.Router
	for i := 0; i < len(pairs) && !m.stopped(); {
		a := pairs[i].asset
		target := m.s.assets[a].node
		weight := w.toward(m, target)
		rest := w.back.Shortest(weight, target).Dist
		if r == nil {
			r = w.g.Router(weight, rest, target)
		}
		r.Aim(weight, rest, target)
		for ; i < len(pairs) && pairs[i].asset == a; i++ {
			p := pairs[i].provider
			list := make([]msp.PathExposure, 0, k)
			for _, route := range r.KShortest(p, k+1) {
				list = append(list, m.path(p, w, route.Edges))
			}
			lists[p] = append(lists[p], most(list, k)...)
		}
	}
	return lists, searched
}

// pairs picks what to list paths for, sorted by asset and provider.
func (m *Model) pairs(w *ways, wanted func(asset) bool) ([]pair, Searched) {
	var list []pair
	all := 0
	for i, a := range m.s.assets {
		if !wanted(a) || m.stopped() {
			continue
		}
		tree := w.back.Shortest(w.toward(m, a.node), a.node)
		hops := w.back.Hops(tree)
		for _, p := range m.asked() {
			if math.IsInf(tree.Dist[p], 1) {
				continue
			}
			if all++; hops[p] <= maxHops {
				list = append(list, pair{int32(i), p, a.value * math.Exp(-tree.Dist[p])})
			}
		}
	}
	if len(list) > maxPairs {
		slices.SortStableFunc(list, func(a, b pair) int { return cmp.Compare(b.money, a.money) })
		list = list[:maxPairs]
		slices.SortFunc(list, func(a, b pair) int { return cmp.Or(cmp.Compare(a.asset, b.asset), cmp.Compare(a.provider, b.provider)) })
	}
	return list, Searched{len(list), all}
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
