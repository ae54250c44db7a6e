package spf

import (
	"strings"

	"mspscan/scanner"
)

// texts gives the SPF records of a TXT answer: the strings of a record joined
// without blanks (RFC 7208 section 3.3), others left out (section 4.5).
func texts(a scanner.Answer) []string {
	var list []string
	for _, r := range a.Records {
		if text := strings.Join(r.Fields, ""); r.Type == "TXT" && IsRecord(text) {
			list = append(list, text)
		}
	}
	return list
}
