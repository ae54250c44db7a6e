package spf

import (
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
)

// MacroString is a text with macros (RFC 7208 section 7), cut into pieces.
type MacroString []Piece

// Piece is a literal text, or a macro if Letter is set.
type Piece struct {
	Text    string // literal, with %% %_ and %- already resolved
	Letter  byte   // lower case: s l o d i p h v c r t; 0 = literal
	Escape  bool   // written in upper case: URL-escape the value
	Keep    int    // right-hand parts to keep; 0 = all
	Reverse bool
	Delims  string // characters that split; "" = "."
}

const (
	domainLetters = "sldiophv" // section 7.2: in every macro-string
	textLetters   = "crt"      // and these in explanation texts only
	delimiters    = ".-+,/_="
)

// maxKeep bounds the digits of a macro: no name has as many labels.
const maxKeep = 128

// parseMacros reads a macro-string; the letters c, r and t are allowed in
// explanations and unknown modifiers. The error is "" or what is wrong.
func parseMacros(s string, text bool) (MacroString, string) {
	letters := domainLetters
	if text {
		letters += textLetters
	}
	m := MacroString{}
	for s != "" {
		i := strings.IndexByte(s, '%')
		if i != 0 {
			if i < 0 {
				i = len(s)
			}
			m, s = append(m, Piece{Text: s[:i]}), s[i:]
			continue
		}
		p, n, err := parseMacro(s, letters)
		if err != "" {
			return nil, err
		}
		m, s = append(m, p), s[n:]
	}
	return m, ""
}

// parseMacro reads the macro-expand at the start of s and gives its length.
func parseMacro(s, letters string) (Piece, int, string) {
	if len(s) < 2 {
		return Piece{}, 0, "a lone %"
	}
	switch s[1] {
	case '%':
		return Piece{Text: "%"}, 2, ""
	case '_':
		return Piece{Text: " "}, 2, ""
	case '-':
		return Piece{Text: "%20"}, 2, ""
	case '{':
	default:
		return Piece{}, 0, fmt.Sprintf("%q is not a macro", s[:2])
	}
	end := strings.IndexByte(s, '}')
	if end < 0 {
		return Piece{}, 0, "a macro without }"
	}
	p, err := parseBraces(s[2:end], letters)
	if err != "" {
		return Piece{}, 0, fmt.Sprintf("macro %s: %s", s[:end+1], err)
	}
	return p, end + 1, ""
}

// parseBraces reads macro-letter transformers *delimiter.
func parseBraces(s, letters string) (Piece, string) {
	if s == "" || !strings.ContainsRune(letters, rune(s[0]|0x20)) || !isAlpha(s[0]) {
		return Piece{}, "not a macro letter"
	}
	p := Piece{Letter: s[0] | 0x20, Escape: s[0] < 'a'}
	digits := 0
	for s = s[1:]; s != "" && isDigit(s[0]); s = s[1:] {
		p.Keep = min(p.Keep*10+int(s[0]-'0'), maxKeep)
		digits++
	}
	if digits > 0 && p.Keep == 0 { // section 7.1: zero is not allowed
		return Piece{}, "keeps no part"
	}
	if s != "" && s[0]|0x20 == 'r' {
		p.Reverse, s = true, s[1:]
	}
	if strings.Trim(s, delimiters) != "" {
		return Piece{}, "not a delimiter"
	}
	p.Delims = s
	return p, ""
}

// parseDomainSpec reads macro-string domain-end: the text ends in a macro or in
// a dot and a top label (section 7.1).
func parseDomainSpec(s string) (MacroString, string) {
	if s == "" {
		return nil, "an empty domain"
	}
	m, err := parseMacros(s, false)
	if err != "" {
		return nil, err
	}
	if endsInMacro(s) {
		return m, ""
	}
	text := strings.TrimSuffix(m[len(m)-1].Text, ".")
	i := strings.LastIndexByte(text, '.')
	if i < 0 {
		return nil, "a domain of one label"
	}
	if !isTopLabel(text[i+1:]) {
		return nil, fmt.Sprintf("%q is not a top-level label", text[i+1:])
	}
	return m, ""
}

// endsInMacro reports whether the last piece of a sound macro-string is a
// macro, %%, %_ and %- among them.
func endsInMacro(s string) bool {
	for s != "" {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			return false
		}
		n := 2
		if s[i+1] == '{' {
			n = strings.IndexByte(s[i:], '}') + 1
		}
		s = s[i+n:]
	}
	return true
}

// isTopLabel holds the rule of section 7.1: letters, digits and inner hyphens,
// and not digits alone.
func isTopLabel(s string) bool {
	if s == "" || allDigits(s) || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(c rune) bool {
		return c > '~' || !isAlpha(byte(c)) && !isDigit(byte(c)) && c != '-'
	})
}

// letters gives the macro letters that m uses, sorted.
func (m MacroString) letters() string {
	var list []byte
	for _, p := range m {
		if p.Letter != 0 && !slices.Contains(list, p.Letter) {
			list = append(list, p.Letter)
		}
	}
	slices.Sort(list)
	return string(list)
}

// static reports whether the domain alone decides what m expands to.
func (m MacroString) static() bool { return strings.Trim(m.letters(), "d") == "" }

// expand puts the values of the letters in.
func (m MacroString) expand(value func(letter byte) string) string {
	var b strings.Builder
	for _, p := range m {
		if p.Letter == 0 {
			b.WriteString(p.Text)
			continue
		}
		s := p.transform(value(p.Letter))
		if p.Escape {
			s = escapeURL(s)
		}
		b.WriteString(s)
	}
	return b.String()
}

// transform splits at the delimiters, reverses, keeps the right-hand parts and
// joins with dots (section 7.3).
func (p Piece) transform(s string) string {
	delims := p.Delims
	if delims == "" {
		delims = "."
	}
	parts := splitAny(s, delims)
	if p.Reverse {
		slices.Reverse(parts)
	}
	if p.Keep > 0 && p.Keep < len(parts) {
		parts = parts[len(parts)-p.Keep:]
	}
	return strings.Join(parts, ".")
}

func splitAny(s, delims string) []string {
	var parts []string
	for {
		i := strings.IndexAny(s, delims)
		if i < 0 {
			return append(parts, s)
		}
		parts, s = append(parts, s[:i]), s[i+1:]
	}
}

// escapeURL escapes all but the unreserved characters (RFC 3986 section 2.3).
func escapeURL(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if isAlpha(c) || isDigit(c) || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// maxName is the length of the longest name in presentation form without its
// final dot, if nothing in it is escaped.
const maxName = 253

// targetName turns an expanded domain-spec into a name. Labels are dropped from
// the left until it is short enough (section 7.3).
func targetName(s string) (msp.Name, error) {
	s = strings.TrimSuffix(s, ".")
	for len(s) > maxName {
		i := strings.IndexByte(s, '.')
		if i < 0 {
			break
		}
		s = s[i+1:]
	}
	return msp.ParseName(escapeName(s))
}

// escapeName writes raw octets in presentation form (RFC 1035 section 5.1);
// dots part labels.
func escapeName(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c <= ' ' || c > '~':
			fmt.Fprintf(&b, "\\%03d", c)
		case strings.IndexByte(`"'();@\`, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
