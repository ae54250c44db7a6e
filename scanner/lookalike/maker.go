package lookalike

import (
	"strings"

	"golang.org/x/net/idna"

	"mspscan/msp"
	"mspscan/msp/domain"
)

const (
	maxLabel = 63  // octets, RFC 1035 section 2.3.4
	maxName  = 253 // characters without final dot
)

// maker makes the names of one domain.
type maker struct {
	label    []rune // the registered label, as people read it
	suffixOf string // what it stands under, without leading dot
	words    []string
	suffixes []string
	most     int // cost above which nothing is wanted
	family   Family
	yield    func(Candidate) bool

	seen    seen
	scratch []rune
	once    []rune // the result of a first change, while a second is made
	out     []byte
}

func newMaker(n msp.Name, o Options, yield func(Candidate) bool) (*maker, bool) {
	reg, ok := Registrable(n)
	if !ok {
		return nil, false
	}
	label := reg.Labels()[0]
	m := &maker{
		label: readable(label), suffixOf: string(reg[len(label)+1:]), words: o.Words, suffixes: o.Suffixes,
		most: 100 - max(o.Least, 1), yield: yield, seen: newSeen(),
	}
	if m.words == nil {
		m.words = Words()
	}
	if m.suffixes == nil {
		m.suffixes = Suffixes()
	}
	m.seen.add([]byte(reg))
	return m, true
}

// readable gives the runes of a label, those behind an A-label where it is one.
func readable(label string) []rune {
	if u, err := idna.Punycode.ToUnicode(label); err == nil && strings.HasPrefix(label, "xn--") {
		label = u
	}
	return []rune(label)
}

// take hands out label under suffix unless it is the domain itself, came before,
// is no valid name or costs too much. false = nobody wants more.
func (m *maker) take(label []rune, suffix string, cost int) bool {
	if cost > m.most {
		return true
	}
	var ok bool
	if m.out, ok = appendLabel(m.out[:0], label); !ok {
		return true
	}
	m.out = append(append(m.out, '.'), suffix...)
	if len(m.out) > maxName || !m.seen.add(m.out) {
		return true
	}
	return m.yield(Candidate{Name: msp.Name(m.out), Family: m.family, Likeness: 100 - cost})
}

// own hands out a label under the domain's own suffix.
func (m *maker) own(label []rune, cost int) bool { return m.take(label, m.suffixOf, cost) }

// at adds what a change of the first letter costs.
func at(i, cost int) int {
	if i == 0 {
		return cost + costFirst
	}
	return cost
}

// with gives the label with the runes from i to j replaced.
func (m *maker) with(i, j int, by ...rune) []rune {
	m.scratch = append(append(append(m.scratch[:0], m.label[:i]...), by...), m.label[j:]...)
	return m.scratch
}

// text hands out a label that is given as text.
func (m *maker) text(label, suffix string, cost int) bool {
	m.scratch = append(m.scratch[:0], []rune(label)...)
	return m.take(m.scratch, suffix, cost)
}

// appendLabel writes a label as it stands in DNS; false if it is none.
func appendLabel(dst []byte, label []rune) ([]byte, bool) {
	if len(label) == 0 || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
		return dst, false
	}
	start := len(dst)
	ascii := true
	for _, r := range label {
		switch {
		case r >= 0x80:
			ascii = false
		case !plain(byte(r)):
			return dst, false
		}
	}
	if !ascii {
		dst, ok := appendPunycode(append(dst, "xn--"...), label)
		return dst, ok && len(dst)-start <= maxLabel
	}
	for _, r := range label {
		dst = append(dst, byte(r))
	}
	// RFC 5891 section 4.2.3.1: such a label would pass for an A-label
	return dst, len(label) < 4 || string(dst[start:start+4]) != "xn--"
}

// plain reports whether c may stand in a host's label.
func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-'
}

// Valid reports whether a word of a user's list can be part of a label.
func Valid(word string) bool {
	if word == "" || len(word) > maxLabel {
		return false
	}
	for i := range len(word) {
		if !plain(word[i]) {
			return false
		}
	}
	return true
}

// ValidSuffix reports whether a suffix of a user's list can end a name.
func ValidSuffix(s string) bool {
	_, err := domain.Parse("a." + s)
	return err == nil
}
