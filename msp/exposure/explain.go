package exposure

import (
	"fmt"
	"slices"
)

// Explain says in plain words what a provider's compromise costs, why the fix
// that comes to mind first is or isn't worth it, what is worth more, and what to
// ask next. The fix that comes to mind is to close the provider's own door to
// the dearest asset.
func (m *Model) Explain(provider string) ([]string, error) {
	p, err := m.provider(provider)
	if err != nil {
		return nil, err
	}
	v := m.view(p).awake()
	lo := m.look(p, m.lo).money()
	text := []string{fmt.Sprintf("If %s is compromised, %s of %s is at risk%s: a score of %s.",
		provider, m.amount(v.money()), m.amount(m.s.total), m.span(v.money(), lo), m.scoreWords(v.money(), lo))}
	obvious, found := m.obvious(v)
	if !found {
		return append(text, "It holds no door that leads to an asset."), nil
	}
	worth := v.worth([]change{{obvious, 0}})
	text = append(text, m.obviousWords(v, obvious, worth))
	text = append(text, m.betterWords(v, worth)...)
	return append(text, m.askWords(provider)...), nil
}

func (m *Model) span(hi, lo float64) string {
	if hi-lo <= tiny*hi {
		return ""
	}
	return fmt.Sprintf(" (%s if every unknown answer turned out to be yes)", m.amount(lo))
}

func (m *Model) scoreWords(hi, lo float64) string {
	if hi-lo <= tiny*hi {
		return fmt.Sprintf("%.0f", m.score(hi))
	}
	return fmt.Sprintf("%.0f (%.0f-%.0f)", m.score(hi), m.score(lo), m.score(hi))
}

// obvious gives the provider's own door to the dearest asset; where it has none,
// the door that leads to any.
func (m *Model) obvious(v *view) (int32, bool) {
	best, most, found := int32(0), -1.0, false
	for _, d := range m.s.out[v.source] {
		if v.open.t[d] <= 0 || !v.matters(d) {
			continue
		}
		dearest := 0.0
		for _, to := range m.doors[d].targets {
			if a := m.s.nodes[to].asset; a >= 0 {
				dearest = max(dearest, m.s.assets[a].value)
			}
		}
		if dearest > most {
			best, most, found = d, dearest, true
		}
	}
	return best, found
}

func (m *Model) obviousWords(v *view, d int32, worth float64) string {
	what := fmt.Sprintf("Closing %s, its own door to what is dearest, takes off %s (%s)", m.doorWords(d), m.amount(worth), percent(worth, v.money()))
	if m.doors[d].assumed {
		what = fmt.Sprintf("Nobody stated what access it has; if the answer is none, that takes off %s (%s)", m.amount(worth), percent(worth, v.money()))
	}
	asset, left := m.stillReached(v, d)
	if left <= 0 || worth > .5*v.money() {
		return what + "."
	}
	way := m.wayAround(v, d, asset)
	return fmt.Sprintf("%s: %s is still reached with %.0f %%%s.", what, m.s.assets[asset].id, 100*left, way)
}

// stillReached gives the dearest asset behind a door and how probably it is
// reached without it.
func (m *Model) stillReached(v *view, d int32) (int32, float64) {
	without := v.with([]change{{d, 0}})
	best := int32(-1)
	for _, to := range m.doors[d].targets {
		a := m.s.nodes[to].asset
		if a >= 0 && (best < 0 || m.s.assets[a].value > m.s.assets[best].value) {
			best = a
		}
	}
	if best < 0 {
		return best, 0
	}
	return best, without.p[best]
}

// wayAround names the most credible way to an asset that does not use a door.
func (m *Model) wayAround(v *view, d, at int32) string {
	without := m.derive([]change{{d, 0}}, nil)
	without.only = []int32{v.source}
	target := m.s.assets[at].id
	list, _ := without.paths(1, func(a asset) bool { return a.id == target })
	paths := list[v.source]
	if len(paths) == 0 {
		return ""
	}
	return " over " + joined(paths[0].Doors)
}

// betterWords names the best change that leaves the provider its doors, and the
// best pair.
func (m *Model) betterWords(v *view, than float64) []string {
	s := v.newSearch(true)
	best := v.singles(slices.DeleteFunc(slices.Clone(v.candidates().list), closing), 1)
	var text []string
	if len(best) > 0 {
		verb := "is worth"
		if best[0].worth > than {
			verb = "is worth more:"
		}
		text = append(text, fmt.Sprintf("To %s %s %s (%s).", m.wordsOf(best[0].set[0]), verb, m.amount(best[0].worth), percent(best[0].worth, v.money())))
	}
	if two := s.pair(); len(best) > 0 && len(two.set) == 2 && two.worth > best[0].worth*(1+tiny) {
		text = append(text, fmt.Sprintf("The best two such changes, to %s and to %s, take off %s (%s).",
			m.wordsOf(two.set[0]), m.wordsOf(two.set[1]), m.amount(two.worth), percent(two.worth, v.money())))
	}
	return text
}

// askWords names the question that is worth most for the provider's doors.
func (m *Model) askWords(provider string) []string {
	for _, n := range m.Narrows() {
		if n.Provider != provider {
			continue
		}
		if n.Control == "" {
			return []string{fmt.Sprintf("Ask first which access %s has: the answer is worth up to %s of range.", provider, m.amount(n.Range))}
		}
		d, err := m.door(n.Door)
		if err != nil {
			continue
		}
		return []string{fmt.Sprintf("Ask first whether there is %s on %s: the answer is worth %s of range.", controlWords(n.Control), m.doorWords(d), m.amount(n.Range))}
	}
	return nil
}
