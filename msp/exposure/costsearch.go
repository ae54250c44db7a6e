package exposure

import (
	"fmt"
	"slices"

	"mspscan/msp"
)

// costSearch looks for the sets of changes that take most off one provider's E
// for what they cost. Closings and controls are mixed: the dearer of two that do
// the same is not worth more here.
type costSearch struct {
	*search
	cost []float64 // of each candidate of the pool
}

// newCostSearch gives the search among the changes whose cost is known.
func (v *view) newCostSearch() *costSearch {
	s := &costSearch{search: &search{v: v.awake()}}
	s.pool = v.costPool(v.candidates().list)
	for _, c := range s.pool {
		cost, _ := v.m.cost(c)
		s.cost = append(s.cost, cost)
	}
	return s
}

// costPool picks the changes with a cost. One that another of the same family on
// the same door beats, opening it no further for no more money, is left out;
// where still too many are left, half go by what they are worth alone for their
// cost and half by what they could add at most for it.
func (v *view) costPool(list []candidate) []candidate {
	m := v.m
	list = slices.DeleteFunc(slices.Clone(list), func(c candidate) bool {
		_, known := m.cost(c)
		return !known
	})
	list = slices.DeleteFunc(slices.Clone(list), func(c candidate) bool {
		return slices.ContainsFunc(list, func(o candidate) bool { return m.beats(o, c) })
	})
	size := v.sets()
	if len(list) <= size {
		return list
	}
	m.sortByCost(list, func(c candidate) float64 { return c.guess })
	m.sortByCost(list[size/2:], func(c candidate) float64 { return c.bound })
	return list[:size]
}

// beats reports whether one change does what another of its family does, for no
// more money; of two equals the first by name.
func (m *Model) beats(a, b candidate) bool {
	if a.door != b.door || a.family != b.family || a.control == b.control {
		return false
	}
	x, _ := m.cost(a)
	y, _ := m.cost(b)
	if a.t == b.t && x == y {
		return a.control < b.control
	}
	return a.t <= b.t && x <= y
}

// sortByCost sorts changes by what they are worth for their cost.
func (m *Model) sortByCost(list []candidate, worth func(candidate) float64) {
	slices.SortStableFunc(list, func(a, b candidate) int {
		x, _ := m.cost(a)
		y, _ := m.cost(b)
		return byCost(worth(a), x, worth(b), y)
	})
}

// offer is a set by the places of its members in the pool, with its worth and
// cost; the zero offer is worth nothing.
type offer struct {
	at          []int
	worth, cost float64
}

func (o offer) better(than offer) bool { return cheaper(o.worth, o.cost, than.worth, than.cost) }

func (s *costSearch) found(o offer) found {
	f := found{worth: o.worth}
	for _, i := range o.at {
		f.set = append(f.set, s.pool[i])
	}
	return f
}

// exactly gives the set of exactly k changes, each of which adds something, that
// takes off most for its cost: all sets of the pool up to three are looked at,
// then the best three are widened, which is heuristic.
func (s *costSearch) exactly(k int) (f found, heuristic, ok bool) {
	var o offer
	switch k {
	case 1:
		o = s.bestSingle()
	case 2:
		o = s.bestPair()
	default:
		o = s.bestTriple()
		for len(o.at) > 0 && len(o.at) < k {
			o, heuristic = s.widened(o, k), true
		}
	}
	return s.found(o), heuristic, len(o.at) == k
}

func (s *costSearch) single(i int) float64 { return s.worth(s.pool[i : i+1]) }

func (s *costSearch) bestSingle() offer {
	best := offer{}
	for i := range s.pool {
		if o := (offer{[]int{i}, s.single(i), s.cost[i]}); o.worth > s.least() && o.better(best) {
			best = o
		}
	}
	return best
}

// least is the worth below which a change does nothing.
func (s *costSearch) least() float64 { return tiny * s.v.money() }

// alone gives what each change is worth, and sees to it that pairs are known.
func (s *costSearch) alone() []float64 {
	s.pair()
	alone := make([]float64, len(s.pool))
	s.v.m.parallel(len(s.pool), func(i int) { alone[i] = s.single(i) })
	return alone
}

func (s *costSearch) bestPair() offer {
	alone, best := s.alone(), offer{}
	for i := range s.pool {
		for j := i + 1; j < len(s.pool); j++ {
			o := offer{[]int{i, j}, s.pairs[i][j], s.cost[i] + s.cost[j]}
			if o.worth > max(alone[i], alone[j])*(1+tiny)+s.least() && o.better(best) {
				best = o
			}
		}
	}
	return best
}

// bestTriple leaves out the sets that cannot win: no set is worth more than one of
// its pairs and the bound of the third.
func (s *costSearch) bestTriple() offer {
	s.pair()
	each := make([]offer, len(s.pool))
	s.v.m.parallel(len(s.pool), func(i int) { each[i] = s.bestTripleFrom(i) })
	best := offer{}
	for _, o := range each {
		if len(o.at) > 0 && o.better(best) {
			best = o
		}
	}
	return best
}

func (s *costSearch) bestTripleFrom(i int) offer {
	best := offer{}
	for j := i + 1; j < len(s.pool); j++ {
		for k := j + 1; k < len(s.pool); k++ {
			o := offer{[]int{i, j, k}, s.most(i, j, k), s.cost[i] + s.cost[j] + s.cost[k]}
			if !o.better(best) || s.v.m.stopped() {
				continue
			}
			o.worth = s.worth([]candidate{s.pool[i], s.pool[j], s.pool[k]})
			if o.worth > max(s.pairs[i][j], s.pairs[i][k], s.pairs[j][k])*(1+tiny)+s.least() && o.better(best) {
				best = o
			}
		}
	}
	return best
}

// widened adds the change, or the pair, that leaves most off for the cost of all;
// the zero offer if nothing adds anything.
func (s *costSearch) widened(o offer, k int) offer {
	best := offer{}
	try := func(more ...int) {
		n := offer{append(slices.Clone(o.at), more...), 0, o.cost}
		for _, i := range more {
			n.cost += s.cost[i]
		}
		if n.worth = s.worth(s.found(n).set); n.worth > o.worth*(1+tiny)+s.least() && n.better(best) {
			best = n
		}
	}
	for i := range s.pool {
		if slices.Contains(o.at, i) || s.v.m.stopped() {
			continue
		}
		try(i)
		for j := i + 1; j < len(s.pool) && len(o.at)+2 <= k; j++ {
			if !slices.Contains(o.at, j) {
				try(i, j)
			}
		}
	}
	return best
}

// BestForCost gives the set of exactly k changes, each of which adds something,
// that takes most off a provider's exposure ("" = the one whose compromise costs
// most) for what it costs, over the changes whose cost is known. Up to three it
// is exhaustive over the most promising candidates; beyond, it is labelled
// heuristic. False if there is no such set.
func (m *Model) BestForCost(provider string, k int) (msp.Fix, bool, error) {
	p, ok := m.worst()
	if provider != "" {
		var err error
		if p, err = m.provider(provider); err != nil {
			return msp.Fix{}, false, err
		}
	} else if !ok {
		return msp.Fix{}, false, fmt.Errorf("find fixes: the model has no provider")
	}
	if k < 1 || !m.priced() {
		return msp.Fix{}, false, nil
	}
	s := m.view(p).newCostSearch()
	f, heuristic, ok := s.exactly(k)
	if !ok {
		return msp.Fix{}, false, nil
	}
	fix := m.fix(s.v, f.set, m.summed())
	fix.Heuristic = heuristic
	return fix, true, nil
}

// singlesByCost gives the best n candidates alone by what they take off for their
// cost.
func (v *view) singlesByCost(all []candidate, n int) []found {
	all = slices.DeleteFunc(slices.Clone(all), func(c candidate) bool {
		_, known := v.m.cost(c)
		return !known
	})
	v.m.sortByCost(all, func(c candidate) float64 { return c.guess })
	var list []found
	for _, c := range all[:min(len(all), 2*n+poolSize)] {
		if w := v.worth(v.m.changes([]candidate{c})); w > tiny*v.money() {
			list = append(list, found{[]candidate{c}, w})
		}
	}
	slices.SortStableFunc(list, func(a, b found) int {
		return byCost(a.worth, v.m.costOf(a.set), b.worth, v.m.costOf(b.set))
	})
	return list[:min(n, len(list))]
}
