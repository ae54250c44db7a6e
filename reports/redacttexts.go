package reports

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"mspscan/msp"
	"mspscan/msp/domain"
)

// found are the patterns that texts are searched for.
type found struct {
	mail, name, ipv4, ipv6, opaque *regexp.Regexp
}

func patterns() found {
	return found{
		mail:   regexp.MustCompile(`[\p{L}\p{N}._%+=/-]+@([\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+)`),
		name:   regexp.MustCompile(`[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?(?:\.[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?)+`),
		ipv4:   regexp.MustCompile(`\d{1,3}(?:\.\d{1,3}){3}`),
		ipv6:   regexp.MustCompile(`(?:ip6:)?([0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:[0-9.]+)?)`),
		opaque: regexp.MustCompile(`[A-Za-z0-9_+/-]{16,}|=([A-Za-z0-9_+/-]{8,})`),
	}
}

// texts finds in free text what no list declares: names below the domains of the
// parties, addresses, mail addresses and tokens that stand for an account.
func (t *nameTable) texts() {
	p := patterns()
	names := map[msp.Name]bool{}
	for n := range t.clients {
		names[n] = true
	}
	for n := range t.others {
		names[n] = true
	}
	for _, s := range sortedTexts(t.outside) {
		t.search(p, s, names)
	}
	t.hideNames(names)
}

// search takes one text apart.
func (t *nameTable) search(p found, s string, names map[msp.Name]bool) {
	for _, m := range p.mail.FindAllStringSubmatch(s, -1) {
		t.hide("contact", m[0], false, m[0]).mail = m[1]
	}
	for _, m := range p.name.FindAllString(s, -1) {
		if n, err := domain.Parse(m); err == nil && t.isName(n) {
			names[n] = true
		}
	}
	for _, m := range p.ipv4.FindAllString(s, -1) {
		t.address(m)
	}
	for _, m := range p.ipv6.FindAllStringSubmatch(s, -1) {
		t.address(m[1])
	}
	if t.outside[s] == classID {
		return // ids are no tokens
	}
	for _, m := range p.opaque.FindAllStringSubmatch(s, -1) {
		token := cmp.Or(m[1], m[0])
		if opaque(token) && t.matcher.find(token) == nil {
			t.hide("token", token, false, token)
		}
	}
}

func sortedTexts(set map[string]class) []string {
	list := make([]string, 0, len(set))
	for s := range set {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}

// address hides an IP address as it is written.
func (t *nameTable) address(s string) {
	for _, form := range []string{s, strings.TrimRight(s, ".:")} {
		if a, err := netip.ParseAddr(form); err == nil {
			t.hide("address", a.StringExpanded(), false, form)
			return
		}
	}
}

// opaque reports whether a run of characters stands for an account rather than
// for a word: it mixes letters and digits.
func opaque(s string) bool {
	return strings.ContainsAny(s, "0123456789") && strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
}

// isName tells a DNS name from a file or a field that is written with dots: it
// lies in a zone of a party, or its top level is delegated or reserved (RFC 2606,
// RFC 6761, RFC 8375).
func (t *nameTable) isName(n msp.Name) bool {
	if _, ok := t.baseOf(n); ok {
		return true
	}
	if suffix, icann := publicsuffix.PublicSuffix(string(n)); icann || strings.Contains(suffix, ".") {
		return string(n) != suffix
	}
	labels := n.Labels()
	return slices.Contains([]string{"example", "test", "invalid", "local", "internal", "localhost", "onion", "corp", "lan"}, labels[len(labels)-1])
}

// baseOf gives the shortest declared name above n, or n itself.
func (t *nameTable) baseOf(n msp.Name) (msp.Name, bool) {
	var base msp.Name
	for at := n; at != "" && at != msp.Root; at = at.Parent() {
		if t.clients[at] || t.others[at] {
			base = at
		}
	}
	return base, base != ""
}

// hideNames hides the names of the parties that the level hides: domains, hosts
// below them, and the service labels in front left as they are.
func (t *nameTable) hideNames(names map[msp.Name]bool) {
	sorted := make([]msp.Name, 0, len(names))
	for n := range names {
		sorted = append(sorted, n)
	}
	slices.Sort(sorted)
	for _, n := range sorted {
		base, declared := t.baseOf(n)
		if !declared {
			base = registrable(n)
		}
		if t.hides(n) {
			t.hideName(n, base)
		}
	}
}

// hides reports whether the level hides whom a name belongs to.
func (t *nameTable) hides(n msp.Name) bool {
	for at := n; at != "" && at != msp.Root; at = at.Parent() {
		if t.clients[at] {
			return t.level.client()
		}
		if t.others[at] {
			break
		}
	}
	return t.level.provider()
}

func registrable(n msp.Name) msp.Name {
	if r, ok := domain.Registrable(n); ok {
		return r
	}
	return n
}

// hideName registers a name with the domain that it lies in.
func (t *nameTable) hideName(n, base msp.Name) {
	_, declared := t.baseOf(n)
	zone := t.matcher.find(string(base))
	if zone == nil {
		zone = t.hide("domain", string(base), declared, string(base), unicodeForm(base))
	}
	before, labels, rest := serviceLabels(n)
	switch {
	case n == base:
		t.matcher.add(unicodeForm(n), zone, reachAnywhere)
		return
	case rest == base && before == "":
		h := t.hide("service", string(n), declared, string(n), unicodeForm(n))
		h.base, h.labels = zone, labels
		return
	}
	h := t.hide("host", string(n), declared, string(n), unicodeForm(n))
	h.base, h.labels = zone, labels
	if before != "" { // whose name stands there is hidden too
		h.labels, h.after = "", labels
	}
}
