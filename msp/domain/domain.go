// Package domain turns what people write into canonical names and says who can
// register them: IDNA (RFC 5891, UTS 46) and the Public Suffix List.
package domain

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"mspscan/msp"
)

// ErrHostname is the cause of every error of Parse.
var ErrHostname = errors.New("not a domain name")

// maxWritten bounds what Parse looks at, in bytes: 253 characters of four.
const maxWritten = 4 * 254

// Parse reads a domain or host name as people write it: Unicode or A-labels,
// any case, final dot optional. Labels hold letters, digits, hyphens and
// underscores (RFC 952, RFC 1123 section 2.1; underscores for service names);
// an IP address, a URL, a wildcard, the root and single labels are refused, and
// so is every character that cannot be seen, even where UTS 46 would drop it: a
// name that needs a joiner can be written as an A-label.
func Parse(s string) (msp.Name, error) {
	name, why := parse(s)
	if why != "" {
		return "", fmt.Errorf("%w: %s: %s", ErrHostname, quote(s), why)
	}
	return name, nil
}

func parse(s string) (name msp.Name, why string) {
	if why := notHostname(s); why != "" {
		return "", why
	}
	// UTS 46 revision 31 maps the capital sharp s to the small one; the tables of
	// the library still make it "ss", which is another name
	ascii, err := profile().ToASCII(strings.ReplaceAll(s, "\u1e9e", "\u00df"))
	if err != nil {
		return "", strings.TrimPrefix(err.Error(), "idna: ")
	}
	name, err = msp.ParseName(ascii)
	if err != nil {
		return "", badName(ascii)
	}
	return name, badLabels(name)
}

// profile is UTS 46 processing, non-transitional (sections 4 and 4.2). Hyphens
// in the third and fourth place are allowed, as such names exist; what a label
// may hold is checked by badLabels.
func profile() *idna.Profile {
	return idna.New(
		idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.ValidateLabels(true),
		idna.StrictDomainName(false), idna.CheckHyphens(false), idna.CheckJoiners(true),
	)
}

func notHostname(s string) string {
	switch {
	case s == "" || s == ".":
		return "empty"
	case len(s) > maxWritten:
		return "over 253 characters"
	case !utf8.ValidString(s):
		return "not UTF-8"
	case strings.ContainsAny(s, "/:@\\%?#[]*") || strings.ContainsFunc(s, unicode.IsSpace):
		return "a name is labels joined by dots, without scheme, port, path, star or blanks"
	case strings.ContainsFunc(s, invisible):
		return "a character that cannot be seen"
	}
	return ""
}

// invisible reports control characters, and the format characters that hold
// joiners, marks of direction and the soft hyphen.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// badName says why msp.ParseName refused a name.
func badName(s string) string {
	for _, l := range strings.Split(strings.TrimSuffix(s, "."), ".") {
		switch {
		case l == "":
			return "an empty label"
		case len(l) > 63:
			return "a label over 63 characters"
		}
	}
	return "over 253 characters"
}

func badLabels(n msp.Name) string {
	labels := n.Labels()
	if len(labels) < 2 {
		return "a single label"
	}
	for _, l := range labels {
		if why := badHyphens(l); why != "" {
			return why
		}
		for _, c := range []byte(l) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return fmt.Sprintf("label %s holds %q", quote(l), rune(c))
			}
		}
	}
	// a top-level domain is never all digits (RFC 3696 section 2), so that short
	// and over-long forms of an IPv4 address are none either
	if strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return "an IP address or a number is not a name"
	}
	return ""
}

// badHyphens checks an A-label as it is and as what it stands for (UTS 46 section
// 4.1, criteria V3 and V4).
func badHyphens(l string) string {
	forms := []string{l}
	if strings.HasPrefix(l, "xn--") {
		u, err := idna.Punycode.ToUnicode(l)
		if err != nil || strings.HasPrefix(u, "xn--") {
			return "label " + l + " is no A-label"
		}
		forms = append(forms, u)
	}
	for _, f := range forms {
		if f[0] == '-' || f[len(f)-1] == '-' {
			return "label " + l + " begins or ends with a hyphen"
		}
	}
	return ""
}

// quote gives s in quotes, cut to a length that an error can carry.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		return fmt.Sprintf("%+q and %d bytes more", s[:most], len(s)-most)
	}
	return fmt.Sprintf("%+q", s)
}

// Suffix gives the public suffix of n in the ICANN section of the list: the
// zone under which others register names. A name outside the list has its last
// label as suffix (the list's default rule); the root is its own.
func Suffix(n msp.Name) msp.Name {
	if n == msp.Root || n == "" {
		return msp.Root
	}
	suffix, icann := publicsuffix.PublicSuffix(string(n))
	for !icann && strings.Contains(suffix, ".") {
		// private section: ask for the suffix of what lies above it
		suffix, icann = publicsuffix.PublicSuffix(suffix[strings.IndexByte(suffix, '.')+1:])
	}
	if n.Within(msp.Name(suffix)) {
		return msp.Name(suffix)
	}
	// an escaped dot, which the list's code takes for the end of a label
	labels := n.Labels()
	return msp.Name(labels[len(labels)-1])
}

// Registrable gives the domain that somebody registered to own n: one label
// below its ICANN suffix. It is false for suffixes themselves and the root.
func Registrable(n msp.Name) (msp.Name, bool) {
	labels, above := n.Labels(), len(Suffix(n).Labels())
	if len(labels) <= above {
		return "", false
	}
	return msp.Name(strings.Join(labels[len(labels)-above-1:], ".")), true
}

// Tenant gives the suffix in the private section of the list below which n
// lies: a service that hands names to its customers. It never names an owner,
// and the suffix itself is nobody's tenant.
func Tenant(n msp.Name) (msp.Name, bool) {
	suffix, icann := publicsuffix.PublicSuffix(string(n))
	zone := msp.Name(suffix)
	if icann || !strings.Contains(suffix, ".") || n == zone || !n.Within(zone) {
		return "", false
	}
	return zone, true
}
