package lookalike

// hyphenation puts a hyphen between two letters.
func (m *maker) hyphenation() bool {
	for i := 1; i < len(m.label); i++ {
		if !m.own(m.with(i, i, '-'), costHyphenation) {
			return false
		}
	}
	return true
}
