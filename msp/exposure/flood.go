package exposure

import "math/bits"

// block is how many words of trials are run together: a cache line.
const block = 8

// trials holds 512 trials, a bit each.
type trials [block]uint64

// scope is the part of a model that one provider's trials can touch: its nodes,
// the provider first, and the arcs between them in flat rows. It holds for every
// model in which no further door stands open.
type scope struct {
	nodes   []int32         // of the model
	local   map[int32]int32 // the reverse
	off     []int32
	arcs    []arc // of control, by node
	reading []arc // of reading alone
}

// arc leads through a door from one node of a scope to another.
type arc struct{ from, to, door int32 }

// newScope walks the doors that are open from the source on to the nodes wanted;
// nil = all.
func newScope(s *structure, t []float64, source int32, wanted []bool) *scope {
	c := &scope{nodes: []int32{source}, local: map[int32]int32{source: 0}}
	for at := int32(0); int(at) < len(c.nodes); at++ {
		c.off = append(c.off, int32(len(c.arcs)))
		for _, w := range s.net.of(c.nodes[at]) {
			switch {
			case t[w.door] <= 0 || w.to == source || wanted != nil && !wanted[w.to]:
			case w.control:
				c.arcs = append(c.arcs, arc{at, c.enter(w.to), w.door})
			default:
				c.reading = append(c.reading, arc{at, c.enter(w.to), w.door})
			}
		}
	}
	c.off = append(c.off, int32(len(c.arcs)))
	return c
}

func (c *scope) enter(n int32) int32 {
	at, known := c.local[n]
	if !known {
		at = int32(len(c.nodes))
		c.local[n], c.nodes = at, append(c.nodes, n)
	}
	return at
}

// behind gives the nodes that some doors lead to, whether open or not.
func (c *scope) behind(doors []int32) []bool {
	mark := make([]bool, len(c.nodes))
	var stack []int32
	enter := func(n int32) {
		if !mark[n] {
			mark[n] = true
			stack = append(stack, n)
		}
	}
	for _, a := range c.arcs {
		if has(doors, a.door) {
			enter(a.to)
		}
	}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, a := range c.arcs[c.off[n]:c.off[n+1]] {
			enter(a.to)
		}
	}
	read := []int32{}
	for _, a := range c.reading {
		if mark[a.from] || has(doors, a.door) {
			read = append(read, a.to)
		}
	}
	for _, n := range read {
		mark[n] = true
	}
	return mark
}

// flood is one run of all trials from one source, in blocks: the trials in which
// each node of the scope is controlled, and in which it is reached at all.
type flood struct {
	*scope
	blocks  int
	control []trials // by block, then node
	reached []trials
	open    []trials // trials in which each arc's door is open, by block, then arc, reading ones last
	passes  int      // blocks that were passed through a door: what the run took
}

// doors gives how many arcs there are of both kinds.
func (c *scope) doors() int { return len(c.arcs) + len(c.reading) }

// door gives the door of an arc, counted on from those of control.
func (c *scope) door(arc int) int32 {
	if arc < len(c.arcs) {
		return c.arcs[arc].door
	}
	return c.reading[arc-len(c.arcs)].door
}

// opened copies a block of the lanes into the order in which the arcs are passed.
func (c *scope) opened(open []trials, lanes [][]uint64, b int) {
	for i := range c.arcs {
		open[i] = trials(lanes[c.arcs[i].door][b*block:])
	}
	for i := range c.reading {
		open[len(c.arcs)+i] = trials(lanes[c.reading[i].door][b*block:])
	}
}

// spread runs the trials: control leads through every door that is open, until
// nothing is added any more. Only a flood that is kept can be asked for another
// by with; others live in the runner's memory.
func (r *runner) spread(c *scope, lanes [][]uint64, words int, keep bool) *flood {
	blocks := (words + block - 1) / block
	f := r.ready(&flood{scope: c, blocks: blocks})
	n, doors := len(c.nodes), c.doors()
	if keep {
		f.open = make([]trials, blocks*doors)
	} else {
		r.open = resize(r.open, doors)
	}
	for b := range blocks {
		open := r.open
		if keep {
			open = f.open[b*doors : (b+1)*doors]
		}
		c.opened(open, lanes, b)
		control := f.control[b*n : (b+1)*n]
		clear(control)
		for w := range control[0] {
			if b*block+w < words {
				control[0][w] = ^uint64(0)
			}
		}
		r.gained[0], r.pending[0] = control[0], true
		r.run(f, open, b, nil)
		r.read(f, open, b)
	}
	return f
}

// runner runs trials in memory that it uses again.
type runner struct {
	control, reached, gained, open []trials
	pending                        []bool
	swapped                        []bool             // by arc: open in other trials than the flood has
	instead                        map[int32][]uint64 // those trials, by door
}

// resize gives n elements that may hold anything.
func resize[T any](list []T, n int) []T {
	if cap(list) < n {
		return make([]T, n)
	}
	return list[:n]
}

// ready gives a flood like f in the runner's memory.
func (r *runner) ready(f *flood) *flood {
	n := len(f.nodes)
	r.control, r.reached = resize(r.control, f.blocks*n), resize(r.reached, f.blocks*n)
	r.gained, r.pending, r.swapped = resize(r.gained, n), resize(r.pending, n), resize(r.swapped, f.doors())
	clear(r.gained)
	clear(r.pending)
	clear(r.swapped)
	return &flood{scope: f.scope, blocks: f.blocks, control: r.control, reached: r.reached, open: f.open}
}

// run goes round the nodes until none has gained anything that it has not passed
// on; within, if given, are the nodes that may change.
func (r *runner) run(f *flood, open []trials, b int, within []bool) {
	n := len(f.nodes)
	control := f.control[b*n : (b+1)*n]
	for more := true; more; {
		more = false
		for n := range control {
			if !r.pending[n] {
				continue
			}
			r.pending[n] = false
			gain := r.gained[n]
			r.gained[n] = trials{}
			for i := f.off[n]; i < f.off[n+1]; i++ {
				to := f.arcs[i].to
				if within != nil && !within[to] {
					continue
				}
				through := &open[i]
				if r.swapped[i] {
					if through = r.through(f.arcs[i].door, b); through == nil {
						continue
					}
				}
				f.passes++
				if pass(&control[to], &r.gained[to], &gain, through) {
					r.pending[to] = true
					more = more || int(to) <= n
				}
			}
		}
	}
}

// pass lets trials through an open door and notes which are new. It is the inner
// loop of everything that is sampled, hence written out.
func pass(to, gained, from, open *trials) bool {
	m0, m1 := from[0]&open[0]&^to[0], from[1]&open[1]&^to[1]
	m2, m3 := from[2]&open[2]&^to[2], from[3]&open[3]&^to[3]
	m4, m5 := from[4]&open[4]&^to[4], from[5]&open[5]&^to[5]
	m6, m7 := from[6]&open[6]&^to[6], from[7]&open[7]&^to[7]
	if m0|m1|m2|m3|m4|m5|m6|m7 == 0 {
		return false
	}
	to[0], gained[0] = to[0]|m0, gained[0]|m0
	to[1], gained[1] = to[1]|m1, gained[1]|m1
	to[2], gained[2] = to[2]|m2, gained[2]|m2
	to[3], gained[3] = to[3]|m3, gained[3]|m3
	to[4], gained[4] = to[4]|m4, gained[4]|m4
	to[5], gained[5] = to[5]|m5, gained[5]|m5
	to[6], gained[6] = to[6]|m6, gained[6]|m6
	to[7], gained[7] = to[7]|m7, gained[7]|m7
	return true
}

// read fills in, for one block, where nodes are reached.
func (r *runner) read(f *flood, open []trials, b int) {
	n := len(f.nodes)
	control, reached := f.control[b*n:(b+1)*n], f.reached[b*n:(b+1)*n]
	copy(reached, control)
	for i, a := range f.reading {
		at := len(f.arcs) + i
		through := &open[at]
		if r.swapped[at] {
			if through = r.through(a.door, b); through == nil {
				continue
			}
		}
		for w, from := range control[a.from] {
			reached[a.to][w] |= from & through[w]
		}
	}
}

// through gives the trials of a block in which a changed door is open; nil = none.
func (r *runner) through(d int32, b int) *trials {
	if lane := r.instead[d]; lane != nil {
		return (*trials)(lane[b*block:])
	}
	return nil
}

// with gives the flood after some doors, sorted, open in other trials (no lanes:
// in none), and the nodes that lie behind them: only those are run again. It
// lives in the runner's memory.
func (r *runner) with(f *flood, lanes [][]uint64, changed []int32) (*flood, []bool) {
	behind := f.behind(changed)
	g := r.ready(f)
	r.swap(f, lanes, changed)
	border := f.border(behind)
	n := len(f.nodes)
	for b := range f.blocks {
		control := g.control[b*n : (b+1)*n]
		copy(control, f.control[b*n:(b+1)*n])
		for i := range control {
			if behind[i] {
				control[i] = trials{}
			}
		}
		for _, i := range border {
			r.gained[i], r.pending[i] = control[i], true
		}
		open := f.open[b*f.doors() : (b+1)*f.doors()]
		r.run(g, open, b, behind)
		r.read(g, open, b)
	}
	return g, behind
}

// swap notes the arcs whose doors changed.
func (r *runner) swap(f *flood, lanes [][]uint64, changed []int32) {
	r.instead = make(map[int32][]uint64, len(changed))
	for _, d := range changed {
		if r.instead[d] = nil; lanes != nil {
			r.instead[d] = lanes[d]
		}
	}
	for a := range f.doors() {
		_, r.swapped[a] = r.instead[f.door(a)]
	}
}

// border gives the nodes before those behind.
func (f *flood) border(behind []bool) []int32 {
	var list []int32
	for n := range int32(len(f.nodes)) {
		if behind[n] {
			continue
		}
		for _, a := range f.arcs[f.off[n]:f.off[n+1]] {
			if behind[a.to] {
				list = append(list, n)
				break
			}
		}
	}
	return list
}

// hits counts the trials in which a node of the model is reached at any level.
func (f *flood) hits(node int32) int {
	at, known := f.local[node]
	if !known {
		return 0
	}
	hits := 0
	for b := range f.blocks {
		for _, w := range f.reached[b*len(f.nodes)+int(at)] {
			hits += bits.OnesCount64(w)
		}
	}
	return hits
}

// marked looks a node of the model up in a list over the scope.
func (c *scope) marked(list []bool, node int32) bool {
	at, known := c.local[node]
	return known && list[at]
}
