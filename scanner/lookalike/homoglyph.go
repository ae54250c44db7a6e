package lookalike

// homoglyph puts letters of the same or nearly the same shape: the whole label
// in another script first, then one letter, at any of its places or at several
// in a row.
func (m *maker) homoglyph() bool {
	if whole, ok := wholeScript(m.label); ok && !m.own(whole, costSameShape) {
		return false
	}
	return m.reshape(m.label, func(label []rune, cost int) bool { return m.own(label, cost) })
}

// twice changes the shape of two letters. It comes after every family: what one
// change makes is not to pass for the work of two.
func (m *maker) twice() bool {
	m.family = Homoglyph
	if costSecond > m.most {
		return true
	}
	return m.reshape(m.label, func(label []rune, cost int) bool {
		m.once = append(m.once[:0], label...)
		return m.reshape(m.once, func(label []rune, second int) bool { return m.own(label, cost+second+costSecond) })
	})
}

// wholeScript gives the label in Cyrillic letters, if each of its letters has
// one; digits and hyphens stay.
func wholeScript(label []rune) ([]rune, bool) {
	out, letters := make([]rune, len(label)), 0
	for i, r := range label {
		out[i] = r
		if r >= '0' && r <= '9' || r == '-' {
			continue
		}
		c, ok := cyrillicOf()[r]
		if !ok {
			return nil, false
		}
		out[i] = c
		letters++
	}
	return out, letters > 0
}

// reshape hands each label with one letter reshaped to use, until it has enough.
// A letter that stands several times is reshaped at every run of its places.
func (m *maker) reshape(label []rune, use func([]rune, int) bool) bool {
	var places [maxLabel]int
	buf := make([]rune, 0, 3*maxLabel)
	for i, r := range label {
		glyphs := glyphsOf(r)
		if len(glyphs) == 0 || len(label) > maxLabel {
			continue
		}
		n := 0
		for j := i; j < len(label); j++ { // the run begins at i and ends at any later place
			if label[j] != r {
				continue
			}
			places[n], n = j, n+1
			for _, g := range glyphs {
				buf = replaceAt(buf[:0], label, places[:n], g.text)
				if !use(buf, at(i, g.cost)) {
					return false
				}
			}
		}
	}
	return true
}

// replaceAt writes the label to dst with the runes at places replaced.
func replaceAt(dst, label []rune, places []int, by []rune) []rune {
	from := 0
	for _, p := range places {
		dst = append(append(dst, label[from:p]...), by...)
		from = p + 1
	}
	return append(dst, label[from:]...)
}
