package resolve

import "github.com/miekg/dns"

// layout gives the parts of a type's rdata: a number = that many octets, 'n' =
// a name, 't' = character strings to the end, 's' = one character string, 'r' =
// one octet or more to the end, '*' = anything to the end. The library takes
// rdata that stops early and leaves the rest at zero: a serial of 0, an address
// of nothing.
func layout(rrtype uint16) []any {
	switch rrtype {
	case dns.TypeA:
		return []any{4}
	case dns.TypeAAAA:
		return []any{16}
	case dns.TypeNS, dns.TypeCNAME, dns.TypeDNAME, dns.TypePTR:
		return []any{'n'}
	case dns.TypeMX:
		return []any{2, 'n'}
	case dns.TypeSOA:
		return []any{'n', 'n', 20}
	case dns.TypeSRV:
		return []any{6, 'n'}
	case dns.TypeTXT, dns.TypeSPF:
		return []any{'t'}
	case dns.TypeCAA:
		return []any{1, 's', '*'}
	case dns.TypeTLSA:
		return []any{3, 'r'}
	case dns.TypeDS, dns.TypeCDS, dns.TypeDNSKEY, dns.TypeCDNSKEY:
		return []any{4, 'r'}
	case dns.TypeRRSIG:
		return []any{18, 'n', 'r'}
	case dns.TypeNSEC:
		return []any{'n', '*'}
	}
	return []any{'*'}
}

// openEnded reports whether rdata of the type can lose its end and still look
// whole. That of OPT can, and nothing of an answer is in it.
func openEnded(rrtype uint16) bool {
	parts := layout(rrtype)
	switch parts[len(parts)-1] {
	case 't', 'r', '*':
		return rrtype != dns.TypeOPT && rrtype != dns.TypeNone
	}
	return false
}

// checkRdata holds raw[at:end] against the layout of the type.
func checkRdata(raw []byte, at, end int, rrtype uint16) error {
	var err error
	for _, part := range layout(rrtype) {
		switch part := part.(type) {
		case int:
			at += part
		case rune:
			at, err = skimPart(raw, at, end, part)
		}
		if err != nil || at > end {
			return errMalformed
		}
	}
	if at != end {
		return errMalformed
	}
	return nil
}

// skimPart gives where the part at raw[at] ends.
func skimPart(raw []byte, at, end int, part rune) (int, error) {
	switch part {
	case 'n':
		return skimName(raw[:end], at)
	case 's':
		if at >= end || raw[at] == 0 {
			return 0, errMalformed
		}
		return at + 1 + int(raw[at]), nil
	case 't':
		return skimStrings(raw, at, end)
	case 'r':
		if at >= end {
			return 0, errMalformed
		}
	}
	return end, nil
}

// skimStrings wants at least one character string (RFC 1035 section 3.3.14).
func skimStrings(raw []byte, at, end int) (int, error) {
	if at >= end {
		return 0, errMalformed
	}
	for at < end {
		at += 1 + int(raw[at])
	}
	return at, nil
}
