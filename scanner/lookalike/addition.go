package lookalike

const alphanumeric = "0123456789abcdefghijklmnopqrstuvwxyz"

// addition puts one letter or digit behind the label.
func (m *maker) addition() bool {
	n := len(m.label)
	for _, c := range alphanumeric {
		if !m.own(m.with(n, n, c), costAddition) {
			return false
		}
	}
	return true
}
