package msp

import (
	"errors"
	"fmt"
	"strings"
)

// Name is a domain name in canonical form: lower-case A-labels joined by dots,
// no final dot; the root is ".". Bytes that are not letters, digits, hyphens or
// underscores stand in the presentation form of RFC 1035 section 5.1 (\. and
// \DDD), so that two Names are equal exactly if the names are (RFC 4343).
// Turning Unicode into A-labels is the task of package domain.
type Name string

// Root is the name of the DNS root.
const Root Name = "."

// ErrName is the cause of every error of ParseName.
var ErrName = errors.New("not a domain name")

// ParseName reads a name in presentation form as DNS messages show it: final
// dot optional, escapes allowed, case folded. Labels hold 1 to 63 octets and a
// name at most 255 on the wire (RFC 1035 section 2.3.4).
func ParseName(s string) (Name, error) {
	if s == "." {
		return Root, nil
	}
	labels, err := splitLabels(strings.ToLower(s))
	if err != nil {
		return "", fmt.Errorf("%w: %q: %w", ErrName, s, err)
	}
	return Name(strings.Join(labels, ".")), nil
}

// splitLabels cuts s at dots that are not escaped and checks the sizes.
func splitLabels(s string) ([]string, error) {
	var labels []string
	wire, size, start := 1, 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			n := escapeLen(s[i:])
			if n == 0 {
				return nil, errors.New("unfinished escape")
			}
			i += n - 1
			size++
		case '.':
			if size == 0 {
				return nil, errors.New("empty label")
			}
			labels, wire = append(labels, s[start:i]), wire+size+1
			size, start = 0, i+1
		default:
			size++
		}
		if size > 63 {
			return nil, errors.New("label over 63 octets")
		}
	}
	if size > 0 {
		labels, wire = append(labels, s[start:]), wire+size+1
	}
	if len(labels) == 0 {
		return nil, errors.New("empty name")
	}
	if wire > 255 {
		return nil, errors.New("name over 255 octets")
	}
	return labels, nil
}

// escapeLen gives the length of the escape at the start of s, 0 if it is cut or
// no octet.
func escapeLen(s string) int {
	if len(s) < 2 {
		return 0
	}
	if s[1] < '0' || s[1] > '9' {
		return 2
	}
	if len(s) < 4 || strings.Trim(s[1:4], "0123456789") != "" || s[1:4] > "255" {
		return 0
	}
	return 4
}

// Labels gives the labels from left to right; none for the root.
func (n Name) Labels() []string {
	if n == Root || n == "" {
		return nil
	}
	labels, err := splitLabels(string(n))
	if err != nil {
		return []string{string(n)}
	}
	return labels
}

// Parent gives the name without its first label; the root's parent is the root.
func (n Name) Parent() Name {
	labels := n.Labels()
	if len(labels) < 2 {
		return Root
	}
	return Name(strings.Join(labels[1:], "."))
}

// Within reports whether n is zone or stands below it, label by label.
func (n Name) Within(zone Name) bool {
	if zone == Root || n == zone {
		return true
	}
	at := len(n) - len(zone) - 1
	if at <= 0 || n[at] != '.' || n[at+1:] != zone {
		return false
	}
	slashes := 0
	for i := at - 1; i >= 0 && n[i] == '\\'; i-- {
		slashes++
	}
	return slashes%2 == 0
}

// FQDN gives the name with its final dot, as in zone files.
func (n Name) FQDN() string {
	if n == Root {
		return "."
	}
	return string(n) + "."
}

// String gives the name as it is.
func (n Name) String() string { return string(n) }
