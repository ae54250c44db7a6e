// Package dnssec looks at the chain of trust at a zone cut: the DS set of the
// parent, the zone's keys, the signatures over its keys and its SOA, and what
// the resolver's validator makes of them (RFC 4033, 4034, 4035). It is no
// validator of its own: it inspects two record sets and says what is wrong.
package dnssec

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// ParseDS reads a DS record (RFC 4034 section 5).
func ParseDS(r scanner.Record) (fact.DS, error) {
	if r.Type != "DS" || len(r.Fields) != 4 {
		return fact.DS{}, fmt.Errorf("parse DS: not four fields")
	}
	n, err := numbers(r.Fields, 16, 8, 8)
	if err != nil {
		return fact.DS{}, fmt.Errorf("parse DS: %w", err)
	}
	if _, err := hex.DecodeString(r.Fields[3]); err != nil || r.Fields[3] == "" {
		return fact.DS{}, fmt.Errorf("parse DS: the digest is not hexadecimal")
	}
	return fact.DS{
		KeyTag: int(n[0]), Algorithm: int(n[1]), DigestType: int(n[2]),
		Digest: strings.ToLower(r.Fields[3]),
	}, nil
}

// Key is a zone key with what is needed to use it.
type Key struct {
	Flags, Protocol, Algorithm int
	Public                     []byte // as in the record
	Rdata                      []byte // wire form
	Tag                        int
}

// The flags of a DNSKEY (RFC 4034 section 2.1.1, RFC 5011 section 7).
const (
	flagZone   = 0x0100
	flagRevoke = 0x0080
)

// ParseKey reads a DNSKEY record (RFC 4034 section 2).
func ParseKey(r scanner.Record) (Key, error) {
	if r.Type != "DNSKEY" || len(r.Fields) != 4 {
		return Key{}, fmt.Errorf("parse DNSKEY: not four fields")
	}
	n, err := numbers(r.Fields, 16, 8, 8)
	if err != nil {
		return Key{}, fmt.Errorf("parse DNSKEY: %w", err)
	}
	public, err := base64.StdEncoding.DecodeString(r.Fields[3])
	if err != nil {
		return Key{}, fmt.Errorf("parse DNSKEY: the key is not base64")
	}
	k := Key{Flags: int(n[0]), Protocol: int(n[1]), Algorithm: int(n[2]), Public: public}
	k.Rdata = append(binary.BigEndian.AppendUint16(nil, uint16(n[0])), byte(n[1]), byte(n[2]))
	k.Rdata = append(k.Rdata, public...)
	k.Tag = keyTag(k)
	return k, nil
}

// Usable reports whether the key may sign the zone's records: a zone key of
// protocol 3 that is not revoked.
func (k Key) Usable() bool {
	return k.Flags&flagZone != 0 && k.Flags&flagRevoke == 0 && k.Protocol == 3
}

// keyTag gives the tag of RFC 4034 appendix B; algorithm 1 takes it from the
// modulus (B.1).
func keyTag(k Key) int {
	if k.Algorithm == 1 {
		if n := len(k.Public); n >= 3 {
			return int(binary.BigEndian.Uint16(k.Public[n-3:]))
		}
		return 0
	}
	var sum uint32
	for i, b := range k.Rdata {
		if i&1 == 0 {
			sum += uint32(b) << 8
		} else {
			sum += uint32(b)
		}
	}
	return int((sum + sum>>16) & 0xffff)
}

// Signature is an RRSIG record.
type Signature struct {
	Covers              string
	Algorithm, Labels   int
	OriginalTTL         uint32
	Expires, Inception  time.Time
	KeyTag              int
	Signer              msp.Name
	Bytes               []byte
	signedHead          []byte // rdata up to the signature, canonical
	expires, inceptions string // as the record has them
}

// rrsigTime is the presentation form of RFC 4034 section 3.2.
const rrsigTime = "20060102150405"

// ParseSignature reads an RRSIG record (RFC 4034 section 3).
func ParseSignature(r scanner.Record) (Signature, error) {
	if r.Type != "RRSIG" || len(r.Fields) != 9 {
		return Signature{}, fmt.Errorf("parse RRSIG: not nine fields")
	}
	n, err := numbers(r.Fields[1:], 8, 8, 32)
	if err != nil {
		return Signature{}, fmt.Errorf("parse RRSIG: %w", err)
	}
	tag, err := numbers(r.Fields[6:], 16)
	if err != nil {
		return Signature{}, fmt.Errorf("parse RRSIG: %w", err)
	}
	s := Signature{
		Covers: r.Fields[0], Algorithm: int(n[0]), Labels: int(n[1]), OriginalTTL: uint32(n[2]),
		KeyTag: int(tag[0]), Signer: msp.Name(r.Fields[7]), expires: r.Fields[4], inceptions: r.Fields[5],
	}
	if s.Expires, err = time.Parse(rrsigTime, s.expires); err != nil {
		return Signature{}, fmt.Errorf("parse RRSIG: expiration: %w", err)
	}
	if s.Inception, err = time.Parse(rrsigTime, s.inceptions); err != nil {
		return Signature{}, fmt.Errorf("parse RRSIG: inception: %w", err)
	}
	if s.Bytes, err = base64.StdEncoding.DecodeString(r.Fields[8]); err != nil {
		return Signature{}, fmt.Errorf("parse RRSIG: the signature is not base64")
	}
	s.signedHead, err = signedHead(s)
	return s, err
}

// signedHead packs the rdata without the signature (RFC 4034 section 3.1.8.1).
// Only the types that are verified here need a number.
func signedHead(s Signature) ([]byte, error) {
	signer, err := wireName(s.Signer)
	if err != nil {
		return nil, fmt.Errorf("parse RRSIG: signer: %w", err)
	}
	b := binary.BigEndian.AppendUint16(nil, typeNumber(s.Covers))
	b = append(b, byte(s.Algorithm), byte(s.Labels))
	b = binary.BigEndian.AppendUint32(b, s.OriginalTTL)
	b = binary.BigEndian.AppendUint32(b, uint32(s.Expires.Unix()))
	b = binary.BigEndian.AppendUint32(b, uint32(s.Inception.Unix()))
	b = binary.BigEndian.AppendUint16(b, uint16(s.KeyTag))
	return append(b, signer...), nil
}

// typeNumber gives the number of the two types that are verified, else 0.
func typeNumber(qtype string) uint16 {
	switch qtype {
	case "SOA":
		return 6
	case "DNSKEY":
		return 48
	}
	return 0
}
