// Package delegation looks at who serves a zone: what the parent says, what the
// zone says, and what each delegated server answers for the zone's own name
// (RFC 1034 sections 4.2.1 and 4.2.2, RFC 9499 section 7).
package delegation

import (
	"slices"
	"strconv"
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// serverState judges what a server answered to the SOA question for the zone's
// own name. The Rcode of an answer is taken as it came; an answer that did not
// come, or did not come whole, is silence, and one that was not asked for is
// skipped. NS is the server's answer to the NS question: a server that keeps
// silent about SOA only is not silent.
func serverState(zone msp.Name, soa, ns scanner.Answer) (state, reason string) {
	if unheard(soa) {
		if !unheard(ns) && ns.AA && len(ns.Records) > 0 {
			return fact.ServerAuthoritative, "soa_" + soa.Reason
		}
		return unheardState(soa.Reason)
	}
	switch soa.Rcode {
	case "NOERROR":
		return noerrorState(zone, soa)
	case "REFUSED":
		return fact.ServerRefused, ""
	case "SERVFAIL":
		return fact.ServerServfail, ""
	case "NXDOMAIN":
		if soa.AA {
			return fact.ServerNXDomain, ""
		}
		return fact.ServerNotAuth, "nxdomain_without_aa"
	case "NOTAUTH": // RFC 8945 section 5.3, some servers for zones they lack
		return fact.ServerNotAuth, "notauth"
	}
	// FORMERR, NOTIMP and the rest say nothing about the zone
	return fact.ServerSilent, strings.ToLower(soa.Rcode)
}

func noerrorState(zone msp.Name, soa scanner.Answer) (state, reason string) {
	switch {
	case soa.AA && len(soa.Chain) > 0:
		return fact.ServerNotAuth, "cname_at_apex"
	case soa.AA && hasOwner(soa.Records, zone):
		return fact.ServerAuthoritative, ""
	case soa.AA:
		return fact.ServerNotAuth, "no_soa" // serves a zone above, not this one
	case soa.Referral():
		return fact.ServerReferral, ""
	}
	return fact.ServerNotAuth, "no_aa"
}

// unheard reports whether no answer came that counts: none at all, or one that
// was cut, torn or did not belong to the question.
func unheard(a scanner.Answer) bool {
	if a.Rcode == "" {
		return true
	}
	switch a.Reason {
	case "timeout", "truncated", "mismatch", "malformed":
		return true
	}
	return false
}

func unheardState(reason string) (string, string) {
	switch reason {
	case "private_address", "budget", "canceled", "bad_question", "no_route":
		return fact.ServerSkipped, reason
	case "":
		reason = "timeout"
	}
	return fact.ServerSilent, reason
}

func hasOwner(records []scanner.Record, zone msp.Name) bool {
	return slices.ContainsFunc(records, func(r scanner.Record) bool { return r.Type == "SOA" && r.Name == zone })
}

// Serial reads the serial number of an SOA record (RFC 1035 section 3.3.13).
func Serial(r scanner.Record) (uint32, bool) {
	if r.Type != "SOA" || len(r.Fields) != 7 {
		return 0, false
	}
	n, err := strconv.ParseUint(r.Fields[2], 10, 32)
	return uint32(n), err == nil
}

// reachable leaves out the addresses of a host that nothing leads to from here,
// if another of its addresses was asked: a scan from a network without IPv6 says
// nothing less of a host that answers over IPv4.
func reachable(servers []fact.DelegationServer) []fact.DelegationServer {
	noRoute := func(s fact.DelegationServer) bool { return s.State == fact.ServerSkipped && s.Reason == "no_route" }
	asked := slices.DeleteFunc(slices.Clone(servers), noRoute)
	if len(asked) == 0 {
		return servers
	}
	return asked
}

// ownSOA gives serial and primary server of an authoritative answer.
func ownSOA(zone msp.Name, soa scanner.Answer) (serial uint32, mname msp.Name, ok bool) {
	if !soa.AA || unheard(soa) {
		return 0, "", false
	}
	for _, r := range soa.Records {
		if n, ok := Serial(r); ok && r.Name == zone {
			return n, msp.Name(r.Fields[0]), true
		}
	}
	return 0, "", false
}

// serials gives the distinct serials, sorted.
func serials(list []uint32) []uint32 {
	slices.Sort(list)
	return slices.Compact(list)
}
