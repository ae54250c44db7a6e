// Package tlsrpt reads SMTP TLS reporting records (RFC 8460): whether a domain
// hears of it when mail to it could not be sent over TLS, and who else does.
package tlsrpt

import (
	"fmt"
	"net/url"
	"strings"

	"mspscan/msp/domain"
	"mspscan/scanner/internal/fieldlist"
)

// Record is a parsed TXT record at _smtp._tls.
type Record struct {
	URIs   []string // mailto and https, as written
	Errors []string
}

const version = "v=TLSRPTv1"

// IsRecord reports whether a TXT text is a TLS reporting record, sound or not.
func IsRecord(text string) bool { return fieldlist.Is(text, version) }

// Parse reads a record (section 3). It is false for a text that is none.
func Parse(text string) (Record, bool) {
	if !IsRecord(text) {
		return Record{}, false
	}
	var r Record
	fields, errors := fieldlist.Parse(text, version)
	r.Errors = errors
	seen := false
	for _, f := range fields {
		if f.Name == "rua" {
			seen = true
			r.receivers(f.Value)
		} else if !fieldlist.IsValue(f.Value) {
			r.Errors = append(r.Errors, fmt.Sprintf("the value of %s is not sound", f.Name))
		}
	}
	if !seen {
		r.Errors = append(r.Errors, "rua is missing")
	}
	return r, true
}

func (r *Record) receivers(value string) {
	for _, part := range strings.Split(value, ",") {
		part = strings.Trim(part, " \t")
		if why := wrongURI(part); why != "" {
			r.Errors = append(r.Errors, fmt.Sprintf("rua: %q %s", part, why))
			continue
		}
		r.URIs = append(r.URIs, part)
	}
}

// wrongURI says what is wrong with a receiver: mailto and https are the two
// schemes, and ! , ; have to be encoded (section 3).
func wrongURI(s string) string {
	if strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' || c == '!' }) {
		return "holds a character that has to be encoded"
	}
	u, err := url.Parse(s)
	if err != nil || s == "" {
		return "is not a URI"
	}
	host := u.Hostname()
	switch u.Scheme {
	case "mailto":
		at := strings.LastIndexByte(u.Opaque, '@')
		if at < 1 {
			return "has no mail address"
		}
		host = u.Opaque[at+1:]
	case "https":
	default:
		return "is neither mailto nor https"
	}
	if _, err := domain.Parse(host); err != nil {
		return "has no domain name"
	}
	return ""
}
