package msp

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible makes text from outside harmless on a terminal and in the log of a CI
// system: line ends, control characters (C0, DEL, C1), bidirectional and
// zero-width characters, private and unassigned ones and bytes that are not
// UTF-8 become visible escapes (\n, \x1b, \u202e), and so do two number signs in
// a row, which some CI systems read as a command anywhere in a line. Printable
// text comes back as it is, so the result is for people, not for parsing.
func Visible(s string) string {
	if visible(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '#' && strings.HasPrefix(s[i:], "##"):
			b.WriteString(`\x23\x23`)
			size = 2
		case shown(r):
			b.WriteRune(r)
		default:
			b.WriteString(escaped(r))
		}
		i += size
	}
	return b.String()
}

func visible(s string) bool {
	if !utf8.ValidString(s) || strings.Contains(s, "##") {
		return false
	}
	for _, r := range s {
		if !shown(r) {
			return false
		}
	}
	return true
}

// shown reports whether r has a glyph of its own or is a blank.
func shown(r rune) bool { return r == ' ' || unicode.IsGraphic(r) && !unicode.Is(unicode.Zs, r) }

func escaped(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < 0x100:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}
