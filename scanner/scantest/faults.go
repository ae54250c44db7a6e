package scantest

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// The ways over which a careful client still learns the truth.
const (
	overUDP Truth = 1 << iota // the fault is on UDP, TCP is honest
	overTCP                   // UDP truncates, the fault is on TCP
	overBoth

	never  Truth = 0
	always       = overUDP | overTCP | overBoth
)

// Truth says where a careful client gets the truth past a fault.
type Truth uint8

// UDP reports whether the truth is to be had when the fault is on UDP alone.
func (t Truth) UDP() bool { return t&overUDP != 0 }

// TCP reports it for a fault on TCP while UDP truncates.
func (t Truth) TCP() bool { return t&overTCP != 0 }

// Both reports it for a fault on both transports.
func (t Truth) Both() bool { return t&overBoth != 0 }

// Faults lists every way to misbehave.
func Faults() []Fault {
	return slices.Concat(lossFaults(), rcodeFaults(), ednsFaults(), matchFaults(), wireFaults(), contentFaults(), harmlessFaults(), streamFaults())
}

// lossFaults lose, delay and cut messages.
func lossFaults() []Fault {
	return []Fault{
		{"drop", "no answer", overUDP, func(x *exchange) []packet { return hang(x.tcp) }},
		{"drop-odd", "every second query gets no answer", always, everySecond(func(x *exchange) []packet { return hang(x.tcp) })},
		{"late", "the truth after the client's patience", overUDP, delayed(5 * time.Second)},
		{"delay", "the truth a little late", always, delayed(20 * time.Millisecond)},
		{"rrl-slip", "queries over UDP are dropped or truncated in turn (response rate limiting)", always, overUDPOnly(everySecond(func(*exchange) []packet { return nil }, truncated(nil)))},
		{"tc", "TC without records", overUDP, truncated(nil)},
		{"tc-partial", "TC with the first record only", overUDP, truncated(func(x *exchange, m *dns.Msg) { m.Answer = x.truth.Copy().Answer[:min(1, len(x.truth.Answer))] })},
		{"tc-lie", "TC with false records", overUDP, truncated(lie)},
	}
}

// rcodeFaults answer with errors.
func rcodeFaults() []Fault {
	return []Fault{
		{"servfail", "SERVFAIL", overUDP, rcode(dns.RcodeServerFailure)},
		{"refused", "REFUSED", overUDP, rcode(dns.RcodeRefused)},
		{"formerr", "FORMERR to everything", overUDP, rcode(dns.RcodeFormatError)},
		{"notimp", "NOTIMP to everything", overUDP, rcode(dns.RcodeNotImplemented)},
		{"notauth", "NOTAUTH", overUDP, rcode(dns.RcodeNotAuth)},
		{"yxdomain", "YXDOMAIN", overUDP, rcode(dns.RcodeYXDomain)},
		{"rcode-11", "an rcode that is not assigned", overUDP, rcode(11)},
		{"servfail-records", "SERVFAIL beside false records", overUDP, edit(func(x *exchange, m *dns.Msg) { lie(x, m); m.Rcode = dns.RcodeServerFailure })},
		{"nxdomain-records", "NXDOMAIN beside the records", overUDP, edit(func(_ *exchange, m *dns.Msg) { m.Rcode = dns.RcodeNameError })},
	}
}

// ednsFaults dislike the OPT record (RFC 8906 section 8).
func ednsFaults() []Fault {
	plain := unlessPlain
	return []Fault{
		{"formerr-edns", "FORMERR to EDNS", always, plain(rcode(dns.RcodeFormatError))},
		{"formerr-bare", "a lone FORMERR header to EDNS", always, plain(bareHeader(dns.RcodeFormatError))},
		{"notimp-edns", "NOTIMP to EDNS", always, plain(rcode(dns.RcodeNotImplemented))},
		{"badvers", "BADVERS to EDNS", always, plain(rcode(dns.RcodeBadVers))},
		{"badcookie", "BADCOOKIE to EDNS", overUDP, plain(rcode(dns.RcodeBadCookie))},
		{"drop-edns", "no answer to EDNS", always, plain(func(x *exchange) []packet { return hang(x.tcp) })},
		{"two-opt", "two OPT records", overUDP, edit(func(_ *exchange, m *dns.Msg) { m.Extra = append(m.Extra, newOPT(), newOPT()) })},
		{"opt-in-answer", "OPT in the answer section", overUDP, edit(func(_ *exchange, m *dns.Msg) { m.Answer = append(m.Answer, newOPT()) })},
		{"opt-named", "an OPT record that is not at the root", always, edit(func(_ *exchange, m *dns.Msg) {
			m.Extra = slices.DeleteFunc(m.Extra, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeOPT })
			o := newOPT()
			o.Hdr.Name = "opt.example."
			m.Extra = append(m.Extra, o)
		})},
		{"edns-1", "OPT of version 1", always, editOPT(func(o *dns.OPT) { o.SetVersion(1) })},
		{"echo", "an option that nobody sent", always, editOPT(func(o *dns.OPT) {
			o.Option = append(o.Option, &dns.EDNS0_LOCAL{Code: dns.EDNS0LOCALSTART, Data: []byte("?")})
		})},
		{"ede", "an extended error beside the truth", always, editOPT(func(o *dns.OPT) {
			o.Option = append(o.Option, &dns.EDNS0_EDE{InfoCode: dns.ExtendedErrorCodeStaleAnswer, ExtraText: "stale \x1b[31m"})
		})},
	}
}

// matchFaults answer another query than the one that was sent.
func matchFaults() []Fault {
	header := func(f func(*exchange, *dns.Msg)) func(*exchange) []packet {
		return edit(func(x *exchange, m *dns.Msg) { lie(x, m); f(x, m) })
	}
	return []Fault{
		{"wrong-id", "a lie under another id", overUDP, header(func(_ *exchange, m *dns.Msg) { m.Id++ })},
		{"wrong-id-first", "a lie under another id, then the truth", overUDP, spoofed(1)},
		{"flood", "1,000 lies under other ids, then the truth", overUDP, spoofed(1000)},
		{"wrong-name", "the answer to another name", overUDP, header(func(_ *exchange, m *dns.Msg) { m.Question[0].Name = "evil.example." })},
		{"wrong-type", "the answer to another type", overUDP, header(func(_ *exchange, m *dns.Msg) { m.Question[0].Qtype ^= 0x100 })},
		{"wrong-class", "the answer in another class", overUDP, header(func(_ *exchange, m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS })},
		{"no-question", "an answer without question", overUDP, header(func(_ *exchange, m *dns.Msg) { m.Question = nil })},
		{"two-questions", "an answer to two questions", overUDP, header(func(_ *exchange, m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) })},
		{"qr-0", "a query instead of a response", overUDP, header(func(_ *exchange, m *dns.Msg) { m.Response = false })},
		{"opcode", "a response to another opcode", overUDP, header(func(_ *exchange, m *dns.Msg) { m.Opcode = dns.OpcodeNotify })},
		{"other-port", "a lie from another port, then the truth", always, overUDPOnly(func(x *exchange) []packet {
			return append([]packet{{data: packed(falsehood(x)), elsewhere: true}}, x.truthful()...)
		})},
	}
}

// wireFaults send what cannot be read.
func wireFaults() []Fault {
	return []Fault{
		{"garbage", "octets that are no message", overUDP, patch(func(_ *exchange, _ []byte) []byte { return slices.Repeat([]byte("garbage!"), 8) })},
		{"garbage-id", "the right id, then garbage", overUDP, patch(func(_ *exchange, b []byte) []byte { return append(b[:2:2], slices.Repeat([]byte{0x85, 0xff}, 40)...) })},
		{"short", "four octets", overUDP, patch(func(_ *exchange, b []byte) []byte { return b[:4] })},
		{"empty", "no octets", overUDP, patch(func(*exchange, []byte) []byte { return nil })},
		{"header-only", "a header without question or records", overUDP, bareHeader(dns.RcodeSuccess)},
		{"question-only", "a header and question of 65,535 records", overUDP, patch(func(_ *exchange, b []byte) []byte { return put16(b[:questionEnd(b)], 6, 65535) })},
		{"cut", "the last four octets missing", overUDP, patch(func(_ *exchange, b []byte) []byte { return b[:len(b)-4] })},
		{"count-lie", "65,535 answers claimed", overUDP, patch(func(_ *exchange, b []byte) []byte { return put16(b, 6, 65535) })},
		{"count-more", "one answer more claimed than there is", overUDP, patch(func(_ *exchange, b []byte) []byte { return put16(b, 6, binary.BigEndian.Uint16(b[6:])+1) })},
		{"count-none", "no answer claimed", overUDP, patch(func(_ *exchange, b []byte) []byte { return put16(b, 6, 0) })},
		{"ptr-loop", "a compression pointer to itself", overUDP, patch(func(_ *exchange, b []byte) []byte { return put16(b, questionEnd(b), 0xc000|uint16(questionEnd(b))) })},
		{"ptr-beyond", "a compression pointer past the end", overUDP, patch(func(_ *exchange, b []byte) []byte { return put16(b, questionEnd(b), 0xffff) })},
		{"label-type", "a label of a type that is gone", overUDP, patch(func(_ *exchange, b []byte) []byte { b[questionEnd(b)] = 0x41; return b })},
		{"rdlen-long", "an RDLENGTH past the end", overUDP, patch(func(_ *exchange, b []byte) []byte { return put16(b, questionEnd(b)+10, 9999) })},
		{"rdlen-short", "an RDLENGTH one octet short", overUDP, patch(func(_ *exchange, b []byte) []byte {
			at := questionEnd(b) + 10
			return put16(b, at, binary.BigEndian.Uint16(b[at:])-1)
		})},
		{"rdata-none", "a record without rdata", overUDP, patch(func(_ *exchange, b []byte) []byte {
			b = b[:questionEnd(b)+12]
			return put16(put16(put16(put16(b, questionEnd(b)+10, 0), 6, 1), 8, 0), 10, 0)
		})},
	}
}
