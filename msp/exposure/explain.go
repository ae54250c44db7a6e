package exposure

import (
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
)

// Explain says in plain words what a provider's compromise costs, why the fix
// that comes to mind first is or isn't worth it, what is worth more, what is worth
// most for its cost where costs are known, and what to ask next. The fix that comes
// to mind is to close the provider's own door to the dearest asset.
func (m *Model) Explain(provider string) ([]string, error) {
	p, err := m.provider(provider)
	if err != nil {
		return nil, err
	}
	v := m.view(p).awake()
	lo := m.look(p, m.lo).money()
	text := []string{fmt.Sprintf("If %s is compromised, %s of %s is expected to be reached%s: a score of %s of 100.",
		m.nameOf(p), m.amount(v.money()), m.amount(m.s.total), m.span(v.money(), lo), m.scoreWords(v.money(), lo))}
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
	return fmt.Sprintf(" (%s if every answer that is still unknown turns out to be yes)", m.amount(lo))
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

// The shares of a provider's exposure below which a fix is hardly worth it, and
// above which it is.
const (
	hardly  = .1
	clearly = .5
)

func (m *Model) obviousWords(v *view, d int32, worth float64) string {
	cut := m.cutWords(v, worth, []candidate{{door: d}})
	if m.doors[d].assumed {
		return fmt.Sprintf("Nobody stated what access it has; if the answer is none, %s of that is gone.", m.shareOf(v, worth))
	}
	asset, left := m.stillReached(v, d)
	what := fmt.Sprintf("The fix that comes to mind first is to close %s", m.doorWords(d))
	if asset >= 0 {
		what += ", its own door to the most valuable asset that it enters directly"
	}
	switch {
	case worth >= clearly*v.money():
		return fmt.Sprintf("%s. That is worth it where the service can do without: it cuts %s.", what, cut)
	case left <= 0 && worth >= hardly*v.money():
		return fmt.Sprintf("%s. It cuts %s; the rest is reached by other doors.", what, cut)
	case left <= 0:
		return fmt.Sprintf("%s. On its own that is hardly worth it: it cuts only %s; the rest is reached by other doors.", what, cut)
	}
	way := fmt.Sprintf("%s would still be reached with a probability of %.0f %%%s", m.nameOf(m.s.assets[asset].node), 100*left, m.wayAround(v, d, asset))
	if worth >= hardly*v.money() {
		return fmt.Sprintf("%s. It cuts %s and no more, since %s.", what, cut, way)
	}
	return fmt.Sprintf("%s. On its own that is hardly worth it: it cuts only %s, since %s.", what, cut, way)
}

// shareOf writes what is cut with its part of the whole.
func (m *Model) shareOf(v *view, worth float64) string {
	return fmt.Sprintf("%s (%s)", m.amount(worth), percent(worth, v.money()))
}

// cutWords says what changes cut and, in a model with costs, for how much.
func (m *Model) cutWords(v *view, worth float64, set []candidate) string {
	var f msp.Fix
	m.price(&f, set)
	switch {
	case f.Cost != nil:
		return fmt.Sprintf("%s for %s", m.shareOf(v, worth), m.amount(*f.Cost))
	case len(f.NoCost) > 0:
		return fmt.Sprintf("%s (%s; no cost given)", m.amount(worth), percent(worth, v.money()))
	}
	return m.shareOf(v, worth)
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
	var doors []string
	for _, id := range paths[0].Doors {
		if at, err := m.door(id); err == nil {
			doors = append(doors, m.doorWords(at))
		}
	}
	return " through " + strings.Join(doors, " and then ")
}

// betterWords names the best change that leaves the provider its doors, the best
// one for its cost, and the best pair.
func (m *Model) betterWords(v *view, than float64) []string {
	best := v.singles(slices.DeleteFunc(slices.Clone(v.candidates().list), closing), 1)
	if len(best) == 0 {
		return m.cheapestWords(v, candidate{door: -1})
	}
	first := best[0]
	lead := "Of the changes that leave every door in use, most is won by"
	if first.worth > than {
		lead = "More is won by"
	}
	text := []string{fmt.Sprintf("%s %s: it cuts %s.", lead, m.doing(first.set[0]), m.cutWords(v, first.worth, first.set))}
	text = append(text, m.cheapestWords(v, first.set[0])...)
	if two := v.newSearch(true).pair(); len(two.set) == 2 && two.worth > first.worth*(1+tiny) {
		text = append(text, fmt.Sprintf("The best two changes that leave every door in use are %s; together they cut %s.", m.twoWords(two.set[0], two.set[1]), m.cutWords(v, two.worth, two.set)))
	}
	return text
}

// twoWords names two controls, and a door that they share once.
func (m *Model) twoWords(a, b candidate) string {
	x, y := controlWords(a.control), controlWords(b.control)
	if a.door == b.door {
		return fmt.Sprintf("%s and %s, both on %s", x, y, m.doorWords(a.door))
	}
	return fmt.Sprintf("%s on %s, and %s on %s", x, m.doorWords(a.door), y, m.doorWords(b.door))
}

// cheapestWords names the single change that cuts most for its cost; most is the
// one that cuts most whatever it costs.
func (m *Model) cheapestWords(v *view, most candidate) []string {
	if !m.priced() {
		return nil
	}
	best := v.singlesByCost(v.candidates().list, 1)
	if len(best) == 0 {
		return nil
	}
	c := best[0].set[0]
	cost, _ := m.cost(c)
	per := ""
	if cost > 0 {
		per = fmt.Sprintf(", %s for each %s spent", msp.AmountPerUnit(m.s.currency, best[0].worth/cost), m.amount(1))
	}
	rest := ""
	if slices.ContainsFunc(v.candidates().list, func(c candidate) bool { _, known := m.cost(c); return !known }) {
		rest = " Changes without a cost are not compared."
	}
	if c.door == most.door && c.control == most.control {
		return []string{fmt.Sprintf("It is also the best value for money: %s for %s%s.%s", m.amount(best[0].worth), m.amount(cost), per, rest)}
	}
	return []string{fmt.Sprintf("The best value for money is %s: it cuts %s%s.%s", m.doing(c), m.cutWords(v, best[0].worth, best[0].set), per, rest)}
}

// askWords names the question that is worth most for the provider's doors.
func (m *Model) askWords(provider string) []string {
	for _, n := range m.Narrows() {
		if n.Provider != provider {
			continue
		}
		if n.Control == "" {
			return []string{fmt.Sprintf("Ask first which access it has: the answer settles up to %s of the range.", m.amount(n.Range))}
		}
		d, err := m.door(n.Door)
		if err != nil {
			continue
		}
		return []string{fmt.Sprintf("Of the answers noted as unknown, ask first for this one: is there %s on %s? It settles %s of the range.", controlWords(n.Control), m.doorWords(d), m.amount(n.Range))}
	}
	return nil
}
