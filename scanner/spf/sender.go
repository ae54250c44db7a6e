package spf

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// maxPTR bounds the names of an address that are looked at (RFC 7208 section
// 4.6.4).
const maxPTR = 10

// value gives what a macro letter stands for (section 7.2).
func (e *evaluation) value(ctx context.Context, current msp.Name, letter byte) string {
	switch letter {
	case 's':
		return e.local + "@" + string(e.sender)
	case 'l':
		return e.local
	case 'o':
		return string(e.sender)
	case 'd':
		return string(current)
	case 'i':
		return dotted(e.ip)
	case 'p':
		return e.validated(ctx, current)
	case 'h':
		return e.helo
	case 'v':
		if e.ip.Is4() {
			return "in-addr"
		}
		return "ip6"
	case 'c':
		return e.ip.String()
	case 'r':
		if e.Receiver != "" {
			return e.Receiver
		}
		return "unknown"
	}
	return strconv.FormatInt(e.Now.Unix(), 10) // t
}

// dotted gives an IPv4 address as it is, and the 32 nibbles of an IPv6 address.
func dotted(ip netip.Addr) string {
	if ip.Is4() {
		return ip.String()
	}
	nibbles := make([]string, 0, 32)
	for _, b := range ip.As16() {
		nibbles = append(nibbles, fmt.Sprintf("%x.%x", b>>4, b&15))
	}
	return strings.Join(nibbles, ".")
}

// reverse gives the name under which the PTR records of ip stand (RFC 1035
// section 3.5, RFC 3596 section 2.5).
func reverse(ip netip.Addr) msp.Name {
	parts := strings.Split(dotted(ip), ".")
	slices.Reverse(parts)
	zone := ".in-addr.arpa"
	if !ip.Is4() {
		zone = ".ip6.arpa"
	}
	return msp.Name(strings.Join(parts, ".") + zone)
}

// names gives the validated names of ip: those of its PTR set whose addresses
// hold ip (section 5.5). What cannot be looked up is passed over.
func (e *evaluation) names(ctx context.Context) []msp.Name {
	if e.asked {
		return e.valid
	}
	e.asked = true
	a := e.Resolver.Resolve(ctx, scanner.Question{Name: reverse(e.ip), Type: "PTR"})
	if a.Outcome != fact.Present {
		return nil
	}
	for _, r := range a.Records[:min(len(a.Records), maxPTR)] {
		name, err := msp.ParseName(first(r))
		if err != nil {
			continue
		}
		host := e.Resolver.Resolve(ctx, scanner.Question{Name: name, Type: e.family()})
		if e.within(host, Term{Bits4: -1, Bits6: -1}) {
			e.valid = append(e.valid, name)
		}
	}
	return e.valid
}

// pointer reports whether a validated name is the target or below it.
func (e *evaluation) pointer(ctx context.Context, target msp.Name) bool {
	return slices.ContainsFunc(e.names(ctx), func(n msp.Name) bool { return n.Within(target) })
}

// validated gives the value of %{p}: the current domain if it is a validated
// name, else one below it, else any, else "unknown" (section 7.3).
func (e *evaluation) validated(ctx context.Context, current msp.Name) string {
	names := e.names(ctx)
	if slices.Contains(names, current) {
		return string(current)
	}
	for _, n := range names {
		if n.Within(current) {
			return string(n)
		}
	}
	if len(names) > 0 {
		return string(names[0])
	}
	return "unknown"
}

// explain fetches the text of exp. Whatever is wrong with it, there is no
// explanation then, and the result stands (section 6.2).
func (e *evaluation) explain(ctx context.Context, from origin) string {
	value := func(letter byte) string { return e.value(ctx, from.domain, letter) }
	name, err := targetName(from.exp.expand(value))
	if err != nil {
		return ""
	}
	a := e.Resolver.Resolve(ctx, scanner.Question{Name: name, Type: "TXT"})
	if a.Outcome != fact.Present || len(a.Records) != 1 {
		return ""
	}
	text := strings.Join(a.Records[0].Fields, "")
	if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' }) {
		return "" // US-ASCII only
	}
	m, why := parseMacros(text, true)
	if why != "" {
		return ""
	}
	return m.expand(value)
}
