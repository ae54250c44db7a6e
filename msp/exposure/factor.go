package exposure

import (
	"cmp"
	"math/bits"
	"slices"
)

// word is how many doors, draws or heads one bit set of the solver holds.
const word = 64

// problem is the question "is the target reached?" after forward-backward
// trimming and after all certain doors have been passed. Heads are the nodes
// with an uncertain door that are not held from the start.
type problem struct {
	certain bool      // reached without luck
	tooBig  bool      // more than a word of doors, draws or heads
	doors   []shutter // in the order of ids
	draws   []float64 // probability of each draw
}

// shutter is an uncertain door of a problem.
type shutter struct {
	from uint64 // the head that it leads from; 0 = held from the start
	gain uint64 // heads that it gives, over certain doors too
	need uint64 // draws that must all succeed
	hit  bool   // reaches the target
}

// trim keeps the doors that can matter: on a way from the nodes of fwd to the
// target, not back into the source, not on from the target, and not into a read
// level that leads nowhere. The doors come in the order of ids.
type trim struct {
	s      *structure
	doors  []door
	t      []float64
	source int32
	target int32
	back   []bool // nodes whose control can lead to the target
	kept   []int32
	seen   []bool // doors
}

// forward gives the nodes that the source may control.
func forward(s *structure, doors []door, t []float64, source int32) []bool {
	held := make([]bool, len(s.nodes))
	held[source] = true
	for stack := []int32{source}; len(stack) > 0; {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, d := range s.out[n] {
			if t[d] <= 0 || doors[d].level < fullControl {
				continue
			}
			for _, to := range doors[d].targets {
				if !held[to] {
					held[to] = true
					stack = append(stack, to)
				}
			}
		}
	}
	return held
}

// backward fills kept and back from the target on.
func (r *trim) backward(fwd []bool) {
	stack := []int32{r.target}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, d := range r.s.in[n] {
			from := r.doors[d].from
			if r.seen[d] || r.t[d] <= 0 || !fwd[from] || from == r.target {
				continue
			}
			if n != r.target && r.doors[d].level < fullControl {
				continue
			}
			r.seen[d] = true
			r.kept = append(r.kept, d)
			if !r.back[from] && from != r.source {
				r.back[from] = true
				stack = append(stack, from)
			}
		}
	}
	slices.Sort(r.kept)
}

// trimmed gives the doors that matter for a source and a target.
func trimmed(s *structure, doors []door, t []float64, fwd []bool, source, target int32) *trim {
	r := &trim{
		s: s, doors: doors, t: t, source: source, target: target,
		back: make([]bool, len(s.nodes)), seen: make([]bool, len(doors)),
	}
	r.backward(fwd)
	return r
}

// pass follows certain doors from a set of nodes and gives all that is held
// then; hit says that the target is among it.
func (r *trim) pass(nodes []int32) (held []int32, hit bool) {
	mark := make(map[int32]bool, len(nodes))
	for _, n := range nodes {
		mark[n] = true
	}
	held = slices.Clone(nodes)
	for i := 0; i < len(held); i++ {
		for _, d := range r.s.out[held[i]] {
			if !r.seen[d] || r.t[d] < 1 {
				continue
			}
			more, reached := r.gains(d)
			hit = hit || reached
			for _, n := range more {
				if !mark[n] {
					mark[n] = true
					held = append(held, n)
				}
			}
		}
	}
	return held, hit
}

// gains gives the useful nodes that an open door gives control of, and whether
// it reaches the target.
func (r *trim) gains(d int32) (nodes []int32, hit bool) {
	for _, n := range r.doors[d].targets {
		switch {
		case n == r.target:
			hit = true
		case r.back[n] && r.doors[d].level == fullControl:
			nodes = append(nodes, n)
		}
	}
	return nodes, hit
}

// compile makes the problem.
func (r *trim) compile() problem {
	start, hit := r.pass([]int32{r.source})
	if hit {
		return problem{certain: true}
	}
	var uncertain []int32
	for _, d := range r.kept {
		if r.t[d] < 1 {
			uncertain = append(uncertain, d)
		}
	}
	heads, ok := r.heads(uncertain, start)
	if !ok || len(uncertain) > word {
		return problem{tooBig: true}
	}
	p := problem{doors: make([]shutter, len(uncertain))}
	for i, d := range uncertain {
		nodes, hit := r.gains(d)
		nodes, more := r.pass(nodes)
		p.doors[i] = shutter{from: heads[r.doors[d].from], hit: hit || more}
		for _, n := range nodes {
			p.doors[i].gain |= heads[n]
		}
	}
	p.tie(r, uncertain)
	return p
}

// heads gives a bit to every node with an uncertain door that is not held from
// the start.
func (r *trim) heads(uncertain, start []int32) (map[int32]uint64, bool) {
	heads := make(map[int32]uint64, len(uncertain)+len(start))
	for _, n := range start {
		heads[n] = 0
	}
	free := 0
	for _, d := range uncertain {
		from := r.doors[d].from
		if _, done := heads[from]; done {
			continue
		}
		if free == word {
			return nil, false
		}
		heads[from] = 1 << free
		free++
	}
	return heads, true
}

// tie gives every door its draws. Doors that share a credential are opened by
// one uniform number U < t: sorted by falling t, each is open if the one before
// is open and one further draw of t / t(before) succeeds.
func (p *problem) tie(r *trim, uncertain []int32) {
	groups := map[string][]int{}
	var order []string
	for i, d := range uncertain {
		label := r.doors[d].shares
		if label == "" {
			p.doors[i].need = 1 << len(p.draws)
			p.draws = append(p.draws, r.t[d])
			continue
		}
		if groups[label] == nil {
			order = append(order, label)
		}
		groups[label] = append(groups[label], i)
	}
	for _, label := range order {
		group := groups[label]
		slices.SortStableFunc(group, func(a, b int) int { return cmp.Compare(r.t[uncertain[b]], r.t[uncertain[a]]) })
		p.chain(group, func(i int) float64 { return r.t[uncertain[i]] })
	}
}

func (p *problem) chain(group []int, t func(int) float64) {
	need, last := uint64(0), 1.0
	for _, i := range group {
		if t(i) < last {
			need |= 1 << len(p.draws)
			p.draws = append(p.draws, t(i)/last)
			last = t(i)
		}
		p.doors[i].need = need
	}
}

// state is what is left of a problem: what is held, which draws are still to be
// made, which doors can still open.
type state struct {
	held, draws, doors uint64
}

type solver struct {
	problem
	memo map[state]float64
}

// memoFrom is how many draws make remembering cheaper than counting again.
const memoFrom = 5

// solve gives the probability that the target is reached.
func (p problem) solve() float64 {
	if p.certain {
		return 1
	}
	s := solver{problem: p}
	if len(p.draws) >= memoFrom {
		s.memo = map[state]float64{}
	}
	return s.reach(state{draws: mask(len(p.draws)), doors: mask(len(p.doors))})
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
func (s *solver) reach(at state) float64 {
	at, hit := s.enter(at)
	if hit {
		return 1
	}
	at, door := s.cut(at)
	if door < 0 {
		return 0
	}
	if p, known := s.memo[at]; known {
		return p
	}
	draw := uint64(1) << bits.TrailingZeros64(s.doors[door].need&at.draws)
	open, shut := at, at
	open.draws &^= draw
	shut.draws &^= draw
	for i := range bitsOf(at.doors) {
		if s.doors[i].need&draw != 0 {
			shut.doors &^= 1 << i
		}
	}
	t := s.draws[bits.TrailingZeros64(draw)]
	p := t*s.reach(open) + (1-t)*s.reach(shut)
	if s.memo != nil {
		s.memo[at] = p
	}
	return p
}

// enter goes through every door that stands open.
func (s *solver) enter(at state) (state, bool) {
	for more := true; more; {
		more = false
		for i := range bitsOf(at.doors) {
			d := &s.doors[i]
			if d.need&at.draws != 0 || d.from&^at.held != 0 {
				continue
			}
			if d.hit {
				return at, true
			}
			at.held |= d.gain
			at.doors &^= 1 << i
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
		for i := range bitsOf(at.doors &^ useful) {
			if d := &s.doors[i]; d.hit || d.gain&back&^at.held != 0 {
				useful |= 1 << i
				back |= d.from
				more = true
			}
		}
	}
	held, live := at.held, uint64(0)
	for more := true; more; {
		more = false
		for i := range bitsOf(useful &^ live) {
			if d := &s.doors[i]; d.from&^held == 0 {
				live |= 1 << i
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
	next, hits := -1, false
	reaches := false
	for i := range bitsOf(live) {
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

// bitsOf yields the indices of the bits that are set, lowest first.
func bitsOf(set uint64) func(func(int) bool) {
	return func(yield func(int) bool) {
		for ; set != 0; set &= set - 1 {
			if !yield(bits.TrailingZeros64(set)) {
				return
			}
		}
	}
}
