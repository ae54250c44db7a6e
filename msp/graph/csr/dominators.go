package csr

// Dominators gives the immediate dominator of every node that root reaches: the
// last node that every path from root to it passes. The root is its own; -1 =
// not reached. Cooper, Harvey and Kennedy 2001.
func (g *Graph) Dominators(root int32) []int32 {
	order, number := g.postorder(root)
	// Work on numbers of the reverse postorder: a dominator has a smaller one.
	idom := make([]int32, len(order))
	for i := range idom {
		idom[i] = -1
	}
	idom[0] = 0
	preds := g.predecessors(order, number)
	for changed := true; changed; {
		changed = false
		for n := 1; n < len(order); n++ {
			best := int32(-1)
			for _, p := range preds.To[preds.Off[n]:preds.Off[n+1]] {
				switch {
				case idom[p] < 0:
				case best < 0:
					best = p
				default:
					best = meet(idom, best, p)
				}
			}
			if idom[n] != best {
				idom[n], changed = best, true
			}
		}
	}
	out := make([]int32, g.Len())
	for i := range out {
		out[i] = -1
	}
	for n, d := range idom {
		out[order[n]] = order[d]
	}
	return out
}

func meet(idom []int32, a, b int32) int32 {
	for a != b {
		for a > b {
			a = idom[a]
		}
		for b > a {
			b = idom[b]
		}
	}
	return a
}

// postorder gives the nodes that root reaches in reverse postorder, and each
// node's place in it, -1 = not reached.
func (g *Graph) postorder(root int32) (order, number []int32) {
	number = make([]int32, g.Len())
	next := make([]int32, g.Len())
	copy(next, g.Off)
	for i := range number {
		number[i] = -1
	}
	number[root] = 0
	for call := []int32{root}; len(call) > 0; {
		n := call[len(call)-1]
		if next[n] == g.Off[n+1] {
			call = call[:len(call)-1]
			order = append(order, n)
			continue
		}
		to := g.To[next[n]]
		next[n]++
		if number[to] < 0 {
			number[to] = 0
			call = append(call, to)
		}
	}
	for i, j := 0, len(order)-1; i < j; i, j = i+1, j-1 {
		order[i], order[j] = order[j], order[i]
	}
	for i, n := range order {
		number[n] = int32(i)
	}
	return order, number
}

// predecessors gives the rows of edges turned round, on numbers.
func (g *Graph) predecessors(order, number []int32) *Graph {
	p := &Graph{Off: make([]int32, len(order)+1)}
	for _, n := range order {
		for _, to := range g.To[g.Off[n]:g.Off[n+1]] {
			p.Off[number[to]+1]++
		}
	}
	for i := range order {
		p.Off[i+1] += p.Off[i]
	}
	p.To = make([]int32, p.Off[len(order)])
	fill := append([]int32(nil), p.Off...)
	for i, n := range order {
		for _, to := range g.To[g.Off[n]:g.Off[n+1]] {
			at := number[to]
			p.To[fill[at]] = int32(i)
			fill[at]++
		}
	}
	return p
}
