// Package transfer holds the two active looks at a zone's servers: whether they
// hand out the zone (AXFR, RFC 5936) and whether they answer for names that they
// do not serve (open recursion, RFC 5358). Both need the owner's consent.
package transfer

import (
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// fromTransfer judges one server's first message. A zone is handed out only if
// records stand behind the first SOA.
func fromTransfer(s scanner.Server, t scanner.Transfer) fact.TransferServer {
	out := fact.TransferServer{
		Host: s.Host, Address: s.Address.String(), Outcome: t.Outcome, Rcode: t.Rcode,
		Reason: t.Reason, Serial: t.Serial, Records: t.Records,
	}
	if t.Outcome == fact.Present && t.Records < 2 {
		out.Outcome, out.Reason = fact.Unknown, "soa_only"
	}
	return out
}

// recursed judges one server's answer to a question with RD for the root's SOA,
// which it does not serve: recursion is proved by RA together with an answer.
func recursed(a scanner.Answer) (fact.Outcome, string) {
	switch {
	case a.Rcode == "REFUSED":
		return fact.Absent, ""
	case a.Rcode == "" || a.TC:
		return fact.Unknown, a.Reason
	case a.Rcode != "NOERROR" && a.Rcode != "NXDOMAIN":
		return fact.Unknown, a.Reason
	case !a.RA:
		return fact.Absent, "" // an answer, and recursion is not on offer
	case a.AA:
		return fact.Unknown, "serves_root"
	case a.Outcome == fact.Present:
		return fact.Present, ""
	}
	return fact.Unknown, "no_answer"
}

// overall joins the servers: one is enough for Present, all must say no for
// Absent.
func overall(outcomes []fact.Outcome, reasons []string) (fact.Outcome, string) {
	result, reason := fact.Absent, ""
	for i, o := range outcomes {
		switch {
		case o == fact.Present:
			return fact.Present, ""
		case o != fact.Absent && result == fact.Absent:
			result, reason = fact.Unknown, reasons[i]
		}
	}
	if len(outcomes) == 0 {
		return fact.Unknown, "no_servers"
	}
	return result, reason
}
