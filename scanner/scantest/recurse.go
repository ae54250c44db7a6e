package scantest

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// The bounds of the resolver, as real ones have them.
const (
	maxAliases   = 11
	maxReferrals = 32
	maxDepth     = 6   // name servers whose names need resolving in turn
	maxSteps     = 400 // questions to servers for one question of a client
)

// job is the resolver's work on one question of a client.
type job struct {
	net   *Net
	do    bool
	steps int
}

// recurse answers as a recursive resolver that follows delegations and CNAMEs
// and does not validate.
func (n *Net) recurse(qname string, qtype uint16, do bool) (response, uint16) {
	if dns.IsSubDomain("invalid.", qname) { // RFC 6761 section 6.4
		soa := &dns.SOA{Hdr: header("invalid.", dns.TypeSOA), Ns: "localhost.", Mbox: "nobody.invalid.", Serial: 1, Minttl: 900}
		return response{rcode: dns.RcodeNameError, ns: []dns.RR{soa}}, 0
	}
	j := &job{net: n, do: do}
	var out response
	seen := map[string]bool{}
	for hops := 0; ; hops++ {
		r := j.iterate(qname, qtype, 0)
		out.rcode, out.ns = r.rcode, r.ns
		target := aliasOf(r.answer, qname)
		out.answer = append(out.answer, at(r.answer, qname, target != "")...)
		seen[qname] = true
		if target == "" || qtype == dns.TypeCNAME || qtype == dns.TypeANY || r.rcode == dns.RcodeServerFailure {
			break
		}
		out.ns = nil
		if seen[target] {
			break // BIND gives the loop as it is
		}
		if hops == maxAliases {
			return response{rcode: dns.RcodeServerFailure}, dns.ExtendedErrorCodeOther
		}
		qname = target
	}
	if out.rcode == dns.RcodeServerFailure {
		return response{rcode: out.rcode}, dns.ExtendedErrorCodeNoReachableAuthority
	}
	return out, 0
}

// at gives the records of the answer that belong to qname; a chain that the
// server followed further is asked for anew. A DNAME comes along with its CNAME.
func at(answer []dns.RR, qname string, alias bool) []dns.RR {
	return slices.DeleteFunc(slices.Clone(answer), func(rr dns.RR) bool {
		h := rr.Header()
		dname := alias && dns.IsSubDomain(h.Name, qname) && coversDNAME(rr)
		return h.Name != qname && !dname
	})
}

func coversDNAME(rr dns.RR) bool {
	if sig, ok := rr.(*dns.RRSIG); ok {
		return sig.TypeCovered == dns.TypeDNAME
	}
	return rr.Header().Rrtype == dns.TypeDNAME
}

func aliasOf(answer []dns.RR, owner string) string {
	for _, rr := range answer {
		if c, ok := rr.(*dns.CNAME); ok && c.Hdr.Name == owner {
			return canonical(c.Target)
		}
	}
	return ""
}

// iterate goes from the root down to a server that has authority over qname.
func (j *job) iterate(qname string, qtype uint16, depth int) response {
	fail := response{rcode: dns.RcodeServerFailure}
	servers, zone := j.net.world.roots, "."
	for range maxReferrals {
		r, ok := j.askAny(servers, qname, qtype, zone)
		if !ok {
			if zone == "." && r.rcode == dns.RcodeRefused {
				return r // the made-up root knows nothing of it
			}
			return fail
		}
		if r.aa {
			return r
		}
		zone = r.ns[0].Header().Name
		servers = j.addresses(r, depth)
	}
	return fail
}

// askAny asks the servers of zone until one answers with authority or refers
// further down. Otherwise ok is false and r the last that was said.
func (j *job) askAny(servers []netip.Addr, qname string, qtype uint16, zone string) (r response, ok bool) {
	for _, a := range servers {
		if j.steps++; j.steps > maxSteps {
			return response{rcode: dns.RcodeServerFailure}, false
		}
		got, there := j.net.world.answerAt(a, qname, qtype, j.do)
		if !there || j.net.isDown(a) {
			continue
		}
		r = got
		down := !r.aa && len(r.ns) > 0 && r.ns[0].Header().Name != zone && dns.IsSubDomain(zone, r.ns[0].Header().Name)
		good := r.rcode == dns.RcodeSuccess || r.rcode == dns.RcodeNameError || r.rcode == dns.RcodeYXDomain
		if good && (r.aa || down) {
			return r, true
		}
	}
	return r, false
}

// addresses gives where the servers of a referral live: glue, else their names
// are resolved.
func (j *job) addresses(r response, depth int) []netip.Addr {
	var out []netip.Addr
	for _, rr := range r.ns {
		ns, ok := rr.(*dns.NS)
		if !ok {
			continue
		}
		host := canonical(ns.Ns)
		glue := hostAddresses(r.extra, host)
		if len(glue) == 0 && depth < maxDepth {
			for _, t := range []uint16{dns.TypeA, dns.TypeAAAA} {
				glue = append(glue, hostAddresses(j.iterate(host, t, depth+1).answer, host)...)
			}
		}
		out = append(out, glue...)
	}
	return out
}

func hostAddresses(rrs []dns.RR, host string) []netip.Addr {
	node := map[uint16][]dns.RR{}
	for _, rr := range rrs {
		if strings.EqualFold(rr.Header().Name, host) {
			node[rr.Header().Rrtype] = append(node[rr.Header().Rrtype], rr)
		}
	}
	return addresses(node)
}
