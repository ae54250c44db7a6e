package lookalike

// repetition strikes a key twice.
func (m *maker) repetition() bool {
	for i, r := range m.label {
		if !m.own(m.with(i, i, r), costRepetition) {
			return false
		}
	}
	return true
}
