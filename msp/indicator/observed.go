package indicator

import (
	"net/netip"
	"strings"

	"mspscan/msp"
	"mspscan/msp/domain"
	"mspscan/msp/fact"
)

// observation is a name or an address in a fact and what it is there.
type observation struct {
	name msp.Name // "" for an address
	addr netip.Addr
	how  string
}

func (o observation) text() string {
	if o.name != "" {
		return string(o.name)
	}
	return o.addr.String()
}

// observed gives every name and address that a fact's records hold. A fact that
// cannot be decoded shows none.
func observed(f fact.Fact) []observation {
	if len(f.Data) == 0 {
		return nil
	}
	var s seen
	switch f.Task.Probe {
	case fact.ProbeHosts:
		read(f, s.hosts)
	case fact.ProbeDelegation:
		read(f, s.delegation)
	case fact.ProbeMX:
		read(f, s.mx)
	case fact.ProbeSPF:
		read(f, s.spf)
	case fact.ProbeDMARC:
		read(f, s.dmarc)
	case fact.ProbeTLSRPT:
		read(f, s.tlsrpt)
	case fact.ProbeCAA:
		read(f, s.caa)
	case fact.ProbeMTASTS:
		read(f, s.mtasts)
	case fact.ProbeWildcard:
		read(f, s.wildcard)
	case fact.ProbeDANE:
		read(f, func(d fact.DANE) { s.add(d.Host, "mail exchanger") })
	case fact.ProbeRegistered:
		read(f, func(r fact.Registered) { s.add(r.Domain, "registered domain") })
	}
	return s.list
}

func read[T any](f fact.Fact, take func(T)) {
	var v T
	if f.Decode(&v) == nil {
		take(v)
	}
}

type seen struct{ list []observation }

func (s *seen) add(n msp.Name, how string) {
	if n != "" && n != msp.Root {
		s.list = append(s.list, observation{name: n, how: how})
	}
}

// text takes a name or an address that stands as text.
func (s *seen) text(t, how string) {
	if a, err := netip.ParseAddr(t); err == nil {
		s.list = append(s.list, observation{addr: a.Unmap().WithZone(""), how: how})
		return
	}
	if n, err := domain.Parse(t); err == nil {
		s.add(n, how)
	}
}

func (s *seen) hosts(h fact.Hosts) {
	s.add(h.Name, "name")
	for _, hop := range h.Chain {
		s.add(hop.To, "CNAME target")
	}
	for _, a := range h.Addresses {
		s.text(a, "address")
	}
}

func (s *seen) delegation(d fact.Delegation) {
	s.add(d.Zone, "zone")
	for _, set := range [][]msp.Name{d.ParentNS, d.ChildNS} {
		for _, n := range set {
			s.add(n, "name server")
		}
	}
	for _, set := range [][]fact.Glue{d.Glue, d.Addresses} {
		for _, g := range set {
			s.text(g.Address, "address of a name server")
		}
	}
	for _, server := range d.Servers {
		s.add(server.Host, "name server")
		s.text(server.Address, "address of a name server")
		s.add(server.MName, "primary server in the SOA")
	}
}

func (s *seen) mx(m fact.MX) {
	for _, h := range m.Hosts {
		s.add(h.Host, "mail exchanger")
		s.add(h.CNAME, "CNAME target of a mail exchanger")
		for _, a := range h.Addresses {
			s.text(a, "address of a mail exchanger")
		}
	}
}

func (s *seen) spf(v fact.SPF) {
	if v.Tree != nil {
		s.spfNode(v.Tree, 0)
	}
}

// spfNode takes the names of every term, and single addresses: a permitted
// network says nothing of each address in it.
func (s *seen) spfNode(n *fact.SPFNode, depth int) {
	const most = 64
	for _, t := range n.Terms {
		s.add(t.Target, "SPF "+t.Mechanism)
		if t.Mechanism == "ip4" || t.Mechanism == "ip6" {
			_, value, _ := strings.Cut(t.Text, ":")
			value = strings.TrimSuffix(strings.TrimSuffix(value, "/32"), "/128")
			if _, err := netip.ParseAddr(value); err == nil {
				s.text(value, "SPF "+t.Mechanism)
			}
		}
		if t.Node != nil && depth < most {
			s.spfNode(t.Node, depth+1)
		}
	}
}

func (s *seen) dmarc(d fact.DMARC) {
	for _, r := range d.Reports {
		s.add(r.Domain, "DMARC "+r.Tag)
	}
}

func (s *seen) tlsrpt(t fact.TLSRPT) {
	for _, u := range t.URIs {
		rest, mail := strings.CutPrefix(strings.ToLower(u), "mailto:")
		host := strings.TrimPrefix(rest, "https://")
		if mail {
			host = rest[strings.LastIndexByte(rest, '@')+1:]
		}
		if end := strings.IndexAny(host, "/?:!"); end >= 0 {
			host = host[:end]
		}
		s.text(host, "TLS-RPT receiver")
	}
}

func (s *seen) caa(c fact.CAA) {
	for _, r := range c.Records {
		s.add(r.Issuer, "CAA "+r.Tag)
	}
}

func (s *seen) mtasts(m fact.MTASTS) {
	for _, p := range m.MX {
		s.text(strings.TrimPrefix(p, "*."), "MTA-STS mx")
	}
}

func (s *seen) wildcard(w fact.Wildcard) {
	for _, t := range w.Targets {
		s.text(t, "wildcard target")
	}
}

// Names gives the names that a fact's records mention, in the order of the
// records.
func Names(f fact.Fact) []msp.Name {
	var names []msp.Name
	for _, o := range observed(f) {
		if o.name != "" {
			names = append(names, o.name)
		}
	}
	return names
}
