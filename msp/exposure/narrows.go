package exposure

import (
	"cmp"
	"slices"

	"mspscan/msp"
)

// Narrow is an answer that is missing and what it is worth to ask.
type Narrow struct {
	Door     string
	Control  msp.Control // "" = what access there is at all
	Provider string      // for whose compromise it matters most
	Range    float64     // how far the high reading falls if the answer is yes (or: no access)
}

// Narrows ranks the answers that are stated to be unknown by the range that they
// remove, in currency: the high reading as it is minus the high reading with a
// yes. An answer is measured on the provider for which it matters most. Sorted
// by falling range, then door and control; answers that move nothing are left
// out, and in a model too large to try them all, the least promising.
func (m *Model) Narrows() []Narrow {
	a := m.measured(m.unanswered(false))
	list := slices.DeleteFunc(a.list, func(n Narrow) bool { return n.Range <= tiny*m.s.total })
	slices.SortFunc(list, func(a, b Narrow) int {
		return cmp.Or(cmp.Compare(b.Range, a.Range), cmp.Compare(a.Door, b.Door), cmp.Compare(a.Control, b.Control))
	})
	return list
}

// Answers holds what every missing answer is worth.
type Answers struct {
	list     []Narrow
	at       map[narrowKey]int
	searched Searched
}

type narrowKey struct {
	door    string
	control msp.Control
}

// Answers weighs every control of the tables that no door answers, listed or not,
// and all access that was never stated.
func (m *Model) Answers() *Answers {
	m.seen.asked.Do(func() { m.seen.answers = m.measured(m.unanswered(true)) })
	return m.seen.answers
}

// At gives what one answer is worth; nothing for what is answered and for doors
// that the model leaves out.
func (a *Answers) At(door string, c msp.Control) Narrow {
	if i, ok := a.at[narrowKey{door, c}]; ok {
		return a.list[i]
	}
	return Narrow{Door: door, Control: c}
}

// Searched says how many of the doors with missing answers were weighed.
func (a *Answers) Searched() Searched { return a.searched }

// Narrow gives the same for one control of a door, or for a control that the
// door does not list; 0 for what is answered.
func (m *Model) Narrow(id string, c msp.Control) (Narrow, error) {
	d, err := m.door(id)
	if err != nil {
		return Narrow{}, err
	}
	list := slices.DeleteFunc(m.unansweredAt(d, true), func(x candidate) bool { return x.control != c })
	return m.measured(list).At(id, c), nil
}

// unanswered gives a change for each unknown answer, by door and control: those
// that are listed, or all.
func (m *Model) unanswered(all bool) []candidate {
	var list []candidate
	for d := range m.doors {
		list = append(list, m.unansweredAt(int32(d), all)...)
	}
	return list
}

func (m *Model) unansweredAt(d int32, all bool) []candidate {
	door := m.doors[d]
	if door.assumed {
		return []candidate{{door: d}}
	}
	var list []candidate
	for _, s := range m.controls {
		reply, listed := door.controls[s.Control]
		if reply.Answer == msp.Unknown && (listed || all) {
			list = append(list, candidate{door: d, control: s.Control, t: m.answeredYes(d, s.Control)})
		}
	}
	return list
}

// moves says how far an answer moves its door.
func (m *Model) moves(c candidate) float64 { return m.hi.t[c.door] - c.t }

// asking is one door with missing answers, measured on some providers.
type asking struct {
	door    int32
	first   int // of its candidates
	last    int // behind them
	promise float64
	cost    int
	on      []trying
}

// trying is a provider to measure a door on, and what came of it by candidate.
type trying struct {
	view  int
	bound float64
	worth []float64
}

// measured weighs candidates, which are sorted by door.
func (m *Model) measured(list []candidate) *Answers {
	views := m.views()
	asks := m.asks(list)
	m.choosers(views, list, asks)
	chosen := m.affordable(asks)
	m.try(views, list, chosen)
	out := &Answers{list: make([]Narrow, len(list)), at: make(map[narrowKey]int, len(list)), searched: Searched{len(chosen), len(asks)}}
	for i, c := range list {
		out.list[i] = Narrow{Door: m.doors[c.door].id, Control: c.control}
		out.at[narrowKey{out.list[i].Door, c.control}] = i
	}
	for _, a := range chosen {
		for _, t := range a.on {
			for i, worth := range t.worth { // none where the work was broken off
				if n := &out.list[a.first+i]; worth > n.Range*(1+tiny) {
					n.Range, n.Provider = worth, m.s.nodes[views[t.view].source].id
				}
			}
		}
	}
	return out
}

// asks groups candidates by door; doors that no answer moves are left out.
func (m *Model) asks(list []candidate) []*asking {
	var asks []*asking
	for i := 0; i < len(list); {
		a := &asking{door: list[i].door, first: i}
		most := 0.0
		for ; i < len(list) && list[i].door == a.door; i++ {
			most = max(most, m.moves(list[i]))
		}
		if a.last = i; most > 0 {
			asks = append(asks, a)
		}
	}
	return asks
}

// triedOn is how many providers a door between assets is measured on.
const triedOn = 8

// choosers finds the providers on which each door matters most. A door of a
// provider matters most once that provider itself is compromised: whoever
// reaches it holds at least as much, so wherever the door decides for them it
// decides for it. A door between assets is measured on those providers for which
// it could decide most.
func (m *Model) choosers(views []*view, list []candidate, asks []*asking) {
	own := map[int32]int{}
	for i, v := range views {
		own[v.source] = i
	}
	var between []*asking
	for _, a := range asks {
		if i, asked := own[m.doors[a.door].from]; asked {
			a.on = []trying{{view: i, bound: views[i].money()}}
		} else {
			between = append(between, a)
		}
	}
	bounds, behind := make([][]float64, len(views)), make([][]int32, len(between))
	m.parallel(len(between), func(i int) { behind[i] = m.behind(between[i].door) })
	if len(between) > 0 {
		m.parallel(len(views), func(i int) { bounds[i] = views[i].bounds(between, behind) })
	}
	for j, a := range between {
		for i := range views {
			if bounds[i] != nil && bounds[i][j] > 0 {
				a.on = append(a.on, trying{view: i, bound: bounds[i][j]})
			}
		}
		slices.SortStableFunc(a.on, func(x, y trying) int { return cmp.Compare(y.bound, x.bound) })
		a.on = a.on[:min(len(a.on), triedOn)]
		slices.SortFunc(a.on, func(x, y trying) int { return cmp.Compare(x.view, y.view) })
	}
	for _, a := range asks {
		for _, t := range a.on {
			a.promise = max(a.promise, t.bound*m.most(list[a.first:a.last]))
			a.cost += views[t.view].cost()
		}
	}
}

// most gives the largest part of a door that one of its answers shuts.
func (m *Model) most(list []candidate) float64 {
	part := 0.0
	for _, c := range list {
		part = max(part, m.moves(c)/m.hi.t[c.door])
	}
	return part
}

// bounds gives the most that shutting each door can be worth: an asset behind it
// is only saved where the door's node is reached and the door is open, and never
// more than it was exposed.
func (v *view) bounds(asks []*asking, behind [][]int32) []float64 {
	out := make([]float64, len(asks))
	for i, a := range asks {
		from := v.m.doors[a.door].from
		if !v.fwd[from] || v.open.t[a.door] <= 0 {
			continue
		}
		held := 1.0
		if at := v.m.s.nodes[from].asset; at >= 0 && v.m.doors[a.door].shares == "" {
			held = v.p[at] * v.open.t[a.door]
		}
		for _, asset := range behind[i] {
			out[i] += v.m.s.assets[asset].value * min(held, v.p[asset])
		}
	}
	return out
}

// behind gives the assets that a door can lead to.
func (m *Model) behind(d int32) []int32 {
	seen := make([]bool, len(m.s.nodes))
	var stack, list []int32
	enter := func(n int32, control bool) {
		if a := m.s.nodes[n].asset; a >= 0 && !slices.Contains(list, a) {
			list = append(list, a)
		}
		if control && !seen[n] {
			seen[n] = true
			stack = append(stack, n)
		}
	}
	for _, n := range m.doors[d].targets {
		enter(n, m.doors[d].level == fullControl)
	}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, w := range m.s.net.of(n) {
			if m.hi.t[w.door] > 0 {
				enter(w.to, w.control)
			}
		}
	}
	slices.Sort(list)
	return list
}

// affordable gives the most promising doors that there is work for, in their
// order.
func (m *Model) affordable(asks []*asking) []*asking {
	order := slices.Clone(asks)
	slices.SortStableFunc(order, func(a, b *asking) int { return cmp.Compare(b.promise, a.promise) })
	left, n := m.work(), 0
	for n < len(order) && (n < fewest || left >= order[n].cost) {
		left -= order[n].cost
		n++
	}
	order = order[:n]
	slices.SortFunc(order, func(a, b *asking) int { return cmp.Compare(a.door, b.door) })
	return order
}

// try measures doors, provider by provider, so that each provider's trials are
// run once.
func (m *Model) try(views []*view, list []candidate, asks []*asking) {
	type job struct {
		a *asking
		t *trying
	}
	jobs := make([][]job, len(views))
	for _, a := range asks {
		for i := range a.on {
			jobs[a.on[i].view] = append(jobs[a.on[i].view], job{a, &a.on[i]})
		}
	}
	m.parallel(len(views), func(i int) {
		if len(jobs[i]) == 0 {
			return
		}
		v, r := views[i].awake(), m.sampler.borrow()
		defer m.sampler.giveBack(r)
		for _, j := range jobs[i] {
			j.t.worth = make([]float64, j.a.last-j.a.first)
			if m.stopped() || !v.matters(j.a.door) {
				continue
			}
			shut := v.doorway(j.a.door, r)
			for k, c := range list[j.a.first:j.a.last] {
				if m.moves(c) > 0 {
					j.t.worth[k] = shut.worth(c.t)
				}
			}
		}
	})
}
