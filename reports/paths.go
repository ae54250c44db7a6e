package reports

import (
	"cmp"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/graph"
)

// paths gives the ways from providers to assets with what stands on them.
func (b *builder) paths() []Path {
	doors := map[string]graph.Door{}
	for _, d := range b.g.Doors() {
		doors[d.ID] = d
	}
	rows := make([]Path, 0, len(b.in.Paths))
	users := map[string]map[string]bool{} // entry door -> providers
	for _, p := range b.in.Paths {
		row := Path{
			Provider: p.Provider, Asset: p.Asset, Nodes: slices.Clone(p.Nodes), Doors: slices.Clone(p.Doors),
			Hops: len(p.Doors), Rank: b.rank(p.Provider),
			Probability: rounded(p.Probability, func(x float64) float64 { return float64(int64(x*1e6+0.5)) / 1e6 }),
		}
		for _, id := range p.Doors {
			row.Access = append(row.Access, string(doors[id].Kind))
			row.Controls = append(row.Controls, answered(id, doors[id].Controls)...)
		}
		row.Service = b.serviceOf(doors, p.Doors)
		row.Single = slices.Clone(p.Single)
		if e := b.entry(doors, p.Doors); e != "" {
			if users[e] == nil {
				users[e] = map[string]bool{}
			}
			users[e][p.Provider] = true
		}
		rows = append(rows, row)
	}
	for i := range rows {
		rows[i].SharedBy = len(users[b.entry(doors, rows[i].Doors)])
	}
	slices.SortFunc(rows, func(x, y Path) int {
		return cmp.Or(cmp.Compare(y.Probability.Hi, x.Probability.Hi), cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.Asset, y.Asset), strings.Compare(joined(x.Doors), joined(y.Doors)))
	})
	return rows
}

// answered lists the controls on a door that are answered yes.
func answered(door string, controls map[msp.Control]msp.Reply) []string {
	var list []string
	for _, c := range msp.AllControls() {
		if r := controls[c]; r.Answer == msp.Yes {
			list = append(list, door+": "+string(c)+" ("+r.Evidence.String()+")")
		}
	}
	return list
}

// entry gives the last door of a relationship on the path: where the path
// enters the organisation.
func (b *builder) entry(doors map[string]graph.Door, path []string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if d, ok := doors[path[i]]; ok && d.Relationship >= 0 {
			return d.ID
		}
	}
	return ""
}

func (b *builder) serviceOf(doors map[string]graph.Door, path []string) string {
	d, ok := doors[b.entry(doors, path)]
	if !ok || d.Relationship < 0 {
		return ""
	}
	return b.inv.Relationships[d.Relationship].Service
}
