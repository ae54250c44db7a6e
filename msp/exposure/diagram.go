package exposure

import "math/bits"

// diagram is a problem solved for every transmission at once: a decision graph
// over draws. Its value for given transmissions is one pass over its nodes.
type diagram struct {
	draws []drawn
	nodes []decision // children before parents
	root  int32
}

// decision looks at one draw and goes on; negative children are ends.
type decision struct {
	draw, open, shut int32
}

// The ends of a diagram.
const (
	missed  int32 = -1
	reached int32 = -2
)

// value gives the probability that the target is reached under transmissions t.
func (d *diagram) value(t []float64) float64 {
	switch d.root {
	case missed:
		return 0
	case reached:
		return 1
	}
	var few [64]float64
	values := few[:0]
	if len(d.nodes) > len(few) {
		values = make([]float64, 0, len(d.nodes))
	}
	at := func(n int32) float64 {
		switch n {
		case missed:
			return 0
		case reached:
			return 1
		}
		return values[n]
	}
	for _, n := range d.nodes {
		p := d.draws[n.draw].p
		if door := d.draws[n.draw].door; door >= 0 {
			p = t[door]
		}
		values = append(values, p*at(n.open)+(1-p)*at(n.shut))
	}
	return values[d.root]
}

// state is what is left of a problem: what is held, which draws are still to be
// made, which doors can still open.
type state struct {
	held, draws, doors uint64
}

type solver struct {
	doors []shutter
	diagram
	memo map[state]int32
}

// solve makes the diagram of a problem.
func (p problem) solve() *diagram {
	if p.certain {
		return &diagram{root: reached}
	}
	s := solver{doors: p.doors, diagram: diagram{draws: p.draws}, memo: map[state]int32{}}
	s.root = s.reach(state{draws: mask(len(p.draws)), doors: mask(len(p.doors))})
	return &s.diagram
}

func mask(n int) uint64 {
	if n >= word {
		return ^uint64(0)
	}
	return 1<<n - 1
}

// reach conditions on one draw at a door in reach: on success the door opens,
// else all doors that need the draw are shut. What can no longer matter is cut
// off first, so that many ways lead to one remembered state.
func (s *solver) reach(at state) int32 {
	at, hit := s.enter(at)
	if hit {
		return reached
	}
	at, door := s.cut(at)
	if door < 0 {
		return missed
	}
	if n, known := s.memo[at]; known {
		return n
	}
	draw := bits.TrailingZeros64(s.doors[door].need & at.draws)
	open, shut := at, at
	open.draws &^= 1 << draw
	shut.draws &^= 1 << draw
	for rest := at.doors; rest != 0; rest &= rest - 1 {
		if s.doors[bits.TrailingZeros64(rest)].need>>draw&1 != 0 {
			shut.doors &^= rest & -rest
		}
	}
	n := decision{int32(draw), s.reach(open), s.reach(shut)}
	s.nodes = append(s.nodes, n)
	s.memo[at] = int32(len(s.nodes) - 1)
	return s.memo[at]
}

// enter goes through every door that stands open.
func (s *solver) enter(at state) (state, bool) {
	for more := true; more; {
		more = false
		for rest := at.doors; rest != 0; rest &= rest - 1 {
			d := &s.doors[bits.TrailingZeros64(rest)]
			if d.need&at.draws != 0 || d.from&^at.held != 0 {
				continue
			}
			if d.hit {
				return at, true
			}
			at.held |= d.gain
			at.doors &^= rest & -rest
			more = true
		}
	}
	return at, false
}

// cut drops the doors that can't lead to the target any more and gives the door
// to look at next: one that hits the target if there is one in reach, else the
// first; -1 = the target is out of reach.
func (s *solver) cut(at state) (state, int) {
	back, useful := uint64(0), uint64(0)
	for more := true; more; {
		more = false
		for rest := at.doors &^ useful; rest != 0; rest &= rest - 1 {
			if d := &s.doors[bits.TrailingZeros64(rest)]; d.hit || d.gain&back&^at.held != 0 {
				useful |= rest & -rest
				back |= d.from
				more = true
			}
		}
	}
	held, live := at.held, uint64(0)
	for more := true; more; {
		more = false
		for rest := useful &^ live; rest != 0; rest &= rest - 1 {
			if d := &s.doors[bits.TrailingZeros64(rest)]; d.from&^held == 0 {
				live |= rest & -rest
				held |= d.gain
				more = true
			}
		}
	}
	return s.normal(at, live)
}

// normal reduces a state to what the live doors touch and picks the next door.
func (s *solver) normal(at state, live uint64) (state, int) {
	var touched, need uint64
	next, hits, reaches := -1, false, false
	for rest := live; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		d := &s.doors[i]
		touched |= d.from | d.gain
		need |= d.need
		reaches = reaches || d.hit
		if d.from&^at.held == 0 && (next < 0 || d.hit && !hits) {
			next, hits = i, d.hit
		}
	}
	if !reaches {
		return at, -1
	}
	return state{held: at.held & touched, draws: at.draws & need, doors: live}, next
}
