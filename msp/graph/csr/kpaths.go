package csr

import (
	"math"
	"slices"
)

// Route is a path by its edges, from the source on, with the sum of their
// weights.
type Route struct {
	Edges []int32
	Cost  float64
}

// KShortest gives up to k shortest paths without a repeated node, cheapest
// first and at one cost in a fixed order; parallel edges make different paths.
// Weights are by edge, 0 or more; an infinite weight is no edge. source and
// target must differ, else there is none.
//
// Yen 1971 with Lawler's rule that a path is only left at or after the place
// where it left its parent. Every spur search runs as A* with the exact distances
// to the target of the whole graph as potential, so it looks at little more
// than the path that it finds.
func (g *Graph) KShortest(w []float64, source, target int32, k int) []Route {
	if k <= 0 || source == target {
		return nil
	}
	return g.KShortestTo(w, g.Reverse().Shortest(w, target).Dist, source, target, k)
}

// KShortestTo is KShortest with the distances to the target given: those of
// Reverse().Shortest(w, target), which many sources can share.
func (g *Graph) KShortestTo(w, toTarget []float64, source, target int32, k int) []Route {
	return g.Router(w, toTarget, target).KShortest(source, k)
}

// Router finds paths to one target from many sources, in memory that it uses
// again. It is for one goroutine.
type Router struct{ yen }

// Router makes one for weights by edge and the distances to the target: those of
// Reverse().Shortest(w, target).
func (g *Graph) Router(w, toTarget []float64, target int32) *Router {
	return &Router{*newYen(g, w, toTarget, target)}
}

// Aim turns the router to another target of the same graph.
func (r *Router) Aim(w, toTarget []float64, target int32) {
	r.w, r.rest, r.target = w, toTarget, target
}

// KShortest gives up to k shortest paths from a source, as Graph.KShortest does.
func (r *Router) KShortest(source int32, k int) []Route {
	y := &r.yen
	if k <= 0 || source == y.target || math.IsInf(y.rest[source], 1) {
		return nil
	}
	y.offers, y.barred = y.offers[:0], nil
	y.pathMark++
	first, ok := y.search(source)
	if !ok {
		return nil
	}
	y.offer(trail{nodes: y.nodes(source, first), arcs: first})
	var found []Route
	for len(found) < k && len(y.offers) > 0 {
		best := y.take()
		found = append(found, y.route(best))
		if len(found) < k {
			y.deviate(best)
		}
	}
	return found
}

// trail is a path found, with where it left its parent.
type trail struct {
	nodes, arcs []int32
	left        int     // index of the node at which it left
	barred      []int32 // arcs that the parent and its other children take there
	cost        float64
}

type yen struct {
	g        *Graph
	w        []float64
	rest     []float64 // exact distance to the target
	target   int32
	offers   []trail
	dist     []float64
	arc      []int32
	from     []int32
	stamp    []int32 // search in which dist is valid
	done     []int32 // search in which the node was settled
	run      int32
	onPath   []int32 // path search in which the node is barred
	barred   []int32 // arcs barred at the spur node
	pathMark int32
}

func newYen(g *Graph, w, rest []float64, target int32) *yen {
	n := g.Len()
	return &yen{
		g: g, w: w, rest: rest, target: target, dist: make([]float64, n), arc: make([]int32, n),
		from: make([]int32, n), stamp: make([]int32, n), done: make([]int32, n), onPath: make([]int32, n), pathMark: 1,
	}
}

// search gives the arcs of the shortest path from a node to the target that
// avoids the barred arcs and the nodes of the path so far.
func (y *yen) search(spur int32) ([]int32, bool) {
	y.run++
	y.reached(spur, -1, -1, 0)
	q := queue{{y.rest[spur], spur}}
	for len(q) > 0 {
		n := q.pop().node
		if y.done[n] == y.run {
			continue
		}
		y.done[n] = y.run
		if n == y.target {
			return y.trace(spur), true
		}
		y.expand(&q, n, n == spur)
	}
	return nil, false
}

func (y *yen) expand(q *queue, n int32, spur bool) {
	for a := y.g.Off[n]; a < y.g.Off[n+1]; a++ {
		to := y.g.To[a]
		d := y.dist[n] + y.w[y.g.Edge[a]]
		switch {
		case y.onPath[to] == y.pathMark || y.done[to] == y.run:
		case math.IsInf(d+y.rest[to], 1):
		case spur && slices.Contains(y.barred, a):
		case y.stamp[to] == y.run && y.dist[to] <= d:
		default:
			y.reached(to, n, a, d)
			q.push(item{d + y.rest[to], to})
		}
	}
}

func (y *yen) reached(n, from, arc int32, d float64) {
	y.stamp[n], y.dist[n], y.from[n], y.arc[n] = y.run, d, from, arc
}

func (y *yen) trace(spur int32) []int32 {
	var arcs []int32
	for n := y.target; n != spur; n = y.from[n] {
		arcs = append(arcs, y.arc[n])
	}
	slices.Reverse(arcs)
	return arcs
}

func (y *yen) nodes(from int32, arcs []int32) []int32 {
	list := []int32{from}
	for _, a := range arcs {
		list = append(list, y.g.To[a])
	}
	return list
}

// deviate offers the best path that leaves p at each of its nodes from the one
// on at which p left its parent.
func (y *yen) deviate(p trail) {
	y.pathMark++
	for _, n := range p.nodes[:p.left] {
		y.onPath[n] = y.pathMark
	}
	for i := p.left; i < len(p.arcs); i++ {
		y.barred = []int32{p.arcs[i]}
		if i == p.left {
			y.barred = append(y.barred, p.barred...)
		}
		y.onPath[p.nodes[i]] = y.pathMark
		if tail, ok := y.search(p.nodes[i]); ok {
			arcs := append(slices.Clone(p.arcs[:i]), tail...)
			y.offer(trail{nodes: y.nodes(p.nodes[0], arcs), arcs: arcs, left: i, barred: y.barred})
		}
	}
}

func (y *yen) offer(p trail) {
	for _, a := range p.arcs {
		p.cost += y.w[y.g.Edge[a]]
	}
	y.offers = append(y.offers, p)
}

// take removes the best offer.
func (y *yen) take() trail {
	best := 0
	for i := range y.offers {
		if y.less(y.offers[i], y.offers[best]) {
			best = i
		}
	}
	p := y.offers[best]
	y.offers[best] = y.offers[len(y.offers)-1]
	y.offers = y.offers[:len(y.offers)-1]
	return p
}

func (y *yen) less(a, b trail) bool {
	if a.cost != b.cost {
		return a.cost < b.cost
	}
	for i := range min(len(a.arcs), len(b.arcs)) {
		if ea, eb := y.g.Edge[a.arcs[i]], y.g.Edge[b.arcs[i]]; ea != eb {
			return ea < eb
		}
	}
	return len(a.arcs) < len(b.arcs)
}

func (y *yen) route(p trail) Route {
	r := Route{Cost: p.cost, Edges: make([]int32, len(p.arcs))}
	for i, a := range p.arcs {
		r.Edges[i] = y.g.Edge[a]
	}
	return r
}
