package scantest

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// name is the name asked for, as asked.
func (x *exchange) name() string { return x.req.Question[0].Name }

// lie replaces the answer by plausible false records of the type asked for.
func lie(x *exchange, m *dns.Msg) {
	m.Rcode, m.Ns = dns.RcodeSuccess, nil
	m.Answer = nil
	texts := map[uint16]string{
		dns.TypeA: "203.0.113.66", dns.TypeAAAA: "2001:db8::66", dns.TypeMX: "1 evil.example.", dns.TypeNS: "ns.evil.example.",
		dns.TypeTXT: `"v=spf1 +all"`, dns.TypeSOA: "ns.evil.example. h.evil.example. 666 1 1 1 1", dns.TypeCAA: `0 issue "evil.example"`,
		dns.TypeCNAME: "evil.example.", dns.TypeDNSKEY: "257 3 13 AAAA", dns.TypeDS: "1 13 2 00",
		dns.TypeTLSA: "3 1 1 66", dns.TypeSRV: "0 0 66 evil.example.", dns.TypePTR: "evil.example.",
	}
	q := x.req.Question[0]
	if text, ok := texts[q.Qtype]; ok {
		if rr, err := dns.NewRR(fmt.Sprintf("%s 300 IN %s %s", q.Name, dns.Type(q.Qtype), text)); err == nil {
			m.Answer = []dns.RR{rr}
		}
	}
}

// falsehood gives a whole false answer.
func falsehood(x *exchange) *dns.Msg {
	m := x.truth.Copy()
	lie(x, m)
	return m
}

// spoofed sends n lies under other ids before the truth.
func spoofed(n int) func(*exchange) []packet {
	return func(x *exchange) []packet {
		var out []packet
		for i := range n {
			m := falsehood(x)
			m.Id += uint16(i + 1)
			out = append(out, packet{data: packed(m)})
		}
		return append(out, x.truthful()...)
	}
}

// truncated sends TC, with what fill puts in (nil = nothing).
func truncated(fill func(*exchange, *dns.Msg)) func(*exchange) []packet {
	return edit(func(x *exchange, m *dns.Msg) {
		m.Answer, m.Ns = nil, nil
		if fill != nil {
			fill(x, m)
		}
		m.Truncated = true
	})
}

// denied makes a NODATA answer with the SOA of zone.
func denied(zone string) func(*exchange, *dns.Msg) {
	return func(_ *exchange, m *dns.Msg) {
		m.Answer = nil
		m.Ns = []dns.RR{&dns.SOA{Hdr: header(zone, dns.TypeSOA), Ns: "ns." + zone, Mbox: "h." + zone, Serial: 666, Minttl: 300}}
	}
}

// bareHeader sends twelve octets.
func bareHeader(code int) func(*exchange) []packet {
	return patch(func(_ *exchange, b []byte) []byte {
		b = append(b[:4:4], make([]byte, 8)...)
		b[3] = b[3]&0xf0 | byte(code)
		return b
	})
}

// delayed sends the truth after d.
func delayed(d time.Duration) func(*exchange) []packet {
	return func(x *exchange) []packet {
		out := x.truthful()
		for i := range out {
			out[i].after = d
		}
		return out
	}
}

// everySecond gives the first, third, … query for a question to odd, the others
// to even, or the truth.
func everySecond(odd func(*exchange) []packet, even ...func(*exchange) []packet) func(*exchange) []packet {
	return func(x *exchange) []packet {
		switch {
		case x.nth%2 == 1:
			return odd(x)
		case len(even) > 0:
			return even[0](x)
		}
		return x.truthful()
	}
}

func overTCPOnly(f func(*exchange) []packet) func(*exchange) []packet {
	return func(x *exchange) []packet {
		if x.tcp {
			return f(x)
		}
		return x.truthful()
	}
}

func overUDPOnly(f func(*exchange) []packet) func(*exchange) []packet {
	return func(x *exchange) []packet {
		if x.tcp {
			return x.truthful()
		}
		return f(x)
	}
}

// editOPT changes the OPT record of the truth.
func editOPT(f func(*dns.OPT)) func(*exchange) []packet {
	return edit(func(_ *exchange, m *dns.Msg) {
		if o := m.IsEdns0(); o != nil {
			f(o)
		}
	})
}

// explain puts an extended error (RFC 8914) into the OPT record, if there is one.
func explain(m *dns.Msg, code uint16) {
	if o := m.IsEdns0(); o != nil {
		o.Option = append(o.Option, &dns.EDNS0_EDE{InfoCode: code})
	}
}

// signature makes a false signature over the type asked for.
func signature(x *exchange, tag uint16) dns.RR {
	return &dns.RRSIG{
		Hdr: header(x.name(), dns.TypeRRSIG), TypeCovered: x.req.Question[0].Qtype, Algorithm: dns.ECDSAP256SHA256,
		KeyTag: tag, SignerName: x.name(), Signature: "AAAA",
	}
}

func newOPT() *dns.OPT {
	o := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
	o.SetUDPSize(1232)
	return o
}

// longChain makes 40 CNAMEs that end in false records.
func longChain(x *exchange) []dns.RR {
	var out []dns.RR
	at := x.name()
	for i := range 40 {
		next := fmt.Sprintf("c%d.example.", i)
		out = append(out, alias(at, next))
		at = next
	}
	end := falsehood(x).Answer
	rename(end, at)
	return append(out, end...)
}

func alias(owner, target string) dns.RR {
	return &dns.CNAME{Hdr: header(owner, dns.TypeCNAME), Target: target}
}

func rename(rrs []dns.RR, owner string) {
	for _, rr := range rrs {
		rr.Header().Name = owner
	}
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

// packed gives the message's octets, whole; nil if it cannot be packed.
func packed(m *dns.Msg) []byte {
	b, err := m.Pack()
	if err != nil {
		return nil
	}
	return b
}

// questionEnd gives where the first record begins.
func questionEnd(b []byte) int {
	at := 12
	for at < len(b) && b[at] != 0 {
		at += int(b[at]) + 1
	}
	return at + 5
}

// put16 writes a number at an offset.
func put16(b []byte, at int, v uint16) []byte {
	if at+2 <= len(b) {
		binary.BigEndian.PutUint16(b[at:], v)
	}
	return b
}
