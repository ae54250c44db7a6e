package graph

import (
	"strings"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/domain"
)

// Party is who stands behind a name.
type Party struct {
	ID       string // catalogue id, else registrable domain
	Name     string
	Provider string // id of the declared provider that it is; "" = none
	Kinds    []string
	Entry    bool // the catalogue knows it
}

// identity says which party a name belongs to, declared names first.
type identity struct {
	cat     *catalog.Catalog
	byName  map[msp.Name][]string // registrable domain or declared name -> declared owners
	byParty map[string]string     // catalogue id -> provider id
	names   map[string]string     // declared id -> display name
}

func newIdentity(inv *msp.Inventory, cat *catalog.Catalog) identity {
	id := identity{
		cat: cat, byName: map[msp.Name][]string{}, byParty: map[string]string{},
		names: map[string]string{},
	}
	id.declare(inv.Organisation.ID, inv.Organisation.Name, inv.Organisation.Domains, false)
	entries := cat.Entries()
	for i := range inv.Providers {
		p := &inv.Providers[i]
		id.declare(p.ID, p.Name, p.Domains, true)
		id.byProduct(p.ID, p.Name, entries)
	}
	return id
}

func (id *identity) declare(owner, name string, domains []msp.Name, provider bool) {
	if name == "" {
		name = owner
	}
	id.names[owner] = name
	for _, d := range domains {
		id.own(d, owner)
		reg, ok := domain.Registrable(d)
		if !ok {
			continue
		}
		if _, tenant := domain.Tenant(d); !tenant {
			id.own(reg, owner)
		}
		if entry := id.cat.Owner(reg); provider && entry != "" && id.byParty[entry] == "" {
			id.byParty[entry] = owner
		}
	}
}

func (id *identity) own(n msp.Name, owner string) {
	for _, o := range id.byName[n] {
		if o == owner {
			return
		}
	}
	id.byName[n] = append(id.byName[n], owner)
}

// byProduct ties a provider without telling domains to the catalogue entry of
// the same id or name.
func (id *identity) byProduct(owner, name string, entries []catalog.Entry) {
	for _, e := range entries {
		if id.byParty[e.ID] == "" && (e.ID == owner || strings.EqualFold(e.Name, name)) {
			id.byParty[e.ID] = owner
		}
	}
}

// owners gives the declared parties that own n: of the closest declared name
// above it, else of its registrable domain.
func (id *identity) owners(n msp.Name) []string {
	for at := n; at != msp.Root && at != ""; at = at.Parent() {
		if list := id.byName[at]; len(list) > 0 {
			return list
		}
	}
	return nil
}

// party says who stands behind n; false for suffixes and the root.
func (id *identity) party(n msp.Name) (Party, bool) {
	if list := id.owners(n); len(list) > 0 {
		p := Party{ID: list[0], Name: id.names[list[0]], Provider: list[0]}
		if m, ok := id.cat.Match(n); ok && id.byParty[m.Entry.ID] == p.Provider {
			p.ID, p.Kinds, p.Entry = m.Entry.ID, m.Kinds, true
		}
		return p, true
	}
	if m, ok := id.cat.Match(n); ok {
		return Party{ID: m.Entry.ID, Name: m.Entry.Name, Provider: id.byParty[m.Entry.ID], Kinds: m.Kinds, Entry: true}, true
	}
	reg, ok := domain.Registrable(n)
	if !ok {
		return Party{}, false
	}
	if entry, ok := id.cat.Entry(id.cat.Owner(reg)); ok {
		return Party{ID: entry.ID, Name: entry.Name, Provider: id.byParty[entry.ID], Entry: true}, true
	}
	return Party{ID: string(reg), Name: string(reg)}, true
}

// Party says who stands behind a name: a declared party, a catalogue entry or a
// registrable domain.
func (g *Graph) Party(n msp.Name) (Party, bool) { return g.identity.party(n) }

// Owners gives the ids of the declared parties that own a name, the closest
// declared name above it deciding.
func (g *Graph) Owners(n msp.Name) []string { return g.identity.owners(n) }
