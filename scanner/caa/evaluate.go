package caa

import (
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// Request is what an authority is asked to issue.
type Request struct {
	Issuer     msp.Name // the authority's issuer domain name
	Wildcard   bool     // the certificate is for *.name
	AccountURI string   // the ACME account (RFC 8657 section 3); "" = unknown
	Method     string   // the validation method (RFC 8657 section 4); "" = unknown
}

// Evaluate reports whether the record set that was found by the climb lets the
// authority issue, and if not why (RFC 8659 section 4). An empty set lets all.
func Evaluate(set []fact.CAARecord, req Request) (bool, string) {
	if tags := UnknownCritical(set); len(tags) > 0 {
		return false, "unknown critical property " + tags[0]
	}
	restricting := properties(set, "issue")
	if wild := properties(set, "issuewild"); req.Wildcard && len(wild) > 0 {
		restricting = wild // section 4.3: issuewild overrides issue
	}
	if len(restricting) == 0 {
		return true, ""
	}
	why := "no property names " + string(req.Issuer)
	for _, r := range restricting {
		// A malformed property restricts, and names nobody (section 4.2).
		v, err := ParseValue(unprintable(r.Value))
		if err != nil || v.Issuer == "" || v.Issuer != req.Issuer {
			continue
		}
		if !accountAllowed(v.Parameters, req.AccountURI) {
			why = "accounturi does not match"
			continue
		}
		if !methodAllowed(v.Parameters, req.Method) {
			why = "validationmethods does not match"
			continue
		}
		return true, ""
	}
	return false, why
}

func properties(set []fact.CAARecord, tag string) []fact.CAARecord {
	var list []fact.CAARecord
	for _, r := range set {
		if r.Tag == tag {
			list = append(list, r)
		}
	}
	return list
}

// accountAllowed checks accounturi: absent lets all, more than one lets none
// (RFC 8657 section 3).
func accountAllowed(params []Parameter, uri string) bool {
	values := valuesOf(params, "accounturi")
	switch len(values) {
	case 0:
		return true
	case 1:
		return uri != "" && values[0] == uri
	}
	return false
}

// methodAllowed checks validationmethods: a list of labels behind commas; absent
// lets all, more than one parameter or a malformed label lets none (RFC 8657
// section 4).
func methodAllowed(params []Parameter, method string) bool {
	values := valuesOf(params, "validationmethods")
	if len(values) == 0 {
		return true
	}
	if len(values) > 1 || method == "" {
		return false
	}
	found := false
	for _, label := range strings.Split(values[0], ",") {
		if !isMethod(label) {
			return false
		}
		found = found || label == method
	}
	return found
}

func isMethod(s string) bool {
	for _, c := range []byte(s) {
		if !alnum(c) && c != '-' {
			return false
		}
	}
	return s != ""
}

func valuesOf(params []Parameter, tag string) []string {
	var values []string
	for _, p := range params {
		if p.Tag == tag {
			values = append(values, p.Value)
		}
	}
	return values
}

// unprintable undoes scanner.Printable, so that a set that was kept as evidence
// can be judged again.
func unprintable(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		if n, ok := decimal(s[i+1:]); ok {
			b.WriteByte(n)
			i += 3
			continue
		}
		i++
		b.WriteByte(s[i])
	}
	return b.String()
}

func decimal(s string) (byte, bool) {
	if len(s) < 3 {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s[:3]) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return byte(n), n < 256
}
