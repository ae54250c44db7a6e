//go:build figures

package csr

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/graph/simple"
)

// The benchmark's graph: random, with heavy-tailed degrees.
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
	spent    float64 // CPU seconds of what alone counts, where something else had to be done first
}

// drawLarge draws the edges, each once.
func drawLarge() *bench {
	s := &bench{}
	r := rand.New(rand.NewPCG(1, 2))
	heavy := func() int32 { return int32(float64(benchNodes) * math.Pow(r.Float64(), 3)) }
	keys := make([]uint64, 0, benchEdges+benchEdges/4)
	for len(keys) < benchEdges {
		for range benchEdges + benchEdges/8 - len(keys) {
			from, to := heavy(), int32(r.IntN(benchNodes))
			if r.IntN(2) == 0 {
				from, to = to, from
			}
			if from != to {
				keys = append(keys, uint64(from)<<32|uint64(to))
			}
		}
		slices.Sort(keys)
		keys = slices.Compact(keys)
	}
	r.Shuffle(len(keys), func(i, k int) { keys[i], keys[k] = keys[k], keys[i] })
	for _, k := range keys[:benchEdges] {
		s.from, s.to = append(s.from, int32(k>>32)), append(s.to, int32(k&math.MaxUint32))
		s.w, s.capacity = append(s.w, .01+r.Float64()), append(s.capacity, 1)
	}
	return s
}

func (s *bench) gonum() *simple.WeightedDirectedGraph {
	g := simple.NewWeightedDirectedGraph(0, math.Inf(1))
	for i := range s.from {
		g.SetWeightedEdge(simple.WeightedEdge{F: simple.Node(s.from[i]), T: simple.Node(s.to[i]), W: s.w[i]})
	}
	return g
}
