package indicator

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/domain"
)

// The widest networks that are taken as an indicator: anything wider holds
// thousands of strangers.
const (
	minBits4 = 16
	minBits6 = 32
)

// parseValue reads a name, an address or a network. Dots in brackets, the usual
// way to keep an indicator from being clicked on, are read as dots.
func parseValue(s string) (name msp.Name, prefix netip.Prefix, why string) {
	s = refang(strings.TrimSpace(s))
	if a, err := netip.ParseAddr(s); err == nil {
		return "", netip.PrefixFrom(a.Unmap().WithZone(""), a.Unmap().BitLen()), notPublic(a.Unmap())
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return "", p.Masked(), notNetwork(p)
	}
	n, err := domain.Parse(strings.TrimPrefix(s, "*."))
	if err != nil {
		return "", netip.Prefix{}, strings.TrimPrefix(err.Error(), domain.ErrHostname.Error()+": ") + "; want a name or an address"
	}
	if shared(n) {
		return "", netip.Prefix{}, fmt.Sprintf("%s is a suffix below which anybody registers names", n)
	}
	return n, netip.Prefix{}, ""
}

func refang(s string) string {
	return strings.NewReplacer("[.]", ".", "(.)", ".", "[dot]", ".", "(dot)", ".", "[:]", ":").Replace(s)
}

// shared reports whether n is a public suffix, in either section of the list.
func shared(n msp.Name) bool {
	if domain.Suffix(n) == n {
		return true
	}
	tenant, ok := domain.Tenant("x." + n)
	return ok && tenant == n
}

func notNetwork(p netip.Prefix) string {
	least := minBits4
	if p.Addr().Is6() {
		least = minBits6
	}
	if p.Bits() < least {
		return fmt.Sprintf("network %s is wider than /%d", p, least)
	}
	return notPublic(p.Addr())
}

// notPublic refuses addresses that mean something else in every network.
func notPublic(a netip.Addr) string {
	if a.IsUnspecified() || a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsMulticast() {
		return fmt.Sprintf("%s is no public address", a)
	}
	return ""
}

// day reads a date of any usual precision into YYYY, YYYY-MM or YYYY-MM-DD; ""
// if it is none.
func day(s string) string {
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if _, err := time.Parse(layout, s); err == nil {
			return s
		}
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, "2006-01-02T15:04:05", "2006/01/02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC().Format(time.DateOnly)
		}
	}
	return ""
}
