package csr

// Components gives the strong component of every node and their number.
// Components are numbered against the direction of the edges: no edge leads
// from a component to one of a higher number. Tarjan 1972, iterative.
func (g *Graph) Components() (comp []int32, count int) {
	t := tarjan{
		g: g, index: make([]int32, g.Len()), low: make([]int32, g.Len()),
		next: make([]int32, g.Len()), comp: make([]int32, g.Len()),
	}
	copy(t.next, g.Off)
	for n := range t.comp {
		t.comp[n] = -1
	}
	for n := range t.index {
		if t.index[n] == 0 {
			t.visit(int32(n))
		}
	}
	return t.comp, int(t.count)
}

type tarjan struct {
	g          *Graph
	index, low []int32 // from 1; 0 = not seen
	next       []int32 // next arc of each node
	comp       []int32
	open       []int32 // nodes seen whose component is not closed
	call       []int32 // the path of the search
	seen       int32
	count      int32
}

func (t *tarjan) enter(n int32) {
	t.seen++
	t.index[n], t.low[n] = t.seen, t.seen
	t.open = append(t.open, n)
	t.call = append(t.call, n)
}

func (t *tarjan) visit(root int32) {
	t.enter(root)
	for len(t.call) > 0 {
		n := t.call[len(t.call)-1]
		if t.next[n] < t.g.Off[n+1] {
			to := t.g.To[t.next[n]]
			t.next[n]++
			switch {
			case t.index[to] == 0:
				t.enter(to)
			case t.comp[to] < 0:
				t.low[n] = min(t.low[n], t.index[to])
			}
			continue
		}
		t.leave(n)
	}
}

func (t *tarjan) leave(n int32) {
	t.call = t.call[:len(t.call)-1]
	if len(t.call) > 0 {
		up := t.call[len(t.call)-1]
		t.low[up] = min(t.low[up], t.low[n])
	}
	if t.low[n] != t.index[n] {
		return
	}
	for {
		top := t.open[len(t.open)-1]
		t.open = t.open[:len(t.open)-1]
		t.comp[top] = t.count
		if top == n {
			break
		}
	}
	t.count++
}
