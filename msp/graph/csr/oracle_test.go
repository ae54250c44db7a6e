package csr

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/flow"
	"gonum.org/v1/gonum/graph/network"
	"gonum.org/v1/gonum/graph/path"
	"gonum.org/v1/gonum/graph/simple"
	"gonum.org/v1/gonum/graph/topo"
)

// rounds is how many random graphs each differential test draws; MSPSCAN_ROUNDS
// asks for more.
func rounds() int {
	if n, err := strconv.Atoi(os.Getenv("MSPSCAN_ROUNDS")); err == nil && n > 0 {
		return n
	}
	return 3000
}

// sample is a random graph for this package and for gonum. It has neither
// loops nor parallel edges: gonum's simple graphs hold none.
type sample struct {
	n        int
	from, to []int32
	w        []float64
	capacity []int64
	g        *Graph
}

func draw(t *testing.T, r *rand.Rand) sample {
	s := sample{n: 2 + r.IntN(14)}
	seen := map[[2]int32]bool{}
	for range r.IntN(4 * s.n) {
		e := [2]int32{int32(r.IntN(s.n)), int32(r.IntN(s.n))}
		if e[0] == e[1] || seen[e] {
			continue
		}
		seen[e] = true
		s.from, s.to = append(s.from, e[0]), append(s.to, e[1])
		s.w = append(s.w, float64(r.IntN(64))/64+.25)
		s.capacity = append(s.capacity, int64(1+r.IntN(5)))
	}
	g, err := New(s.n, s.from, s.to)
	require.NoError(t, err)
	s.g = g
	return s
}

func (s sample) gonum(w func(int) float64) *simple.WeightedDirectedGraph {
	g := simple.NewWeightedDirectedGraph(0, math.Inf(1))
	for i := range s.n {
		g.AddNode(simple.Node(i))
	}
	for i := range s.from {
		g.SetWeightedEdge(g.NewWeightedEdge(simple.Node(s.from[i]), simple.Node(s.to[i]), w(i)))
	}
	return g
}

func each(t *testing.T, check func(t *testing.T, r *rand.Rand, s sample, o *simple.WeightedDirectedGraph)) {
	for i := range rounds() {
		r := rand.New(rand.NewPCG(uint64(i), 7))
		s := draw(t, r)
		check(t, r, s, s.gonum(func(i int) float64 { return s.w[i] }))
		if t.Failed() {
			t.Fatalf("graph %d: %d nodes, %v -> %v, weights %v, capacities %v", i, s.n, s.from, s.to, s.w, s.capacity)
		}
	}
}

func TestReachAsPaths(t *testing.T) {
	each(t, func(t *testing.T, r *rand.Rand, s sample, o *simple.WeightedDirectedGraph) {
		at := r.IntN(s.n)
		seen := s.g.Reach(int32(at))
		back := s.g.Reverse()
		for n := range s.n {
			want := topo.PathExistsIn(o, simple.Node(at), simple.Node(n))
			require.Equal(t, want, seen[n])
			require.Equal(t, want, back.Reach(int32(n))[at], "and back")
		}
	})
}

func TestComponentsAsGonum(t *testing.T) {
	each(t, func(t *testing.T, _ *rand.Rand, s sample, o *simple.WeightedDirectedGraph) {
		comp, count := s.g.Components()
		want := topo.TarjanSCC(o)
		require.Len(t, want, count)
		for _, members := range want {
			for _, m := range members {
				require.Equal(t, comp[members[0].ID()], comp[m.ID()])
			}
		}
		for i := range s.from {
			require.GreaterOrEqual(t, comp[s.from[i]], comp[s.to[i]], "numbered against the edges")
		}
	})
}

func TestDominatorsAsGonum(t *testing.T) {
	each(t, func(t *testing.T, r *rand.Rand, s sample, o *simple.WeightedDirectedGraph) {
		root := int32(r.IntN(s.n))
		idom := s.g.Dominators(root)
		want := flow.Dominators(simple.Node(root), o)
		seen := s.g.Reach(root)
		for n := range int32(s.n) {
			switch d := want.DominatorOf(int64(n)); {
			case n == root:
				require.Equal(t, root, idom[n])
			case !seen[n]:
				require.EqualValues(t, -1, idom[n])
			default:
				require.EqualValues(t, d.ID(), idom[n])
			}
		}
	})
}

func TestShortestAsGonum(t *testing.T) {
	each(t, func(t *testing.T, r *rand.Rand, s sample, o *simple.WeightedDirectedGraph) {
		at := r.IntN(s.n)
		tree := s.g.Shortest(s.w, int32(at))
		want := path.DijkstraFrom(simple.Node(at), o)
		for n := range s.n {
			require.Equal(t, want.WeightTo(int64(n)), tree.Dist[n])
			if a := tree.Arc[n]; a >= 0 {
				e := s.g.Edge[a]
				require.EqualValues(t, n, s.to[e])
				require.Equal(t, tree.Dist[n], tree.Dist[s.from[e]]+s.w[e])
			}
		}
	})
}

func TestKShortestAsGonum(t *testing.T) {
	each(t, func(t *testing.T, r *rand.Rand, s sample, o *simple.WeightedDirectedGraph) {
		a, b, k := r.IntN(s.n), r.IntN(s.n), 1+r.IntN(8)
		if a == b {
			require.Empty(t, s.g.KShortest(s.w, int32(a), int32(b), k))
			return
		}
		got := s.g.KShortest(s.w, int32(a), int32(b), k)
		want := path.YenKShortestPaths(o, k, math.Inf(1), simple.Node(a), simple.Node(b))
		require.Len(t, got, len(want))
		for i := range got {
			require.InDelta(t, costOf(o, want[i]), got[i].Cost, 1e-12)
		}
	})
}

func costOf(o *simple.WeightedDirectedGraph, nodes []graph.Node) float64 {
	c := 0.0
	for i := 1; i < len(nodes); i++ {
		w, _ := o.Weight(nodes[i-1].ID(), nodes[i].ID())
		c += w
	}
	return c
}

// TestKShortestAsEnumeration takes graphs with parallel edges, loops and edges
// of no weight, and holds the list against all paths there are.
func TestKShortestAsEnumeration(t *testing.T) {
	for i := range rounds() {
		r := rand.New(rand.NewPCG(uint64(i), 8))
		n := 2 + r.IntN(5)
		var from, to []int32
		var w []float64
		for range r.IntN(3 * n) {
			from, to = append(from, int32(r.IntN(n))), append(to, int32(r.IntN(n)))
			w = append(w, []float64{0, .25, .5, 1, math.Inf(1)}[r.IntN(5)])
		}
		g, err := New(n, from, to)
		require.NoError(t, err)
		all := enumerate(g, w, 0, 1)
		k := 1 + r.IntN(len(all)+2)
		got := g.KShortest(w, 0, 1, k)
		require.Len(t, got, min(k, len(all)), "graph %d", i)
		seen := map[string]bool{}
		for j := range got {
			require.Equal(t, all[j], got[j].Cost, "graph %d: path %d", i, j)
			key := ""
			for _, e := range got[j].Edges {
				key += strconv.Itoa(int(e)) + " "
			}
			require.False(t, seen[key], "graph %d: the path %s twice", i, key)
			seen[key] = true
		}
	}
}

func enumerate(g *Graph, w []float64, from, target int32) []float64 {
	var costs []float64
	on := make([]bool, g.Len())
	var walk func(n int32, cost float64)
	walk = func(n int32, cost float64) {
		if n == target {
			costs = append(costs, cost)
			return
		}
		on[n] = true
		for a := g.Off[n]; a < g.Off[n+1]; a++ {
			if !on[g.To[a]] && !math.IsInf(w[g.Edge[a]], 1) {
				walk(g.To[a], cost+w[g.Edge[a]])
			}
		}
		on[n] = false
	}
	walk(from, 0)
	slices.Sort(costs)
	return costs
}

func TestMinCutAsGonum(t *testing.T) {
	each(t, func(t *testing.T, r *rand.Rand, s sample, _ *simple.WeightedDirectedGraph) {
		a, b := int32(r.IntN(s.n)), int32(r.IntN(s.n))
		if a == b {
			return
		}
		cut, err := MinCut(s.n, s.from, s.to, s.capacity, a, b)
		require.NoError(t, err)
		o := s.gonum(func(i int) float64 { return float64(s.capacity[i]) })
		require.EqualValues(t, network.MaxFlowDinic(o, simple.Node(a), simple.Node(b), 1e-9), cut.Capacity)
		sum := int64(0)
		for _, e := range cut.Edges {
			sum += s.capacity[e]
		}
		require.Equal(t, cut.Capacity, sum)
		require.False(t, without(s, cut.Edges).Reach(a)[b], "the cut cuts")
		for i := range cut.Edges {
			less := slices.Delete(slices.Clone(cut.Edges), i, i+1)
			require.True(t, without(s, less).Reach(a)[b], "no part of it does")
		}
	})
}

func without(s sample, edges []int32) *Graph {
	var from, to []int32
	for i := range s.from {
		if !slices.Contains(edges, int32(i)) {
			from, to = append(from, s.from[i]), append(to, s.to[i])
		}
	}
	return rows(s.n, from, to)
}
