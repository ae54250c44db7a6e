// Package mtasts reads MTA-STS records and policies (RFC 8461): whether mail to a
// domain can be forced off TLS by somebody on the way.
package mtasts

import (
	"fmt"
	"strconv"
	"strings"

	"mspscan/msp/domain"
	"mspscan/scanner/internal/fieldlist"
)

// Record is a parsed TXT record at _mta-sts.
type Record struct {
	ID     string
	Errors []string
}

const version = "v=STSv1"

// IsRecord reports whether a TXT text is an MTA-STS record, sound or not.
func IsRecord(text string) bool { return fieldlist.Is(text, version) }

// Parse reads a record (section 3.1). It is false for a text that is none. Of a
// field that stands twice the first counts.
func Parse(text string) (Record, bool) {
	if !IsRecord(text) {
		return Record{}, false
	}
	var r Record
	fields, errors := fieldlist.Parse(text, version)
	seen := false
	for _, f := range fields {
		switch {
		case f.Name != "id":
			if !fieldlist.IsValue(f.Value) {
				errors = append(errors, fmt.Sprintf("the value of %s is not sound", f.Name))
			}
		case seen:
			errors = append(errors, "a second id")
		case !fieldlist.IsAlnum(f.Value, 32):
			errors = append(errors, "id is not 1 to 32 letters and digits")
			seen = true
		default:
			r.ID, seen = f.Value, true
		}
	}
	if !seen {
		errors = append(errors, "id is missing")
	}
	r.Errors = errors
	return r, true
}

// Policy is a parsed policy file. Modes are enforce, testing and none.
type Policy struct {
	Mode   string
	MX     []string // names in lower case, "*." in front for one label more
	MaxAge int      // seconds
	Errors []string
}

// maxMaxAge is the longest life of a policy, about a year (section 3.2).
const maxMaxAge = 31557600

// ParsePolicy reads a policy file (section 3.2) and names every fault. Of a key
// that stands twice the first counts, but for mx. A policy with Errors counts for
// nothing at a sender.
func ParsePolicy(text string) Policy {
	var p Policy
	seen := map[string]bool{}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		if strings.Trim(line, wsp) == "" {
			if i < len(lines)-1 {
				p.fault("line %d is empty", i+1)
			}
			continue
		}
		key, value, found := strings.Cut(line, ":")
		value = strings.Trim(value, wsp)
		if !found {
			p.fault("line %d has no colon", i+1)
			continue
		}
		if !seen[key] || key == "mx" {
			p.set(key, value, i+1)
		}
		seen[key] = true
	}
	for _, key := range []string{"version", "mode", "max_age"} {
		if !seen[key] {
			p.fault("%s is missing", key)
		}
	}
	if !seen["mx"] && p.Mode != "none" && p.Mode != "" {
		p.fault("mode %s needs an mx", p.Mode)
	}
	return p
}

const wsp = " \t"

func (p *Policy) fault(format string, args ...any) {
	p.Errors = append(p.Errors, fmt.Sprintf(format, args...))
}

func (p *Policy) set(key, value string, line int) {
	switch key {
	case "version":
		if value != "STSv1" {
			p.fault("line %d: version is not STSv1", line)
		}
	case "mode":
		if p.Mode = value; value != "enforce" && value != "testing" && value != "none" {
			p.Mode = ""
			p.fault("line %d: mode is not enforce, testing or none", line)
		}
	case "max_age":
		p.age(value, line)
	case "mx":
		p.exchanger(value, line)
	default:
		if !fieldlist.IsName(key) || !isText(value) {
			p.fault("line %d is no field", line)
		}
	}
}

func (p *Policy) age(value string, line int) {
	n, err := strconv.ParseUint(value, 10, 63)
	if err != nil || len(value) > 10 {
		p.fault("line %d: max_age is not 1 to 10 digits", line)
		return
	}
	p.MaxAge = int(min(n, maxMaxAge))
}

func (p *Policy) exchanger(value string, line int) {
	star := strings.HasPrefix(value, "*.")
	name, err := domain.Parse(strings.TrimPrefix(value, "*."))
	if err != nil || !isASCII(value) || strings.Contains(string(name), "_") {
		p.fault("line %d: mx is not a name or *. and a name", line)
		return
	}
	if star {
		name = "*." + name
	}
	p.MX = append(p.MX, string(name))
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c > '~' }) < 0
}

// isText holds the rule for the values of extensions: no control characters.
func isText(s string) bool {
	return s != "" && strings.IndexFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f || c == '\uFFFD' }) < 0
}

// Covers reports whether the policy lets mail go to host: a name that is equal, or
// one label below a "*." name (section 4.1).
func (p Policy) Covers(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	_, above, _ := strings.Cut(host, ".")
	for _, m := range p.MX {
		if m == host || above != "" && m == "*."+above {
			return true
		}
	}
	return false
}
