package lookalike

// bitsquatting flips one bit of one letter, as faulty memory does.
func (m *maker) bitsquatting() bool {
	for i, r := range m.label {
		if r >= 0x80 {
			continue
		}
		for bit := range 8 {
			flipped := byte(r) ^ 1<<bit
			if plain(flipped) && !m.own(m.with(i, i+1, rune(flipped)), at(i, costBit)) {
				return false
			}
		}
	}
	return true
}
