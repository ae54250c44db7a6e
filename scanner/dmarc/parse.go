// Package dmarc reads DMARC policy records and finds the one that applies to a
// domain (RFC 9989, which replaces RFC 7489): who can pass off mail as the
// domain's, and who is told about it.
package dmarc

import (
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/domain"
)

// Record is a parsed DMARC policy record. Tags that are unknown are left out;
// tags whose value is wrong have their default and an entry in Errors, but for
// p, sp and np, where a wrong value decides on the whole record (see Policies).
type Record struct {
	P, SP, NP   string // none, quarantine, reject; "" = absent or wrong
	PSD         string // y, n or u
	Testing     bool   // t=y
	ADKIM, ASPF string // r or s
	FO          []string
	RUA, RUF    []URI    // the valid ones
	Errors      []string // in the order of the tags
	Duplicate   bool     // a tag stands twice: the tag-list is void (RFC 6376 section 3.2)

	wrong bool // p missing or wrong, or sp or np wrong
}

// URI is a receiver of reports.
type URI struct {
	Text   string
	Domain msp.Name // of a mailto address or of the host; "" if there is none
}

// Policies are the policies of a record as they are in force: for the domain
// itself, for its subdomains that exist and for those that don't.
type Policies struct{ Domain, Subdomain, NonExistent string }

// IsRecord reports whether a TXT text is a DMARC record: its first tag is v and
// the value is exactly DMARC1 (RFC 9989 section 4.7).
func IsRecord(text string) bool {
	name, value, found := strings.Cut(firstTag(text), "=")
	return found && strings.EqualFold(strings.TrimRight(name, wsp), "v") && strings.Trim(value, wsp) == "DMARC1"
}

// wsp is the white space of the grammar (RFC 5234 appendix B.1).
const wsp = " \t"

func firstTag(text string) string {
	tag, _, _ := strings.Cut(text, ";")
	return tag
}

// Parse reads a DMARC record. It is false for a text that is none.
func Parse(text string) (Record, bool) {
	if !IsRecord(text) {
		return Record{}, false
	}
	r := Record{PSD: "u", ADKIM: "r", ASPF: "r", FO: []string{"0"}}
	seen := map[string]bool{"v": true}
	tags := strings.Split(text, ";")
	for i, tag := range tags[1:] {
		if tag = strings.Trim(tag, wsp); tag == "" {
			if i < len(tags)-2 {
				r.fault("an empty tag")
			}
			continue
		}
		name, value, found := strings.Cut(tag, "=")
		name, value = strings.ToLower(strings.TrimRight(name, wsp)), strings.TrimLeft(value, wsp)
		if !found || name == "" { // syntax errors are ignored (section 4.7)
			r.fault("%q is no tag", tag)
			continue
		}
		if seen[name] {
			r.Duplicate = true
			r.fault("tag %s stands twice", name)
			continue
		}
		seen[name] = true
		r.set(name, value)
	}
	if !seen["p"] {
		r.wrong = true
		r.fault("p is missing")
	}
	return r, true
}

func (r *Record) fault(format string, args ...any) {
	r.Errors = append(r.Errors, fmt.Sprintf(format, args...))
}

// set takes one tag. The values are literals of the grammar, so their case does
// not matter (RFC 5234 section 2.3), but for URIs.
func (r *Record) set(name, value string) {
	switch name {
	case "p":
		r.P = r.policy(name, value)
	case "sp":
		r.SP = r.policy(name, value)
	case "np":
		r.NP = r.policy(name, value)
	case "psd":
		r.PSD = r.oneOf(name, value, "u", "y", "n")
	case "t":
		r.Testing = r.oneOf(name, value, "n", "y") == "y"
	case "adkim":
		r.ADKIM = r.oneOf(name, value, "r", "s")
	case "aspf":
		r.ASPF = r.oneOf(name, value, "r", "s")
	case "fo":
		r.options(value)
	case "rua":
		r.RUA = r.uris(name, value)
	case "ruf":
		r.RUF = r.uris(name, value)
	}
}

func (r *Record) policy(name, value string) string {
	value = strings.ToLower(value)
	if value == "none" || value == "quarantine" || value == "reject" {
		return value
	}
	r.wrong = true
	r.fault("%s=%s is not none, quarantine or reject", name, value)
	return ""
}

// oneOf gives the value if it is one of the allowed, else the first of them.
func (r *Record) oneOf(name, value string, allowed ...string) string {
	value = strings.ToLower(value)
	if slices.Contains(allowed, value) {
		return value
	}
	r.fault("%s=%s is not one of %s", name, value, strings.Join(allowed, ", "))
	return allowed[0]
}

func (r *Record) options(value string) {
	var list []string
	for _, o := range strings.Split(strings.ToLower(value), ":") {
		if o = strings.Trim(o, wsp); o != "0" && o != "1" && o != "d" && o != "s" {
			r.fault("fo=%s is not made of 0, 1, d and s", value)
			return
		}
		list = append(list, o)
	}
	r.FO = list
}

func (r *Record) uris(tag, value string) []URI {
	var list []URI
	for _, part := range strings.Split(value, ",") {
		part = strings.Trim(part, wsp)
		u, why := parseURI(part)
		if why != "" {
			r.fault("%s: %q %s", tag, part, why)
			continue
		}
		list = append(list, u)
	}
	return list
}

// parseURI reads a receiver. The size behind an exclamation mark is a form of
// RFC 7489 that is ignored now (RFC 9989 section 4.6); any other such mark would
// have to be encoded.
func parseURI(s string) (URI, string) {
	text := s
	if i := strings.LastIndexByte(s, '!'); i >= 0 && isSize(s[i+1:]) {
		text = s[:i]
	}
	scheme, rest, found := strings.Cut(text, ":")
	if !found || !isScheme(scheme) || rest == "" {
		return URI{}, "is not a URI"
	}
	if strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' || c == '!' }) {
		return URI{}, "holds a character that has to be encoded"
	}
	u := URI{Text: text}
	host := authority(rest)
	if strings.EqualFold(scheme, "mailto") {
		path, _, _ := strings.Cut(rest, "?")
		at := strings.LastIndexByte(path, '@')
		if at < 1 {
			return URI{}, "has no mail address"
		}
		host = path[at+1:]
	}
	n, err := domain.Parse(host)
	if err != nil && (host != "" || strings.EqualFold(scheme, "mailto")) {
		return URI{}, "has no domain name"
	}
	u.Domain = n
	return u, ""
}

func isScheme(s string) bool {
	for i, c := range []byte(strings.ToLower(s)) {
		if (c < 'a' || c > 'z') && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return s != ""
}

// authority gives the host of //host:port/path, "" if there is none.
func authority(rest string) string {
	if !strings.HasPrefix(rest, "//") {
		return ""
	}
	host := rest[2:]
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	host, _, _ = strings.Cut(host, ":")
	return host
}

// isSize holds 1*DIGIT ["k" / "m" / "g" / "t"] (RFC 7489 section 6.4), at most 19
// digits.
func isSize(s string) bool {
	if s == "" {
		return false
	}
	if strings.ContainsRune("kmgt", rune(s[len(s)-1]|0x20)) {
		s = s[:len(s)-1]
	}
	return s != "" && len(s) < 20 && strings.Trim(s, "0123456789") == ""
}

// Policies gives what is in force. A record without a valid p, or with an sp or
// np that is not valid, counts as p=none if it has a valid rua, and for nothing
// otherwise: ok is false then (RFC 9989 section 4.10.1). The test mode of t=y is
// not yet taken off.
func (r Record) Policies() (p Policies, ok bool) {
	switch {
	case r.Duplicate:
		return Policies{}, false
	case r.wrong && len(r.RUA) == 0:
		return Policies{}, false
	case r.wrong:
		return Policies{"none", "none", "none"}, true
	}
	p = Policies{r.P, r.P, r.P}
	if r.SP != "" { // np falls back to sp, sp to p (section 4.7)
		p.Subdomain, p.NonExistent = r.SP, r.SP
	}
	if r.NP != "" {
		p.NonExistent = r.NP
	}
	return p, true
}

// Lowered gives the policy one level down, as t=y asks for (section 4.7).
func Lowered(policy string) string {
	switch policy {
	case "reject":
		return "quarantine"
	case "quarantine":
		return "none"
	}
	return policy
}
