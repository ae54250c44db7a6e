// Package hosts looks at where a name leads: its CNAME chain and the addresses
// at the end (RFC 1034 section 3.6.2).
package hosts

import (
	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// judge joins the answers to the A and the AAAA question. Present needs one of
// them, Absent needs both; a name with one address type known and the other
// unknown is Present with the reason of the unknown one.
func judge(name msp.Name, a, aaaa scanner.Answer) (fact.Hosts, fact.Outcome, string) {
	h := fact.Hosts{Name: name, Chain: a.Chain, End: name}
	if len(aaaa.Chain) > len(a.Chain) {
		h.Chain = aaaa.Chain
	}
	if n := len(h.Chain); n > 0 {
		h.End = h.Chain[n-1].To
	}
	h.Loop = loops(h.Chain)
	for _, addr := range scanner.Addresses(append(append([]scanner.Record{}, a.Records...), aaaa.Records...)) {
		h.Addresses = append(h.Addresses, addr.String())
	}
	outcome, reason := join(a, aaaa)
	if h.Loop {
		outcome, reason = fact.Broken, "cname_loop"
	}
	h.EndRcode = endRcode(outcome, a, aaaa)
	return h, outcome, reason
}

func join(a, aaaa scanner.Answer) (fact.Outcome, string) {
	for _, o := range []fact.Outcome{fact.Broken, fact.Unknown} {
		for _, answer := range []scanner.Answer{a, aaaa} {
			if answer.Outcome == o {
				return besides(o, answer.Reason, a, aaaa)
			}
		}
	}
	if a.Outcome == fact.Present || aaaa.Outcome == fact.Present {
		return fact.Present, ""
	}
	return fact.Absent, ""
}

// besides lets a present address type stand beside one that is unknown.
func besides(o fact.Outcome, reason string, a, aaaa scanner.Answer) (fact.Outcome, string) {
	if o == fact.Unknown && (a.Outcome == fact.Present || aaaa.Outcome == fact.Present) {
		return fact.Present, reason
	}
	return o, reason
}

// endRcode is what stands at the end of the chain: NXDOMAIN only if no answer
// contradicts it, "" if it is not known.
func endRcode(o fact.Outcome, a, aaaa scanner.Answer) string {
	switch {
	case o == fact.Present:
		return "NOERROR"
	case o != fact.Absent:
		return ""
	case a.Rcode == "NXDOMAIN" && aaaa.Rcode == "NXDOMAIN":
		return "NXDOMAIN"
	}
	// one type NXDOMAIN and the other NODATA: the name exists (RFC 8020)
	return "NOERROR"
}

// loops reports whether the chain comes back to a name it left.
func loops(chain []fact.Hop) bool {
	seen := map[msp.Name]bool{}
	for _, hop := range chain {
		seen[hop.From] = true
		if seen[hop.To] {
			return true
		}
	}
	return false
}
