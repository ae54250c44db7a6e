package exposure

import (
	"cmp"
	"slices"
)

// Swing is one run of the sensitivity analysis: one number of the tables
// changed, all else as it was.
type Swing struct {
	Entry    string // such as b(rmm_agent) or r(mfa)
	Was, Is  float64
	Ranking  []string  // provider ids by falling exposure, high reading
	Changed  bool      // not the ranking of the tables as they are
	Exposure []float64 // E of each provider of the ranking, high reading, by provider id
}

// Spread says how far one provider's exposure moves over all runs.
type Spread struct {
	Provider           string
	Money, Least, Most float64
	Rank, Best, Worst  int // from 1
}

// Sensitivity is the ranking of providers beside what it would be if the tables
// were wrong by a share up or down, one number at a time. In a model too large
// for all, it takes the providers of the highest exposure and leaves Left out.
type Sensitivity struct {
	Share   float64
	Ranking []string
	Swings  []Swing  // sorted by entry, down before up; entries that move no door are left out
	Spreads []Spread // in the order of Ranking
	Held    int      // runs in which the ranking stayed
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
	out := Sensitivity{Share: share, Ranking: m.ranking(views, base), Left: left}
	for _, e := range entries {
		for _, factor := range []float64{1 - share, 1 + share} {
			if s, moved := m.swing(views, e, factor); moved {
				s.Changed = !slices.Equal(s.Ranking, out.Ranking)
				if !s.Changed {
					out.Held++
				}
				out.Swings = append(out.Swings, s)
			}
		}
	}
	out.Spreads = m.spreads(base, out)
	return out
}

// swing changes one entry; false = no door moves.
func (m *Model) swing(views []*view, e entry, factor float64) (Swing, bool) {
	t := m.tables.clone()
	s := Swing{Entry: e.name, Was: e.get(&t)}
	s.Is = min(1, s.Was*factor)
	e.set(&t, s.Is)
	var changes []change
	for d := range m.doors {
		if !e.match(m.doors[d]) || slices.Contains(m.closed, int32(d)) {
			continue
		}
		if now := t.transmission(m.doors[d], m.now, high); now != m.hi.t[d] {
			changes = append(changes, change{int32(d), now})
		}
	}
	if len(changes) == 0 {
		return s, false
	}
	s.Exposure = make([]float64, len(views))
	open := m.hi.with(m, changes)
	m.parallel(len(views), func(i int) { s.Exposure[i] = views[i].opened(open, changes).money() })
	s.Ranking = m.ranking(views, s.Exposure)
	return s, true
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
	for i, at := range ranked(base) {
		p := Spread{Provider: s.Ranking[i], Money: base[at], Least: base[at], Most: base[at], Rank: i + 1, Best: i + 1, Worst: i + 1}
		for _, run := range s.Swings {
			rank := slices.Index(run.Ranking, p.Provider) + 1
			p.Best, p.Worst = min(p.Best, rank), max(p.Worst, rank)
			p.Least, p.Most = min(p.Least, run.Exposure[at]), max(p.Most, run.Exposure[at])
		}
		list[i] = p
	}
	return list
}
