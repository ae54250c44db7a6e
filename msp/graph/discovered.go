package graph

import (
	"slices"

	"mspscan/msp"
)

// Discovered gives the doors that DNS shows and nobody declared: who serves a
// domain of the organisation can rewrite its mail exchangers, who receives its
// mail can read it. They open what the inventory says that mail and DNS access
// reach, never more: no directory hangs on a name. So does who controls the zone
// in which such a server is named, and so on behind it: the fourth party that no
// inventory shows. A provider whose access to its customer was stated is taken at
// that word. Sorted by id.
func (g *Graph) Discovered() []Door {
	mail, domain := g.reachedBy(msp.AccessMail), g.reachedBy(msp.AccessDNS)
	var doors []Door
	for _, d := range g.Dependencies() {
		if d.From != g.inv.Organisation.ID || d.Dead || d.Relationship {
			continue
		}
		door := Door{ID: "dns:" + d.To + ":" + string(d.Trust), Relationship: -1, Access: -1}
		switch d.Trust {
		case msp.TrustControl:
			door.Kind, door.Targets = msp.AccessDNS, union(mail, domain)
		case msp.TrustReceive:
			door.Kind, door.Targets = msp.AccessMail, mail
		default:
			continue
		}
		from, ok := g.Node(d.To)
		if !ok || len(door.Targets) == 0 {
			continue
		}
		door.From = from
		doors = append(doors, door)
	}
	doors = append(doors, g.behind(doors, mail, union(mail, domain))...)
	slices.SortFunc(doors, func(a, b Door) int {
		if a.ID < b.ID {
			return -1
		}
		if a.ID > b.ID {
			return 1
		}
		return 0
	})
	return slices.CompactFunc(doors, func(a, b Door) bool { return a.ID == b.ID })
}

// behind gives the doors of those who control a zone in which a server of the
// organisation's names or mail is named: they can lead it elsewhere. One door a
// party; who holds one of its own already is left out.
func (g *Graph) behind(direct []Door, mail, all []int32) []Door {
	open, zones := map[string][]int32{}, map[string][]Dependency{} // party -> what it gets to; -> who controls its zones
	for _, d := range g.Dependencies() {
		if d.Trust == msp.TrustControl && !d.Dead {
			zones[d.From] = append(zones[d.From], d)
		}
	}
	for _, d := range g.Dependencies() {
		switch {
		case d.From != g.inv.Organisation.ID || d.Dead:
		case d.Trust == msp.TrustControl:
			g.lead(d, zones, all, open)
		case d.Trust == msp.TrustReceive:
			g.lead(d, zones, mail, open)
		}
	}
	var doors []Door
	for party, targets := range open {
		from, ok := g.Node(party)
		holds := func(d Door) bool { return d.From == from && d.Kind == msp.AccessDNS }
		if !ok || len(targets) == 0 || slices.ContainsFunc(direct, holds) {
			continue
		}
		doors = append(doors, Door{ID: "dns:" + party + ":behind", Kind: msp.AccessDNS, From: from, Targets: targets, Relationship: -1, Access: -1})
	}
	return doors
}

// lead adds what the servers of a dependency reach to whom their zones hang on.
func (g *Graph) lead(d Dependency, zones map[string][]Dependency, reach []int32, open map[string][]int32) {
	seen := map[string]bool{g.inv.Organisation.ID: true, d.To: true}
	for queue := []Dependency{d}; len(queue) > 0; queue = queue[1:] {
		for _, e := range zones[queue[0].To] {
			if seen[e.To] || !anyWithin(queue[0].Targets, e.Domains) {
				continue
			}
			seen[e.To] = true
			if !e.Relationship {
				open[e.To] = union(open[e.To], reach)
			}
			queue = append(queue, e)
		}
	}
}

// anyWithin reports whether one of the hosts lies in one of the zones.
func anyWithin(hosts, zones []msp.Name) bool {
	return slices.ContainsFunc(hosts, func(h msp.Name) bool { return slices.ContainsFunc(zones, h.Within) })
}

// reachedBy gives the assets that declared access of a kind to the organisation
// reaches, sorted.
func (g *Graph) reachedBy(kind msp.AccessKind) []int32 {
	var nodes []int32
	for _, d := range g.doors {
		if d.Kind != kind || d.Relationship < 0 || g.inv.Relationships[d.Relationship].Customer != g.inv.Organisation.ID {
			continue
		}
		for _, t := range d.Targets {
			if g.nodes[t].Kind == NodeAsset {
				nodes = append(nodes, t)
			}
		}
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}

func union(a, b []int32) []int32 {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}
