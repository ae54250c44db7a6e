package exposure

import (
	"cmp"
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
	draws   []drawn
}

// drawn is one random draw: an unshared door of its own transmission, or a link
// in the chain of a shared credential, of a fixed probability.
type drawn struct {
	door int32 // -1 for a link
	p    float64
}

// shutter is an uncertain door of a problem.
type shutter struct {
	from uint64 // the head that it leads from; 0 = held from the start
	gain uint64 // heads that it gives, over certain doors too
	need uint64 // draws that must all succeed
	hit  bool   // reaches the target
}

// pass follows certain doors from a set of nodes and gives all that is held
// then; hit says that the target is among it.
func (r *trimmer) pass(nodes []int32) (held []int32, hit bool) {
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
func (r *trimmer) gains(d int32) (nodes []int32, hit bool) {
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
func (r *trimmer) compile() problem {
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
func (r *trimmer) heads(uncertain, start []int32) (map[int32]uint64, bool) {
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
func (p *problem) tie(r *trimmer, uncertain []int32) {
	groups := map[string][]int{}
	var order []string
	for i, d := range uncertain {
		label := r.doors[d].shares
		if label == "" {
			p.doors[i].need = 1 << len(p.draws)
			p.draws = append(p.draws, drawn{d, r.t[d]})
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
			p.draws = append(p.draws, drawn{-1, t(i) / last})
			last = t(i)
		}
		p.doors[i].need = need
	}
}
