package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"mspscan/msp"
)

// changeCounts counts findings by what became of them.
type changeCounts struct{ created, reopened, fixed, notLookedAt int }

func (c *changeCounts) add(s msp.FindingState) {
	switch s {
	case msp.StateNew:
		c.created++
	case msp.StateReopened:
		c.reopened++
	case msp.StateFixed:
		c.fixed++
	case msp.StateNotLookedAt:
		c.notLookedAt++
	}
}

func (c changeCounts) plus(d changeCounts) changeCounts {
	return changeCounts{c.created + d.created, c.reopened + d.reopened, c.fixed + d.fixed, c.notLookedAt + d.notLookedAt}
}

// standing lists the organisations, by place, that stand on a party in a layer:
// those that its compromise touches, and those that its outage stops.
type standing struct{ touched, stopped []int32 }

func (g *gathered) stand(layer string, s standing) {
	if g.stands == nil {
		g.stands = map[string]standing{}
	}
	old := g.stands[layer]
	g.stands[layer] = standing{append(old.touched, s.touched...), append(old.stopped, s.stopped...)}
}

// directUses counts what organisations use directly.
type directUses struct {
	direct map[directKey]int
	own    map[ownPart]int // organisations that serve themselves beside others
	users  map[string]int  // layer -> organisations
}

// directKey counts organisations that rely on a party as one of so many.
type directKey struct {
	layer  string
	handle int
	of     int
}

// ownPart is an organisation's own part as one of so many.
type ownPart struct {
	layer string
	of    int
}

// stand notes on whom the organisation stands, layer by layer.
func (h *handles) stand() {
	here := []int32{int32(h.place)} //nolint:gosec // fewer organisations than that
	for _, c := range h.m.Report.Concentration {
		if !c.Touches {
			continue
		}
		s := standing{touched: here}
		if c.Stops {
			s.stopped = here
		}
		h.b.parties[h.of(c.Provider, c.Provider, 0, false)].stand(c.Layer, s)
	}
	u := &h.b.uses
	for _, l := range h.m.Report.Layers {
		of := len(l.Direct)
		if of == 0 {
			continue
		}
		if l.Own {
			of++
			u.own[ownPart{l.Layer, of}]++
		}
		u.users[l.Layer]++
		for _, id := range l.Direct {
			u.direct[directKey{l.Layer, h.of(id, id, 0, false), of}]++
		}
	}
}

// standings gives the party's part in each layer, and counts over all of them.
func (p *PortfolioParty) standings(layers map[string]standing, organisations int) []PortfolioShare {
	var list []PortfolioShare
	var all, stopped []int32
	for layer, s := range layers {
		c, i := once(s.touched), once(s.stopped)
		all, stopped = append(all, c...), append(stopped, i...)
		list = append(list, PortfolioShare{Party: p.ID, Name: p.Name, Layer: layer, C: len(c), I: len(i), Share: float64(len(c)) / float64(organisations)})
	}
	p.Touches, p.Stops = len(once(all)), len(once(stopped))
	return list
}

// layers adds up the direct uses of each layer, in one order, so that the sums
// are the same to the last bit. Shares are in their order.
func (u *directUses) layers(keys []string, shares []PortfolioShare, organisations int) []PortfolioLayer {
	parts := map[string]map[string]map[int]int{} // layer, party, one of so many -> organisations
	for d, n := range u.direct {
		if parts[d.layer] == nil {
			parts[d.layer] = map[string]map[int]int{}
		}
		if parts[d.layer][keys[d.handle]] == nil {
			parts[d.layer][keys[d.handle]] = map[int]int{}
		}
		parts[d.layer][keys[d.handle]][d.of] += n
	}
	list := make([]PortfolioLayer, 0, len(parts))
	for _, layer := range slices.SortedFunc(maps.Keys(parts), compareLayers) {
		l := PortfolioLayer{Layer: layer, Organisations: u.users[layer], Parties: len(parts[layer])}
		l.weigh(parts[layer], u.own)
		l.lead(shares)
		l.Text = l.sentence(organisations)
		list = append(list, l)
	}
	return list
}

// weigh sets HHI and Excess.
func (l *PortfolioLayer) weigh(parties map[string]map[int]int, own map[ownPart]int) {
	users := float64(l.Organisations)
	for _, party := range slices.Sorted(maps.Keys(parties)) {
		share := 0.0
		for _, of := range slices.Sorted(maps.Keys(parties[party])) {
			share += float64(parties[party][of]) / float64(of) / users
		}
		l.HHI += share * share
	}
	order := func(x, y ownPart) int { return cmp.Or(cmp.Compare(x.layer, y.layer), cmp.Compare(x.of, y.of)) }
	for _, o := range slices.SortedFunc(maps.Keys(own), order) {
		if o.layer == l.Layer {
			share := 1 / float64(o.of) / users
			l.HHI += float64(own[o]) * share * share
		}
	}
	l.HHI, l.Excess = ratio(l.HHI), ratio(max(0, l.HHI-1/users))
}

// lead names the party that stands behind most.
func (l *PortfolioLayer) lead(shares []PortfolioShare) {
	if i := slices.IndexFunc(shares, func(s PortfolioShare) bool { return s.Layer == l.Layer }); i >= 0 {
		s := shares[i]
		l.Leader, l.LeaderName, l.Touched, l.Stopped = s.Party, s.Name, s.C, s.I
	}
}

func (l *PortfolioLayer) sentence(organisations int) string {
	text := fmt.Sprintf("%s: %d of %s use others for it", LayerTitle(l.Layer), l.Organisations, plural(organisations, "organisation"))
	if l.Touched < 2 {
		return text + ", and no company stands behind more than one of them."
	}
	return fmt.Sprintf("%s; a break-in at %s reaches %d of them, and its failure stops %d.", text, Cut(l.LeaderName, 80), l.Touched, l.Stopped)
}
