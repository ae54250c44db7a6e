package lookalike

import "strings"

const vowels = "aeiou"

// vowelSwap puts one vowel for another.
func (m *maker) vowelSwap() bool {
	for i, r := range m.label {
		if !strings.ContainsRune(vowels, r) {
			continue
		}
		for _, v := range vowels {
			if !m.own(m.with(i, i+1, v), at(i, costVowel)) {
				return false
			}
		}
	}
	return true
}
