package subject

import (
	"net/netip"
	"slices"
	"sort"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/domain"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
)

// hostViews makes one view of each name in scope, apexes among them.
func (b *builder) hostViews() {
	seen := map[msp.Name]bool{}
	var list []View
	for _, w := range b.g.Watched() {
		if !seen[w.Name] {
			seen[w.Name] = true
			list = append(list, b.host(w))
		}
	}
	b.add(list)
}

func (b *builder) host(w graph.Watched) *Host {
	f := b.fact(fact.ProbeHosts, w.Name)
	l := lookOf(f)
	d := read[fact.Hosts](f, &l)
	v := &Host{
		Look: l, Name: string(w.Name), OwnerID: w.Owner, Addresses: d.Addresses, Private: private(d.Addresses),
		End: string(d.End), EndRcode: d.EndRcode,
		src: hostSource{pos: w.Pos, owner: b.ownerOf(w.Owner), facts: map[string][]*fact.Fact{}},
	}
	if f != nil {
		v.src.facts["cname"] = []*fact.Fact{f}
		v.src.facts["addresses"] = []*fact.Fact{f}
	}
	for _, hop := range d.Chain {
		v.Chain = append(v.Chain, string(hop.To))
	}
	if len(d.Chain) > 0 {
		v.Claimable, v.Service = b.claimable(d.End)
	}
	b.remoteAccess(v, w, d, f)
	b.dynamicDNS(v, w, d)
	b.indicators(v)
	return v
}

// claimable gives the suffix below which anyone can create the name: the
// catalogue knows best, else the private section of the Public Suffix List
// marks the services that hand out names.
func (b *builder) claimable(n msp.Name) (suffix, service string) {
	if m, ok := b.g.Catalog().Match(n); ok {
		if (m.Suffix.Claimable || m.Entry.Claimable) && n != m.Suffix.Name {
			return string(m.Suffix.Name), m.Entry.Name
		}
		return "", ""
	}
	if t, ok := domain.Tenant(n); ok && n != t {
		return string(t), string(t)
	}
	return "", ""
}

// remoteAccess lists the products that the name, its chain or a verification
// record shows, one entry a product.
func (b *builder) remoteAccess(v *Host, w graph.Watched, d fact.Hosts, f *fact.Fact) {
	tokens := b.fact(fact.ProbeTokens, w.Name)
	txt := lookOf(tokens)
	found := map[string]*RemoteProduct{}
	note := func(e catalog.Entry, how, seen string, f *fact.Fact) {
		if p := found[e.ID]; p != nil {
			p.facts = sortFacts(append(p.facts, f))
			return
		}
		found[e.ID] = &RemoteProduct{ID: e.ID, Name: e.Name, How: how, Seen: seen, facts: []*fact.Fact{f}}
	}
	if m, ok := b.g.Catalog().Match(w.Name); ok && remote(m.Kinds) && len(d.Addresses)+len(d.Chain) > 0 {
		note(m.Entry, "name", string(w.Name), f)
	}
	if w.Swept != "" && len(d.Addresses)+len(d.Chain) > 0 {
		e := catalog.Entry{ID: "name " + w.Name.Labels()[0], Name: w.Swept + " (by its name alone)"}
		note(e, "guess", string(w.Name)+", found by guessing names", f)
	}
	for _, hop := range d.Chain {
		if m, ok := b.g.Catalog().Match(hop.To); ok && remote(m.Kinds) {
			note(m.Entry, "cname", string(hop.From)+" CNAME "+string(hop.To), f)
		}
	}
	for _, t := range read[fact.Tokens](tokens, &txt).Texts {
		if e, ok := b.g.Catalog().Token(t); ok && remote(e.Kinds) {
			note(e, "txt", string(w.Name)+" TXT", tokens)
		}
	}
	v.TXT = &txt
	if tokens != nil {
		v.src.facts["txt"] = []*fact.Fact{tokens}
	}
	for _, p := range found {
		v.RemoteAccess = append(v.RemoteAccess, p)
	}
	sort.Slice(v.RemoteAccess, func(i, j int) bool { return v.RemoteAccess[i].ID < v.RemoteAccess[j].ID })
}

func remote(kinds []string) bool {
	return slices.Contains(kinds, catalog.RMM) || slices.Contains(kinds, catalog.RemoteAccess)
}

// dynamicDNS lists the name and what it points to, where that lies under a
// dynamic-DNS suffix; for an apex its exchangers and name servers too.
func (b *builder) dynamicDNS(v *Host, w graph.Watched, d fact.Hosts) {
	names := []msp.Name{w.Name}
	for _, hop := range d.Chain {
		names = append(names, hop.To)
	}
	for input, probe := range map[string]string{"mx": fact.ProbeMX, "ns": fact.ProbeDelegation} {
		f := b.fact(probe, w.Name)
		if f == nil || w.Host {
			continue
		}
		v.src.facts[input] = []*fact.Fact{f}
		for _, m := range from(f) {
			names = append(names, m.target)
		}
	}
	for _, n := range names {
		m, ok := b.g.Catalog().Match(n)
		if ok && slices.Contains(m.Kinds, catalog.DynamicDNS) && n != m.Suffix.Name {
			v.DynamicDNS = append(v.DynamicDNS, string(n))
		}
	}
	v.DynamicDNS = unique(v.DynamicDNS)
}

// private gives the addresses that are not reachable from outside: private
// (RFC 1918, RFC 4193), shared (RFC 6598), loopback, link-local and unspecified.
func private(list []string) []string {
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10)
	var out []string
	for _, s := range list {
		a, err := netip.ParseAddr(s)
		if err != nil {
			continue
		}
		a = a.Unmap()
		if a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified() || shared.Contains(a) {
			out = append(out, s)
		}
	}
	return out
}
