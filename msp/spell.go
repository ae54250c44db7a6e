package msp

// Nearest gives the known word closest to s, within a third of its length (one
// to three edits, a swap of neighbours being one); "" if none is. The first of
// equals wins. Words of over 64 bytes are close to nothing.
func Nearest(s string, known []string) string {
	best, found := max(1, min(3, len(s)/3))+1, ""
	for _, k := range known {
		if d := editDistance(s, k); d < best {
			best, found = d, k
		}
	}
	return found
}

// editDistance is the optimal string alignment distance in bytes.
func editDistance(a, b string) int {
	const longest = 64
	if len(a) > longest || len(b) > longest {
		return longest
	}
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j-1]+cost, prev[j]+1, cur[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(b)]
}
