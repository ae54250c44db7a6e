// Package mx reads a domain's mail exchangers (RFC 5321 section 5.1) and whether
// each can receive mail: who reads the mail of a provider, and where it is lost.
package mx

import (
	"cmp"
	"slices"
	"strconv"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Parse gives the exchangers of an MX record set, sorted by preference and name,
// each once; null is true if a null MX stands in the set: preference 0 and the
// root as exchange (RFC 7505 section 3). A root exchange of another preference
// is read as null MX too, nobody can send to it. Records without two fields are
// left out.
func Parse(records []scanner.Record) (hosts []fact.MXHost, null bool) {
	for _, r := range records {
		if r.Type != "MX" || len(r.Fields) != 2 {
			continue
		}
		preference, err := strconv.ParseUint(r.Fields[0], 10, 16)
		if err != nil {
			continue
		}
		if host := msp.Name(r.Fields[1]); host == msp.Root {
			null = true
		} else {
			hosts = append(hosts, fact.MXHost{Preference: int(preference), Host: host})
		}
	}
	slices.SortFunc(hosts, func(a, b fact.MXHost) int {
		return cmp.Or(cmp.Compare(a.Preference, b.Preference), cmp.Compare(a.Host, b.Host))
	})
	return slices.CompactFunc(hosts, func(a, b fact.MXHost) bool {
		return a.Preference == b.Preference && a.Host == b.Host
	}), null
}

// nullNonZero reports whether a null MX of another preference than 0 stands in
// the set: RFC 7505 section 3 wants 0.
func nullNonZero(records []scanner.Record) bool {
	return slices.ContainsFunc(records, func(r scanner.Record) bool {
		if r.Type != "MX" || len(r.Fields) != 2 || msp.Name(r.Fields[1]) != msp.Root {
			return false
		}
		preference, err := strconv.ParseUint(r.Fields[0], 10, 16)
		return err == nil && preference != 0
	})
}
