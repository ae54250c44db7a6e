package scantest

import (
	"fmt"
	"time"

	"github.com/miekg/dns"
)

// contentFaults match the query and say what does not belong to it.
func contentFaults() []Fault {
	return []Fault{
		{"other-owner", "records of another name", overUDP, edit(func(x *exchange, m *dns.Msg) { lie(x, m); rename(m.Answer, "evil.example.") })},
		{"other-class", "records of another class", overUDP, edit(func(x *exchange, m *dns.Msg) {
			lie(x, m)
			for _, rr := range m.Answer {
				rr.Header().Class = dns.ClassCHAOS
			}
		})},
		{"other-type", "records of another type", overUDP, edit(func(x *exchange, m *dns.Msg) {
			m.Answer = []dns.RR{&dns.HINFO{Hdr: header(x.name(), dns.TypeHINFO), Cpu: "x", Os: "y"}}
		})},
		{"cname-elsewhere", "a CNAME of another name and false records at its target", overUDP, edit(func(x *exchange, m *dns.Msg) {
			lie(x, m)
			rename(m.Answer, "target.example.")
			m.Answer = append([]dns.RR{alias("evil.example.", "target.example.")}, m.Answer...)
		})},
		{"cname-loop", "two CNAMEs in a circle", never, edit(func(x *exchange, m *dns.Msg) {
			m.Answer = []dns.RR{alias(x.name(), "loop.example."), alias("loop.example.", x.name())}
		})},
		{"cname-self", "a CNAME to itself", never, edit(func(x *exchange, m *dns.Msg) { m.Answer = []dns.RR{alias(x.name(), x.name())} })},
		{"cname-long", "a chain of 40 CNAMEs to false records", never, edit(func(x *exchange, m *dns.Msg) { m.Answer = longChain(x) })},
		{"cname-two", "two CNAMEs at one name", never, edit(func(x *exchange, m *dns.Msg) {
			m.Answer = []dns.RR{alias(x.name(), "a.example."), alias(x.name(), "b.example.")}
		})},
		{"nothing", "no record, no SOA, not authoritative, no recursion", overUDP, edit(func(_ *exchange, m *dns.Msg) {
			m.Answer, m.Ns, m.RecursionAvailable, m.Authoritative = nil, nil, false, false
		})},
		{"moved", "the records in the authority section", overUDP, edit(func(_ *exchange, m *dns.Msg) { m.Answer, m.Ns = nil, m.Answer })},
		{"nodata-bare", "no record and no SOA", overUDP, edit(func(_ *exchange, m *dns.Msg) { m.Answer, m.Ns = nil, nil })},
		{"nxdomain-bare", "NXDOMAIN without SOA", overUDP, rcode(dns.RcodeNameError)},
		{"nxdomain-filtered", "NXDOMAIN, and that it is by a filter", never, edit(func(x *exchange, m *dns.Msg) {
			denied(x.name())(x, m)
			m.Rcode = dns.RcodeNameError
			explain(m, dns.ExtendedErrorCodeFiltered)
		})},
		{"forged", "false records, and that they are forged", never, edit(func(x *exchange, m *dns.Msg) {
			lie(x, m)
			explain(m, dns.ExtendedErrorCodeForgedAnswer)
		})},
		{"soa-foreign", "no record, and the SOA of another zone", overUDP, edit(denied("evil.example."))},
		{"soa-below", "no record, and an SOA below the name", overUDP, edit(func(x *exchange, m *dns.Msg) { denied("below."+x.name())(x, m) })},
		{"nxdomain-foreign", "NXDOMAIN with the SOA of another zone", overUDP, edit(func(x *exchange, m *dns.Msg) {
			denied("evil.example.")(x, m)
			m.Rcode = dns.RcodeNameError
		})},
		{"lame", "a referral up to the root", overUDP, edit(func(_ *exchange, m *dns.Msg) {
			m.Answer, m.Authoritative = nil, false
			m.Ns = []dns.RR{&dns.NS{Hdr: header(".", dns.TypeNS), Ns: "a.root.example."}}
		})},
		{"referral", "a referral to the name itself", overUDP, edit(func(x *exchange, m *dns.Msg) {
			m.Answer, m.Authoritative = nil, false
			m.Ns = []dns.RR{&dns.NS{Hdr: header(x.name(), dns.TypeNS), Ns: "ns.evil.example."}}
		})},
	}
}

// harmlessFaults are odd and true: a client that gives up on them loses answers.
func harmlessFaults() []Fault {
	return []Fault{
		{"case", "the question in other letters", always, edit(func(_ *exchange, m *dns.Msg) { m.Question[0].Name = swapCase(m.Question[0].Name) })},
		{"case-owner", "the owners in other letters", always, edit(func(_ *exchange, m *dns.Msg) {
			for _, rr := range m.Answer {
				rr.Header().Name = swapCase(rr.Header().Name)
			}
		})},
		{"trailing", "octets after the last record", always, patch(func(_ *exchange, b []byte) []byte { return append(b, "trailing"...) })},
		{"twice", "the truth twice", always, func(x *exchange) []packet { return append(x.truthful(), x.truthful()...) }},
		{"lie-after", "the truth, then a lie", always, func(x *exchange) []packet {
			return append(x.truthful(), packet{data: packed(falsehood(x)), after: time.Millisecond})
		}},
		{"aa", "AA from a resolver", always, edit(func(_ *exchange, m *dns.Msg) { m.Authoritative = true })},
		{"ra-off", "RA not set beside records", always, edit(func(_ *exchange, m *dns.Msg) { m.RecursionAvailable = false })},
		{"z", "the reserved bit set", always, edit(func(_ *exchange, m *dns.Msg) { m.Zero = true })},
		{"ttl", "a TTL of 2^32-1 seconds", always, edit(func(_ *exchange, m *dns.Msg) {
			for _, rr := range m.Answer {
				rr.Header().Ttl = 1<<32 - 1
			}
		})},
		{"extra", "records that nobody asked for beside the truth", always, edit(func(x *exchange, m *dns.Msg) {
			stray := falsehood(x).Answer
			rename(stray, "bank.example.")
			m.Answer = append(m.Answer, stray...)
			m.Extra = append(m.Extra, stray...)
		})},
		{"plain", "the truth without OPT", always, edit(func(_ *exchange, m *dns.Msg) { m.Extra = nil })},
		{"reversed", "the records in reverse order", always, edit(func(_ *exchange, m *dns.Msg) {
			for i, j := 0, len(m.Answer)-1; i < j; i, j = i+1, j-1 {
				m.Answer[i], m.Answer[j] = m.Answer[j], m.Answer[i]
			}
		})},
		{"uncompressed", "no name compression", always, func(x *exchange) []packet {
			m := x.truth.Copy()
			m.Compress = false
			return []packet{{data: packed(m)}}
		}},
		{"ns-500", "500 name servers in the authority section", always, edit(func(x *exchange, m *dns.Msg) {
			for i := range 500 {
				m.Ns = append(m.Ns, &dns.NS{Hdr: header(x.name(), dns.TypeNS), Ns: fmt.Sprintf("ns%d.victim.example.", i)})
			}
		})},
		{"rrsig-1000", "1,000 signatures beside the records", always, edit(func(x *exchange, m *dns.Msg) {
			for i := range 1000 {
				m.Answer = append(m.Answer, signature(x, uint16(i)))
			}
		})},
		{"txt-64k", "a message of 64 KiB", always, edit(func(_ *exchange, m *dns.Msg) {
			for range 250 {
				m.Extra = append(m.Extra, &dns.TXT{Hdr: header("pad.example.", dns.TypeTXT), Txt: []string{string(make([]byte, 240))}})
			}
		})},
		{"over-4096", "a datagram of more than 4,096 octets", always, whole(func(_ *exchange, m *dns.Msg) {
			for range 20 {
				m.Extra = append(m.Extra, &dns.TXT{Hdr: header("pad.example.", dns.TypeTXT), Txt: []string{string(make([]byte, 230))}})
			}
		})},
	}
}

// streamFaults spoil TCP and tell the truth over UDP.
func streamFaults() []Fault {
	const udp = overUDP | overBoth
	way := func(w way) func(*exchange) []packet { return func(*exchange) []packet { return []packet{{way: w}} } }
	raw := func(f func(b []byte) []packet) func(*exchange) []packet {
		return func(x *exchange) []packet { return f(x.wire()) }
	}
	return []Fault{
		{"tcp-hang", "connection open, no answer", udp, overTCPOnly(way(wayHang))},
		{"tcp-reset", "connection reset", udp, overTCPOnly(way(wayReset))},
		{"tcp-close", "connection closed", udp, overTCPOnly(way(wayClose))},
		{"tcp-slow", "an octet every 100 ms", udp, overTCPOnly(func(x *exchange) []packet { return []packet{{data: x.wire(), drip: 100 * time.Millisecond}} })},
		{"tcp-split", "an octet a segment", always, overTCPOnly(func(x *exchange) []packet { return []packet{{data: x.wire(), drip: 50 * time.Microsecond}} })},
		{"tcp-zero", "a message of no octets", udp, overTCPOnly(raw(func([]byte) []packet { return []packet{{data: []byte{0, 0}, way: wayRaw}} }))},
		{"tcp-longer", "a length greater than the message", udp, overTCPOnly(raw(func(b []byte) []packet {
			return []packet{{data: append([]byte{0xff, 0xff}, b...), way: wayRaw}, {way: wayHang}}
		}))},
		{"tcp-shorter", "a length smaller than the message", udp, overTCPOnly(raw(func(b []byte) []packet {
			n := len(b) - 3
			return []packet{{data: append([]byte{byte(n >> 8), byte(n)}, b...), way: wayRaw}}
		}))},
		{"tcp-other-first", "the answer to another query first", udp, overTCPOnly(spoofed(1))},
	}
}
