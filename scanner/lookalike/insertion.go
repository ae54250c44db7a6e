package lookalike

// insertion strikes a neighbouring key before or after a letter.
func (m *maker) insertion() bool {
	for i, r := range m.label {
		for _, c := range neighbours(r) {
			if !m.own(m.with(i, i, c), at(i, costInsertion)) || !m.own(m.with(i+1, i+1, c), costInsertion) {
				return false
			}
		}
	}
	return true
}
