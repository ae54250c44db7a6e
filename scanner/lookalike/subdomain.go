package lookalike

// subdomain puts a dot between two letters: the end of the label becomes a
// domain, its beginning a name below it.
func (m *maker) subdomain() bool {
	for i := 1; i < len(m.label); i++ {
		if m.label[i] == '-' || m.label[i-1] == '-' {
			continue
		}
		below, ok := appendLabel(nil, m.label[i:])
		if !ok {
			continue
		}
		suffix := string(below) + "." + m.suffixOf
		if !m.take(m.label[:i], suffix, costSubdomain) {
			return false
		}
	}
	return true
}
