package lookalike

// replacement strikes a neighbouring key instead of the right one.
func (m *maker) replacement() bool {
	for i, r := range m.label {
		for _, c := range neighbours(r) {
			if !m.own(m.with(i, i+1, c), at(i, costReplacement)) {
				return false
			}
		}
	}
	return true
}
