// Package caa looks at which authorities may issue certificates for a name: the
// CAA record set that applies to it (RFC 8659, RFC 8657, RFC 9495).
package caa

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// flagCritical is the Issuer Critical Flag, bit 0 of the flags octet (RFC 8659
// section 4.1). Records that set the octet to 1 mean the same flag: they count
// the bits from the other end, and authorities honour it.
const (
	flagCritical = 128
	flagMistaken = 1
)

// Value is what an issue, issuewild or issuemail property says.
type Value struct {
	Issuer     msp.Name // "" = no authority may issue
	Parameters []Parameter
}

// Parameter is one tag=value of an issue property; tags are lower-case.
type Parameter struct{ Tag, Value string }

// ErrValue is the cause of every error of ParseValue.
var ErrValue = errors.New("malformed issue value")

// ParseValue reads the value of an issue property (RFC 8659 section 4.2):
// blanks, an issuer domain name or none, and parameters behind semicolons.
func ParseValue(s string) (Value, error) {
	var v Value
	parts := strings.Split(s, ";")
	issuer := trim(parts[0])
	if issuer != "" {
		name, err := parseIssuer(issuer)
		if err != nil {
			return Value{}, err
		}
		v.Issuer = name
	}
	if trim(strings.Join(parts[1:], ";")) == "" {
		return v, nil
	}
	for _, part := range parts[1:] {
		p, err := parseParameter(part)
		if err != nil {
			return Value{}, err
		}
		v.Parameters = append(v.Parameters, p)
	}
	return v, nil
}

// parseIssuer reads labels of letters, digits and inner hyphens.
func parseIssuer(s string) (msp.Name, error) {
	for _, label := range strings.Split(s, ".") {
		if !isTag(label) {
			return "", fmt.Errorf("%w: issuer %q is not a domain name", ErrValue, scanner.Printable(s))
		}
	}
	name, err := msp.ParseName(s)
	if err != nil {
		return "", fmt.Errorf("%w: issuer %q is not a domain name", ErrValue, scanner.Printable(s))
	}
	return name, nil
}

func parseParameter(s string) (Parameter, error) {
	tag, value, found := strings.Cut(s, "=")
	tag, value = trim(tag), trim(value)
	if !found || !isTag(tag) {
		return Parameter{}, fmt.Errorf("%w: parameter %q is not tag=value", ErrValue, scanner.Printable(trim(s)))
	}
	for _, c := range []byte(value) { // %x21-3A / %x3C-7E
		if c < 0x21 || c > 0x7e || c == ';' {
			return Parameter{}, fmt.Errorf("%w: parameter %s holds a byte that may not stand there", ErrValue, tag)
		}
	}
	return Parameter{strings.ToLower(tag), value}, nil
}

// isTag reports whether s is letters and digits with hyphens inside.
func isTag(s string) bool {
	if s == "" || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, c := range []byte(s) {
		if !alnum(c) && c != '-' {
			return false
		}
	}
	return true
}

func alnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func trim(s string) string { return strings.Trim(s, " \t") }

// Parse reads one CAA record. What cannot be read is kept, with Error set.
func Parse(r scanner.Record) fact.CAARecord {
	if len(r.Fields) != 3 {
		return fact.CAARecord{Error: "the record does not have three fields"}
	}
	tag := strings.ToLower(r.Fields[1])
	c := fact.CAARecord{Tag: scanner.Printable(tag), Value: scanner.Printable(r.Fields[2])}
	flags, err := strconv.ParseUint(r.Fields[0], 10, 8)
	if err != nil {
		c.Error = "the flags are not a number up to 255"
		return c
	}
	c.Flags = int(flags)
	if c.Error = faultyTag(tag); c.Error != "" {
		return c
	}
	switch tag {
	case "issue", "issuewild", "issuemail":
		v, err := ParseValue(r.Fields[2])
		if err != nil {
			c.Error = err.Error()
		}
		c.Issuer = v.Issuer
	case "iodef":
		c.Error = faultyIodef(r.Fields[2])
	}
	return c
}

// faultyTag checks the property tag: letters and digits only (section 4.1).
func faultyTag(tag string) string {
	if tag == "" {
		return "the tag is empty"
	}
	for _, c := range []byte(tag) {
		if !alnum(c) {
			return "the tag holds something else than letters and digits"
		}
	}
	return ""
}

// faultyIodef checks that the value is a mailto, http or https URL (section 4.4).
func faultyIodef(value string) string {
	lower := strings.ToLower(value)
	for _, scheme := range []string{"mailto:", "http://", "https://"} {
		if rest, ok := strings.CutPrefix(lower, scheme); ok && rest != "" {
			return ""
		}
	}
	return "the iodef value is not a mailto, http or https URL"
}

// knownTag reports whether a property tag is defined: RFC 8659 section 4, RFC
// 9495 (issuemail), the CA/Browser Forum's contact properties and issuevmc of
// the mark certificates. The registry's "reserved" tags have no meaning.
func knownTag(tag string) bool {
	switch tag {
	case "issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone":
		return true
	}
	return false
}

func critical(flags int) bool { return flags&(flagCritical|flagMistaken) != 0 }

// UnknownCritical gives the tags of critical properties that nobody defines:
// an authority must not issue while one stands in the set (section 4.1).
func UnknownCritical(set []fact.CAARecord) []string {
	var tags []string
	for _, r := range set {
		if critical(r.Flags) && !knownTag(r.Tag) {
			tags = append(tags, r.Tag)
		}
	}
	return tags
}
