package probes

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// facts is what the probes found at one zone of the suite.
type facts struct {
	zone       msp.Name
	outcome    fact.Outcome
	delegation fact.Delegation
	mx         fact.MX
	mxOutcome  fact.Outcome
	spf        fact.SPF
	spfOutcome fact.Outcome
	agree      fact.Agree
	version    fact.Version
	prefixes   map[string][]netip.Prefix // the suite's table of routed prefixes, by row
}

// tagsOf maps the facts to the message tags of one test case.
func tagsOf(testCase string, f facts) []string {
	table := map[string]func(facts) []string{
		"delegation01": enoughTags, "delegation02": distinctTags, "delegation03": sizeTags,
		"consistency05": glueTags, "consistency06": mnameTags, "basic02": workingTags,
		"address01": reachTags, "zone09": mailTags, "zone11": spfTags,
		"nameserver15": softwareTags, "connectivity04": prefixTags,
	}
	tags := table[testCase](f)
	slices.Sort(tags)
	return slices.Compact(tags)
}

// addresses gives the addresses of hosts, delegated: from glue where the parent
// gave some, else as resolved.
func (f facts) addresses(host msp.Name, delegated bool) []string {
	var glue, resolved []string
	for _, g := range f.delegation.Glue {
		if g.Host == host {
			glue = append(glue, g.Address)
		}
	}
	for _, a := range f.delegation.Addresses {
		if a.Host == host {
			resolved = append(resolved, a.Address)
		}
	}
	if delegated && len(glue) > 0 {
		return glue
	}
	return resolved
}

func enoughTags(f facts) []string {
	var tags []string
	for side, hosts := range map[string][]msp.Name{"DEL": f.delegation.ParentNS, "CHILD": f.delegation.ChildNS} {
		v4, v6 := 0, 0
		for _, h := range hosts {
			for _, a := range f.addresses(h, side == "DEL") { // pairs of name and address count
				if strings.Contains(a, ":") {
					v6++
				} else {
					v4++
				}
			}
		}
		word := func(n int, what string) string {
			switch {
			case n >= 2:
				return "ENOUGH_" + what
			case n == 0 && what != "NS":
				return "NO_" + what
			}
			return "NOT_ENOUGH_" + what
		}
		tags = append(tags, word(len(hosts), "NS")+"_"+side, word(v4, "IPV4_NS")+"_"+side, word(v6, "IPV6_NS")+"_"+side)
	}
	return tags
}

func distinctTags(f facts) []string {
	var tags []string
	for side, hosts := range map[string][]msp.Name{"DEL": f.delegation.ParentNS, "CHILD": f.delegation.ChildNS} {
		owner := map[string]msp.Name{}
		tag := side + "_DISTINCT_NS_IP"
		for _, h := range hosts {
			for _, a := range f.addresses(h, side == "DEL") {
				if other, ok := owner[a]; ok && other != h {
					tag = side + "_NS_SAME_IP"
				}
				owner[a] = h
			}
		}
		tags = append(tags, tag)
	}
	return tags
}

// sizeTags builds the largest referral that the delegation may need.
func sizeTags(f facts) []string {
	zone := f.zone.FQDN()
	long := zone
	for len(long) < 254 {
		long = strings.Repeat("a", min(63, 254-len(long)-1)) + "." + long
	}
	m := new(dns.Msg).SetQuestion(long, dns.TypeNS)
	m.Compress = true
	for _, h := range f.delegation.ParentNS {
		m.Ns = append(m.Ns, &dns.NS{Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeNS, Class: 1}, Ns: h.FQDN()})
	}
	for _, rrtype := range []uint16{dns.TypeA, dns.TypeAAAA} {
		if rr := f.neededGlue(rrtype); rr != nil {
			m.Extra = append(m.Extra, rr)
		}
	}
	if m.Len() > 512 {
		return []string{"REFERRAL_SIZE_TOO_LARGE"}
	}
	return []string{"REFERRAL_SIZE_OK"}
}

// neededGlue gives one address record if all hosts with that type of address lie
// below the parent.
func (f facts) neededGlue(rrtype uint16) dns.RR {
	var rr dns.RR
	for _, h := range f.delegation.ParentNS {
		for _, a := range f.addresses(h, true) {
			addr := netip.MustParseAddr(a)
			if addr.Is4() != (rrtype == dns.TypeA) {
				continue
			}
			if !h.Within(f.delegation.Parent) {
				return nil
			}
			hdr := dns.RR_Header{Name: h.FQDN(), Rrtype: rrtype, Class: 1}
			rr = &dns.AAAA{Hdr: hdr, AAAA: addr.AsSlice()}
			if addr.Is4() {
				rr = &dns.A{Hdr: hdr, A: addr.AsSlice()}
			}
		}
	}
	return rr
}

func states(f facts) map[string]bool {
	seen := map[string]bool{}
	for _, s := range f.delegation.Servers {
		seen[s.State+" "+s.Reason] = true
		seen[s.State] = true
	}
	return seen
}

func glueTags(f facts) []string {
	seen := states(f)
	var tags []string
	inside := func(h msp.Name) bool { return h.Within(f.zone) }
	if !slices.ContainsFunc(f.delegation.ParentNS, inside) {
		return f.compareGlue(nil) // the suite asks the servers for names of the zone only
	}
	if seen[fact.ServerSilent] {
		tags = append(tags, "NO_RESPONSE")
	}
	for _, s := range []string{fact.ServerServfail, fact.ServerRefused, fact.ServerReferral, fact.ServerNotAuth} {
		if seen[s] {
			tags = append(tags, "CHILD_NS_FAILED")
		}
	}
	if !seen[fact.ServerAuthoritative] {
		return append(tags, "CHILD_ZONE_LAME")
	}
	return f.compareGlue(tags)
}

// compareGlue adds what glue and the zone's own addresses say of each other.
func (f facts) compareGlue(tags []string) []string {
	clean := len(tags)
	for _, h := range f.delegation.ParentNS {
		glue, child := f.addresses(h, true), f.addresses(h, false)
		inside := h.Within(f.zone)
		missing := slices.ContainsFunc(glue, func(a string) bool { return !slices.Contains(child, a) })
		extra := slices.ContainsFunc(child, func(a string) bool { return !slices.Contains(glue, a) })
		switch {
		case missing && inside:
			tags = append(tags, "IN_BAILIWICK_ADDR_MISMATCH")
		case missing:
			tags = append(tags, "OUT_OF_BAILIWICK_ADDR_MISMATCH")
		}
		if extra && inside {
			tags = append(tags, "EXTRA_ADDRESS_CHILD")
		}
	}
	if len(tags) == clean {
		tags = append(tags, "ADDRESSES_MATCH")
	}
	return tags
}

func mnameTags(f facts) []string {
	var tags []string
	names := map[msp.Name]bool{}
	for _, s := range f.delegation.Servers {
		switch {
		case s.MName != "":
			names[s.MName] = true
		case s.State == fact.ServerSilent:
			tags = append(tags, "NO_RESPONSE")
		default:
			tags = append(tags, "NO_RESPONSE_SOA_QUERY")
		}
	}
	switch len(names) {
	case 0:
	case 1:
		tags = append(tags, "ONE_SOA_MNAME")
	default:
		tags = append(tags, "MULTIPLE_SOA_MNAMES")
	}
	return tags
}

func workingTags(f facts) []string {
	seen := states(f)
	switch {
	case f.outcome == fact.Absent:
		return []string{"B02_NO_DELEGATION"}
	case seen[fact.ServerAuthoritative]:
		return []string{"B02_AUTH_RESPONSE_SOA"}
	}
	tags := []string{"B02_NO_WORKING_NS"}
	for state, tag := range map[string]string{
		fact.ServerNotAuth + " no_soa": "B02_NS_BROKEN", fact.ServerNotAuth + " no_aa": "B02_NS_NOT_AUTH",
		fact.ServerReferral: "B02_NS_NOT_AUTH", fact.ServerNoAddress: "B02_NS_NO_IP_ADDR",
		fact.ServerHostUnknown: "B02_NS_NO_IP_ADDR", fact.ServerSilent: "B02_NS_NO_RESPONSE",
		fact.ServerRefused: "B02_UNEXPECTED_RCODE", fact.ServerServfail: "B02_UNEXPECTED_RCODE",
		fact.ServerNXDomain: "B02_UNEXPECTED_RCODE",
	} {
		if seen[state] {
			tags = append(tags, tag)
		}
	}
	return tags
}

// reachTags sorts the servers' addresses by the special-purpose registries (RFC
// 6890).
func reachTags(f facts) []string {
	if len(f.delegation.ParentNS) == 0 {
		return []string{"A01_NO_NAME_SERVERS_FOUND"}
	}
	var tags []string
	global := false
	for _, h := range f.delegation.ParentNS {
		for _, a := range f.addresses(h, true) {
			tag := reach(netip.MustParseAddr(a))
			global = global || tag == "A01_GLOBALLY_REACHABLE_ADDR"
			tags = append(tags, tag)
		}
	}
	if !global {
		tags = append(tags, "A01_NO_GLOBALLY_REACHABLE_ADDR")
	}
	return tags
}

func reach(a netip.Addr) string {
	within := func(prefixes ...string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return netip.MustParsePrefix(p).Contains(a) })
	}
	switch {
	case within("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"):
		return "A01_DOCUMENTATION_ADDR"
	case a.IsPrivate(), a.IsLoopback(), a.IsLinkLocalUnicast(), within("100.64.0.0/10"):
		return "A01_LOCAL_USE_ADDR"
	case within("192.0.0.9/32", "192.0.0.10/32", "192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24",
		"64:ff9b::/96", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128", "2001:3::/32", "2001:4:112::/48", "2001:20::/28", "2001:30::/28", "2620:4f:8000::/48"):
		return "A01_GLOBALLY_REACHABLE_ADDR"
	case a.IsMulticast(), within("0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
		"::/96", "::ffff:0:0/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2002::/16", "5f00::/16"):
		return "A01_ADDR_NOT_GLOBALLY_REACHABLE"
	}
	return "A01_GLOBALLY_REACHABLE_ADDR"
}

func isMailDomain(zone msp.Name) bool {
	return len(zone.Labels()) > 1 && !zone.Within("arpa")
}

func mailTags(f facts) []string {
	tags := disagreeTags(f.agree.MX)
	found := slices.ContainsFunc(f.agree.MX.Servers, func(s fact.AgreeServer) bool { return s.Outcome == fact.Present })
	known := slices.ContainsFunc(f.agree.MX.Servers, func(s fact.AgreeServer) bool { return s.Outcome == fact.Absent })
	switch {
	case f.mx.Null && len(f.mx.Hosts) > 0:
		tags = append(tags, "Z09_NULL_MX_WITH_OTHER_MX")
	case f.mx.NullNonZero:
		tags = append(tags, "Z09_NULL_MX_NON_ZERO_PREF")
	case f.mx.Null:
	case found && len(f.zone.Labels()) == 1:
		tags = append(tags, "Z09_TLD_EMAIL_DOMAIN")
	case found:
		tags = append(tags, "Z09_MX_DATA")
	case known && isMailDomain(f.zone):
		tags = append(tags, "Z09_MISSING_MAIL_TARGET")
	}
	return tags
}

// disagreeTags says how the servers' answers about the MX set differ.
func disagreeTags(set fact.AgreeSet) []string {
	var tags []string
	var sets []string
	seen := map[fact.Outcome]bool{}
	for _, s := range set.Servers {
		seen[s.Outcome] = true
		switch {
		case s.Outcome == fact.Present:
			sets = append(sets, strings.Join(s.Values, ", "))
		case s.Reason == "timeout":
			tags = append(tags, "Z09_NO_RESPONSE_MX_QUERY")
		case s.Reason == "not_authoritative", s.Reason == "lame":
			tags = append(tags, "Z09_NON_AUTH_MX_RESPONSE")
		case s.Rcode != "NOERROR":
			tags = append(tags, "Z09_UNEXPECTED_RCODE_MX")
		}
	}
	slices.Sort(sets)
	if len(slices.Compact(sets)) > 1 {
		tags = append(tags, "Z09_INCONSISTENT_MX_DATA")
	}
	if seen[fact.Present] && seen[fact.Absent] {
		tags = append(tags, "Z09_INCONSISTENT_MX", "Z09_MX_FOUND", "Z09_NO_MX_FOUND")
	}
	return tags
}

func spfTags(f facts) []string {
	null := len(f.spf.Records) == 1 && f.spf.Records[0] == "v=spf1 -all"
	switch {
	case f.agree.SPF.Same == fact.Broken:
		return []string{"Z11_INCONSISTENT_SPF_POLICIES", "Z11_DIFFERENT_SPF_POLICIES_FOUND"}
	case f.spfOutcome == fact.Unknown:
		return []string{"Z11_UNABLE_TO_CHECK_FOR_SPF"}
	case !isMailDomain(f.zone) && f.spf.Result == "none":
		return []string{"Z11_NO_SPF_NON_MAIL_DOMAIN"}
	case f.spf.Result == "none":
		return []string{"Z11_NO_SPF_FOUND"}
	case len(f.spf.Records) > 1:
		return []string{"Z11_SPF_MULTIPLE_RECORDS"}
	case f.spf.Result == "permerror":
		return []string{"Z11_SPF_SYNTAX_ERROR"}
	case !isMailDomain(f.zone) && null:
		return []string{"Z11_NULL_SPF_NON_MAIL_DOMAIN"}
	case !isMailDomain(f.zone):
		return []string{"Z11_NON_NULL_SPF_NON_MAIL_DOMAIN"}
	}
	return []string{"Z11_SPF_SYNTAX_OK"}
}

func softwareTags(f facts) []string {
	var tags []string
	for _, s := range f.version.Servers {
		if s.WrongClass {
			tags = append(tags, "N15_WRONG_CLASS")
		}
		if s.Outcome == fact.Present {
			tags = append(tags, "N15_SOFTWARE_VERSION")
			continue
		}
		tags = append(tags, "N15_NO_VERSION_REVEALED")
		if s.Outcome == fact.Unknown {
			tags = append(tags, "N15_ERROR_ON_VERSION_QUERY")
		}
	}
	return tags
}

// prefixTags looks the addresses of the delegated servers up in the suite's own
// table: a scan asks no routing database, but its facts name every address.
func prefixTags(f facts) []string {
	members := map[netip.Prefix]int{}
	total := map[string]int{}
	for _, h := range f.delegation.ParentNS {
		for _, text := range f.addresses(h, true) {
			addr := netip.MustParseAddr(text)
			total[family(addr)]++
			if p, ok := longest(f.prefixes, addr); ok {
				members[p]++
			}
		}
	}
	if len(members) == 0 {
		return []string{"CN04_EMPTY_PREFIX_SET"}
	}
	var tags []string
	for p, n := range members {
		word := "CN04_" + family(p.Addr())
		if n > 1 {
			tags = append(tags, word+"_SAME_PREFIX")
		} else {
			tags = append(tags, word+"_DIFFERENT_PREFIX")
		}
		if n == total[family(p.Addr())] {
			tags = append(tags, word+"_SINGLE_PREFIX")
		}
	}
	return tags
}

func family(a netip.Addr) string {
	if a.Is4() {
		return "IPV4"
	}
	return "IPV6"
}

// longest gives the most specific prefix in the row of an address: the third
// octet of IPv4, the seventh group of IPv6, as the suite's zone has its rows.
func longest(table map[string][]netip.Prefix, addr netip.Addr) (best netip.Prefix, ok bool) {
	row := "*." + strconv.Itoa(int(addr.AsSlice()[2]))
	if addr.Is6() {
		hex := addr.StringExpanded()[30:34]
		row = "*." + strings.Join([]string{hex[3:4], hex[2:3], hex[1:2], hex[0:1]}, ".")
	}
	for _, p := range table[row] {
		if p.Contains(addr) && (!ok || p.Bits() > best.Bits()) {
			best, ok = p, true
		}
	}
	return best, ok
}
