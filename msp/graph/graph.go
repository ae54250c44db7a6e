// Package graph joins what an inventory declares and what DNS shows into one
// typed graph on arrays. Every edge says where it comes from: a line of the
// inventory, or the facts that showed it. Cycles are normal.
package graph

import (
	"mspscan/msp"
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
// the organisation: 0 for itself and its assets, 1 for its direct providers.
type Node struct {
	Kind NodeKind
	ID   string // as in the inventory; for third parties the catalogue id or registrable domain
	Name string
	Rank int
	Item int // index into the inventory's list of its kind, -1 for third parties
}

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
	Item   int32 // relationship index, access door index, internal index, or dependency index
	Source Source
}

// Source is what an edge rests on: a place in the inventory, or facts.
type Source struct {
	Pos   msp.Pos
	Facts []string
}

// Dependency is what DNS shows: that a party relies on another for something.
type Dependency struct {
	From         string   // organisation or provider id
	Domain       msp.Name // the dependent's name that shows it
	To           string   // provider id if declared, else catalogue id or registrable domain
	Party        string   // catalogue id or registrable domain, whether declared or not
	ToName       string   // display name
	Trust        msp.Trust
	Declared     bool
	Relationship bool     // a declared relationship serves exactly this dependent
	Rank         int      // of the dependent, plus 1
	Target       msp.Name // the record's target: NS host, MX host, CNAME end, include
	Chain        []string // how DNS leads there, for people: "acme.example MX mx.filter.example"
	Confidence   msp.Confidence
	Facts        []string // ids
}

// Door is one access item or internal edge as the exposure model sees it.
type Door struct {
	ID           string
	Kind         msp.AccessKind
	From         int32   // node
	Targets      []int32 // nodes; for an empty reaches, the customer
	Shares       string
	Relationship int32 // index, -1 for internal edges
	Access       int32 // index within the relationship, or the internal's index
	Controls     map[msp.Control]msp.Reply
	Pos          msp.Pos
}
