// Package lookalike makes the names that could be taken for a domain: slips of
// the finger, letters that look the same, words that intruders add. It asks
// nobody anything; which of the names somebody holds is for a sweep to find out.
//
// The order is fixed and no name comes twice. Every name is valid: labels of
// letters, digits and hyphens, or A-labels (RFC 5890 section 2.3.2.1) of letters
// that IDNA allows.
//
// Likeness is 100 less what the change costs, see the table in cost.go: the
// readier a reader sees a change, the more it costs.
package lookalike
