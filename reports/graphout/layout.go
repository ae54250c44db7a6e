package graphout

import (
	"cmp"
	"slices"

	"mspscan/msp/graph"
)

// mostNodes is how many nodes a picture holds before nobody can read it.
const mostNodes = 150

// chosen says which nodes to draw: those with an edge; where they are too many,
// those on the most credible paths, the dearest providers first.
func (s *scene) chosen(in Input) []bool {
	used := make([]bool, len(s.nodes))
	for _, e := range s.edges {
		used[e.from], used[e.to] = true, true
	}
	if count(used) <= mostNodes {
		return used
	}
	exposures := in.Model.Exposures()
	slices.SortStableFunc(exposures, func(a, b exposed) int { return cmp.Compare(b.Money.Hi, a.Money.Hi) })
	keep, left := make([]bool, len(s.nodes)), mostNodes
	for _, e := range exposures {
		paths := slices.Clone(e.BestPath)
		slices.SortStableFunc(paths, func(a, b path) int { return cmp.Compare(b.Probability.Hi, a.Probability.Hi) })
		for _, p := range paths {
			left -= s.take(keep, p.Nodes, left)
		}
	}
	return keep
}

// take keeps the nodes of a path if they all still fit.
func (s *scene) take(keep []bool, ids []string, left int) int {
	var fresh []int
	for _, id := range ids {
		if at, known := s.index[id]; known && !keep[at] {
			fresh = append(fresh, at)
		}
	}
	if len(fresh) > left {
		return 0
	}
	for _, at := range fresh {
		keep[at] = true
	}
	return len(fresh)
}

func count(set []bool) int {
	n := 0
	for _, b := range set {
		if b {
			n++
		}
	}
	return n
}

// layers puts the chosen nodes into columns in the direction of attack: parties
// by falling rank, then the organisation and the assets by how many doors lie
// between them and the first that is entered.
func (s *scene) layers(keep []bool) [][]int {
	deepest := 0
	for i, n := range s.nodes {
		if keep[i] && party(n) && n.rank != graph.NoRank {
			deepest = max(deepest, n.rank)
		}
	}
	depth := s.depths(keep)
	var columns [][]int
	for i, n := range s.nodes {
		if !keep[i] {
			continue
		}
		at := 0
		switch {
		case !party(n):
			at = deepest + 1 + depth[i]
		case n.rank != graph.NoRank:
			at = deepest + 1 - max(1, n.rank)
		}
		for len(columns) <= at {
			columns = append(columns, nil)
		}
		columns[at] = append(columns[at], i)
	}
	return slices.DeleteFunc(columns, func(c []int) bool { return len(c) == 0 })
}

func party(n node) bool { return n.kind == graph.NodeProvider || n.kind == graph.NodeThirdParty }

// depths counts the internal doors from the assets that a party enters first.
func (s *scene) depths(keep []bool) []int {
	depth := make([]int, len(s.nodes))
	var queue []int
	seen := make([]bool, len(s.nodes))
	for _, e := range s.edges {
		if keep[e.from] && keep[e.to] && party(s.nodes[e.from]) && !party(s.nodes[e.to]) && !seen[e.to] {
			seen[e.to] = true
			queue = append(queue, e.to)
		}
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, e := range s.edges {
			if e.from == at && keep[e.to] && !party(s.nodes[e.to]) && !seen[e.to] {
				seen[e.to] = true
				depth[e.to] = depth[at] + 1
				queue = append(queue, e.to)
			}
		}
	}
	return depth
}

// untangle orders each column by the mean place of its neighbours, there and
// back a few times; at one mean the id decides.
func (s *scene) untangle(columns [][]int) {
	place := make([]float64, len(s.nodes))
	neighbours := make([][]int, len(s.nodes))
	for _, e := range s.edges {
		neighbours[e.from] = append(neighbours[e.from], e.to)
		neighbours[e.to] = append(neighbours[e.to], e.from)
	}
	spread := func(c []int) {
		for i, n := range c {
			place[n] = (float64(i) + .5) / float64(len(c))
		}
	}
	drawn := make([]bool, len(s.nodes))
	for _, c := range columns {
		spread(c)
		for _, n := range c {
			drawn[n] = true
		}
	}
	mean := func(n int) float64 {
		sum, k := place[n], 1
		for _, m := range neighbours[n] {
			if drawn[m] {
				sum, k = sum+place[m], k+1
			}
		}
		return sum / float64(k)
	}
	for round := range 12 {
		for i := range columns {
			c := columns[i]
			if round%2 == 1 {
				c = columns[len(columns)-1-i]
			}
			means := map[int]float64{}
			for _, n := range c {
				means[n] = mean(n)
			}
			slices.SortFunc(c, func(a, b int) int { return cmp.Or(cmp.Compare(means[a], means[b]), cmp.Compare(a, b)) })
			spread(c)
		}
	}
}
