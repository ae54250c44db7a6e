package exposure

import (
	"slices"
	"sync"

	"mspscan/msp"
)

// view is one provider under one reading: p_X(a) of every asset and what was
// needed to find it, so that a small change costs only what it touches.
type view struct {
	m      *Model
	source int32
	open   openness
	p      []float64
	fwd    []bool  // nodes that the provider may control
	parts  []*part // by asset; those out of reach share one
	flood  *flood  // nil where nothing is sampled, and unless awake
	passes int     // that the flood took
	wanted []bool  // nodes that lead to an asset that is sampled; nil = none is
	heldBy map[int32]float64
	by     *trimmer // for heldBy
}

// part is what is known of one asset that is not sampled: the doors that can
// matter for it, sorted, and the diagram over those that are uncertain.
type part struct {
	doors []int32
	plain []int32 // doors whose transmission the diagram takes as it comes
	*diagram
}

// look computes p_X(a) of every asset, in the order of assets.
func (m *Model) look(source int32, open openness) *view {
	v := &view{m: m, source: source, open: open, p: make([]float64, len(m.s.assets)), parts: make([]*part, len(m.s.assets))}
	never, drawn := &part{diagram: &diagram{root: missed}}, &part{}
	if m.stopped() {
		for i := range v.parts {
			v.parts[i] = never
		}
		v.fwd = make([]bool, len(m.s.nodes))
		return v
	}
	v.fwd = forward(m.s, open.t, source)
	near := beside(m.s, open.t, v.fwd)
	var r *trimmer
	var sampled []int32
	for i, a := range m.s.assets {
		v.parts[i] = never
		switch {
		case m.sampled[source][i]:
			v.parts[i] = drawn
		case near[a.node]:
			if r == nil {
				r = newTrimmer(m.s, m.doors, open.t, source, v.fwd)
			}
			v.parts[i] = newPart(r, a.node)
		}
		if v.parts[i].diagram == nil {
			sampled = append(sampled, a.node)
		}
	}
	if len(sampled) > 0 {
		v.wanted = m.leading(sampled)
	}
	v.weigh()
	return v
}

// weigh fills in p.
func (v *view) weigh() {
	var f *flood
	if v.wanted != nil {
		r := v.m.sampler.borrow()
		defer v.m.sampler.giveBack(r)
		f = v.spread(r, false)
		v.passes = f.passes
	}
	for i := range v.parts {
		if d := v.parts[i].diagram; d != nil {
			v.p[i] = d.value(v.open.t)
			continue
		}
		v.p[i] = v.m.share(f.hits(v.m.s.assets[i].node))
	}
}

// spread runs the view's trials.
func (v *view) spread(r *runner, keep bool) *flood {
	lanes := v.open.lanes
	if lanes == nil {
		lanes = v.m.sampler.allLanes(v.m.doors, v.open.t)
	}
	return r.spread(newScope(v.m.s, v.open.t, v.source, v.wanted), lanes, v.m.sampler.words, keep)
}

// awake copies a view with its trials at hand. They take much memory in a large
// model, so nobody keeps them longer than a question takes.
func (v *view) awake() *view {
	if v.flood != nil || v.wanted == nil {
		return v
	}
	own := *v
	if own.open.lanes == nil {
		own.open.lanes = v.m.sampler.allLanes(v.m.doors, v.open.t)
	}
	own.flood = own.spread(&runner{}, true)
	return &own
}

// seen keeps the high reading of every provider once somebody has asked for it.
type seen struct {
	mu         sync.Mutex
	views      map[int32]*view
	candidates map[int32]listed
	searches   map[searchKey]*search
	exposed    sync.Once
	exposures  []msp.Exposure
	asked      sync.Once
	answers    *Answers
}

// view gives the high reading of a provider. Views are shared: nobody changes
// one.
func (m *Model) view(source int32) *view {
	m.seen.mu.Lock()
	v := m.seen.views[source]
	m.seen.mu.Unlock()
	if v != nil {
		return v
	}
	v = m.look(source, m.hi)
	m.seen.mu.Lock()
	defer m.seen.mu.Unlock()
	if m.seen.views == nil {
		m.seen.views = map[int32]*view{}
	}
	m.seen.views[source] = v
	return v
}

// newPart trims the doors for a target and solves it; without a diagram if that
// is too much after all.
func newPart(r *trimmer, target int32) *part {
	r.trim(target, unlimited)
	c := r.compile()
	if c.tooBig {
		return &part{}
	}
	p := &part{doors: slices.Clone(r.kept), diagram: c.solve()}
	for _, d := range c.draws {
		if d.door >= 0 {
			p.plain = append(p.plain, d.door)
		}
	}
	slices.Sort(p.plain)
	return p
}

// leading gives the nodes whose control can lead to one of the targets, whatever
// the answers, and the targets.
func (m *Model) leading(targets []int32) []bool {
	mark, led := make([]bool, len(m.s.nodes)), make([]bool, len(m.s.nodes))
	stack := slices.Clone(targets)
	for _, n := range targets {
		mark[n] = true
	}
	isTarget := slices.Clone(mark)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, d := range m.s.in[n] {
			from := m.doors[d].from
			if led[from] || !isTarget[n] && m.doors[d].level < fullControl {
				continue
			}
			led[from], mark[from] = true, true
			stack = append(stack, from)
		}
	}
	return mark
}

// share gives the part of all trials.
func (m *Model) share(hits int) float64 { return float64(hits) / float64(m.sampler.words*word) }

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
	if v.wanted == nil {
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
	if v.wanted != nil && open.lanes == nil {
		open = v.open.with(v.m, changes)
	}
	n := &view{m: v.m, source: v.source, open: open, p: slices.Clone(v.p), wanted: v.wanted}
	if v.wanted != nil && slices.ContainsFunc(changes, func(c change) bool { return v.sampledMatters(c.door) }) {
		n.rerun(v, changes)
	}
	n.refactor(v, changes)
	return n
}

// rerun runs the trials again behind the doors that changed.
func (v *view) rerun(before *view, changes []change) {
	f := before.awake().flood
	r := v.m.sampler.borrow()
	defer v.m.sampler.giveBack(r)
	after, behind := r.with(f, v.open.lanes, doorsOf(changes))
	for i := range before.parts {
		if a := v.m.s.assets[i].node; before.parts[i].diagram == nil && f.marked(behind, a) {
			v.p[i] = v.m.share(after.hits(a))
		}
	}
}

// refactor computes the assets that are not sampled.
func (v *view) refactor(before *view, changes []change) {
	var r *trimmer
	for i := range before.parts {
		p := before.parts[i]
		switch {
		case p.diagram == nil || !p.touched(changes):
		case p.follows(changes):
			v.p[i] = p.value(v.open.t)
		default:
			if r == nil {
				r = newTrimmer(v.m.s, v.m.doors, v.open.t, v.source, forward(v.m.s, v.open.t, v.source))
			}
			v.p[i] = v.again(r, i)
		}
	}
}

// again computes an asset whose diagram does not hold any more.
func (v *view) again(r *trimmer, i int) float64 {
	a := v.m.s.assets[i].node
	if p := newPart(r, a); p.diagram != nil {
		return p.value(v.open.t)
	}
	all := &view{m: v.m, source: v.source, open: openness{t: v.open.t}}
	return v.m.share(all.spread(&runner{}, false).hits(a))
}

// touched reports whether one of the doors can matter.
func (p *part) touched(changes []change) bool {
	return slices.ContainsFunc(changes, func(c change) bool { return has(p.doors, c.door) })
}

// follows reports whether the diagram holds after the changes: it does not know
// doors that were certain, nor those of a shared credential.
func (p *part) follows(changes []change) bool {
	return !slices.ContainsFunc(changes, func(c change) bool { return has(p.doors, c.door) && !has(p.plain, c.door) })
}

func has(sorted []int32, d int32) bool {
	_, found := slices.BinarySearch(sorted, d)
	return found
}

// matters reports whether a door can lead the view's provider to an asset.
func (v *view) matters(d int32) bool {
	return v.sampledMatters(d) || slices.ContainsFunc(v.parts, func(p *part) bool { return has(p.doors, d) })
}

// sampledMatters reports whether a door can lead to an asset that is sampled.
func (v *view) sampledMatters(d int32) bool {
	at := v.m.doors[d]
	return v.wanted != nil && v.open.t[d] > 0 && v.fwd[at.from] && slices.ContainsFunc(at.targets, func(n int32) bool { return v.wanted[n] })
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
