package resolve

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"mspscan/scanner"
)

// records converts a section, without the OPT record, sorted.
func records(section []dns.RR) []scanner.Record {
	var out []scanner.Record
	for _, rr := range section {
		if rr.Header().Rrtype != dns.TypeOPT {
			out = append(out, record(rr))
		}
	}
	sortRecords(out)
	return out
}

func sortRecords(rs []scanner.Record) {
	slices.SortFunc(rs, func(a, b scanner.Record) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type), slices.Compare(a.Fields, b.Fields))
	})
}

// record converts one resource record.
func record(rr dns.RR) scanner.Record {
	h := rr.Header()
	return scanner.Record{Name: toName(h.Name), Type: typeText(h.Rrtype), TTL: h.Ttl, Fields: fields(rr)}
}

// typeText gives "MX", or "TYPE65280" for a type without a name (RFC 3597).
func typeText(t uint16) string {
	if s, ok := dns.TypeToString[t]; ok {
		return s
	}
	return fmt.Sprintf("TYPE%d", t)
}

// fields splits the rdata as scanner.Record promises. A type that is not listed
// comes in the generic form of RFC 3597 section 5.
func fields(rr dns.RR) []string {
	switch rr := rr.(type) {
	case *dns.A:
		return address(rr.A.To4())
	case *dns.AAAA:
		return address(rr.AAAA)
	case *dns.TXT:
		return unescapeAll(rr.Txt)
	case *dns.SPF:
		return unescapeAll(rr.Txt)
	case *dns.MX:
		return []string{num(rr.Preference), name(rr.Mx)}
	case *dns.SOA:
		return []string{name(rr.Ns), name(rr.Mbox), num(rr.Serial), num(rr.Refresh), num(rr.Retry), num(rr.Expire), num(rr.Minttl)}
	case *dns.SRV:
		return []string{num(rr.Priority), num(rr.Weight), num(rr.Port), name(rr.Target)}
	case *dns.CAA:
		return []string{num(rr.Flag), unescape(rr.Tag), rr.Value} // the library leaves the value raw
	case *dns.TLSA:
		return []string{num(rr.Usage), num(rr.Selector), num(rr.MatchingType), strings.ToLower(rr.Certificate)}
	}
	if target, ok := pointer(rr); ok {
		return []string{target}
	}
	if out, ok := security(rr); ok {
		return out
	}
	return generic(rr)
}

// pointer handles the types whose rdata is one name.
func pointer(rr dns.RR) (string, bool) {
	switch rr := rr.(type) {
	case *dns.NS:
		return name(rr.Ns), true
	case *dns.CNAME:
		return name(rr.Target), true
	case *dns.DNAME:
		return name(rr.Target), true
	case *dns.PTR:
		return name(rr.Ptr), true
	}
	return "", false
}

// security handles the DNSSEC types (RFC 4034, RFC 5155, RFC 7344).
func security(rr dns.RR) ([]string, bool) {
	switch rr := rr.(type) {
	case *dns.DS:
		return []string{num(rr.KeyTag), num(rr.Algorithm), num(rr.DigestType), strings.ToLower(rr.Digest)}, true
	case *dns.CDS:
		return []string{num(rr.KeyTag), num(rr.Algorithm), num(rr.DigestType), strings.ToLower(rr.Digest)}, true
	case *dns.DNSKEY:
		return []string{num(rr.Flags), num(rr.Protocol), num(rr.Algorithm), rr.PublicKey}, true
	case *dns.CDNSKEY:
		return []string{num(rr.Flags), num(rr.Protocol), num(rr.Algorithm), rr.PublicKey}, true
	case *dns.RRSIG:
		return []string{
			typeText(rr.TypeCovered), num(rr.Algorithm), num(rr.Labels), num(rr.OrigTtl),
			dns.TimeToString(rr.Expiration), dns.TimeToString(rr.Inception), num(rr.KeyTag), name(rr.SignerName), rr.Signature,
		}, true
	case *dns.NSEC:
		return append([]string{name(rr.NextDomain)}, types(rr.TypeBitMap)...), true
	case *dns.NSEC3:
		head := []string{num(rr.Hash), num(rr.Flags), num(rr.Iterations), salt(rr.Salt), strings.ToLower(rr.NextDomain)}
		return append(head, types(rr.TypeBitMap)...), true
	case *dns.NSEC3PARAM:
		return []string{num(rr.Hash), num(rr.Flags), num(rr.Iterations), salt(rr.Salt)}, true
	}
	return nil, false
}

// generic gives \# LENGTH HEX.
func generic(rr dns.RR) []string {
	if u, ok := rr.(*dns.RFC3597); ok {
		return []string{`\#`, strconv.Itoa(len(u.Rdata) / 2), strings.ToLower(u.Rdata)}
	}
	buf := make([]byte, maxMessage)
	end, err := dns.PackRR(rr, buf, 0, nil, false)
	if err != nil {
		return []string{`\#`, "0", ""}
	}
	head, err := skimName(buf[:end], 0)
	if err != nil || head+10 > end {
		return []string{`\#`, "0", ""}
	}
	rdata := buf[head+10 : end]
	return []string{`\#`, strconv.Itoa(len(rdata)), hex.EncodeToString(rdata)}
}

// address gives an A or AAAA record's text; an IPv4-mapped AAAA keeps its form.
func address(ip []byte) []string {
	a, ok := netip.AddrFromSlice(ip)
	if !ok {
		return []string{""}
	}
	return []string{a.String()}
}

func name(s string) string { return string(toName(s)) }

func num[T uint8 | uint16 | uint32](n T) string { return strconv.FormatUint(uint64(n), 10) }

func salt(s string) string {
	if s == "" {
		return "-"
	}
	return strings.ToLower(s)
}

func types(bitmap []uint16) []string {
	out := make([]string, len(bitmap))
	for i, t := range bitmap {
		out[i] = typeText(t)
	}
	return out
}

func unescapeAll(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = unescape(s)
	}
	return out
}

// unescape turns \DDD and \X of the library's strings back into raw bytes.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\' || i+1 == len(s):
			out = append(out, s[i])
		case i+3 < len(s) && digits(s[i+1:i+4]):
			out = append(out, (s[i+1]-'0')*100+(s[i+2]-'0')*10+s[i+3]-'0')
			i += 3
		default:
			i++
			out = append(out, s[i])
		}
	}
	return string(out)
}

func digits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}
