package dnsx

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"mspscan/scanner"
)

// types lists the record types that a second opinion may ask for. Others are
// refused: the library would turn AXFR into a zone transfer.
func types() []uint16 {
	return []uint16{
		dns.TypeA, dns.TypeAAAA, dns.TypeCNAME, dns.TypeNS, dns.TypeMX, dns.TypeTXT, dns.TypeSOA, dns.TypeSRV,
		dns.TypeCAA, dns.TypeDS, dns.TypeDNSKEY, dns.TypeTLSA,
	}
}

// typeOf gives the number of a type's name.
func typeOf(s string) (uint16, bool) {
	for _, t := range types() {
		if dns.TypeToString[t] == s {
			return t, true
		}
	}
	return 0, false
}

// record gives a record the fields that scanner.Record promises, so that its
// text can be compared with what the first opinion noted.
func record(rr dns.RR) scanner.Record {
	h := rr.Header()
	return scanner.Record{Name: toName(h.Name), Type: dns.TypeToString[h.Rrtype], TTL: h.Ttl, Fields: fields(rr)}
}

func fields(rr dns.RR) []string {
	switch rr := rr.(type) {
	case *dns.A:
		a, _ := netip.AddrFromSlice(rr.A)
		return []string{a.Unmap().String()} // an IPv4-mapped AAAA keeps its form
	case *dns.AAAA:
		a, _ := netip.AddrFromSlice(rr.AAAA)
		return []string{a.String()}
	case *dns.CNAME:
		return []string{text(rr.Target)}
	case *dns.NS:
		return []string{text(rr.Ns)}
	case *dns.MX:
		return []string{num(rr.Preference), text(rr.Mx)}
	case *dns.TXT:
		return rawStrings(rr.Txt)
	case *dns.SOA:
		return []string{text(rr.Ns), text(rr.Mbox), num(rr.Serial), num(rr.Refresh), num(rr.Retry), num(rr.Expire), num(rr.Minttl)}
	case *dns.SRV:
		return []string{num(rr.Priority), num(rr.Weight), num(rr.Port), text(rr.Target)}
	}
	return securityFields(rr)
}

func securityFields(rr dns.RR) []string {
	switch rr := rr.(type) {
	case *dns.CAA:
		return []string{num(rr.Flag), raw(rr.Tag), rr.Value} // the library leaves the value raw
	case *dns.DS:
		return []string{num(rr.KeyTag), num(rr.Algorithm), num(rr.DigestType), strings.ToLower(rr.Digest)}
	case *dns.DNSKEY:
		return []string{num(rr.Flags), num(rr.Protocol), num(rr.Algorithm), rr.PublicKey}
	case *dns.TLSA:
		return []string{num(rr.Usage), num(rr.Selector), num(rr.MatchingType), strings.ToLower(rr.Certificate)}
	}
	return nil
}

func text(s string) string { return string(toName(s)) }

func num[T uint8 | uint16 | uint32](n T) string { return strconv.FormatUint(uint64(n), 10) }

func rawStrings(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = raw(s)
	}
	return out
}

// raw turns the \DDD and \X of the library's strings back into bytes (RFC 1035
// section 5.1).
func raw(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			i++
			c = s[i]
			if n, err := strconv.ParseUint(s[i:min(i+3, len(s))], 10, 8); err == nil && i+3 <= len(s) {
				c = byte(n)
				i += 2
			}
		}
		out.WriteByte(c)
	}
	return out.String()
}
