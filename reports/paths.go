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
		row.Single = b.singlePoints(p)
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

// singlePoints lists the doors of a path without which the provider does not
// reach the asset at all.
func (b *builder) singlePoints(p msp.PathExposure) []string {
	var list []string
	for _, id := range p.Doors {
		if !b.reaches(p.Provider, p.Asset, id) {
			list = append(list, id)
		}
	}
	return list
}

// reaches reports whether a party reaches an asset over live doors other than
// the one closed.
func (b *builder) reaches(from, asset, closed string) bool {
	start, ok := b.g.Node(from)
	goal, found := b.g.Node(asset)
	if !ok || !found {
		return false
	}
	today := msp.DateOf(b.in.Header.Now)
	control := map[int32]bool{start: true}
	for grown := true; grown; {
		grown = false
		for _, d := range b.g.Doors() {
			if d.ID == closed || !control[d.From] || d.Ended.Known() && !today.Before(d.Ended) {
				continue
			}
			for _, t := range b.opened(d) {
				if t == goal {
					return true
				}
				if d.Kind.Level() == msp.FullControl && !control[t] {
					control[t], grown = true, true
				}
			}
		}
	}
	return false
}

// opened gives the nodes behind a door: control of the organisation is control
// of every asset.
func (b *builder) opened(d graph.Door) []int32 {
	nodes := b.g.Nodes()
	for _, t := range d.Targets {
		if nodes[t].Kind != graph.NodeOrganisation {
			continue
		}
		all := slices.Clone(d.Targets)
		for i, n := range nodes {
			if n.Kind == graph.NodeAsset {
				all = append(all, int32(i))
			}
		}
		return all
	}
	return d.Targets
}
