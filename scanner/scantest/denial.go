package scantest

import (
	"github.com/miekg/dns"
)

// proof gives the NSEC or NSEC3 records of a signed zone that deny qname
// (RFC 4035 section 3.1.3, RFC 5155 section 7.2), with their signatures.
func (z *zone) proof(qname string, rcode int) []dns.RR {
	if !z.signed {
		return nil
	}
	encloser := z.encloser(qname)
	names := []string{qname}
	if rcode == dns.RcodeNameError {
		names = []string{nextCloser(qname, encloser), encloser, "*." + encloser}
		if encloser == "." {
			names[2] = "*."
		}
	}
	var out []dns.RR
	taken := map[string]bool{}
	for i, name := range names {
		for _, owner := range z.owners() {
			node := z.nodes[owner]
			if !taken[owner] && z.denies(node, owner, name, i == 1) {
				taken[owner] = true
				out = append(out, node[dns.TypeNSEC]...)
				out = append(out, node[dns.TypeNSEC3]...)
				out = append(out, signatures(node, dns.TypeNSEC)...)
				out = append(out, signatures(node, dns.TypeNSEC3)...)
			}
		}
	}
	return out
}

// denies reports whether a node's NSEC or NSEC3 matches or covers name. The
// encloser needs a match, and with NSEC none at all.
func (z *zone) denies(node map[uint16][]dns.RR, owner, name string, match bool) bool {
	for _, rr := range node[dns.TypeNSEC] {
		if !match && (owner == name || covers(owner, canonical(rr.(*dns.NSEC).NextDomain), name)) {
			return true
		}
	}
	for _, rr := range node[dns.TypeNSEC3] {
		n := rr.(*dns.NSEC3)
		if n.Match(name) || !match && n.Cover(name) {
			return true
		}
	}
	return false
}

// covers reports whether name stands between owner and next in canonical order
// (RFC 4034 section 6.1); the last NSEC points back to the apex.
func covers(owner, next, name string) bool {
	if !canonicalLess(owner, name) {
		return false
	}
	return canonicalLess(name, next) || !canonicalLess(owner, next)
}

// canonicalLess compares names label by label from the right.
func canonicalLess(a, b string) bool {
	x, y := dns.SplitDomainName(a), dns.SplitDomainName(b)
	for len(x) > 0 && len(y) > 0 {
		if p, q := x[len(x)-1], y[len(y)-1]; p != q {
			return p < q
		}
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return len(x) < len(y)
}

// nextCloser gives the name one label below encloser on the way to qname.
func nextCloser(qname, encloser string) string {
	for qname != encloser && parent(qname) != encloser {
		qname = parent(qname)
	}
	return qname
}
