package exposure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
)

// Fixes gives what to do first over the whole model: the best n single changes;
// then the best pair and the best three if they are worth more than fewer; then
// the same of controls alone, for who must leave every door in use. Where costs
// are known, the best n, the best pair and the best three for their cost are
// there as well, and Fix.RankByCost orders them. They are measured on the provider whose compromise costs most (Fix.Provider), and Sum
// adds up what they take off every provider's exposure.
func (m *Model) Fixes(n int) []msp.Fix {
	worst, ok := m.worst()
	if !ok {
		return nil
	}
	return m.fixes(worst, n)
}

// FixesFor is Fixes measured on one provider.
func (m *Model) FixesFor(provider string, n int) ([]msp.Fix, error) {
	p, err := m.provider(provider)
	if err != nil {
		return nil, err
	}
	return m.fixes(p, n), nil
}

// BestSet gives the best set of at most k changes against a provider ("" = the
// one whose compromise costs most). Up to three it is exhaustive over the most
// promising candidates; beyond, it is labelled heuristic.
func (m *Model) BestSet(provider string, k int) (msp.Fix, error) { return m.best(provider, k, false) }

// BestHardening is BestSet of controls alone: no door is closed.
func (m *Model) BestHardening(provider string, k int) (msp.Fix, error) {
	return m.best(provider, k, true)
}

func (m *Model) best(provider string, k int, controls bool) (msp.Fix, error) {
	p, ok := m.worst()
	if provider != "" {
		var err error
		if p, err = m.provider(provider); err != nil {
			return msp.Fix{}, err
		}
	} else if !ok {
		return msp.Fix{}, fmt.Errorf("find fixes: the model has no provider")
	}
	s := m.view(p).newSearch(controls)
	f, heuristic := s.best(k)
	fix := m.fix(s.v, f.set, m.summed())
	fix.Heuristic = heuristic
	return fix, nil
}

// Worth gives what a set of changes is worth, in the ids of Fix, measured on the
// provider for which it is worth most.
func (m *Model) Worth(ids ...string) (msp.Fix, error) {
	set := make([]candidate, 0, len(ids))
	for _, id := range ids {
		c, err := m.parse(id)
		if err != nil {
			return msp.Fix{}, err
		}
		set = append(set, c)
	}
	views, changes := m.summed(), m.changes(set)
	best := -1
	for i, v := range views {
		if best < 0 || v.worth(changes) > views[best].worth(changes)*(1+tiny) {
			best = i
		}
	}
	if best < 0 {
		return msp.Fix{}, fmt.Errorf("weigh fix: the model has no provider")
	}
	return m.fix(views[best], set, views), nil
}

// parse reads the id of a change: close:<door> or <door>.<control>=yes.
func (m *Model) parse(id string) (candidate, error) {
	if door, ok := strings.CutPrefix(id, closePrefix); ok {
		d, err := m.door(door)
		return candidate{door: d}, err
	}
	rest, ok := strings.CutSuffix(id, yesSuffix)
	dot := strings.LastIndexByte(rest, '.')
	if !ok || dot < 0 {
		return candidate{}, fmt.Errorf("read fix %q: write close:<access> or <access>.<control>=yes", id)
	}
	d, err := m.door(rest[:dot])
	if err != nil {
		return candidate{}, err
	}
	s, known := m.tables.safeguard(msp.Control(rest[dot+1:]))
	if !known {
		return candidate{}, fmt.Errorf("read fix %q: control %q is not in tables %s", id, rest[dot+1:], m.tables.Version)
	}
	return candidate{door: d, control: s.Control, family: s.Family}, nil
}

// worst gives the provider whose compromise costs most in the high reading; of
// equals the first by id.
func (m *Model) worst() (int32, bool) {
	v := worstOf(m.views())
	if v == nil {
		return -1, false
	}
	return v.source, true
}

func worstOf(views []*view) *view {
	var worst *view
	for _, v := range views {
		if worst == nil || v.money() > worst.money() {
			worst = v
		}
	}
	return worst
}

// views looks at every provider asked for, in the high reading.
func (m *Model) views() []*view {
	list := make([]*view, len(m.asked()))
	parallel(len(list), func(i int) { list[i] = m.view(m.asked()[i]) })
	return list
}

func (m *Model) fixes(p int32, n int) []msp.Fix {
	if n <= 0 {
		return nil
	}
	v, views := m.view(p).awake(), m.summed()
	var list []msp.Fix
	add := func(f found) {
		fix := m.fix(v, f.set, views)
		if !slices.ContainsFunc(list, func(old msp.Fix) bool { return slices.Equal(old.IDs, fix.IDs) }) {
			list = append(list, fix)
		}
	}
	for _, f := range m.singlesFor(v, n) {
		add(f)
	}
	for _, controls := range []bool{false, true} {
		s := v.newSearch(controls)
		one := s.single()
		two := better(one, s.pair())
		three := better(two, s.triple())
		if len(two.set) == 2 {
			add(two)
		}
		if len(three.set) == 3 {
			add(three)
		}
	}
	if m.priced() {
		s := v.newCostSearch()
		for _, k := range []int{2, 3} {
			if f, _, ok := s.exactly(k); ok {
				add(f)
			}
		}
		rankByCost(list)
	}
	return list
}

// singlesFor gives the best n single changes, and those that are among the best n
// for their cost, by falling worth.
func (m *Model) singlesFor(v *view, n int) []found {
	list := v.singles(v.candidates().list, n)
	if !m.priced() {
		return list
	}
	var more []found
	for _, f := range v.singlesByCost(v.candidates().list, n) {
		if !slices.ContainsFunc(list, func(old found) bool { return old.set[0] == f.set[0] }) {
			more = append(more, f)
		}
	}
	slices.SortStableFunc(more, func(a, b found) int { return cmp.Compare(b.worth, a.worth) })
	return append(list, more...)
}

// summedFixes is how many fixes are added up over providers within the work of one
// question.
const summedFixes = 40

// summed gives the providers over which a fix is added up: all, or as many of the
// dearest as there is work for.
func (m *Model) summed() []*view {
	views, _ := m.dearest(m.views(), m.work()/summedFixes)
	return m.wake(views)
}

// wake copies views with their trials at hand. There are never more of them than
// there is work for, so their memory is bounded, too.
func (m *Model) wake(views []*view) []*view {
	list := make([]*view, len(views))
	parallel(len(views), func(i int) { list[i] = views[i].awake() })
	return list
}

// fix writes a set down, measured on v and added up over views.
func (m *Model) fix(v *view, set []candidate, views []*view) msp.Fix {
	changes := m.changes(set)
	f := msp.Fix{IDs: make([]string, 0, len(set)), Provider: m.s.nodes[v.source].id, Before: v.money()}
	set = slices.Clone(set)
	slices.SortFunc(set, func(a, b candidate) int { return strings.Compare(a.id(m), b.id(m)) })
	texts := make([]string, 0, len(set))
	for _, c := range set {
		f.IDs, texts = append(f.IDs, c.id(m)), append(texts, m.wordsOf(c))
	}
	f.Text = sentence(texts)
	f.Reduction = v.worth(changes)
	f.After = f.Before - f.Reduction
	m.price(&f, set)
	parts := make([]float64, len(views))
	m.parallel(len(views), func(i int) { parts[i] = views[i].worth(changes) })
	for _, part := range parts {
		f.Sum += part
	}
	return f
}
