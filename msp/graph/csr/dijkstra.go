package csr

import "math"

// Tree is the result of a shortest path search: the distance of every node
// (infinite = not reached) and the arc over which it was reached, -1 for the
// source and what was not reached.
type Tree struct {
	Dist []float64
	Arc  []int32
}

// Shortest gives the shortest paths from source under weights by edge, each 0
// or more; an infinite weight is no edge. Dijkstra 1959.
func (g *Graph) Shortest(w []float64, source int32) Tree {
	t := Tree{Dist: make([]float64, g.Len()), Arc: make([]int32, g.Len())}
	for i := range t.Dist {
		t.Dist[i], t.Arc[i] = math.Inf(1), -1
	}
	t.Dist[source] = 0
	q := queue{{0, source}}
	for len(q) > 0 {
		top := q.pop()
		if top.key > t.Dist[top.node] {
			continue
		}
		for a := g.Off[top.node]; a < g.Off[top.node+1]; a++ {
			to := g.To[a]
			if d := top.key + w[g.Edge[a]]; d < t.Dist[to] {
				t.Dist[to], t.Arc[to] = d, a
				q.push(item{d, to})
			}
		}
	}
	return t
}

// Hops gives how many edges lie between the root of the tree and every node; 0 for
// what was not reached.
func (g *Graph) Hops(t Tree) []int32 {
	from := make([]int32, g.Len())
	for n := range from {
		for a := g.Off[n]; a < g.Off[n+1]; a++ {
			if t.Arc[g.To[a]] == a {
				from[g.To[a]] = int32(n) + 1
			}
		}
	}
	hops := make([]int32, g.Len())
	var climb []int32
	for n := range int32(len(hops)) {
		for at := n; hops[at] == 0 && from[at] > 0; at = from[at] - 1 {
			climb = append(climb, at)
		}
		for i := len(climb) - 1; i >= 0; i-- {
			hops[climb[i]] = hops[from[climb[i]]-1] + 1
		}
		climb = climb[:0]
	}
	return hops
}

type item struct {
	key  float64
	node int32
}

// queue is a heap of four children a node, least key first.
type queue []item

func (q *queue) push(it item) {
	*q = append(*q, it)
	h := *q
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 4
		if h[up].key <= it.key {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = it
}

func (q *queue) pop() item {
	h := *q
	top, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	*q = h
	if len(h) == 0 {
		return top
	}
	i := 0
	for {
		first := 4*i + 1
		if first >= len(h) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(h)); c++ {
			if h[c].key < h[least].key {
				least = c
			}
		}
		if h[least].key >= last.key {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = last
	return top
}
