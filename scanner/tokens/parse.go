// Package tokens reads the TXT records at the top of a domain, where vendors ask
// for verification tokens. Who a token belongs to is the catalogue's to say.
package tokens

import (
	"slices"
	"strings"

	"mspscan/scanner"
)

// Texts gives each TXT record as one printable text: its character strings
// joined without blanks, as every user of TXT reads them (RFC 7208 section 3.3),
// bytes outside printable ASCII as \DDD; sorted, each once.
func Texts(records []scanner.Record) []string {
	var texts []string
	for _, r := range records {
		if r.Type == "TXT" {
			texts = append(texts, scanner.Printable(strings.Join(r.Fields, "")))
		}
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}
