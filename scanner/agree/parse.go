// Package agree asks every server of a zone for what mail hangs on, the MX set
// and the SPF record at the apex, and says whether they agree. A recursive
// resolver picks one server at a time: where they differ, who receives the mail
// and who may send it hangs on chance (RFC 1034 section 4.2.2 wants all servers
// of a zone to hold the same data).
package agree

import (
	"slices"
	"strings"

	"mspscan/msp/fact"
	"mspscan/scanner"
)

// fromAnswer reads what one server said of one record set. An answer without
// authority says nothing about the zone (RFC 2181 section 5.4.1).
func fromAnswer(s scanner.Server, qtype string, a scanner.Answer) fact.AgreeServer {
	out := fact.AgreeServer{Host: s.Host, Address: s.Address.String(), Outcome: a.Outcome, Rcode: a.Rcode, Reason: a.Reason}
	switch {
	case a.Outcome != fact.Present && a.Outcome != fact.Absent:
	case !a.AA:
		out.Outcome, out.Reason = fact.Unknown, "not_authoritative"
	case len(a.Chain) > 0:
		out.Outcome, out.Reason = fact.Unknown, "cname_at_apex"
	default:
		out.Values = values(qtype, a.Records)
	}
	return out
}

// values gives the records that count, sorted, each once.
func values(qtype string, records []scanner.Record) []string {
	var list []string
	for _, r := range records {
		text := r.Text()
		if qtype == "TXT" {
			joined := strings.Join(r.Fields, "")
			if !isSPF(joined) {
				continue
			}
			text = strings.ToLower(scanner.Printable(joined)) // as receivers compare terms
		}
		list = append(list, text)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// isSPF reports whether a TXT text is an SPF record (RFC 7208 section 4.5).
func isSPF(text string) bool {
	first, _, _ := strings.Cut(text, " ")
	return strings.EqualFold(first, "v=spf1")
}

// judge says whether the servers of a set agree.
func judge(set *fact.AgreeSet) {
	var first []string
	heard := 0
	set.Same, set.Reason = fact.Present, ""
	for _, s := range set.Servers {
		switch {
		case s.Outcome != fact.Present && s.Outcome != fact.Absent:
			if set.Same == fact.Present {
				set.Same, set.Reason = fact.Unknown, s.Reason
			}
			continue
		case heard > 0 && !slices.Equal(first, s.Values):
			set.Same, set.Reason = fact.Broken, "differ"
			return
		}
		first = s.Values
		heard++
	}
	if len(set.Servers) == 0 {
		set.Same, set.Reason = fact.Unknown, "no_servers"
	}
}

// overall joins the two sets: a difference decides, else what is not known.
func overall(sets ...fact.AgreeSet) (fact.Outcome, string) {
	outcome, reason := fact.Present, ""
	for _, s := range sets {
		switch {
		case s.Same == fact.Broken:
			return s.Same, s.Reason
		case s.Same == fact.Unknown && outcome == fact.Present:
			outcome, reason = s.Same, s.Reason
		}
	}
	return outcome, reason
}
