package reports

import (
	"strings"
	"unicode"
)

// reach says where a form of a name is looked for.
type reach int

const (
	reachAnywhere reach = iota // also inside of longer words
	reachWord                  // between signs and blanks
	reachID                    // in ids only: too short, or too common a word
)

// hidden is one thing that gets a pseudonym, however it is written.
type hidden struct {
	kind, key string  // what it is and what orders it among its kind
	base      *hidden // of a host: its domain
	labels    string  // of a host: the service labels in front, such as _dmarc.
	after     string  // and those behind
	mail      string  // of a contact: the domain behind the @
	ruled     bool    // also hidden in the texts of rules: who is declared
	listed    bool
	shown     string // the pseudonym
}

// matcher finds the forms of hidden names in a text: at each place the longest.
// Case is folded rune by rune.
type matcher struct {
	root trie
}

type trie struct {
	next map[rune]*trie
	end  *hidden
	wide reach
}

// add registers a form. What was registered first stays.
func (m *matcher) add(form string, h *hidden, wide reach) {
	at := &m.root
	for _, r := range form {
		r = unicode.ToLower(r)
		if at.next == nil {
			at.next = map[rune]*trie{}
		}
		if at.next[r] == nil {
			at.next[r] = &trie{}
		}
		at = at.next[r]
	}
	if at.end == nil && at != &m.root {
		at.end, at.wide = h, wide
	}
}

// find gives what a whole text names.
func (m *matcher) find(form string) *hidden {
	at := &m.root
	for _, r := range form {
		if at = at.next[unicode.ToLower(r)]; at == nil {
			return nil
		}
	}
	return at.end
}

// replace writes the pseudonym for each form that stands in s and that the class
// looks for.
func (m *matcher) replace(c class, s string) string {
	text := []rune(s)
	var b strings.Builder
	kept := 0
	for i := 0; i < len(text); {
		h, end := m.longest(c, text, i)
		if h == nil {
			i++
			continue
		}
		b.WriteString(string(text[kept:i]))
		b.WriteString(h.shown)
		i, kept = end, end
	}
	if kept == 0 {
		return s
	}
	b.WriteString(string(text[kept:]))
	return b.String()
}

// longest gives the longest form that begins at a place, and its end.
func (m *matcher) longest(c class, text []rune, from int) (found *hidden, end int) {
	at := &m.root
	for i := from; i < len(text); i++ {
		if at = at.next[unicode.ToLower(text[i])]; at == nil {
			break
		}
		if at.end != nil && at.looked(c) && (at.wide == reachAnywhere || bounded(text, from, i+1)) {
			found, end = at.end, i+1
		}
	}
	return found, end
}

// looked reports whether a class looks for the form that ends here.
func (t *trie) looked(c class) bool {
	switch c {
	case classID:
		return true
	case classText:
		return t.wide != reachID
	case classRule: // packs of one's own may name the client
		return t.end.ruled && (t.wide == reachAnywhere || t.wide == reachWord && t.end.kind == "client")
	}
	return false
}

func bounded(text []rune, from, end int) bool {
	return (from == 0 || !wordRune(text[from-1])) && (end == len(text) || !wordRune(text[end]))
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
