package exposure

import (
	"cmp"
	"math"
	"slices"
)

// Swing is one run of the sensitivity analysis: one number of the tables
// changed, all else as it was.
type Swing struct {
	Entry    string // such as b(rmm_agent) or r(mfa)
	Was, Is  float64
	Ranking  []string  // provider ids by falling exposure, high reading
	Changed  bool      // some provider overtakes one that costs more by the tables as they are
	Top      bool      // one of the first overtakes or is overtaken
	Exposure []float64 // E of each provider, high reading, by provider id
}

// Together is a run in which every number of the tables is changed at once.
type Together struct {
	Exposure     []float64 // E of each provider, high reading, by provider id
	Changed, Top bool      // as in Swing
}

// Spread says how far one provider's exposure moves over all runs. Ranks are from
// 1; providers of the same exposure share one.
type Spread struct {
	Provider           string
	Money, Least, Most float64 // as is; over the runs of one number
	Rank, Best, Worst  int
	Down, Up           float64 // every number down, every number up
	RankDown, RankUp   int
}

// first is how many of a ranking are looked at first.
const first = 5

// Sensitivity is the ranking of providers beside what it would be if the tables
// were wrong by a share up or down, one number at a time. In a model too large
// for all, it takes the providers of the highest exposure and leaves Left out.
type Sensitivity struct {
	Share   float64
	Ranking []string
	Swings  []Swing  // sorted by entry, down before up; entries that move no door are left out
	Spreads []Spread // in the order of Ranking
	Held    int      // runs in which the ranking stayed
	TopHeld int      // runs in which the first stayed as they are
	First   int      // how many those are
	Down    Together // every number down by the share
	Up      Together
	Left    int
}

// Sensitivity runs every number of the tables that bears on a door up and down
// by a share such as 0.2; no number leaves 0 to 1.
func (m *Model) Sensitivity(share float64) Sensitivity {
	views := m.views()
	entries := m.tables.entries()
	views, left := m.dearest(views, m.work()/(2*len(entries)))
	views = m.wake(views)
	base := make([]float64, len(views))
	for i, v := range views {
		base[i] = v.money()
	}
	out := Sensitivity{Share: share, Ranking: m.ranking(views, base), First: min(first, len(views)), Left: left}
	for _, e := range entries {
		for _, factor := range []float64{1 - share, 1 + share} {
			s, moved := m.swing(views, e, factor)
			if !moved {
				continue
			}
			s.Changed, s.Top = overtaken(base, s.Exposure, len(base)), overtaken(base, s.Exposure, first)
			if !s.Changed {
				out.Held++
			}
			if !s.Top {
				out.TopHeld++
			}
			out.Swings = append(out.Swings, s)
		}
	}
	out.Down, out.Up = m.together(views, base, 1-share), m.together(views, base, 1+share)
	out.Spreads = m.spreads(base, out)
	return out
}

// together changes every number of the tables at once.
func (m *Model) together(views []*view, base []float64, factor float64) Together {
	t := m.tables.clone()
	for _, e := range m.tables.entries() {
		e.set(&t, min(1, e.get(&t)*factor))
	}
	out := Together{Exposure: base}
	if changes := m.moved(t, anyDoor); len(changes) > 0 {
		out.Exposure = m.exposed(views, changes)
	}
	out.Changed, out.Top = overtaken(base, out.Exposure, len(base)), overtaken(base, out.Exposure, first)
	return out
}

// overtaken reports whether somebody now costs more than one of the first n who
// cost more before; differences of rounding are none.
func overtaken(before, now []float64, n int) bool {
	order := ranked(before)
	n = min(n, len(order))
	least := math.Inf(1) // of those who cost more than the ones looked at
	for i, waiting := 0, 0; i < len(order); i++ {
		for waiting < min(i, n) && before[order[waiting]] > before[order[i]]*(1+tiny) {
			least = min(least, now[order[waiting]])
			waiting++
		}
		if now[order[i]] > least*(1+tiny) {
			return true
		}
	}
	return false
}

// shared gives the rank of each from 1; equals share one.
func shared(money []float64) []int {
	order, ranks := ranked(money), make([]int, len(money))
	for i, at := range order {
		ranks[at] = i + 1
		if i > 0 && money[order[i-1]] <= money[at]*(1+tiny) {
			ranks[at] = ranks[order[i-1]]
		}
	}
	return ranks
}

// swing changes one entry; false = no door moves.
func (m *Model) swing(views []*view, e entry, factor float64) (Swing, bool) {
	t := m.tables.clone()
	s := Swing{Entry: e.name, Was: e.get(&t)}
	s.Is = min(1, s.Was*factor)
	e.set(&t, s.Is)
	changes := m.moved(t, e.match)
	if len(changes) == 0 {
		return s, false
	}
	s.Exposure = m.exposed(views, changes)
	s.Ranking = m.ranking(views, s.Exposure)
	return s, true
}

// moved gives the doors, of those that match, which other tables open differently.
func (m *Model) moved(t Tables, match func(door) bool) []change {
	var changes []change
	for d := range m.doors {
		if !match(m.doors[d]) || slices.Contains(m.closed, int32(d)) {
			continue
		}
		if now := t.transmission(m.doors[d], m.now, high); now != m.hi.t[d] {
			changes = append(changes, change{int32(d), now})
		}
	}
	return changes
}

// exposed gives E of each view after some doors changed.
func (m *Model) exposed(views []*view, changes []change) []float64 {
	money, open := make([]float64, len(views)), m.hi.with(m, changes)
	m.parallel(len(views), func(i int) { money[i] = views[i].opened(open, changes).money() })
	return money
}

// dearest keeps the views of the highest exposure that some work is enough to look
// at, five whatever they cost, in their order; and says how many it left out.
func (m *Model) dearest(views []*view, work int) ([]*view, int) {
	money := make([]float64, len(views))
	for i, v := range views {
		money[i] = v.money()
	}
	order := ranked(money)
	n := 0
	for n < len(order) && (n < 5 || work >= views[order[n]].cost()) {
		work -= views[order[n]].cost()
		n++
	}
	order = order[:n]
	slices.Sort(order)
	kept := make([]*view, n)
	for i, at := range order {
		kept[i] = views[at]
	}
	return kept, len(views) - n
}

// ranking sorts providers by falling exposure; of equals the first by id.
func (m *Model) ranking(views []*view, money []float64) []string {
	ids := make([]string, len(money))
	for i, at := range ranked(money) {
		ids[i] = m.s.nodes[views[at].source].id
	}
	return ids
}

func ranked(money []float64) []int {
	order := make([]int, len(money))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(money[b], money[a]) })
	return order
}

func (m *Model) spreads(base []float64, s Sensitivity) []Spread {
	list := make([]Spread, len(base))
	ranks, down, up := shared(base), shared(s.Down.Exposure), shared(s.Up.Exposure)
	order := ranked(base)
	for i, at := range order {
		list[i] = Spread{
			Provider: s.Ranking[i], Money: base[at], Least: base[at], Most: base[at], Rank: ranks[at], Best: ranks[at], Worst: ranks[at],
			Down: s.Down.Exposure[at], Up: s.Up.Exposure[at], RankDown: down[at], RankUp: up[at],
		}
	}
	for _, run := range s.Swings {
		ranks := shared(run.Exposure)
		for i, at := range order {
			p := &list[i]
			p.Best, p.Worst = min(p.Best, ranks[at]), max(p.Worst, ranks[at])
			p.Least, p.Most = min(p.Least, run.Exposure[at]), max(p.Most, run.Exposure[at])
		}
	}
	return list
}
