// Package fieldlist reads the "version; name=value; …" records that MTA-STS (RFC
// 8461 section 3.1) and SMTP TLS reporting (RFC 8460 section 3) share.
package fieldlist

import (
	"fmt"
	"strings"
)

// Field is one name=value. Names are case-sensitive.
type Field struct{ Name, Value string }

const wsp = " \t"

// Is reports whether a text begins with exactly the version, such as "v=STSv1",
// ended by white space, a semicolon or the end.
func Is(text, version string) bool {
	rest, found := strings.CutPrefix(text, version)
	return found && (rest == "" || strings.ContainsRune(wsp+";", rune(rest[0])))
}

// Parse gives the fields behind the version and what is wrong with the list. Is
// has to hold. Sound fields are given whatever else is wrong; values are checked
// by whoever knows the name.
func Parse(text, version string) (fields []Field, errors []string) {
	rest := strings.Trim(text[len(version):], wsp)
	if rest != "" && rest[0] != ';' {
		return nil, []string{"no semicolon behind " + version}
	}
	parts := strings.Split(strings.TrimPrefix(rest, ";"), ";")
	for i, part := range parts {
		part = strings.Trim(part, wsp)
		if part == "" && i == len(parts)-1 { // a semicolon may end the list
			break
		}
		name, value, found := strings.Cut(part, "=")
		switch {
		case part == "":
			errors = append(errors, "an empty field")
		case !found:
			errors = append(errors, fmt.Sprintf("%q is no field", part))
		case !IsName(name):
			errors = append(errors, fmt.Sprintf("%q is no field name", name))
		default:
			fields = append(fields, Field{name, value})
		}
	}
	return fields, errors
}

// IsName holds the rule for field names: 1 to 32 letters, digits, underscores,
// hyphens and dots, the first a letter or digit.
func IsName(s string) bool {
	if s == "" || len(s) > 32 || strings.ContainsRune("_-.", rune(s[0])) {
		return false
	}
	return strings.IndexFunc(s, func(c rune) bool { return !isAlnum(c) && c != '_' && c != '-' && c != '.' }) < 0
}

// IsAlnum reports whether s is 1 to limit letters and digits.
func IsAlnum(s string, limit int) bool {
	return s != "" && len(s) <= limit && strings.IndexFunc(s, func(c rune) bool { return !isAlnum(c) }) < 0
}

func isAlnum(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// IsValue holds the rule for the values of extensions: printable, without blank,
// semicolon and equals sign.
func IsValue(s string) bool {
	return s != "" && strings.IndexFunc(s, func(c rune) bool { return c <= ' ' || c > '~' || c == ';' || c == '=' }) < 0
}
