package graph

import (
	"slices"
	"strings"
	"unicode"

	"mspscan/msp"
	"mspscan/msp/domain"
)

// Mark is what tells a party from others in any inventory. The zero Mark tells
// nothing.
type Mark struct {
	Entry   string     // catalogue entry; "" = none
	Legal   string     // scheme and number without what people put between digits: "ABN 51824753556"; "" = not stated
	Domains []msp.Name // registrable domains, and whole names at services that hand out names, in the order of the file
	Name    string     // in small letters and hyphens
	Country string     // "" = not stated
}

// Mark gives the mark of a declared provider, or of a third party that DNS
// shows.
func (g *Graph) Mark(id string) Mark {
	n, ok := g.Node(id)
	if !ok {
		return Mark{}
	}
	switch node := g.Nodes()[n]; node.Kind {
	case NodeProvider:
		return g.identity.mark(&g.inv.Providers[node.Item])
	case NodeThirdParty:
		if _, known := g.cat.Entry(id); known {
			return Mark{Entry: id, Name: msp.Slug(node.Name)}
		}
		return Mark{Domains: []msp.Name{msp.Name(id)}, Name: msp.Slug(node.Name)}
	}
	return Mark{}
}

func (id *identity) mark(p *msp.Provider) Mark {
	m := Mark{Legal: legal(p.LegalID), Name: msp.Slug(id.names[p.ID]), Country: p.Country}
	m.Entry = id.named(p)
	for i, d := range p.Domains {
		own, ok := markOf(d)
		if !ok {
			continue
		}
		entry := id.cat.Owner(own)
		if i == 0 && m.Entry == "" {
			m.Entry = entry
		}
		// A domain of a well-known service names its users no more than its owner.
		if (entry == "" || entry == m.Entry) && !slices.Contains(m.Domains, own) {
			m.Domains = append(m.Domains, own)
		}
	}
	return m
}

// named gives the catalogue entry whose name a provider bears, the first by id.
func (id *identity) named(p *msp.Provider) string {
	var list []string
	for entry, owner := range id.byParty {
		if e, ok := id.cat.Entry(entry); ok && owner == p.ID && (e.ID == p.ID || strings.EqualFold(e.Name, p.Name)) {
			list = append(list, entry)
		}
	}
	if len(list) == 0 {
		return ""
	}
	return slices.Min(list)
}

// markOf gives what of a domain names its owner: the registrable domain, or the
// whole name where a service hands names to its customers.
func markOf(d msp.Name) (msp.Name, bool) {
	if _, tenant := domain.Tenant(d); tenant {
		return d, true
	}
	return domain.Registrable(d)
}

// legal gives a legal id in one spelling. What has fewer than five letters and
// digits, or no digit, is no number ("n/a", "pending").
func legal(l msp.LegalID) string {
	keep := func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}
	scheme, value := strings.Map(keep, l.Scheme), strings.Map(keep, l.Value)
	if len(value) < 5 || !strings.ContainsFunc(value, unicode.IsDigit) {
		return ""
	}
	return scheme + " " + value
}
