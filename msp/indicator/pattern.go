package indicator

import (
	"strings"
)

const maxPattern = 1 << 16 // bytes

// parsePattern reads the STIX patterns that say "one of these names or addresses
// was seen": observation expressions of comparisons with = or IN on the value of
// a domain name or an address, all joined by OR (STIX 2.1, section 9). ok is
// false for any other pattern: an AND, NOT or FOLLOWEDBY narrows it to something
// that DNS alone cannot show, and a part of it would be a false lead.
func parsePattern(s string) (values []string, ok bool) {
	if len(s) > maxPattern {
		return nil, false
	}
	p := patternReader{rest: s}
	for {
		if !p.observation() {
			return nil, false
		}
		if p.blank(); p.rest == "" {
			return p.values, len(p.values) > 0
		}
		if !p.word("OR") {
			return nil, false
		}
	}
}

type patternReader struct {
	rest   string
	values []string
}

func (p *patternReader) blank() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

// sign takes a sign of one or more characters.
func (p *patternReader) sign(s string) bool {
	p.blank()
	rest, ok := strings.CutPrefix(p.rest, s)
	if ok {
		p.rest = rest
	}
	return ok
}

// word takes a keyword in capitals, as the grammar has it, that ends there.
func (p *patternReader) word(s string) bool {
	p.blank()
	rest, ok := strings.CutPrefix(p.rest, s)
	if !ok || rest != "" && !strings.ContainsAny(rest[:1], " \t\r\n[('") {
		return false
	}
	p.rest = rest
	return true
}

// observation takes [ … ], in round brackets or not.
func (p *patternReader) observation() bool {
	if p.sign("(") {
		for {
			if !p.observation() {
				return false
			}
			if p.sign(")") {
				return true
			}
			if !p.word("OR") {
				return false
			}
		}
	}
	return p.sign("[") && p.either() && p.sign("]")
}

// either takes comparisons joined by OR.
func (p *patternReader) either() bool {
	for {
		if !p.comparison() {
			return false
		}
		if !p.word("OR") {
			return true
		}
	}
}

func (p *patternReader) comparison() bool {
	if p.sign("(") {
		return p.either() && p.sign(")")
	}
	if !p.path() {
		return false
	}
	switch {
	case p.sign("="):
		return p.literal()
	case p.word("IN"):
		return p.literals()
	case p.word("ISSUBSET"):
		return p.literal()
	}
	return false
}

// path takes the object path of a name's or address's own value.
func (p *patternReader) path() bool {
	for _, object := range []string{"domain-name", "ipv4-addr", "ipv6-addr"} {
		if p.sign(object + ":value") {
			return true
		}
	}
	return false
}

func (p *patternReader) literals() bool {
	if !p.sign("(") {
		return false
	}
	for {
		if !p.literal() {
			return false
		}
		if p.sign(")") {
			return true
		}
		if !p.sign(",") {
			return false
		}
	}
}

// literal takes a string in single quotes; a backslash quotes the next
// character.
func (p *patternReader) literal() bool {
	if !p.sign("'") {
		return false
	}
	var b strings.Builder
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\'':
			p.values, p.rest = append(p.values, b.String()), p.rest[i+1:]
			return true
		case c == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return false
}
