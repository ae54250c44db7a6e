package exposure

// view is one provider under one reading: p_X(a) of every asset and what was
// needed to find it, so that a small change costs only what it touches.
type view struct {
	m      *Model
	source int32
	open   openness
	p      []float64
	flood  *flood   // nil where nothing was sampled
	matter [][]bool // by asset: doors that can matter, open or not; built when first asked for
}

// look computes p_X(a) of every asset, in the order of assets.
func (m *Model) look(source int32, open openness) *view {
	v := &view{m: m, source: source, open: open, p: make([]float64, len(m.s.assets))}
	fwd := forward(m.s, m.doors, open.t, source)
	for i := range m.s.assets {
		v.p[i] = v.probability(i, fwd)
	}
	return v
}

// probability gives p_X(a) of one asset.
func (v *view) probability(i int, fwd []bool) float64 {
	m, a := v.m, v.m.s.assets[i]
	if !reachable(m.s, m.doors, v.open.t, fwd, a.node) {
		return 0
	}
	if !m.sampled[v.source][i] {
		if p := trimmed(m.s, m.doors, v.open.t, fwd, v.source, a.node).compile(); !p.tooBig {
			return p.solve()
		}
	}
	return v.trials().share(a.node)
}

// trials runs the flood when it is first needed.
func (v *view) trials() *flood {
	if v.flood == nil {
		if v.open.lanes == nil {
			v.open.lanes = v.m.sampler.allLanes(v.m.doors, v.open.t)
		}
		v.flood = spread(v.m.s, v.m.doors, v.open.lanes, v.source, v.m.sampler.words)
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
	n := &view{m: v.m, source: v.source, open: v.open.with(v.m, changes), p: append([]float64(nil), v.p...)}
	fwd := forward(v.m.s, v.m.doors, n.open.t, v.source)
	for i := range v.m.s.assets {
		if !v.touched(i, changes) {
			continue
		}
		if v.m.sampled[v.source][i] && n.flood == nil && v.flood != nil {
			n.flood = v.flood.with(n.open.lanes, doorsOf(changes))
		}
		n.p[i] = n.probability(i, fwd)
	}
	return n
}

// touched reports whether one of the doors can matter for an asset.
func (v *view) touched(i int, changes []change) bool {
	if v.matter == nil {
		v.prepare()
	}
	for _, c := range changes {
		if v.matter[i][c.door] {
			return true
		}
	}
	return false
}

// prepare finds the doors that can matter for each asset, whatever the answers.
func (v *view) prepare() {
	v.matter = make([][]bool, len(v.m.s.assets))
	wide := make([]float64, len(v.m.doors))
	for d := range wide {
		wide[d] = 1
	}
	fwd := forward(v.m.s, v.m.doors, wide, v.source)
	for i, a := range v.m.s.assets {
		v.matter[i] = trimmed(v.m.s, v.m.doors, wide, fwd, v.source, a.node).seen
	}
}

// with copies the openness with some doors changed.
func (o openness) with(m *Model, changes []change) openness {
	n := openness{t: append([]float64(nil), o.t...)}
	for _, c := range changes {
		n.t[c.door] = c.t
	}
	if o.lanes == nil {
		return n
	}
	n.lanes = append([][]uint64(nil), o.lanes...)
	for _, c := range changes {
		n.lanes[c.door] = m.sampler.lanes(m.doors[c.door], c.t)
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
