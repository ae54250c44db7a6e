package exposure

import "math/bits"

// flood is one run of all trials from one source: the trials in which each node
// is controlled, and those in which it is read, a bit a trial; nil = none.
type flood struct {
	s       *structure
	doors   []door
	lanes   [][]uint64 // trials in which each door is open
	source  int32
	control [][]uint64
	read    [][]uint64
	wanted  []bool // nodes to run for; nil = all
}

// spread runs the trials: control leads through every door that is open, until
// nothing is added any more.
func spread(s *structure, doors []door, lanes [][]uint64, source int32, words int, wanted []bool) *flood {
	f := &flood{
		s: s, doors: doors, lanes: lanes, source: source,
		control: make([][]uint64, len(s.nodes)), read: make([][]uint64, len(s.nodes)), wanted: wanted,
	}
	f.control[source] = make([]uint64, words)
	for w := range words {
		f.control[source][w] = ^uint64(0)
	}
	f.run([]int32{source}, wanted)
	return f
}

// run spreads control from the queued nodes on; within, if given, are the nodes
// that may change.
func (f *flood) run(queue []int32, within []bool) {
	queued := make([]bool, len(f.s.nodes))
	for head := 0; head < len(queue); head++ {
		n := queue[head]
		queued[n] = false
		for _, d := range f.s.out[n] {
			for _, to := range f.doors[d].targets {
				if (within == nil || within[to]) && f.pass(n, d, to) && !queued[to] {
					queued[to] = true
					queue = append(queue, to)
				}
			}
		}
	}
}

// pass lets the trials of a node through a door; true = the target is
// controlled in more of them than before.
func (f *flood) pass(n, d, to int32) bool {
	switch {
	case to == f.source:
		return false
	case f.doors[d].level == fullControl:
		return add(&f.control[to], f.control[n], f.lanes[d])
	}
	add(&f.read[to], f.control[n], f.lanes[d])
	return false
}

// add adds the trials of from in which the door is open; true = something was
// added.
func add(to *[]uint64, from, open []uint64) bool {
	if *to == nil {
		*to = make([]uint64, len(from))
	}
	dst, added := (*to)[:len(from)], uint64(0)
	open = open[:len(from)]
	for w, f := range from {
		more := f & open[w] &^ dst[w]
		added |= more
		dst[w] |= more
	}
	return added != 0
}

// share gives the part of the trials in which a node is reached at any level.
func (f *flood) share(n int32) float64 {
	hit, words := 0, len(f.control[f.source])
	control, read := f.control[n], f.read[n]
	for w := range words {
		var any uint64
		if control != nil {
			any = control[w]
		}
		if read != nil {
			any |= read[w]
		}
		hit += bits.OnesCount64(any)
	}
	return float64(hit) / float64(words*word)
}

// with gives the flood after some doors changed, and the nodes that lie behind
// them: only those are run again.
func (f *flood) with(lanes [][]uint64, changed []int32) (*flood, []bool) {
	behind := f.behind(changed)
	for i := range behind {
		behind[i] = behind[i] && (f.wanted == nil || f.wanted[i])
	}
	n := *f
	n.lanes = lanes
	n.control = append([][]uint64(nil), f.control...)
	n.read = append([][]uint64(nil), f.read...)
	var queue []int32
	for i, b := range behind {
		switch {
		case b:
			n.control[i], n.read[i] = nil, nil
		case f.control[i] != nil && f.touches(int32(i), behind):
			queue = append(queue, int32(i))
		}
	}
	n.run(queue, behind)
	return &n, behind
}

// behind gives the nodes that the doors lead to, whether open or not.
func (f *flood) behind(doors []int32) []bool {
	mark, led := make([]bool, len(f.s.nodes)), make([]bool, len(f.s.nodes))
	var stack []int32
	enter := func(d int32) {
		for _, to := range f.doors[d].targets {
			if to == f.source {
				continue
			}
			mark[to] = true
			if f.doors[d].level == fullControl && !led[to] {
				led[to] = true
				stack = append(stack, to)
			}
		}
	}
	for _, d := range doors {
		enter(d)
	}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, d := range f.s.out[n] {
			enter(d)
		}
	}
	return mark
}

func (f *flood) touches(n int32, behind []bool) bool {
	for _, d := range f.s.out[n] {
		for _, to := range f.doors[d].targets {
			if behind[to] {
				return true
			}
		}
	}
	return false
}
