package exposure

import (
	"slices"

	"mspscan/msp/graph/csr"
)

// forward gives the nodes that the source may control.
func forward(s *structure, t []float64, source int32) []bool {
	held := make([]bool, len(s.nodes))
	held[source] = true
	for stack := []int32{source}; len(stack) > 0; {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, w := range s.net.of(n) {
			if w.control && t[w.door] > 0 && !held[w.to] {
				held[w.to] = true
				stack = append(stack, w.to)
			}
		}
	}
	return held
}

// beside gives the nodes that an open door leads to from one that is held: no
// other asset is reached at all.
func beside(s *structure, t []float64, held []bool) []bool {
	near := make([]bool, len(s.nodes))
	for n, is := range held {
		if !is {
			continue
		}
		for _, w := range s.net.of(int32(n)) { //nolint:gosec // nodes are numbered by int32
			if t[w.door] > 0 {
				near[w.to] = true
			}
		}
	}
	return near
}

// trimmer keeps the doors that can matter for one source and a target: on a way
// from the source to the target, not back into the source, not on from the
// target, and not into a read level that leads nowhere. What the source reaches
// is found once; then each target costs no more than the doors that it keeps.
type trimmer struct {
	s      *structure
	doors  []door
	t      []float64
	source int32
	fwd    []bool
	in     []int32 // place of each node in the dominator tree, -1 = not in it
	out    []int32 // place after its last descendant
	// of the target at hand
	target int32
	seen   []bool // doors kept
	back   []bool // nodes, but for the source, whose control can lead to the target
	kept   []int32
	nodes  []int32 // where back is set
	draws  int     // uncertain ones
	tied   map[string][]float64
}

func newTrimmer(s *structure, doors []door, t []float64, source int32, fwd []bool) *trimmer {
	r := &trimmer{
		s: s, doors: doors, t: t, source: source, fwd: fwd,
		seen: make([]bool, len(doors)), back: make([]bool, len(s.nodes)),
	}
	r.dominate()
	return r
}

// dominate numbers the dominator tree of the nodes that the source controls:
// what lies below a target is only reached through it.
func (r *trimmer) dominate() {
	n := len(r.s.nodes)
	var from, to []int32
	for at, held := range r.fwd {
		if !held {
			continue
		}
		for _, w := range r.s.net.of(int32(at)) {
			if w.control && r.t[w.door] > 0 {
				from, to = append(from, int32(at)), append(to, w.to)
			}
		}
	}
	r.in, r.out = make([]int32, n), make([]int32, n)
	for i := range r.in {
		r.in[i] = -1
	}
	g, err := csr.New(n, from, to)
	if err != nil { // doors lie between nodes
		return
	}
	idom := g.Dominators(r.source)
	from, to = from[:0], to[:0]
	for i, d := range idom {
		if d >= 0 && int32(i) != r.source {
			from, to = append(from, d), append(to, int32(i))
		}
	}
	if tree, err := csr.New(n, from, to); err == nil {
		r.number(tree)
	}
}

// number gives every node of the tree the span of its descendants.
func (r *trimmer) number(tree *csr.Graph) {
	next := slices.Clone(tree.Off)
	place := int32(0)
	r.in[r.source] = place
	for call := []int32{r.source}; len(call) > 0; {
		n := call[len(call)-1]
		if next[n] == tree.Off[n+1] {
			r.out[n] = place + 1
			call = call[:len(call)-1]
			continue
		}
		child := tree.To[next[n]]
		next[n]++
		place++
		r.in[child] = place
		call = append(call, child)
	}
}

// behindTarget reports whether a node is only reached through the target.
func (r *trimmer) behindTarget(n int32) bool {
	at := r.in[r.target]
	return at >= 0 && r.in[n] >= at && r.in[n] < r.out[r.target]
}

// unlimited is a limit that no model meets.
const unlimited = int(^uint(0) >> 1)

// trim finds the doors for a target; false = they hold more uncertain draws than
// limit, and it stopped there.
func (r *trimmer) trim(target int32, limit int) bool {
	r.reset(target)
	for stack := []int32{target}; len(stack) > 0; {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, d := range r.s.in[n] {
			from := r.doors[d].from
			if r.seen[d] || r.t[d] <= 0 || !r.fwd[from] || n != target && r.doors[d].level < fullControl || r.behindTarget(from) {
				continue
			}
			r.keep(d)
			if r.draws > limit {
				return false
			}
			if !r.back[from] && from != r.source {
				r.back[from] = true
				r.nodes = append(r.nodes, from)
				stack = append(stack, from)
			}
		}
	}
	slices.Sort(r.kept)
	return true
}

func (r *trimmer) reset(target int32) {
	for _, d := range r.kept {
		r.seen[d] = false
	}
	for _, n := range r.nodes {
		r.back[n] = false
	}
	r.target, r.kept, r.nodes, r.draws, r.tied = target, r.kept[:0], r.nodes[:0], 0, nil
}

// keep takes a door and counts the draws: doors that share a credential and are
// open alike have one.
func (r *trimmer) keep(d int32) {
	r.seen[d] = true
	r.kept = append(r.kept, d)
	label := r.doors[d].shares
	switch {
	case r.t[d] >= 1:
	case label == "":
		r.draws++
	case !slices.Contains(r.tied[label], r.t[d]):
		if r.tied == nil {
			r.tied = map[string][]float64{}
		}
		r.tied[label] = append(r.tied[label], r.t[d])
		r.draws++
	}
}
