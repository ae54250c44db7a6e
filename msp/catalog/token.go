package catalog

import "strings"

// token is a text that a vendor has its customers publish in TXT.
type token struct {
	text  string // lower case
	entry int
}

func newToken(text string, entry int) token { return token{strings.ToLower(text), entry} }

// Token says which vendor asked for a TXT record. A token of the table is what
// the record begins with, upper and lower case alike; something has to follow
// it. Where it holds a star, the star stands for one or more characters and the
// whole record has to fit. The longest token wins.
func (c *Catalog) Token(txt string) (Entry, bool) {
	txt = strings.ToLower(strings.TrimSpace(txt))
	for _, t := range c.tokens {
		if t.fits(txt) {
			return c.entries[t.entry], true
		}
	}
	return Entry{}, false
}

func (t token) fits(txt string) bool {
	if strings.Contains(t.text, "*") {
		return glob(t.text, txt)
	}
	return len(txt) > len(t.text) && strings.HasPrefix(txt, t.text)
}

// glob holds s against a pattern whose stars stand for one or more characters.
// Taking the first place of each middle part is enough: what comes before it is
// the shortest possible, so that no later choice is lost.
func glob(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if !strings.HasPrefix(s, first) {
		return false
	}
	s = s[len(first):]
	for _, part := range parts[1 : len(parts)-1] {
		if s == "" {
			return false
		}
		at := strings.Index(s[1:], part)
		if at < 0 {
			return false
		}
		s = s[1+at+len(part):]
	}
	return len(s) > len(last) && strings.HasSuffix(s, last)
}

func (c *Catalog) hasToken(text string) bool {
	text = strings.ToLower(text)
	for _, t := range c.tokens {
		if t.text == text {
			return true
		}
	}
	return false
}
