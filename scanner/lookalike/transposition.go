package lookalike

// transposition swaps two letters that stand side by side.
func (m *maker) transposition() bool {
	for i := 0; i+1 < len(m.label); i++ {
		if !m.own(m.with(i, i+2, m.label[i+1], m.label[i]), at(i, costTransposition)) {
			return false
		}
	}
	return true
}
