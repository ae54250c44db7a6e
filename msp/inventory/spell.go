package inventory

// speller finds the nearest valid word. Its budget bounds the work of a run, so
// that a file of nothing but misspelt words stays fast; when it is spent, no
// word is suggested.
type speller struct {
	budget int // cells of the distance table still allowed
	rows   [3][]int
}

func newSpeller() *speller { return &speller{budget: 250_000_000} }

// nearest gives the known word closest to s: at most 1 edit away for words of up
// to 3 characters, 2 up to 8, else 3. The first of equals wins.
func (sp *speller) nearest(s string, known []string) (string, bool) {
	best, found := reachOf(s)+1, ""
	for _, k := range known {
		if sp.budget <= 0 || best == 0 {
			break
		}
		if d := sp.distance(s, k, best-1); d < best && d < len(k) {
			best, found = d, k
		}
	}
	return found, found != ""
}

func reachOf(s string) int {
	switch {
	case len(s) <= 3:
		return 1
	case len(s) <= 8:
		return 2
	}
	return 3
}

// distance gives the Damerau-Levenshtein distance (optimal string alignment) of
// a and b in bytes, or a number over most if it is greater. Only the band of
// the table within most of its diagonal is computed.
func (sp *speller) distance(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		sp.budget--
		return most + 1
	}
	for i := range sp.rows {
		if len(sp.rows[i]) < len(b)+1 {
			sp.rows[i] = make([]int, 2*len(b)+1)
		}
	}
	before, prev, cur := sp.rows[0], sp.rows[1], sp.rows[2]
	for j := 0; j <= min(len(b), most+1); j++ {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		if sp.fillRow(a, b, i, most, before, prev, cur) > most {
			return most + 1
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(b)]
}

// fillRow computes row i of the band and gives its least value.
func (sp *speller) fillRow(a, b string, i, most int, before, prev, cur []int) int {
	from, to := max(1, i-most), min(len(b), i+most)
	cur[from-1] = most + 1
	if from == 1 {
		cur[0] = i
	}
	least := cur[from-1]
	for j := from; j <= to; j++ {
		cost := 1
		if a[i-1] == b[j-1] {
			cost = 0
		}
		d := min(prev[j-1]+cost, cur[j-1]+1)
		if j < i+most {
			d = min(d, prev[j]+1)
		}
		if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
			d = min(d, before[j-2]+1)
		}
		cur[j] = d
		least = min(least, d)
	}
	if to < len(b) {
		cur[to+1] = most + 1
	}
	sp.budget -= to - from + 2
	return least
}

// Nearest gives the known word that s was probably meant to be; false if none is
// near.
func Nearest(s string, known []string) (string, bool) { return newSpeller().nearest(s, known) }
