// Package domain turns what people write into canonical names and says who can
// register them: IDNA (RFC 5891, UTS 46) and the Public Suffix List.
package domain

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"mspscan/msp"
)

// ErrHostname is the cause of every error of Parse.
var ErrHostname = errors.New("not a domain name")

// Parse reads a domain or host name as people write it: Unicode or A-labels,
// any case, final dot optional. Labels hold letters, digits, hyphens and
// underscores (RFC 952, RFC 1123 section 2.1; underscores for service names);
// an IP address, a URL, the root and single labels are refused.
func Parse(s string) (msp.Name, error) {
	if why := notHostname(s); why != "" {
		return "", fmt.Errorf("%w: %q: %s", ErrHostname, s, why)
	}
	ascii, err := idna.New(
		idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false),
		idna.StrictDomainName(false), idna.CheckHyphens(false), idna.CheckJoiners(true),
	).ToASCII(strings.TrimSuffix(s, "."))
	if err != nil {
		return "", fmt.Errorf("%w: %q: %v", ErrHostname, s, err)
	}
	name, err := msp.ParseName(ascii)
	if err != nil {
		return "", fmt.Errorf("%w: %q: %v", ErrHostname, s, errors.Unwrap(err))
	}
	if why := badLabels(name); why != "" {
		return "", fmt.Errorf("%w: %q: %s", ErrHostname, s, why)
	}
	return name, nil
}

func notHostname(s string) string {
	if s == "" || s == "." {
		return "empty"
	}
	if strings.ContainsAny(s, "/:@ \t\\%") {
		return "a name is labels joined by dots, without scheme, port, path or blanks"
	}
	if _, err := netip.ParseAddr(strings.TrimSuffix(s, ".")); err == nil {
		return "an IP address is not a name"
	}
	return ""
}

func badLabels(n msp.Name) string {
	labels := n.Labels()
	if len(labels) < 2 {
		return "a single label"
	}
	for _, l := range labels {
		if l[0] == '-' || l[len(l)-1] == '-' {
			return "label " + l + " begins or ends with a hyphen"
		}
		for _, c := range []byte(l) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return fmt.Sprintf("label %s holds %q", l, string(rune(c)))
			}
		}
	}
	return ""
}

// Suffix gives the public suffix of n in the ICANN section of the list: the
// zone under which others register names. A name outside the list has its last
// label as suffix (the list's default rule).
func Suffix(n msp.Name) msp.Name {
	suffix, icann := publicsuffix.PublicSuffix(string(n))
	for !icann && strings.Contains(suffix, ".") {
		// private section: ask for the suffix of what lies above it
		suffix, icann = publicsuffix.PublicSuffix(suffix[strings.IndexByte(suffix, '.')+1:])
	}
	return msp.Name(suffix)
}

// Registrable gives the domain that somebody registered to own n: one label
// below its ICANN suffix. It is false for suffixes themselves and the root.
func Registrable(n msp.Name) (msp.Name, bool) {
	if n == msp.Root || n == "" {
		return "", false
	}
	suffix := Suffix(n)
	if n == suffix {
		return "", false
	}
	above := strings.TrimSuffix(string(n), "."+string(suffix))
	labels := msp.Name(above).Labels()
	return msp.Name(labels[len(labels)-1] + "." + string(suffix)), true
}

// Tenant gives the suffix in the private section of the list under which n
// lies: a service that hands names to its customers. It never names an owner.
func Tenant(n msp.Name) (msp.Name, bool) {
	suffix, icann := publicsuffix.PublicSuffix(string(n))
	if icann || !strings.Contains(suffix, ".") {
		return "", false
	}
	return msp.Name(suffix), true
}
