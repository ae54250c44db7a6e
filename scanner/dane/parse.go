// Package dane reads the TLSA sets of mail exchangers (RFC 6698, RFC 7672): a set
// that cannot match stops the mail of every sender that checks.
package dane

import (
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Parse gives the associations of a TLSA set, sorted, each with what makes it
// unusable for SMTP. Records that do not have four fields are left out.
func Parse(records []scanner.Record) []fact.TLSA {
	var list []fact.TLSA
	for _, r := range records {
		if r.Type != "TLSA" || len(r.Fields) != 4 {
			continue
		}
		var n [3]int
		sound := true
		for i := range n {
			v, err := strconv.ParseUint(r.Fields[i], 10, 8)
			n[i], sound = int(v), sound && err == nil
		}
		if sound {
			t := fact.TLSA{Usage: n[0], Selector: n[1], Matching: n[2], Data: strings.ToLower(r.Fields[3])}
			t.Errors = faults(t)
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b fact.TLSA) int {
		return slices.Compare([]string{key(a), a.Data}, []string{key(b), b.Data})
	})
	return list
}

func key(t fact.TLSA) string { return fmt.Sprintf("%03d %03d %03d", t.Usage, t.Selector, t.Matching) }

// faults says why an association cannot match.
func faults(t fact.TLSA) []string {
	var list []string
	switch t.Usage {
	case 2, 3: // DANE-TA and DANE-EE
	case 0, 1: // RFC 7672 section 3.1.3: senders may treat them as unusable
		list = append(list, fmt.Sprintf("usage %d (PKIX) is not for SMTP", t.Usage))
	default:
		list = append(list, fmt.Sprintf("usage %d is not known", t.Usage))
	}
	if t.Selector > 1 {
		list = append(list, fmt.Sprintf("selector %d is not known", t.Selector))
	}
	raw, err := hex.DecodeString(t.Data)
	if err != nil || len(raw) == 0 {
		return append(list, "the data is not hexadecimal")
	}
	if why := mismatch(t, raw); why != "" {
		list = append(list, why)
	}
	return list
}

// mismatch compares the data with the matching type (RFC 6698 section 2.1.3).
func mismatch(t fact.TLSA, raw []byte) string {
	size := map[int]int{1: 32, 2: 64}[t.Matching]
	switch {
	case t.Matching > 2:
		return fmt.Sprintf("matching type %d is not known", t.Matching)
	case size != 0 && len(raw) != size:
		return fmt.Sprintf("matching type %d takes %d octets, not %d", t.Matching, size, len(raw))
	case t.Matching != 0:
		return ""
	case t.Selector == 0:
		if _, err := x509.ParseCertificate(raw); err != nil {
			return "the data is not a certificate"
		}
	case t.Selector == 1:
		if _, err := x509.ParsePKIXPublicKey(raw); err != nil {
			return "the data is not a public key"
		}
	}
	return ""
}
