package exposure

import (
	"slices"

	"mspscan/msp"
)

// The methods of an exposure.
const (
	Exact      = "exact"
	MonteCarlo = "monte-carlo" // for one asset at least
)

// Exposures gives what each provider reaches, sorted by provider id. The assets
// add up to E exactly, in the order in which they are listed.
func (m *Model) Exposures() []msp.Exposure {
	m.seen.exposed.Do(func() { m.seen.exposures = m.exposuresNow() })
	return slices.Clone(m.seen.exposures)
}

func (m *Model) exposuresNow() []msp.Exposure {
	list := make([]msp.Exposure, len(m.asked()))
	best, _ := m.paths(1, func(asset) bool { return true })
	m.parallel(len(list), func(i int) {
		p := m.asked()[i]
		list[i] = m.exposure(p)
		list[i].BestPath = best[p]
		for j := range list[i].BestPath {
			list[i].BestPath[j].More = false // one is all that was asked for
		}
	})
	return list
}

func (m *Model) exposure(provider int32) msp.Exposure {
	hi, lo := m.view(provider).p, m.look(provider, m.lo).p
	e := msp.Exposure{Provider: m.s.nodes[provider].id, Method: Exact, Assets: make([]msp.AssetExposure, len(m.s.assets))}
	for i, a := range m.s.assets {
		e.Assets[i] = msp.AssetExposure{
			Asset: a.id, P: msp.Range{Hi: hi[i], Lo: lo[i]},
			Money: msp.Range{Hi: a.value * hi[i], Lo: a.value * lo[i]},
		}
	}
	if slices.Contains(m.sampled[provider], true) {
		e.Method = MonteCarlo
	}
	e.Money = msp.Range{Hi: m.money(hi), Lo: m.money(lo)}
	e.Annual = annual(m.s.nodes[provider].often, e.Money)
	e.Score = msp.Range{Hi: m.score(e.Money.Hi), Lo: m.score(e.Money.Lo)}
	return e
}
