package reports

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"mspscan/msp"
)

// TerminalText makes outside text safe for a terminal and for CI logs: no
// control, no direction change, one line, and no workflow command: a text that
// begins with two colons shows the first as an escape.
func TerminalText(s string) string { return plainStart(msp.Visible(s)) }

// plainStart keeps a line from beginning as a workflow command. Leading blanks
// do not protect: runners trim them.
func plainStart(s string) string {
	if t := strings.TrimLeft(s, " "); strings.HasPrefix(t, "::") {
		return `\x3a` + t[1:]
	}
	return s
}

// MarkdownText makes outside text safe in Markdown, in running text, at the
// start of a line and in a table cell: it renders as what it says, never as
// markup, HTML, link, image, mention or reference. Text with something that a
// code host turns into more by itself goes into a code span, where that does not
// happen.
func MarkdownText(s string) string {
	s = strings.TrimSpace(msp.Visible(s))
	if s == "" {
		return ""
	}
	if strings.ContainsAny(s, "@#`\\<>&") || strings.Contains(s, "://") || strings.Contains(strings.ToLower(s), "www.") || shortcode().MatchString(s) {
		return MarkdownCode(s)
	}
	var b strings.Builder
	for i, r := range s {
		if strings.ContainsRune("*_[]|~$", r) || i == listMark(s) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// shortcode matches what code hosts replace by a picture.
var shortcode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`:[a-zA-Z0-9_+-]+:`) })

// listMark gives the place of the character that would make the start of s a
// list, a rule or a heading, -1 if there is none.
func listMark(s string) int {
	if strings.ContainsRune("-+=", rune(s[0])) {
		return 0
	}
	digits := strings.TrimLeft(s, "0123456789")
	if at := len(s) - len(digits); at > 0 && digits != "" && (digits[0] == '.' || digits[0] == ')') {
		return at
	}
	return -1
}

// MarkdownCode gives outside text as a code span that also holds in a table
// cell.
func MarkdownCode(s string) string {
	s = strings.TrimSpace(msp.Visible(s))
	if s == "" {
		return ""
	}
	s = strings.ReplaceAll(s, "|", `\|`) // GFM tables split before code spans are read
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// CSVCell guards a cell against being read as a formula by a spreadsheet: what
// begins with = + - @ tab or carriage return gets an apostrophe in front.
// Controls are made visible first. Numbers are not for this helper.
func CSVCell(s string) string {
	start := strings.TrimLeft(s, " \n\"'|\u200b\ufeff")
	risky := s != "" && strings.ContainsRune("=+-@\t\r|", rune(s[0])) || start != "" && strings.ContainsRune("=+-@\t\r", rune(start[0]))
	if s = msp.Visible(s); risky {
		return "'" + s
	}
	return s
}

// Cut shortens a text to at most n characters and shows that it did.
func Cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	if n < 1 {
		return ""
	}
	runes := []rune(s)
	return strings.TrimRight(string(runes[:n-1]), " ") + "…"
}
