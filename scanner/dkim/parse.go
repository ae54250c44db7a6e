// Package dkim reads DKIM keys (RFC 6376 section 3.6.1, RFC 8301, RFC 8463): who
// can sign mail as a domain, and with how weak a key.
package dkim

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
)

// Record is a parsed key record. Unknown tags are left out.
type Record struct {
	KeyType string // rsa or ed25519, or what else is written
	Bits    int    // of the modulus of an RSA key, 256 of Ed25519; 0 = no key
	Revoked bool   // p is there and empty
	Testing bool   // flag y
	Errors  []string
}

// fws is the white space that may stand around tags and inside base64 (RFC 6376
// section 2.8).
const fws = " \t\r\n"

type tag struct{ name, value string }

// IsRecord reports whether a text was meant to be a key record: it has a tag
// v=DKIM1, or a p and no other v. Names and the version are case-sensitive.
func IsRecord(text string) bool {
	p := false
	for _, part := range strings.Split(text, ";") {
		name, value, _ := strings.Cut(part, "=")
		switch strings.Trim(name, fws) {
		case "v":
			return strings.Trim(value, fws) == "DKIM1"
		case "p":
			p = true
		}
	}
	return p
}

// Parse reads a key record and names every fault. It is false for a text that is
// none.
func Parse(text string) (Record, bool) {
	if !IsRecord(text) {
		return Record{}, false
	}
	r := Record{KeyType: "rsa"}
	values := map[string]string{}
	for i, t := range r.tags(text) {
		if _, twice := values[t.name]; twice { // section 3.2: the whole list is void
			r.fault("tag %s stands twice", t.name)
			continue
		}
		if t.name == "v" && i > 0 {
			r.fault("v is not the first tag")
		}
		values[t.name] = t.value
	}
	r.flags(values["t"])
	if k, ok := values["k"]; ok {
		r.KeyType = k
	}
	key, ok := values["p"]
	if !ok {
		r.fault("p is missing")
		return r, true
	}
	r.key(strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(key))
	return r, true
}

func (r *Record) fault(format string, args ...any) {
	r.Errors = append(r.Errors, fmt.Sprintf(format, args...))
}

// tags cuts the tag-list of section 3.2. A semicolon may end it, and nothing may
// come behind that.
func (r *Record) tags(text string) []tag {
	var list []tag
	parts := strings.Split(text, ";")
	for i, part := range parts {
		if part == "" && i == len(parts)-1 && i > 0 {
			break
		}
		name, value, found := strings.Cut(part, "=")
		name = strings.Trim(name, fws)
		switch {
		case strings.Trim(part, fws) == "":
			r.fault("an empty tag")
		case !found || !isName(name):
			r.fault("%q is no tag", part)
		default:
			list = append(list, tag{name, strings.Trim(value, fws)})
		}
	}
	return list
}

func isName(s string) bool {
	for i, c := range []byte(s) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}

func (r *Record) flags(value string) {
	for _, f := range strings.Split(value, ":") {
		if strings.Trim(f, fws) == "y" {
			r.Testing = true
		}
	}
}

// key reads p for the key type. An empty p revokes the key.
func (r *Record) key(encoded string) {
	if r.KeyType != "rsa" && r.KeyType != "ed25519" {
		r.fault("key type %q is not known", r.KeyType)
		return
	}
	if encoded == "" {
		r.Revoked = true
		return
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		r.fault("p is not base64")
		return
	}
	if r.KeyType == "ed25519" { // RFC 8463 section 4: 32 octets
		if len(raw) != 32 {
			r.fault("an Ed25519 key of %d octets, it has 32", len(raw))
			return
		}
		r.Bits = 256
		return
	}
	if r.Bits = rsaBits(raw); r.Bits == 0 {
		r.fault("p is not an RSA key")
	}
}

// rsaBits reads the two forms in use: SubjectPublicKeyInfo and the bare
// RSAPublicKey of the standard's text (erratum 3017).
func rsaBits(raw []byte) int {
	if key, err := x509.ParsePKIXPublicKey(raw); err == nil {
		if k, ok := key.(*rsa.PublicKey); ok {
			return k.N.BitLen()
		}
		return 0
	}
	if k, err := x509.ParsePKCS1PublicKey(raw); err == nil {
		return k.N.BitLen()
	}
	return 0
}
