// Package csr holds directed graphs in compressed rows and the algorithms that
// the exposure model asks of them: reach, strong components, dominators,
// shortest and k shortest paths, minimum cuts and the outage fixpoint.
//
// Nodes are 0 to N-1. Edges keep the index that they were given, so parallel
// edges stay apart and a result can name them. Every result depends on the
// graph alone, not on a map's order. All searches are iterative: a long chain
// costs memory, not stack.
package csr

import "fmt"

// Graph is a directed graph in compressed rows. Arc a leads from its row's node
// to To[a] and is edge Edge[a] of those given to New; the arcs of node n are
// Off[n] to Off[n+1]-1, in the order of their edges.
type Graph struct {
	Off  []int32
	To   []int32
	Edge []int32
}

// New builds a graph of n nodes; edge i leads from[i] -> to[i]. A node out of
// range or lists of unequal length are errors.
func New(n int, from, to []int32) (*Graph, error) {
	if len(from) != len(to) {
		return nil, fmt.Errorf("build rows: %d sources for %d targets", len(from), len(to))
	}
	for i := range from {
		if from[i] < 0 || int(from[i]) >= n || to[i] < 0 || int(to[i]) >= n {
			return nil, fmt.Errorf("build rows: edge %d (%d to %d) leaves the %d nodes", i, from[i], to[i], n)
		}
	}
	return rows(n, from, to), nil
}

// rows sorts edges into rows by counting.
func rows(n int, from, to []int32) *Graph {
	g := &Graph{Off: make([]int32, n+1), To: make([]int32, len(to)), Edge: make([]int32, len(to))}
	for _, f := range from {
		g.Off[f+1]++
	}
	for i := 0; i < n; i++ {
		g.Off[i+1] += g.Off[i]
	}
	for i, f := range from {
		at := g.Off[f]
		g.To[at], g.Edge[at] = to[i], int32(i)
		g.Off[f]++
	}
	copy(g.Off[1:], g.Off[:n])
	g.Off[0] = 0
	return g
}

// Len gives the number of nodes.
func (g *Graph) Len() int { return len(g.Off) - 1 }

// Reverse gives the graph with every edge turned round; edges keep their index.
func (g *Graph) Reverse() *Graph {
	r := &Graph{Off: make([]int32, len(g.Off)), To: make([]int32, len(g.To)), Edge: make([]int32, len(g.To))}
	for _, t := range g.To {
		r.Off[t+1]++
	}
	n := g.Len()
	for i := 0; i < n; i++ {
		r.Off[i+1] += r.Off[i]
	}
	for from := range n {
		for a := g.Off[from]; a < g.Off[from+1]; a++ {
			at := r.Off[g.To[a]]
			r.To[at], r.Edge[at] = int32(from), g.Edge[a]
			r.Off[g.To[a]]++
		}
	}
	copy(r.Off[1:], r.Off[:n])
	r.Off[0] = 0
	return r
}
