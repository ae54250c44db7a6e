package csr

import (
	"fmt"
	"math"
)

// Unbounded is the capacity of an edge that no cut may hold.
const Unbounded = math.MaxInt64 / 4

// Cut is a minimum cut: its capacity and its edges, sorted. Side says which
// nodes stay with the source.
type Cut struct {
	Capacity int64
	Edges    []int32
	Side     []bool
}

// MinCut gives a smallest set of edges by capacity without which no path leads
// from source to target; of all such sets the one nearest to the source.
// Capacities are by edge, 0 or more; from and to as for New. It is an error if
// unbounded edges alone join source and target, or if they are one node.
// Dinic 1970.
func MinCut(n int, from, to []int32, capacity []int64, source, target int32) (Cut, error) {
	if source == target {
		return Cut{}, fmt.Errorf("cut graph: source and target are one node")
	}
	if len(capacity) != len(from) {
		return Cut{}, fmt.Errorf("cut graph: %d capacities for %d edges", len(capacity), len(from))
	}
	g, err := New(n, from, to)
	if err != nil {
		return Cut{}, fmt.Errorf("cut graph: %w", err)
	}
	d := newDinic(g, from, to, capacity)
	c := Cut{}
	for d.levels(source, target) {
		c.Capacity += d.block(source, target)
		if c.Capacity >= Unbounded {
			return Cut{}, fmt.Errorf("cut graph: edges that can't be cut join source and target")
		}
	}
	c.Side = make([]bool, n)
	for v := range c.Side {
		c.Side[v] = d.level[v] >= 0
	}
	for e := range from {
		if c.Side[from[e]] && !c.Side[to[e]] && capacity[e] > 0 {
			c.Edges = append(c.Edges, int32(e))
		}
	}
	return c, nil
}

// dinic keeps a residual arc for each edge and one for its return, both in the
// rows of their own start.
type dinic struct {
	off   []int32
	to    []int32
	back  []int32 // the arc of the other direction
	left  []int64 // residual capacity
	level []int32
	next  []int32
	queue []int32
	path  []int32 // arcs
}

func newDinic(g *Graph, from, to []int32, capacity []int64) *dinic {
	n := g.Len()
	d := &dinic{
		off: make([]int32, n+1), to: make([]int32, 2*len(from)), back: make([]int32, 2*len(from)),
		left: make([]int64, 2*len(from)), level: make([]int32, n), next: make([]int32, n), queue: make([]int32, n),
	}
	for e := range from {
		d.off[from[e]+1]++
		d.off[to[e]+1]++
	}
	for i := range n {
		d.off[i+1] += d.off[i]
	}
	copy(d.next, d.off)
	place := func(v int32) int32 { d.next[v]++; return d.next[v] - 1 }
	for e := range from {
		a, b := place(from[e]), place(to[e])
		d.to[a], d.to[b], d.back[a], d.back[b] = to[e], from[e], b, a
		d.left[a] = min(max(capacity[e], 0), Unbounded)
	}
	return d
}

// levels numbers the nodes by residual distance from the source; false = the
// target is cut off.
func (d *dinic) levels(source, target int32) bool {
	for i := range d.level {
		d.level[i] = -1
	}
	d.level[source] = 0
	d.queue[0] = source
	for head, tail := 0, 1; head < tail; head++ {
		n := d.queue[head]
		for a := d.off[n]; a < d.off[n+1]; a++ {
			if to := d.to[a]; d.left[a] > 0 && d.level[to] < 0 {
				d.level[to] = d.level[n] + 1
				d.queue[tail] = to
				tail++
			}
		}
	}
	return d.level[target] >= 0
}

// block sends a blocking flow along the levels and gives its size.
func (d *dinic) block(source, target int32) int64 {
	copy(d.next, d.off)
	d.path = d.path[:0]
	sent := int64(0)
	for n := source; ; {
		switch {
		case n == target:
			sent += d.augment()
			if sent >= Unbounded {
				return sent
			}
			d.path, n = d.path[:0], source
		case d.advance(n):
			n = d.to[d.path[len(d.path)-1]]
		case n == source:
			return sent
		default: // a dead end: never come back
			d.level[n] = -1
			last := d.path[len(d.path)-1]
			d.path = d.path[:len(d.path)-1]
			n = d.to[d.back[last]]
		}
	}
}

// advance takes the next residual arc to the next level.
func (d *dinic) advance(n int32) bool {
	for ; d.next[n] < d.off[n+1]; d.next[n]++ {
		a := d.next[n]
		if d.left[a] > 0 && d.level[d.to[a]] == d.level[n]+1 {
			d.path = append(d.path, a)
			return true
		}
	}
	return false
}

func (d *dinic) augment() int64 {
	flow := int64(Unbounded)
	for _, a := range d.path {
		flow = min(flow, d.left[a])
	}
	for _, a := range d.path {
		d.left[a] -= flow
		d.left[d.back[a]] += flow
	}
	return flow
}
