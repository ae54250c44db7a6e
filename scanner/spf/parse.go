// Package spf reads SPF records (RFC 7208) and follows them: who may send mail
// as a domain, through whom, and at what cost. Parse is pure and names every
// fault of a record; the probe walks the whole include tree past the limits of
// the standard; Checker answers check_host() as a receiver would.
package spf

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Record is a parsed SPF record. A record with Errors is a permerror for every
// receiver (RFC 7208 section 4.6); its sound terms are there all the same.
type Record struct {
	Terms  []Term
	Errors []SyntaxError // in the order of the text
}

// Term is a mechanism or a modifier.
type Term struct {
	Text      string       // as written
	Offset    int          // in octets from the start of the record
	Name      string       // lower case: all include a mx ptr ip4 ip6 exists, or the modifier's
	Modifier  bool         // written name=value
	Qualifier byte         // + - ~ ? of a mechanism
	Spec      MacroString  // domain-spec or the modifier's value; nil = none
	Network   netip.Prefix // of ip4 and ip6
	Bits4     int          // prefix length of a and mx for IPv4; -1 = not written
	Bits6     int          // and for IPv6
	Err       string       // what is wrong with it
}

// SyntaxError is one fault of a record with its place.
type SyntaxError struct {
	Offset  int    // in octets from the start of the record
	Term    string // as written
	Problem string
}

// Error gives place, term and problem on one line.
func (e SyntaxError) Error() string {
	return fmt.Sprintf("octet %d: %q: %s", e.Offset+1, e.Term, e.Problem)
}

const version = "v=spf1"

// IsRecord reports whether a TXT text is an SPF record: it begins with exactly
// v=spf1, in any case, ended by a blank or the end (RFC 7208 section 4.5). A text
// with a leading blank is none.
func IsRecord(text string) bool {
	if len(text) < len(version) || !strings.EqualFold(text[:len(version)], version) {
		return false
	}
	return len(text) == len(version) || text[len(version)] == ' '
}

// Parse reads an SPF record and collects all of its faults. It is false for a
// text that is no SPF record.
func Parse(text string) (Record, bool) {
	if !IsRecord(text) {
		return Record{}, false
	}
	var r Record
	seen := map[string]bool{}
	for at := len(version); at < len(text); {
		if text[at] == ' ' { // terms are parted by one or more SP (section 4.6.1)
			at++
			continue
		}
		end := at + len(untilBlank(text[at:]))
		t := parseTerm(text[at:end])
		t.Offset = at
		if t.Err == "" && t.Modifier && (t.Name == "redirect" || t.Name == "exp") {
			if seen[t.Name] { // section 6: at most once each
				t.Err = "a second " + t.Name
			}
			seen[t.Name] = true
		}
		if t.Err != "" {
			r.Errors = append(r.Errors, SyntaxError{Offset: at, Term: t.Text, Problem: t.Err})
		}
		r.Terms = append(r.Terms, t)
		at = end
	}
	return r, true
}

func untilBlank(s string) string {
	if i := strings.IndexByte(s, ' '); i >= 0 {
		return s[:i]
	}
	return s
}

// Effective gives the terms that a receiver evaluates: the mechanisms up to all,
// and the modifiers. After all nothing is tested, and redirect is ignored where
// an all stands (sections 5.1 and 6.1).
func (r Record) Effective() []Term {
	end := r.all()
	if end < 0 {
		return r.Terms
	}
	var list []Term
	for i, t := range r.Terms {
		if t.Modifier && t.Name != "redirect" || !t.Modifier && i <= end {
			list = append(list, t)
		}
	}
	return list
}

// all gives the place of the first all, -1 if there is none.
func (r Record) all() int {
	return slices.IndexFunc(r.Terms, func(t Term) bool { return !t.Modifier && t.Name == "all" && t.Err == "" })
}

// Modifier gives the first sound modifier of that name.
func (r Record) Modifier(name string) (Term, bool) {
	for _, t := range r.Terms {
		if t.Modifier && t.Name == name && t.Err == "" {
			return t, true
		}
	}
	return Term{}, false
}

// parseTerm reads one directive or modifier (sections 4.6.1 and 12).
func parseTerm(text string) Term {
	t := Term{Text: text, Qualifier: '+', Bits4: -1, Bits6: -1}
	if i := strings.IndexFunc(text, func(c rune) bool { return c <= ' ' || c > '~' }); i >= 0 {
		t.Err = "a character that is not printable ASCII"
		return t
	}
	rest := text
	qualified := strings.IndexByte("+-~?", text[0]) >= 0
	if qualified {
		t.Qualifier, rest = text[0], text[1:]
	}
	name, arg := rest, ""
	if i := strings.IndexAny(rest, ":/="); i >= 0 {
		name, arg = rest[:i], rest[i:]
	}
	t.Name = strings.ToLower(name)
	if strings.HasPrefix(arg, "=") {
		t.modifier(arg[1:], qualified)
		return t
	}
	t.mechanism(arg)
	return t
}

// modifier reads name=value (section 6). A name that nobody knows is fine if its
// value is a macro-string.
func (t *Term) modifier(value string, qualified bool) {
	t.Modifier = true
	switch {
	case qualified:
		t.Err = "a modifier takes no qualifier"
	case !isModifierName(t.Name):
		t.Err = "not a modifier name"
	case t.Name == "redirect" || t.Name == "exp":
		t.Spec, t.Err = parseDomainSpec(value)
	default:
		t.Spec, t.Err = parseMacros(value, true)
	}
}

func isModifierName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !isAlpha(c) && (i == 0 || !isDigit(c) && c != '-' && c != '_' && c != '.') {
			return false
		}
	}
	return s != ""
}

func (t *Term) mechanism(arg string) {
	switch t.Name {
	case "all": // section 5.1
		if arg != "" {
			t.Err = "all takes no argument"
		}
	case "include", "exists": // sections 5.2 and 5.7
		t.domain(arg, true)
	case "ptr": // section 5.5
		t.domain(arg, false)
	case "a", "mx": // sections 5.3 and 5.4
		t.hosts(arg)
	case "ip4", "ip6": // section 5.6
		t.network(arg)
	default:
		t.Err = "not a mechanism of SPF"
	}
}

func (t *Term) domain(arg string, required bool) {
	switch {
	case arg == "" && required:
		t.Err = t.Name + " needs a domain"
	case arg == "":
	case arg[0] != ':':
		t.Err = t.Name + " takes no prefix length"
	default:
		t.Spec, t.Err = parseDomainSpec(arg[1:])
	}
}

// hosts reads [":" domain-spec] [dual-cidr-length].
func (t *Term) hosts(arg string) {
	if i := strings.LastIndex(arg, "//"); i >= 0 && allDigits(arg[i+2:]) {
		t.Bits6 = t.bits(arg[i+2:], 128)
		arg = arg[:i]
	}
	if i := strings.LastIndexByte(arg, '/'); i >= 0 && allDigits(arg[i+1:]) {
		t.Bits4 = t.bits(arg[i+1:], 32)
		arg = arg[:i]
	}
	switch {
	case arg == "" || t.Err != "":
	case arg[0] != ':':
		t.Err = "not a prefix length"
	default:
		t.Spec, t.Err = parseDomainSpec(arg[1:])
	}
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// bits reads a prefix length: no leading zero, at most limit.
func (t *Term) bits(s string, limit int) int {
	n, err := strconv.Atoi(s)
	if err != nil || n > limit || len(s) > 1 && s[0] == '0' {
		t.Err = fmt.Sprintf("prefix length %s is not 0 to %d", s, limit)
		return -1
	}
	return n
}

func (t *Term) network(arg string) {
	if len(arg) < 2 || arg[0] != ':' {
		t.Err = t.Name + " needs an address"
		return
	}
	limit := 32
	if t.Name == "ip6" {
		limit = 128
	}
	text, bits := arg[1:], limit
	if i := strings.IndexByte(text, '/'); i >= 0 {
		bits = t.bits(text[i+1:], limit)
		text = text[:i]
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Is4() != (t.Name == "ip4") || addr.Zone() != "" {
		t.Err = "not an IPv4 address"
		if t.Name == "ip6" {
			t.Err = "not an IPv6 address"
		}
	}
	if t.Err == "" {
		t.Network = unmap(netip.PrefixFrom(addr, bits))
	}
}

// unmap gives a network of IPv4-mapped addresses as the IPv4 network that it
// stands for (RFC 4291 section 2.5.5.2).
func unmap(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

func isAlpha(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
