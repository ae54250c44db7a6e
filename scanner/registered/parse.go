// Package registered asks whether a registrable domain is delegated by its
// parent: a name that is not can be had by anyone. Only the registry's own
// servers decide; silence and SERVFAIL are not "free".
package registered

import (
	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// fromCut turns what the parent's servers said into the fact. Absent with Rcode
// NXDOMAIN is a name that does not exist there; Absent with NOERROR is one that
// exists but is not delegated.
func fromCut(c scanner.Cut) (fact.Registered, fact.Outcome, string) {
	r := fact.Registered{Domain: c.Name, Parent: c.Parent, Rcode: c.Rcode, Authoritative: c.Outcome != fact.Unknown}
	return r, c.Outcome, c.Reason
}

// fromResolver is the passive view. A resolver that finds an SOA or NS at the
// name saw a zone; its NXDOMAIN is hearsay of the parent's.
func fromResolver(domain msp.Name, ns scanner.Answer) (fact.Registered, fact.Outcome, string) {
	r := fact.Registered{Domain: domain, Parent: domain.Parent()}
	switch ns.Outcome {
	case fact.Present:
		r.Rcode = ns.Rcode
		return r, fact.Present, ""
	case fact.Absent:
		r.Rcode = ns.Rcode
		if soaAt(domain, ns) {
			return r, fact.Present, "" // the zone itself denies the NS set
		}
		return r, fact.Absent, ""
	}
	return r, fact.Unknown, ns.Reason
}

func soaAt(domain msp.Name, a scanner.Answer) bool {
	for _, rec := range a.Authority {
		if rec.Type == "SOA" && rec.Name == domain {
			return true
		}
	}
	return false
}
