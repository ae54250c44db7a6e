package csr

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/graph/flow"
	"gonum.org/v1/gonum/graph/network"
	"gonum.org/v1/gonum/graph/path"
	"gonum.org/v1/gonum/graph/simple"
	"gonum.org/v1/gonum/graph/topo"
	"gonum.org/v1/gonum/graph/traverse"
)

// The benchmarks put every algorithm beside gonum's on one random graph with
// heavy-tailed degrees, 100,000 nodes and 1,000,000 edges, in one run:
//
//	go test ./msp/graph/csr -run '^$' -bench . -benchtime 1x
const (
	benchNodes = 100_000
	benchEdges = 1_000_000
)

type bench struct {
	from, to []int32
	w        []float64
	capacity []int64
	g        *Graph
	o        *simple.WeightedDirectedGraph
}

// load draws the graph once for all benchmarks.
func load(b *testing.B) *bench { return drawn()(b) }

var drawn = sync.OnceValue(func() func(b *testing.B) *bench {
	s := &bench{}
	r := rand.New(rand.NewPCG(1, 2))
	heavy := func() int32 { return int32(float64(benchNodes) * math.Pow(r.Float64(), 3)) }
	seen := make(map[[2]int32]bool, benchEdges)
	for len(s.from) < benchEdges {
		e := [2]int32{heavy(), int32(r.IntN(benchNodes))}
		if len(seen)%2 == 0 {
			e[0], e[1] = e[1], e[0]
		}
		if e[0] == e[1] || seen[e] {
			continue
		}
		seen[e] = true
		s.from, s.to = append(s.from, e[0]), append(s.to, e[1])
		s.w, s.capacity = append(s.w, .01+r.Float64()), append(s.capacity, 1)
	}
	s.g = rows(benchNodes, s.from, s.to)
	return func(b *testing.B) *bench {
		if s.o == nil {
			s.o = s.gonum()
		}
		b.ReportAllocs()
		b.ResetTimer()
		return s
	}
})

func (s *bench) gonum() *simple.WeightedDirectedGraph {
	g := simple.NewWeightedDirectedGraph(0, math.Inf(1))
	for i := range s.from {
		g.SetWeightedEdge(simple.WeightedEdge{F: simple.Node(s.from[i]), T: simple.Node(s.to[i]), W: s.w[i]})
	}
	return g
}

func BenchmarkBuild(b *testing.B) {
	s := load(b)
	b.Run("rows", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := New(benchNodes, s.from, s.to)
			require.NoError(b, err)
		}
	})
	b.Run("gonum", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			require.NotNil(b, s.gonum())
		}
	})
}

func BenchmarkReach(b *testing.B) {
	s := load(b)
	ours, theirs := 0, 0
	b.Run("rows", func(b *testing.B) {
		for b.Loop() {
			ours = 0
			for _, seen := range s.g.Reach(0) {
				if seen {
					ours++
				}
			}
		}
	})
	b.Run("gonum", func(b *testing.B) {
		for b.Loop() {
			var walk traverse.BreadthFirst
			walk.Walk(s.o, simple.Node(0), nil)
			theirs = 0
			for n := range int64(benchNodes) {
				if walk.Visited(simple.Node(n)) {
					theirs++
				}
			}
		}
	})
	require.True(b, ours == theirs || ours == 0 || theirs == 0, "%d and %d nodes", ours, theirs)
}

func BenchmarkComponents(b *testing.B) {
	s := load(b)
	b.Run("rows", func(b *testing.B) {
		for b.Loop() {
			s.g.Components()
		}
	})
	b.Run("gonum", func(b *testing.B) {
		for b.Loop() {
			topo.TarjanSCC(s.o)
		}
	})
}

func BenchmarkDominators(b *testing.B) {
	s := load(b)
	b.Run("rows", func(b *testing.B) {
		for b.Loop() {
			s.g.Dominators(0)
		}
	})
	b.Run("gonum", func(b *testing.B) {
		for b.Loop() {
			flow.Dominators(simple.Node(0), s.o)
		}
	})
}

func BenchmarkShortest(b *testing.B) {
	s := load(b)
	b.Run("rows", func(b *testing.B) {
		for b.Loop() {
			s.g.Shortest(s.w, 0)
		}
	})
	b.Run("gonum", func(b *testing.B) {
		for b.Loop() {
			path.DijkstraFrom(simple.Node(0), s.o)
		}
	})
}

func BenchmarkKShortest(b *testing.B) {
	s := load(b)
	b.Run("rows", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			require.Len(b, s.g.KShortest(s.w, 0, benchNodes-1, 10), 10)
		}
	})
	b.Run("gonum", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			require.Len(b, path.YenKShortestPaths(s.o, 10, math.Inf(1), simple.Node(0), simple.Node(benchNodes-1)), 10)
		}
	})
}

func BenchmarkMinCut(b *testing.B) {
	s := load(b)
	b.Run("rows", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := MinCut(benchNodes, s.from, s.to, s.capacity, 0, benchNodes-1)
			require.NoError(b, err)
		}
	})
	b.Run("gonum", func(b *testing.B) {
		unit := simple.NewWeightedDirectedGraph(0, 0)
		for i := range s.from {
			unit.SetWeightedEdge(simple.WeightedEdge{F: simple.Node(s.from[i]), T: simple.Node(s.to[i]), W: 1})
		}
		b.ReportAllocs()
		b.ResetTimer()
		for b.Loop() {
			network.MaxFlowDinic(unit, simple.Node(0), simple.Node(benchNodes-1), 1e-9)
		}
	})
}
