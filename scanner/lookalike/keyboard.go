package lookalike

import (
	"slices"
	"sync"
)

// layout is a keyboard: its rows of keys from the top, digits first.
type layout [4]string

func layouts() []layout {
	return []layout{
		{"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"},
		{"1234567890", "qwertzuiop", "asdfghjkl", "yxcvbnm"},
		{"1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn"},
	}
}

// Where the first key of each row stands, in widths of a key (ISO/IEC 9995-2),
// and how far apart the middles of neighbours are at most, along the row.
var rowStart = [4]float64{0, 0.5, 0.75, 1.25}

const reach = 0.8

type key struct {
	r   rune
	row int
	x   float64
}

func (l layout) keys() []key {
	var list []key
	for row, keys := range l {
		for i, r := range []rune(keys) {
			list = append(list, key{r, row, rowStart[row] + float64(i)})
		}
	}
	return list
}

// near reports whether a finger that aims at a may hit b.
func (a key) near(b key) bool {
	apart, rows := a.x-b.x, a.row-b.row
	if apart < 0 {
		apart = -apart
	}
	return rows == 0 && apart == 1 || (rows == 1 || rows == -1) && apart <= reach
}

// neighbours gives the keys beside r on any of the layouts, sorted.
func neighbours(r rune) []rune {
	if r >= 0x80 {
		return nil
	}
	return allNeighbours()[r]
}

// allNeighbours is worked out once.
var allNeighbours = sync.OnceValue(func() [0x80][]rune {
	var table [0x80][]rune
	for _, l := range layouts() {
		for _, a := range l.keys() {
			for _, b := range l.keys() {
				if a.near(b) {
					table[a.r] = append(table[a.r], b.r)
				}
			}
		}
	}
	for r := range table {
		slices.Sort(table[r])
		table[r] = slices.Compact(table[r])
	}
	return table
})
