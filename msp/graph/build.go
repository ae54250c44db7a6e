package graph

import (
	"fmt"
	"slices"
	"sort"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
)

// New builds the graph of a valid inventory. An id that the inventory does not
// hold is an error: package inventory should have refused it.
func New(inv *msp.Inventory, cat *catalog.Catalog) (*Graph, error) {
	g := &Graph{
		inv: inv, cat: cat,
		index:  make(map[string]int32, 1+len(inv.Assets)+len(inv.Providers)),
		facts:  map[string]fact.Fact{},
		latest: map[factKey]string{},
	}
	if err := g.addNodes(); err != nil {
		return nil, err
	}
	if err := g.addRelationships(); err != nil {
		return nil, err
	}
	if err := g.addInternal(); err != nil {
		return nil, err
	}
	g.rank()
	g.identity = newIdentity(inv, cat)
	return g, nil
}

func (g *Graph) addNodes() error {
	if err := g.addNode(NodeOrganisation, g.inv.Organisation.ID, g.inv.Organisation.Name, 0); err != nil {
		return err
	}
	for i, a := range g.inv.Assets {
		if err := g.addNode(NodeAsset, a.ID, a.Name, i); err != nil {
			return err
		}
	}
	for i, p := range g.inv.Providers {
		if err := g.addNode(NodeProvider, p.ID, p.Name, i); err != nil {
			return err
		}
	}
	return nil
}

func (g *Graph) addNode(kind NodeKind, id, name string, item int) error {
	if _, dup := g.index[id]; dup {
		return fmt.Errorf("build graph: id %q is used twice", id)
	}
	if name == "" {
		name = id
	}
	rank := NoRank
	if kind != NodeProvider {
		rank = 0
	}
	g.index[id] = int32(len(g.nodes))
	g.nodes = append(g.nodes, Node{Kind: kind, ID: id, Name: name, Rank: rank, Item: item})
	return nil
}

func (g *Graph) find(id, what string) (int32, error) {
	n, ok := g.index[id]
	if !ok {
		return 0, fmt.Errorf("build graph: %s %q is not in the inventory", what, id)
	}
	return n, nil
}

func (g *Graph) addRelationships() error {
	for i := range g.inv.Relationships {
		r := &g.inv.Relationships[i]
		from, err := g.find(r.Provider, "provider")
		if err != nil {
			return err
		}
		to, err := g.find(r.Customer, "customer")
		if err != nil {
			return err
		}
		g.declared = append(g.declared, Edge{Kind: EdgeServes, From: from, To: to, Item: int32(i), Source: Source{Pos: r.Src.Pos}})
		if err := g.addAccess(i, r, from, to); err != nil {
			return err
		}
	}
	return nil
}

func (g *Graph) addAccess(item int, r *msp.Relationship, from, to int32) error {
	if !r.AccessStated {
		g.addDoor(Door{
			ID: msp.RelationshipID(r.Provider, r.Customer, r.Service) + "?", Assumed: true, From: from,
			Targets: []int32{to}, Relationship: int32(item), Access: -1, Pos: r.Src.Pos,
		}, EdgeAccess)
		return nil
	}
	for j := range r.Access {
		a := &r.Access[j]
		targets, err := g.targets(a.Reaches, to)
		if err != nil {
			return err
		}
		g.addDoor(Door{
			ID: a.ID, Kind: a.Kind, From: from, Targets: targets, Shares: a.Shares, Relationship: int32(item),
			Access: int32(j), Controls: a.Controls, Ended: a.Ended, Pos: a.Src.Pos,
		}, EdgeAccess)
	}
	return nil
}

func (g *Graph) addInternal() error {
	for i := range g.inv.Internal {
		in := &g.inv.Internal[i]
		from, err := g.find(in.From, "asset")
		if err != nil {
			return err
		}
		targets, err := g.targets(in.Reaches, -1)
		if err != nil {
			return err
		}
		kind := in.Kind
		if kind == "" {
			kind = msp.AccessInternal
		}
		g.addDoor(Door{
			ID: in.ID, Kind: kind, From: from, Targets: targets, Shares: in.Shares, Relationship: -1,
			Access: int32(i), Controls: in.Controls, Pos: in.Src.Pos,
		}, EdgeInternal)
	}
	return nil
}

// targets gives the nodes of ids, sorted and once each; without ids the
// customer itself.
func (g *Graph) targets(ids []string, customer int32) ([]int32, error) {
	if len(ids) == 0 && customer >= 0 {
		return []int32{customer}, nil
	}
	nodes := make([]int32, 0, len(ids))
	for _, id := range ids {
		n, err := g.find(id, "target")
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	slices.Sort(nodes)
	return slices.Compact(nodes), nil
}

func (g *Graph) addDoor(d Door, kind EdgeKind) {
	item := int32(len(g.doors))
	g.doors = append(g.doors, d)
	for _, to := range d.Targets {
		g.declared = append(g.declared, Edge{Kind: kind, From: d.From, To: to, Item: item, Source: Source{Pos: d.Pos}})
	}
}

// rank sets every provider's distance to the organisation over relationships.
func (g *Graph) rank() {
	suppliers := make([][]int32, len(g.nodes))
	for _, e := range g.declared {
		if e.Kind == EdgeServes {
			suppliers[e.To] = append(suppliers[e.To], e.From)
		}
	}
	for queue := []int32{0}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, s := range suppliers[at] {
			if g.nodes[s].Rank == NoRank && g.nodes[s].Kind == NodeProvider {
				g.nodes[s].Rank = g.nodes[at].Rank + 1
				queue = append(queue, s)
			}
		}
	}
}

// RelationshipID gives the subject id of a relationship:
// provider>customer/service-slug.
func RelationshipID(r *msp.Relationship) string {
	return msp.RelationshipID(r.Provider, r.Customer, r.Service)
}

// Watched is a name that the inventory puts in scope.
type Watched struct {
	Name    msp.Name
	Host    bool   // false = a domain (zone apex)
	Owner   string // organisation or provider id
	Rank    int    // of the owner
	Consent msp.Consent
	Pos     msp.Pos
	Swept   string // what a host that a sweep found usually is; "" = declared
}

// Watched gives every name in scope, sorted by rank, owner, kind and name. A
// name that several parties declare is there once for each. The list is shared:
// read it only.
func (g *Graph) Watched() []Watched {
	if list := g.watched.Load(); list != nil {
		return *list
	}
	list := g.listWatched()
	g.watched.Store(&list)
	return list
}

func (g *Graph) listWatched() []Watched {
	o := &g.inv.Organisation
	list := watch(nil, o.Domains, o.Hosts, Watched{Owner: o.ID, Consent: o.Consent}, o.Src)
	for i := range g.inv.Providers {
		p := &g.inv.Providers[i]
		base := Watched{Owner: p.ID, Rank: g.nodes[g.index[p.ID]].Rank, Consent: p.Consent}
		list = watch(list, p.Domains, p.Hosts, base, p.Src)
	}
	list = append(list, g.swept(list)...)
	sort.SliceStable(list, func(i, j int) bool { return lessWatched(list[i], list[j]) })
	return slices.Clip(slices.CompactFunc(list, func(a, b Watched) bool {
		return a.Name == b.Name && a.Host == b.Host && a.Owner == b.Owner
	}))
}

func watch(list []Watched, domains, hosts []msp.Name, base Watched, src msp.Source) []Watched {
	list = slices.Grow(list, len(domains)+len(hosts))
	for _, d := range domains {
		w := base
		w.Name, w.Pos = d, src.At("domains")
		list = append(list, w)
	}
	for _, h := range hosts {
		w := base
		w.Name, w.Host, w.Pos = h, true, src.At("hosts")
		list = append(list, w)
	}
	return list
}

func lessWatched(a, b Watched) bool {
	if a.Rank != b.Rank {
		return a.Rank < b.Rank
	}
	if a.Owner != b.Owner {
		return a.Owner < b.Owner
	}
	if a.Host != b.Host {
		return !a.Host
	}
	return a.Name < b.Name
}
