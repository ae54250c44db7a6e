// Package graph joins what an inventory declares and what DNS shows into one
// typed graph on arrays. Every edge says where it comes from: a line of the
// inventory, or the facts that showed it. Cycles are normal.
package graph

import (
	"sync/atomic"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
)

// NodeKind says what a node is.
type NodeKind uint8

// The node kinds.
const (
	NodeOrganisation NodeKind = iota
	NodeAsset
	NodeProvider   // declared
	NodeThirdParty // discovered in DNS: a catalogue entry or a registrable domain
)

// Node is a party or an asset. Rank is the shortest number of relationships to
// the organisation: 0 for itself and its assets, 1 for its direct providers;
// NoRank if no relationship leads to it.
type Node struct {
	Kind NodeKind
	ID   string // as in the inventory; for third parties the catalogue id or registrable domain
	Name string
	Rank int
	Item int // index into the inventory's list of its kind, -1 for third parties
}

// NoRank is the rank of a party that no relationship joins to the organisation.
const NoRank = 99

// EdgeKind says what an edge is.
type EdgeKind uint8

// The edge kinds.
const (
	EdgeServes   EdgeKind = iota // provider -> customer: a relationship
	EdgeAccess                   // provider -> target: one door, one edge a target
	EdgeInternal                 // asset -> asset or provider: internal trust
	EdgeDepends                  // dependent -> third party or provider: seen in DNS
)

// Edge goes from one node to another. Source says what it rests on.
type Edge struct {
	Kind   EdgeKind
	From   int32 // node index
	To     int32
	Item   int32 // index of the relationship, door or dependency
	Source Source
}

// Source is what an edge rests on: a place in the inventory, or facts.
type Source struct {
	Pos   msp.Pos
	Facts []string
}

// Door is one access item or internal edge as the exposure model sees it. An
// Assumed door stands for access that was never stated: it may be anything, so
// it is certain in the high reading and closed in the low one.
type Door struct {
	ID           string
	Kind         msp.AccessKind // "" for an assumed door
	Assumed      bool
	From         int32   // node
	Targets      []int32 // nodes, sorted; for an empty reaches, the customer
	Shares       string
	Relationship int32 // index, -1 for internal edges
	Access       int32 // index within the relationship, or the internal's index; -1 if assumed
	Controls     map[msp.Control]msp.Reply
	Ended        msp.Date
	Pos          msp.Pos
}

// Graph is an inventory with what DNS shows of it. It is not safe for use by
// several goroutines while facts are applied.
type Graph struct {
	inv      *msp.Inventory
	cat      *catalog.Catalog
	nodes    []Node
	index    map[string]int32
	declared []Edge
	doors    []Door
	identity identity
	facts    map[string]fact.Fact // by id
	latest   map[factKey]string   // id of the fact in force
	derived  *derived             // nil = to be computed again
	version  int
	watched  atomic.Pointer[[]Watched] // nil = to be listed again
}

type factKey struct {
	probe, name, qtype, server string
}

// Version counts the facts that were applied: what was derived from a graph holds
// as long as it is the same.
func (g *Graph) Version() int { return g.version }

// Inventory gives the declared side.
func (g *Graph) Inventory() *msp.Inventory { return g.inv }

// Catalog gives the table that names third parties.
func (g *Graph) Catalog() *catalog.Catalog { return g.cat }

// Nodes gives all nodes: the organisation, its assets, the providers, then the
// third parties that DNS shows, sorted by id.
func (g *Graph) Nodes() []Node { return g.derive().nodes }

// Node finds a node by the id of an organisation, asset, provider or third
// party.
func (g *Graph) Node(id string) (int32, bool) {
	if n, ok := g.index[id]; ok {
		return n, true
	}
	n, ok := g.derive().index[id]
	return n, ok
}

// Edges gives the declared edges in the order of the file, then the discovered
// ones in the order of Dependencies.
func (g *Graph) Edges() []Edge { return g.derive().edges }

// Doors gives every access item and internal edge in the order of the file.
func (g *Graph) Doors() []Door { return g.doors }

// Dependencies gives what DNS shows, sorted by from, to and trust.
func (g *Graph) Dependencies() []Dependency { return g.derive().deps }
