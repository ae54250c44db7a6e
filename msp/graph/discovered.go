package graph

import (
	"slices"

	"mspscan/msp"
)

// Discovered gives the doors that DNS shows and nobody declared: who serves a
// domain of the organisation can rewrite its mail exchangers, who receives its
// mail can read it. They open what the inventory says that mail and DNS access
// reach, never more: no directory hangs on a name. A provider whose access to
// the organisation was stated is taken at that word. Sorted by id.
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
