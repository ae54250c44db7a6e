package dnssec

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"mspscan/msp"
	"mspscan/scanner"
)

// wireName gives the canonical wire form of a name: uncompressed, lower-case
// (RFC 4034 section 6.2). Names are lower-case already.
func wireName(n msp.Name) ([]byte, error) {
	if n == msp.Root {
		return []byte{0}, nil
	}
	var out []byte
	for _, label := range n.Labels() {
		raw, err := unescape(label)
		if err != nil || len(raw) == 0 || len(raw) > 63 {
			return nil, fmt.Errorf("pack name %s: label out of range", scanner.Printable(string(n)))
		}
		out = append(append(out, byte(len(raw))), raw...)
	}
	if len(out) == 0 || len(out) > 254 {
		return nil, fmt.Errorf("pack name %s: length out of range", scanner.Printable(string(n)))
	}
	return append(out, 0), nil
}

// unescape reads \DDD and \X (RFC 1035 section 5.1).
func unescape(label string) ([]byte, error) {
	var out []byte
	for i := 0; i < len(label); i++ {
		if label[i] != '\\' {
			out = append(out, label[i])
			continue
		}
		if i+1 == len(label) {
			return nil, fmt.Errorf("unfinished escape")
		}
		if c := label[i+1]; c < '0' || c > '9' {
			out = append(out, c)
			i++
			continue
		}
		if i+4 > len(label) {
			return nil, fmt.Errorf("unfinished escape")
		}
		n, err := strconv.ParseUint(label[i+1:i+4], 10, 8)
		if err != nil {
			return nil, fmt.Errorf("bad escape: %w", err)
		}
		out = append(out, byte(n))
		i += 3
	}
	return out, nil
}

// soaRdata gives the canonical rdata of an SOA record (RFC 1035 section 3.3.13).
func soaRdata(r scanner.Record) ([]byte, error) {
	if r.Type != "SOA" || len(r.Fields) != 7 {
		return nil, fmt.Errorf("pack SOA: not seven fields")
	}
	var out []byte
	for _, f := range r.Fields[:2] {
		name, err := wireName(msp.Name(f))
		if err != nil {
			return nil, fmt.Errorf("pack SOA: %w", err)
		}
		out = append(out, name...)
	}
	for _, f := range r.Fields[2:] {
		n, err := strconv.ParseUint(f, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("pack SOA: %w", err)
		}
		out = binary.BigEndian.AppendUint32(out, uint32(n))
	}
	return out, nil
}

// numbers reads decimal fields that must fit in the given numbers of bits.
func numbers(fields []string, bits ...int) ([]uint64, error) {
	out := make([]uint64, len(bits))
	for i, b := range bits {
		n, err := strconv.ParseUint(fields[i], 10, b)
		if err != nil {
			return nil, fmt.Errorf("field %d: %w", i+1, err)
		}
		out[i] = n
	}
	return out, nil
}
