package exposure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"mspscan/msp"
)

// nearest joins the costs of fixes given at several places, the nearest to the
// door first: each key is taken from the first place that has it. Nil if there is
// none.
func nearest(places ...msp.FixCosts) msp.FixCosts {
	var out msp.FixCosts
	for _, costs := range places {
		for key, m := range costs {
			if _, nearer := out[key]; nearer {
				continue
			}
			if out == nil {
				out = msp.FixCosts{}
			}
			out[key] = m
		}
	}
	return out
}

// meansOf gives the expected amounts; an amount that is none of 0 or more is an
// error.
func meansOf(costs msp.FixCosts, door string) (map[string]float64, error) {
	if len(costs) == 0 {
		return nil, nil
	}
	out := make(map[string]float64, len(costs))
	for key, m := range costs {
		v := m.Mean()
		if !(v >= 0) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("weigh door %q: the cost of %s is %v; an amount of 0 or more is wanted", door, key, v)
		}
		out[key] = v
	}
	return out, nil
}

// dearer joins the costs of two rows of one door: the larger amount of each key.
func dearer(a, b map[string]float64) map[string]float64 {
	if len(a) == 0 {
		return b
	}
	out := cloneMap(a)
	for key, v := range b {
		if old, both := out[key]; !both || v > old {
			out[key] = v
		}
	}
	return out
}

// priced reports whether the cost of any fix is known.
func (m *Model) priced() bool {
	return slices.ContainsFunc(m.doors, func(d door) bool { return len(d.costs) > 0 })
}

// cost gives what a change costs, in the organisation's currency; false if
// nobody said.
func (m *Model) cost(c candidate) (float64, bool) {
	key := msp.FixClose
	if c.control != "" {
		key = string(c.control)
	}
	v, known := m.doors[c.door].costs[key]
	return v, known
}

// costOf gives what a set of changes costs, as far as it is known.
func (m *Model) costOf(set []candidate) float64 {
	sum := 0.0
	for _, c := range set {
		v, _ := m.cost(c)
		sum += v
	}
	return sum
}

// price fills in what a fix costs and takes off for it, or which of its changes
// have no cost. In a model without any cost it says nothing.
func (m *Model) price(f *msp.Fix, set []candidate) {
	if !m.priced() {
		return
	}
	for _, c := range set {
		if _, known := m.cost(c); !known {
			f.NoCost = append(f.NoCost, c.id(m))
		}
	}
	if len(f.NoCost) > 0 {
		slices.Sort(f.NoCost)
		return
	}
	cost := m.costOf(set)
	f.Cost = &cost
	if cost > 0 {
		per := f.Reduction / cost
		f.PerCost = &per
	}
}

// Costs gives what changes cost, in the ids of Fix; nil and those without a cost
// where that of any is not known. Nil and nothing where the model has no cost, or
// there are no changes.
func (m *Model) Costs(ids ...string) (cost *float64, without []string) {
	if !m.priced() || len(ids) == 0 {
		return nil, nil
	}
	sum := 0.0
	for _, id := range ids {
		c, err := m.parse(id)
		v, known := 0.0, false
		if err == nil {
			v, known = m.cost(c)
		}
		if !known {
			without = append(without, id)
		}
		sum += v
	}
	if len(without) > 0 {
		return nil, without
	}
	return &sum, nil
}

// cheaper reports whether one change or set takes more off for its cost than
// another; of equals, the one that takes off more. What costs nothing comes first.
func cheaper(worth, cost, thanWorth, thanCost float64) bool {
	x, y := worth*thanCost, thanWorth*cost
	switch {
	case x > y*(1+tiny):
		return true
	case y > x*(1+tiny):
		return false
	}
	return worth > thanWorth*(1+tiny)
}

// byCost orders what cheaper compares: -1 for the first, 1 for the second, 0 for
// equals.
func byCost(worth, cost, thanWorth, thanCost float64) int {
	switch {
	case cheaper(worth, cost, thanWorth, thanCost):
		return -1
	case cheaper(thanWorth, thanCost, worth, cost):
		return 1
	}
	return 0
}

// rankByCost numbers the fixes that have a cost by what they take off for it:
// single changes among themselves, sets among themselves.
func rankByCost(list []msp.Fix) {
	for _, sets := range []bool{false, true} {
		var order []int
		for i := range list {
			if list[i].Cost != nil && len(list[i].IDs) > 1 == sets {
				order = append(order, i)
			}
		}
		slices.SortStableFunc(order, func(a, b int) int {
			x, y := &list[a], &list[b]
			return cmp.Or(byCost(x.Reduction, *x.Cost, y.Reduction, *y.Cost), strings.Compare(strings.Join(x.IDs, " "), strings.Join(y.IDs, " ")))
		})
		for rank, i := range order {
			list[i].RankByCost = rank + 1
		}
	}
}
