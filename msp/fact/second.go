package fact

import (
	"fmt"
	"slices"
	"strings"
)

// Agrees holds the second opinion against an observation. known is false when
// nothing can be said: they are about different record sets, the first answer
// was not clean, or no resolver gave a clean second one (NOERROR or NXDOMAIN).
// Otherwise agree says whether every clean second answer has the rcode of the
// first (NXDOMAIN is not NOERROR without data, RFC 2308 section 2) and the same
// set of values, in any order. Two things may differ: the serial of an SOA, as
// zones change within minutes, and addresses as long as one is common to both,
// as name servers that spread load hand out parts of a set. why names what was
// found, resolver by resolver.
func Agrees(obs Observation, second Second) (agree, known bool, why string) {
	if obs.Name != second.Name || obs.Type != second.Type {
		return false, false, fmt.Sprintf("the second opinion is about %s %s", second.Name, second.Type)
	}
	if !cleanRcode(obs.Rcode) {
		return false, false, "the first answer was " + said(obs.Rcode, obs.Values, "")
	}
	var same, other, silent []string
	for _, a := range second.Answers {
		text := a.Resolver + " says " + said(a.Rcode, a.Values, a.Error)
		switch {
		case a.Error != "" || !cleanRcode(a.Rcode):
			silent = append(silent, text)
		case a.Rcode == obs.Rcode && sameValues(obs.Type, obs.Values, a.Values):
			same = append(same, text)
		default:
			other = append(other, text)
		}
	}
	switch {
	case len(other) > 0:
		return false, true, "first " + said(obs.Rcode, obs.Values, "") + "; " + strings.Join(slices.Concat(other, same, silent), "; ")
	case len(same) > 0:
		return true, true, strings.Join(slices.Concat(same, silent), "; ")
	case len(silent) > 0:
		return false, false, strings.Join(silent, "; ")
	}
	return false, false, "no resolver was asked"
}

func cleanRcode(rcode string) bool { return rcode == "NOERROR" || rcode == "NXDOMAIN" }

func said(rcode string, values []string, failed string) string {
	switch {
	case failed != "":
		return "nothing (" + failed + ")"
	case rcode == "":
		return "nothing"
	case rcode == "NOERROR" && len(values) == 0:
		return "NOERROR without data"
	case len(values) == 0:
		return rcode
	}
	return rcode + " " + strings.Join(values, ", ")
}

func sameValues(qtype string, a, b []string) bool {
	a, b = set(qtype, a), set(qtype, b)
	if (qtype == "A" || qtype == "AAAA") && len(a) > 0 && len(b) > 0 {
		return slices.ContainsFunc(a, func(v string) bool { return slices.Contains(b, v) })
	}
	return slices.Equal(a, b)
}

// set sorts values and drops doubles and the serial of an SOA (RFC 1035 section
// 3.3.13: the third field).
func set(qtype string, values []string) []string {
	out := slices.Clone(values)
	if qtype == "SOA" {
		for i, v := range out {
			if f := strings.Fields(v); len(f) == 7 {
				out[i] = strings.Join(slices.Delete(f, 2, 3), " ")
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
