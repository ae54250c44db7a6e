package lookalike

// omission leaves one letter out.
func (m *maker) omission() bool {
	for i := range m.label {
		if !m.own(m.with(i, i+1), at(i, costOmission)) {
			return false
		}
	}
	return true
}
