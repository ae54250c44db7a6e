package msp

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
)

// RelationshipID names a relationship: provider>customer/service-slug. Letters
// that no slug holds (Greek, Han, …) are told apart by a hash of the service's
// name behind the slug.
func RelationshipID(provider, customer, service string) string {
	slug := Slug(service)
	for _, r := range service {
		if unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) {
			sum := sha256.Sum256([]byte(service))
			slug = strings.TrimPrefix(slug+"-"+hex.EncodeToString(sum[:4]), "-")
			break
		}
	}
	return provider + ">" + customer + "/" + slug
}

// Slug turns a text into the part of a subject id: lower-case ASCII letters and
// digits, every run of other characters one hyphen, none at the ends.
func Slug(s string) string {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			out = append(out, byte(r))
		case r >= 'A' && r <= 'Z':
			out = append(out, byte(r-'A'+'a'))
		case len(out) > 0 && out[len(out)-1] != '-':
			out = append(out, '-')
		}
	}
	for len(out) > 0 && out[len(out)-1] == '-' {
		out = out[:len(out)-1]
	}
	return string(out)
}
