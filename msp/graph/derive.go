package graph

import (
	"slices"
	"sort"

	"mspscan/msp"
	"mspscan/msp/domain"
	"mspscan/msp/fact"
)

// Dependency is what DNS shows: that a party relies on another for something.
// One stands for all names of the dependent that show the same.
type Dependency struct {
	From         string // organisation, provider or third-party id
	To           string // provider id if declared, else catalogue id or registrable domain
	Party        string // catalogue id or registrable domain, whether declared or not
	ToName       string
	Kinds        []string // of the catalogue, such as dns_host or rmm
	Trust        msp.Trust
	Declared     bool       // a provider of the inventory
	Relationship bool       // a declared relationship of it serves exactly this dependent
	Rank         int        // distance of To from the organisation by what DNS shows
	Domains      []msp.Name // the dependent's names that show it, sorted
	Own          []msp.Name // those of Domains that the dependent serves itself too, sorted
	Targets      []msp.Name // the targets of the records, sorted
	Chain        []string   // for people: "acme.example MX mx.filter.example", sorted
	Dead         bool       // every target is gone: NXDOMAIN
	Confidence   msp.Confidence
	Facts        []string // ids, sorted
}

// derived is everything that facts add to the declared graph.
type derived struct {
	nodes []Node
	index map[string]int32
	edges []Edge
	deps  []Dependency
}

func (g *Graph) derive() *derived {
	if g.derived != nil {
		return g.derived
	}
	d := &derived{nodes: slices.Clip(slices.Clone(g.nodes)), index: map[string]int32{}, edges: slices.Clone(g.declared)}
	d.deps = g.dependencies()
	for i, dep := range d.deps {
		from, to := g.thirdParty(d, dep.From, dep.From, dep.Rank-1), g.thirdParty(d, dep.To, dep.ToName, dep.Rank)
		d.edges = append(d.edges, Edge{Kind: EdgeDepends, From: from, To: to, Item: int32(i), Source: Source{Facts: dep.Facts}})
	}
	g.derived = d
	return d
}

// thirdParty finds or adds the node of a party that DNS shows.
func (g *Graph) thirdParty(d *derived, id, name string, rank int) int32 {
	if n, ok := g.index[id]; ok {
		return n
	}
	if n, ok := d.index[id]; ok {
		d.nodes[n].Rank = min(d.nodes[n].Rank, rank)
		if d.nodes[n].Name == d.nodes[n].ID {
			d.nodes[n].Name = name
		}
		return n
	}
	n := int32(len(d.nodes))
	d.nodes = append(d.nodes, Node{Kind: NodeThirdParty, ID: id, Name: name, Rank: rank, Item: -1})
	d.index[id] = n
	return n
}

// mention is one record that shows a dependency.
type mention struct {
	name   msp.Name // the dependent's name
	trust  msp.Trust
	target msp.Name
	chain  string
	fact   string
	dead   bool
	alias  bool   // the target is another name of something else
	party  *Party // set where the target is no name (CDN by address)
}

type depKey struct {
	from, party string
	trust       msp.Trust
}

// ownKey says that a party serves a name of its own.
type ownKey struct {
	from  string
	trust msp.Trust
	name  msp.Name
}

// dependencies joins the mentions of all facts.
func (g *Graph) dependencies() []Dependency {
	merged, own := map[depKey]*Dependency{}, map[ownKey]bool{}
	for _, f := range g.Facts() {
		for _, m := range mentions(f, g.cat) {
			for _, from := range g.dependents(m.name) {
				if !g.merge(merged, from, m) && !m.dead && !m.alias {
					own[ownKey{from, m.trust, m.name}] = true
				}
			}
		}
	}
	list := make([]Dependency, 0, len(merged))
	for _, d := range merged {
		tidy(d)
		for _, n := range d.Domains {
			if own[ownKey{d.From, d.Trust, n}] {
				d.Own = append(d.Own, n)
			}
		}
		list = append(list, *d)
	}
	sort.Slice(list, func(i, j int) bool { return lessDependency(list[i], list[j]) })
	g.setRanks(list)
	return list
}

// dependents gives who relies on what name shows: its declared owners, else
// the third party behind it.
func (g *Graph) dependents(name msp.Name) []string {
	if owners := g.identity.owners(name); len(owners) > 0 {
		return owners
	}
	if p, ok := g.identity.party(name); ok {
		return []string{p.ID}
	}
	return nil
}

// merge adds what a record shows; false = its target is the dependent's own.
func (g *Graph) merge(merged map[depKey]*Dependency, from string, m mention) bool {
	p, ok := g.partyOf(m)
	if !ok {
		return true
	}
	if g.same(from, p, m) {
		return false
	}
	to := p.ID
	if p.Provider != "" {
		to = p.Provider
	}
	key := depKey{from, p.ID, m.trust}
	d := merged[key]
	if d == nil {
		d = &Dependency{
			From: from, To: to, Party: p.ID, ToName: p.Name, Kinds: p.Kinds, Trust: m.trust,
			Declared: p.Provider != "" || to == g.inv.Organisation.ID, Relationship: g.serves(to, from),
			Dead: true, Confidence: confidence(m.trust),
		}
		merged[key] = d
	}
	d.Dead = d.Dead && (m.dead || g.unregistered(m.target))
	d.Domains, d.Chain, d.Facts = append(d.Domains, m.name), append(d.Chain, m.chain), append(d.Facts, m.fact)
	if m.target != "" {
		d.Targets = append(d.Targets, m.target)
	}
	return true
}

func (g *Graph) partyOf(m mention) (Party, bool) {
	if m.party != nil {
		p := *m.party
		p.Provider = g.identity.byParty[p.ID]
		return p, true
	}
	return g.identity.party(m.target)
}

// unregistered reports whether the parent of the target's registrable domain
// said that it does not exist.
func (g *Graph) unregistered(target msp.Name) bool {
	reg, ok := domain.Registrable(target)
	if !ok {
		return false
	}
	f, ok := g.Fact(fact.ProbeRegistered, reg)
	return ok && f.Outcome == fact.Absent
}

// same reports whether the party is the dependent itself: a vendor's own domain
// is no customer of itself.
func (g *Graph) same(from string, p Party, m mention) bool {
	if p.ID == from || p.Provider == from {
		return true
	}
	for _, o := range g.identity.owners(m.target) {
		if o == from {
			return true
		}
	}
	return false
}

// serves reports whether a declared relationship has provider serve customer.
func (g *Graph) serves(provider, customer string) bool {
	for i := range g.inv.Relationships {
		r := &g.inv.Relationships[i]
		if r.Provider == provider && r.Customer == customer {
			return true
		}
	}
	return false
}

// confidence of a dependency by what shows it: a token proves a past account
// only.
func confidence(t msp.Trust) msp.Confidence {
	if t == msp.TrustVerify {
		return msp.Possible
	}
	return msp.Firm
}

func tidy(d *Dependency) {
	slices.Sort(d.Domains)
	d.Domains = slices.Compact(d.Domains)
	slices.Sort(d.Targets)
	d.Targets = slices.Compact(d.Targets)
	slices.Sort(d.Chain)
	d.Chain = slices.Compact(d.Chain)
	slices.Sort(d.Facts)
	d.Facts = slices.Compact(d.Facts)
}

func lessDependency(a, b Dependency) bool {
	if a.From != b.From {
		return a.From < b.From
	}
	if a.To != b.To {
		return a.To < b.To
	}
	if a.Party != b.Party {
		return a.Party < b.Party
	}
	return a.Trust < b.Trust
}

// setRanks gives each dependency the rank of its end: one more than the rank of
// the dependent, over as few steps as possible.
func (g *Graph) setRanks(deps []Dependency) {
	rank := map[string]int{}
	for _, n := range g.nodes {
		if n.Rank != NoRank {
			rank[n.ID] = n.Rank
		}
	}
	for changed := true; changed; {
		changed = false
		for i := range deps {
			from, ok := rank[deps[i].From]
			if !ok {
				continue
			}
			if old, seen := rank[deps[i].To]; !seen || from+1 < old {
				rank[deps[i].To], changed = from+1, true
			}
		}
	}
	for i := range deps {
		deps[i].Rank = NoRank
		if from, ok := rank[deps[i].From]; ok {
			deps[i].Rank = from + 1
		}
	}
}
