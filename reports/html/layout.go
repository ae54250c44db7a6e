package html

import (
	"cmp"
	"slices"
)

// rounds is how often the columns are put in order, there and back.
const rounds = 12

// layer gives each node its column, counted from the assets that lie deepest:
// a party stands left of everyone it serves, so that attack runs from left to
// right.
func (s *scene) layer() {
	out := map[*node][]*node{}
	for _, e := range s.edges {
		out[e.From] = append(out[e.From], e.To)
	}
	depth, deepest := s.depths(out), 0
	for _, n := range s.nodes {
		if !n.party {
			deepest = max(deepest, depth[n])
		}
	}
	for _, n := range s.nodes {
		if !n.party {
			n.column = deepest - depth[n]
		}
	}
	height, busy := map[*node]int{}, map[*node]bool{}
	var climb func(*node) int
	climb = func(n *node) int { // the longest way to the organisation; a circle is cut where it closes
		if !n.party {
			return 0
		}
		if h, ok := height[n]; ok {
			return h
		}
		busy[n] = true
		h := 1
		for _, to := range out[n] {
			if !busy[to] {
				h = max(h, 1+climb(to))
			}
		}
		busy[n] = false
		height[n] = h
		return h
	}
	for _, n := range s.nodes {
		if n.party {
			n.column = deepest + climb(n)
		}
	}
}

// depths counts the doors between an asset and the first one that a party
// enters.
func (s *scene) depths(out map[*node][]*node) map[*node]int {
	depth, seen := map[*node]int{}, map[*node]bool{}
	var queue []*node
	visit := func(n *node, d int) {
		if !n.party && !seen[n] {
			seen[n], depth[n] = true, d
			queue = append(queue, n)
		}
	}
	for _, e := range s.edges {
		if e.From.party {
			visit(e.To, 0)
		}
	}
	for i := 0; i < len(queue); i++ {
		for _, to := range out[queue[i]] {
			visit(to, depth[queue[i]]+1)
		}
	}
	return depth
}

// columns gives the columns from left to right, each ordered by the mean place
// of its neighbours; at one mean the id decides.
func (s *scene) columns() [][]*node {
	var columns [][]*node
	for _, n := range s.nodes {
		for len(columns) <= n.column {
			columns = append(columns, nil)
		}
		columns[n.column] = append(columns[n.column], n)
	}
	columns = slices.DeleteFunc(columns, func(c []*node) bool { return len(c) == 0 })
	slices.Reverse(columns)
	near := map[*node][]*node{}
	for _, e := range s.edges {
		near[e.From] = append(near[e.From], e.To)
		near[e.To] = append(near[e.To], e.From)
	}
	for _, c := range columns {
		slices.SortFunc(c, func(a, b *node) int { return cmp.Compare(a.ID, b.ID) })
		spread(c)
	}
	for round := range rounds {
		for i := range columns {
			c := columns[i]
			if round%2 == 1 {
				c = columns[len(columns)-1-i]
			}
			order(c, near)
		}
	}
	return columns
}

// order sorts a column by the mean place of what each node touches.
func order(c []*node, near map[*node][]*node) {
	means := map[*node]float64{}
	for _, n := range c {
		sum := n.place
		for _, m := range near[n] {
			sum += m.place
		}
		means[n] = sum / float64(len(near[n])+1)
	}
	slices.SortFunc(c, func(a, b *node) int { return cmp.Or(cmp.Compare(means[a], means[b]), cmp.Compare(a.ID, b.ID)) })
	spread(c)
}

// spread gives the nodes of a column their places, from 0 to 1.
func spread(c []*node) {
	for i, n := range c {
		n.place = (float64(i) + .5) / float64(len(c))
	}
}
