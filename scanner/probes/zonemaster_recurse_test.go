package probes

import (
	"net/netip"

	"github.com/miekg/dns"
)

// recurse resolves like a plain iterative resolver, one question at a time: a
// question that comes up while it is worked on fails.
func (n *internet) recurse(name string, qtype uint16) *dns.Msg {
	q := dns.Question{Name: name, Qtype: qtype}
	m, ok := n.known[q]
	if !ok {
		n.known[q] = nil
		m = n.iterate(name, qtype)
		n.known[q] = m
	}
	if m == nil {
		return &dns.Msg{MsgHdr: dns.MsgHdr{Rcode: dns.RcodeServerFailure}}
	}
	return m.Copy()
}

// iterate walks down from the root: authoritative answers only, every server of
// a zone tried before it gives up.
func (n *internet) iterate(name string, qtype uint16) *dns.Msg {
	fail := &dns.Msg{MsgHdr: dns.MsgHdr{Rcode: dns.RcodeServerFailure}}
	servers, zone := n.roots, "."
	for range 12 {
		m := n.askAny(servers, zone, name, qtype)
		if m == nil {
			return fail
		}
		if m.Authoritative {
			return n.chase(m, name, qtype)
		}
		zone = m.Ns[0].Header().Name
		if servers = n.below(m); len(servers) == 0 {
			return fail
		}
	}
	return fail
}

// askAny gives the first answer that is authoritative or a referral downwards.
func (n *internet) askAny(servers []netip.Addr, zone, name string, qtype uint16) *dns.Msg {
	for _, addr := range servers {
		if len(n.blocks[addr]) == 0 {
			continue
		}
		m := n.answer(addr, new(dns.Msg).SetQuestion(name, qtype))
		if m == nil || m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
			continue
		}
		down := len(m.Answer) == 0 && len(m.Ns) > 0 && m.Ns[0].Header().Rrtype == dns.TypeNS
		if down && m.Ns[0].Header().Name != zone && dns.IsSubDomain(zone, m.Ns[0].Header().Name) {
			m.Authoritative = false
			return m
		}
		if m.Authoritative {
			return m
		}
	}
	return nil
}

func (n *internet) below(m *dns.Msg) []netip.Addr {
	var list []netip.Addr
	add := func(rrs []dns.RR, host string) {
		for _, rr := range rrs {
			switch rr := rr.(type) {
			case *dns.A:
				if dns.CanonicalName(rr.Hdr.Name) == host {
					list = append(list, addrOf(rr.A))
				}
			case *dns.AAAA:
				if dns.CanonicalName(rr.Hdr.Name) == host {
					list = append(list, addrOf(rr.AAAA))
				}
			}
		}
	}
	for _, rr := range m.Ns {
		ns, ok := rr.(*dns.NS)
		if !ok {
			continue
		}
		host, before := dns.CanonicalName(ns.Ns), len(list)
		add(m.Extra, host)
		if len(list) == before {
			add(n.recurse(host, dns.TypeA).Answer, host)
			add(n.recurse(host, dns.TypeAAAA).Answer, host)
		}
	}
	return list
}

func (n *internet) chase(m *dns.Msg, name string, qtype uint16) *dns.Msg {
	if len(m.Answer) == 0 || qtype == dns.TypeCNAME {
		return m
	}
	alias, ok := m.Answer[0].(*dns.CNAME)
	if !ok || dns.CanonicalName(alias.Hdr.Name) != name {
		return m
	}
	end := n.recurse(dns.CanonicalName(alias.Target), qtype)
	end.Answer = append([]dns.RR{alias}, end.Answer...)
	return end
}
