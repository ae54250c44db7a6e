package exposure

import (
	"math"

	"mspscan/msp/graph/csr"
)

// ways is the graph of doors for path searches: an edge a door and target,
// weighted −ln t of the high reading. Edges that only read are held apart: they
// end a path and never lead on.
type ways struct {
	g, back *csr.Graph
	weight  []float64
	door    []int32   // by edge
	to      []int32   // by edge
	reading [][]int32 // edges that read a node, by node
}

// newWays takes the doors that are open in the high reading, in the order of
// ids.
func newWays(m *Model) (*ways, error) {
	w := &ways{reading: make([][]int32, len(m.s.nodes))}
	var from []int32
	for i, d := range m.doors {
		if m.hi.t[i] <= 0 {
			continue
		}
		for _, to := range d.targets {
			e := int32(len(from))
			from, w.to, w.door = append(from, d.from), append(w.to, to), append(w.door, int32(i))
			if d.level == fullControl {
				w.weight = append(w.weight, -math.Log(m.hi.t[i]))
				continue
			}
			w.weight = append(w.weight, math.Inf(1))
			w.reading[to] = append(w.reading[to], e)
		}
	}
	g, err := csr.New(len(m.s.nodes), from, w.to)
	if err != nil {
		return nil, err
	}
	w.g, w.back = g, g.Reverse()
	return w, nil
}

// toward gives weights for paths that end in a node: to read it is enough.
func (w *ways) toward(m *Model, target int32) []float64 {
	if len(w.reading[target]) == 0 {
		return w.weight
	}
	weight := append([]float64(nil), w.weight...)
	for _, e := range w.reading[target] {
		weight[e] = -math.Log(m.hi.t[w.door[e]])
	}
	return weight
}
