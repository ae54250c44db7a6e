package lookalike

import "strings"

// plural adds the ending of a plural to the label, or to a part of it that could
// be a word.
func (m *maker) plural() bool {
	for i := 2; i <= len(m.label); i++ {
		ending := []rune{'s'}
		if strings.ContainsRune("sxz", m.label[i-1]) {
			ending = []rune{'e', 's'}
		}
		cost := costPlural
		if i < len(m.label) && m.label[i] != '-' {
			cost = costInsertion
		}
		if !m.own(m.with(i, i, ending...), cost) {
			return false
		}
	}
	return true
}
