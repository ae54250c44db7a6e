package subject

import (
	"slices"
	"sort"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
)

// organisation makes the view of the organisation.
func (b *builder) organisation() {
	o := &b.inv.Organisation
	v := &Organisation{ID: o.ID, Name: o.Name, src: organisationSource{organisation: o, facts: b.dependencyFacts()}}
	if v.Name == "" {
		v.Name = o.ID
	}
	v.Undeclared = bound(b, "organisation "+o.ID+": undeclared third parties", b.undeclared())
	v.DirectProviders = b.totals().DirectTotal
	v.SharedOperators = bound(b, "organisation "+o.ID+": shared operators", b.sharedOperators(v.DirectProviders))
	b.add([]View{v})
}

// dependencyFacts gives the facts that show dependencies of declared parties.
func (b *builder) dependencyFacts() []*fact.Fact {
	var ids []string
	for _, d := range b.g.Dependencies() {
		if b.counted(&d) {
			ids = append(ids, d.Facts...)
		}
	}
	return b.factsByID(ids)
}

// factsByID gives the facts of ids, sorted by task, each once.
func (b *builder) factsByID(ids []string) []*fact.Fact {
	var list []*fact.Fact
	for _, id := range unique(slices.Clone(ids)) {
		if f := b.byID[id]; f != nil {
			list = append(list, f)
		}
	}
	return sortFacts(list)
}

func sortFacts(list []*fact.Fact) []*fact.Fact {
	sort.Slice(list, func(i, j int) bool { return list[i].Task.Less(list[j].Task) })
	return slices.Compact(list)
}

// counted reports whether a dependency of a declared party counts as one:
// tokens, dead targets and dynamic-DNS names belong to rules of their own.
func (b *builder) counted(d *graph.Dependency) bool {
	declared := d.From == b.inv.Organisation.ID || b.providers[d.From] != nil
	return declared && d.Trust != msp.TrustVerify && !d.Dead && !slices.Contains(d.Kinds, catalog.DynamicDNS)
}

// undeclared lists the third parties that DNS shows and no relationship of the
// inventory has, one entry a dependent, sorted by dependent and party.
func (b *builder) undeclared() []*Undeclared {
	merged := map[[2]string]*Undeclared{}
	ids := map[*Undeclared][]string{}
	var list []*Undeclared
	for _, d := range b.g.Dependencies() {
		if !b.counted(&d) || d.To == b.inv.Organisation.ID || len(b.served[d.To]) > 0 {
			continue
		}
		key := [2]string{d.From, d.Party}
		u := merged[key]
		if u == nil {
			u = b.newUndeclared(&d)
			merged[key], list = u, append(list, u)
		}
		u.Trusts, u.Chain = append(u.Trusts, string(d.Trust)), append(u.Chain, d.Chain...)
		ids[u] = append(ids[u], d.Facts...)
	}
	for _, u := range list {
		u.Trusts, u.Chain = unique(u.Trusts), unique(u.Chain)
		if len(u.Chain) > MaxList {
			u.Chain = u.Chain[:MaxList]
		}
		u.facts = b.factsByID(ids[u])
	}
	return list
}

func (b *builder) newUndeclared(d *graph.Dependency) *Undeclared {
	u := &Undeclared{
		Party: d.Party, Name: d.ToName, Dependent: d.From, DependentName: b.nameOf(d.From),
		Own: d.From == b.inv.Organisation.ID, Listed: b.providers[d.To] != nil, provider: b.ownerOf(d.From),
	}
	_, u.Catalogued = b.g.Catalog().Entry(d.Party)
	if p := b.providers[d.From]; p != nil {
		u.pos = p.Src.At("domains")
	} else {
		u.pos = b.inv.Organisation.Src.At("domains")
	}
	if u.Own && b.inv.Organisation.Name != "" {
		u.DependentName = b.inv.Organisation.Name
	}
	return u
}

// The layers in which an operator may be shared.
func layerOf(t msp.Trust) string {
	switch t {
	case msp.TrustControl:
		return "DNS"
	case msp.TrustReceive:
		return "mail"
	case msp.TrustRemoteAccess:
		return "remote access"
	}
	return ""
}

// sharedOperators lists who stands behind at least two direct providers in one
// layer, with the share of all direct providers, sorted by party and layer.
func (b *builder) sharedOperators(direct int64) []*SharedParty {
	merged := map[[2]string]*SharedParty{}
	ids := map[*SharedParty][]string{}
	var list []*SharedParty
	for _, d := range b.g.Dependencies() {
		layer := layerOf(d.Trust)
		if layer == "" || d.Dead || !b.direct(d.From) {
			continue
		}
		key := [2]string{d.Party, layer}
		s := merged[key]
		if s == nil {
			s = &SharedParty{Party: d.Party, Name: d.ToName, Layer: layer}
			merged[key], list = s, append(list, s)
		}
		s.Providers = append(s.Providers, d.From)
		ids[s] = append(ids[s], d.Facts...)
	}
	list = slices.DeleteFunc(list, func(s *SharedParty) bool {
		s.Providers = unique(s.Providers)
		s.Share = share(int64(len(s.Providers)), direct)
		s.facts = b.factsByID(ids[s])
		return len(s.Providers) < 2
	})
	sort.Slice(list, func(i, j int) bool {
		if list[i].Party != list[j].Party {
			return list[i].Party < list[j].Party
		}
		return list[i].Layer < list[j].Layer
	})
	return list
}

func (b *builder) direct(id string) bool {
	n, ok := b.g.Node(id)
	return ok && b.providers[id] != nil && b.reach.nodes[n].Rank == 1
}

// seenKey is a service that DNS shows a provider doing for a customer.
type seenKey struct{ provider, customer, service string }

// seenServices collects what DNS shows of declared providers.
func (b *builder) seenServices() map[seenKey]bool {
	seen := map[seenKey]bool{}
	for _, d := range b.g.Dependencies() {
		service := ""
		switch d.Trust {
		case msp.TrustControl:
			service = "dns"
		case msp.TrustReceive, msp.TrustSend:
			service = "mail"
		case msp.TrustServe, msp.TrustRemoteAccess:
			service = "web"
		}
		if service != "" && !d.Dead {
			seen[seenKey{d.To, d.From, service}] = true
		}
	}
	return seen
}

// notSeen lists the DNS-visible services that relationships of the provider
// declare and no fact shows, apart from those that could not be looked at.
func (b *builder) notSeen(provider string, seen map[seenKey]bool) (missing, unknown []string) {
	for _, i := range b.served[provider] {
		r := &b.inv.Relationships[i]
		for _, s := range r.DNSServices {
			switch {
			case b.over(r) || seen[seenKey{provider, r.Customer, s}]:
			case b.lookedAt(r.Customer, s):
				missing = append(missing, s+" for "+r.Customer)
			default:
				unknown = append(unknown, s+" for "+r.Customer)
			}
		}
	}
	return unique(missing), unique(unknown)
}

// lookedAt reports whether every fact that could show the service is known.
func (b *builder) lookedAt(customer, service string) bool {
	probes := map[string][]string{
		"dns": {fact.ProbeDelegation}, "mail": {fact.ProbeMX, fact.ProbeSPF}, "web": {fact.ProbeHosts},
	}[service]
	domains, hosts := b.inv.Organisation.Domains, b.inv.Organisation.Hosts
	if p := b.providers[customer]; p != nil {
		domains, hosts = p.Domains, p.Hosts
	}
	if service == "web" {
		domains = append(slices.Clone(domains), hosts...)
	}
	for _, d := range domains {
		for _, probe := range probes {
			if f := b.fact(probe, d); f == nil || f.Outcome == fact.Unknown {
				return false
			}
		}
	}
	return len(domains) > 0 && len(probes) > 0
}
