package exposure

import "slices"

// view is one provider under one reading: p_X(a) of every asset and what was
// needed to find it, so that a small change costs only what it touches.
type view struct {
	m      *Model
	source int32
	open   openness
	p      []float64
	parts  []part // by asset
	flood  *flood // nil where nothing was sampled
	wanted []bool // nodes that lead to an asset that is sampled
}

// part is what is known of one asset: the doors that can matter for it, and the
// diagram over those that are uncertain, nil where it is sampled.
type part struct {
	doors bitset
	plain bitset // doors whose transmission the diagram takes as it comes
	*diagram
}

// look computes p_X(a) of every asset, in the order of assets.
func (m *Model) look(source int32, open openness) *view {
	v := &view{m: m, source: source, open: open, p: make([]float64, len(m.s.assets)), parts: make([]part, len(m.s.assets))}
	fwd := forward(m.s, m.doors, open.t, source)
	for i, a := range m.s.assets {
		if reachable(m.s, m.doors, open.t, fwd, a.node) {
			v.parts[i] = v.part(i, fwd)
		}
	}
	for i := range v.parts {
		v.p[i] = v.probability(i, &v.parts[i])
	}
	return v
}

// part trims the doors for an asset and, where it is not sampled, solves it.
func (v *view) part(i int, fwd []bool) part {
	a := v.m.s.assets[i]
	r := trimmed(v.m.s, v.m.doors, v.open.t, fwd, v.source, a.node)
	p := part{doors: newBitset(len(v.m.doors)), plain: newBitset(len(v.m.doors))}
	for _, d := range r.kept {
		p.doors.add(d)
	}
	if !v.m.sampled[v.source][i] {
		if c := r.compile(); !c.tooBig {
			p.diagram = c.solve()
			for _, d := range c.draws {
				if d.door >= 0 {
					p.plain.add(d.door)
				}
			}
			return p
		}
	}
	if v.wanted == nil {
		v.wanted = make([]bool, len(v.m.s.nodes))
	}
	v.wanted[a.node] = true
	for n, b := range r.back {
		v.wanted[n] = v.wanted[n] || b
	}
	return p
}

// probability gives p_X(a) of one asset.
func (v *view) probability(i int, p *part) float64 {
	switch {
	case p.doors == nil:
		return 0
	case p.diagram != nil:
		return p.value(v.open.t)
	}
	return v.trials().share(v.m.s.assets[i].node)
}

// trials runs the flood when it is first needed.
func (v *view) trials() *flood {
	if v.flood == nil {
		if v.open.lanes == nil {
			v.open.lanes = v.m.sampler.allLanes(v.m.doors, v.open.t)
		}
		v.flood = spread(v.m.s, v.m.doors, v.open.lanes, v.source, v.m.sampler.words, v.wanted)
	}
	return v.flood
}

// money gives E = Σ v p, in the order of assets.
func (v *view) money() float64 { return v.m.money(v.p) }

// change opens a door to another transmission.
type change struct {
	door int32
	t    float64
}

// with gives the view after some doors changed.
func (v *view) with(changes []change) *view {
	open := v.open
	if v.flood == nil {
		open.lanes = nil // nobody looks
	}
	return v.opened(open.with(v.m, changes), changes)
}

// opened is with, for views that share what the change makes of the doors. A
// door that was shut may join what was apart: then everything is looked at anew.
func (v *view) opened(open openness, changes []change) *view {
	if slices.ContainsFunc(changes, func(c change) bool { return v.open.t[c.door] <= 0 && c.t > 0 }) {
		return v.m.look(v.source, open)
	}
	if v.flood != nil && open.lanes == nil {
		open = v.open.with(v.m, changes)
	}
	n := &view{m: v.m, source: v.source, open: open, p: slices.Clone(v.p), wanted: v.wanted}
	var fwd []bool
	for i := range v.parts {
		p := &v.parts[i]
		if !p.touched(changes) {
			continue
		}
		switch {
		case p.diagram != nil && p.follows(changes):
			n.p[i] = p.value(n.open.t)
			continue
		case p.diagram == nil && n.flood == nil:
			n.flood = v.flood.with(n.open.lanes, doorsOf(changes))
		case p.diagram != nil && fwd == nil:
			fwd = forward(v.m.s, v.m.doors, n.open.t, v.source)
		}
		n.p[i] = n.again(i, p, fwd)
	}
	return n
}

// again computes an asset whose diagram does not hold any more.
func (v *view) again(i int, old *part, fwd []bool) float64 {
	if old.diagram == nil {
		return v.flood.share(v.m.s.assets[i].node)
	}
	r := trimmed(v.m.s, v.m.doors, v.open.t, fwd, v.source, v.m.s.assets[i].node)
	c := r.compile()
	if c.tooBig {
		f := spread(v.m.s, v.m.doors, v.m.sampler.allLanes(v.m.doors, v.open.t), v.source, v.m.sampler.words, nil)
		return f.share(v.m.s.assets[i].node)
	}
	return c.solve().value(v.open.t)
}

// touched reports whether one of the doors can matter.
func (p *part) touched(changes []change) bool {
	return p.doors != nil && slices.ContainsFunc(changes, func(c change) bool { return p.doors.has(c.door) })
}

// follows reports whether the diagram holds after the changes: it does not know
// doors that were certain, nor those of a shared credential.
func (p *part) follows(changes []change) bool {
	return !slices.ContainsFunc(changes, func(c change) bool { return p.doors.has(c.door) && !p.plain.has(c.door) })
}

// matters reports whether a door can lead the view's provider to an asset.
func (v *view) matters(d int32) bool {
	return slices.ContainsFunc(v.parts, func(p part) bool { return p.doors != nil && p.doors.has(d) })
}

// with copies the openness with some doors changed.
func (o openness) with(m *Model, changes []change) openness {
	n := openness{t: slices.Clone(o.t)}
	for _, c := range changes {
		n.t[c.door] = c.t
	}
	if o.lanes == nil {
		return n
	}
	n.lanes = slices.Clone(o.lanes)
	for _, c := range changes {
		n.lanes[c.door] = m.sampler.remembered(m.doors[c.door], c)
	}
	return n
}

func doorsOf(changes []change) []int32 {
	list := make([]int32, len(changes))
	for i, c := range changes {
		list[i] = c.door
	}
	return list
}

// bitset is a set of doors.
type bitset []uint64

func newBitset(n int) bitset      { return make(bitset, (n+word-1)/word) }
func (b bitset) add(i int32)      { b[i/word] |= 1 << (i % word) }
func (b bitset) has(i int32) bool { return b[i/word]>>(i%word)&1 == 1 }
