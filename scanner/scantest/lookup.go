package scantest

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"mspscan/msp"
)

// response is what a server says, before it is put into a message.
type response struct {
	rcode  int
	aa     bool
	answer []dns.RR
	ns     []dns.RR
	extra  []dns.RR
}

// answerAt answers as the authoritative server at addr (RFC 1034 section 4.3.2);
// ok is false if nobody is there.
func (w *World) answerAt(addr netip.Addr, qname string, qtype uint16, do bool) (r response, ok bool) {
	switch w.manners[addr] {
	case silent:
		return response{}, false
	case servfail:
		if closest(w.served[addr], qname, qtype) != nil {
			return response{rcode: dns.RcodeServerFailure}, true
		}
		return response{rcode: dns.RcodeRefused}, true
	}
	zones, ok := w.served[addr]
	if !ok && !w.folders[addr] {
		return response{rcode: dns.RcodeRefused}, w.isHost(addr)
	}
	z := closest(zones, qname, qtype)
	if z == nil || w.made && z.origin == "." && w.unknownTLD(z, qname) {
		return response{rcode: dns.RcodeRefused}, true
	}
	r.aa = true
	for range 12 {
		next := z.lookup(&r, qname, qtype, do)
		if next == "" {
			break
		}
		if z = closest(zones, next, qtype); z == nil {
			break
		}
		qname = next
	}
	return r, true
}

// isHost reports whether a name server without any zone lives at addr: it is
// there and refuses.
func (w *World) isHost(addr netip.Addr) bool {
	for _, list := range w.hosts {
		if slices.Contains(list, addr) {
			return true
		}
	}
	return false
}

// unknownTLD reports whether the made-up root knows nothing of name.
func (w *World) unknownTLD(root *zone, name string) bool {
	return name != "." && !root.exists(topLevel(name))
}

// closest gives the served zone with the longest match; DS lives in the parent
// (RFC 4035 section 3.1.4.1).
func closest(zones []*zone, qname string, qtype uint16) *zone {
	var best, above *zone
	for _, z := range zones {
		if !dns.IsSubDomain(z.origin, qname) {
			continue
		}
		if best == nil || len(z.origin) > len(best.origin) {
			best = z
		}
		if z.origin != qname && (above == nil || len(z.origin) > len(above.origin)) {
			above = z
		}
	}
	if qtype == dns.TypeDS && best != nil && best.origin == qname && above != nil {
		return above
	}
	return best
}

// lookup adds what z says of qname to r; it gives the target of a CNAME that
// was met.
func (z *zone) lookup(r *response, qname string, qtype uint16, do bool) (next string) {
	if cut := z.cut(qname, qtype); cut != "" {
		z.refer(r, cut, do)
		return ""
	}
	if d := z.dname(qname); d != nil {
		return z.redirect(r, d, qname, do)
	}
	node, owner := z.nodes[qname], qname
	if node == nil && !z.between[qname] {
		if node, owner = z.wildcard(qname); node == nil {
			r.rcode = dns.RcodeNameError
			z.deny(r, qname, do)
			return ""
		}
	}
	if cname := node[dns.TypeCNAME]; len(cname) > 0 && qtype != dns.TypeCNAME && qtype != dns.TypeANY && len(node[qtype]) == 0 {
		z.add(r, node, dns.TypeCNAME, qname, owner, do)
		return canonical(cname[0].(*dns.CNAME).Target)
	}
	switch {
	case qtype == dns.TypeANY:
		r.answer = append(r.answer, &dns.HINFO{Hdr: header(qname, dns.TypeHINFO), Cpu: "RFC8482"}) // section 4.2
	case len(node[qtype]) > 0:
		z.add(r, node, qtype, qname, owner, do)
	default:
		z.deny(r, qname, do)
	}
	return ""
}

// cut gives the delegation at or above qname inside the zone, "" if none; DS at
// the cut itself belongs to this side.
func (z *zone) cut(qname string, qtype uint16) string {
	found := ""
	for name := qname; name != z.origin; name = parent(name) {
		if len(z.nodes[name][dns.TypeNS]) > 0 && (name != qname || qtype != dns.TypeDS) {
			found = name
		}
	}
	return found
}

// refer answers with the delegation and its glue.
func (z *zone) refer(r *response, cut string, do bool) {
	if len(r.answer) > 0 {
		return // after a CNAME: the chain leaves what this server is authoritative for
	}
	r.aa = false
	r.ns = append(r.ns, z.nodes[cut][dns.TypeNS]...)
	if do {
		if ds := z.nodes[cut][dns.TypeDS]; len(ds) > 0 {
			r.ns = append(r.ns, ds...)
			r.ns = append(r.ns, signatures(z.nodes[cut], dns.TypeDS)...)
		} else {
			r.ns = append(r.ns, z.proof(cut, dns.RcodeSuccess)...)
		}
	}
	for _, host := range z.targets(cut) {
		r.extra = append(r.extra, z.nodes[host][dns.TypeA]...)
		r.extra = append(r.extra, z.nodes[host][dns.TypeAAAA]...)
	}
}

// dname gives the DNAME above qname (RFC 6672 section 2.3).
func (z *zone) dname(qname string) *dns.DNAME {
	for name := qname; name != z.origin; {
		name = parent(name)
		if d := z.nodes[name][dns.TypeDNAME]; len(d) > 0 {
			return d[0].(*dns.DNAME)
		}
	}
	return nil
}

// redirect answers with the DNAME and the CNAME made from it.
func (z *zone) redirect(r *response, d *dns.DNAME, qname string, do bool) string {
	target := canonical(strings.TrimSuffix(qname, d.Hdr.Name) + d.Target)
	z.add(r, z.nodes[d.Hdr.Name], dns.TypeDNAME, d.Hdr.Name, d.Hdr.Name, do)
	if _, ok := dns.IsDomainName(target); !ok {
		r.rcode = dns.RcodeYXDomain
		return ""
	}
	r.answer = append(r.answer, &dns.CNAME{Hdr: header(qname, dns.TypeCNAME), Target: target})
	return target
}

// wildcard gives the node that stands for a name that does not exist
// (RFC 4592 section 3.3.1).
func (z *zone) wildcard(qname string) (node map[uint16][]dns.RR, owner string) {
	star := "*." + z.encloser(qname)
	if z.encloser(qname) == "." {
		star = "*."
	}
	return z.nodes[star], star
}

// encloser gives the closest name above qname that exists.
func (z *zone) encloser(qname string) string {
	for name := qname; name != z.origin; {
		name = parent(name)
		if z.exists(name) {
			return name
		}
	}
	return z.origin
}

func (z *zone) exists(name string) bool { return z.nodes[name] != nil || z.between[name] }

// add puts a record set under the name asked for into the answer.
func (z *zone) add(r *response, node map[uint16][]dns.RR, rrtype uint16, qname, owner string, do bool) {
	set := node[rrtype]
	if do && rrtype != dns.TypeRRSIG {
		set = append(slices.Clone(set), signatures(node, rrtype)...)
	}
	for _, rr := range set {
		c := dns.Copy(rr)
		c.Header().Name = qname
		r.answer = append(r.answer, c)
	}
	if do && owner != qname { // RFC 4035 section 3.1.3.3: no closer match
		r.ns = append(r.ns, z.proof(qname, dns.RcodeNameError)...)
	}
}

// deny adds the SOA, with the negative TTL of RFC 2308 section 3, and the proof.
func (z *zone) deny(r *response, qname string, do bool) {
	for _, rr := range z.nodes[z.origin][dns.TypeSOA] {
		soa := dns.Copy(rr).(*dns.SOA)
		soa.Hdr.Ttl = min(soa.Hdr.Ttl, soa.Minttl)
		r.ns = append(r.ns, soa)
	}
	if do {
		r.ns = append(r.ns, signatures(z.nodes[z.origin], dns.TypeSOA)...)
		r.ns = append(r.ns, z.proof(qname, r.rcode)...)
	}
}

// signatures gives the RRSIG records over a type.
func signatures(node map[uint16][]dns.RR, covered uint16) []dns.RR {
	var out []dns.RR
	for _, rr := range node[dns.TypeRRSIG] {
		if rr.(*dns.RRSIG).TypeCovered == covered {
			out = append(out, rr)
		}
	}
	return out
}

// mayTransfer reports whether addr hands out the zone, and gives its records.
func (w *World) mayTransfer(addr netip.Addr, qname string) ([]dns.RR, bool) {
	z := closest(w.served[addr], qname, dns.TypeAXFR)
	free := w.manners[addr] == transfers || slices.ContainsFunc(w.Transfer, func(n msp.Name) bool { return canonical(string(n)) == qname })
	if z == nil || z.origin != qname || !free {
		return nil, false
	}
	soa := z.nodes[z.origin][dns.TypeSOA]
	out := slices.Clone(soa)
	for _, owner := range z.owners() {
		for _, rrtype := range sortedTypes(z.nodes[owner]) {
			if rrtype != dns.TypeSOA {
				out = append(out, z.nodes[owner][rrtype]...)
			}
		}
	}
	return append(out, soa...), true
}

// owners gives the names of the zone, sorted.
func (z *zone) owners() []string {
	out := make([]string, 0, len(z.nodes))
	for owner := range z.nodes {
		out = append(out, owner)
	}
	slices.Sort(out)
	return out
}

func sortedTypes(node map[uint16][]dns.RR) []uint16 {
	out := make([]uint16, 0, len(node))
	for t := range node {
		out = append(out, t)
	}
	slices.Sort(out)
	return out
}
