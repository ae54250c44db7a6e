package resolve

import (
	"encoding/binary"
	"errors"
	"strings"

	"github.com/miekg/dns"

	"mspscan/msp"
)

// What is wrong with a reply. A mismatch is not for us; malformed is for us and
// cannot be read.
var (
	errMismatch  = errors.New("mismatch")
	errMalformed = errors.New("malformed")
)

const headerSize = 12 // RFC 1035 section 4.1.1

// query is what goes on the wire.
type query struct {
	name  string // canonical, lower case, final dot
	qtype uint16
	class uint16
	rd    bool
	ad    bool
	cd    bool
	do    bool
	edns  bool
}

// pack gives the message.
func (q query) pack(id uint16) ([]byte, error) {
	m := dns.Msg{Question: []dns.Question{{Name: q.name, Qtype: q.qtype, Qclass: q.class}}}
	m.Id, m.RecursionDesired, m.AuthenticatedData, m.CheckingDisabled = id, q.rd, q.ad, q.cd
	if q.edns {
		m.SetEdns0(ednsSize, q.do)
	}
	return m.Pack()
}

// question gives the question as dig takes it.
func (q query) question() string {
	if q.class != dns.ClassINET {
		return q.name + " " + dns.ClassToString[q.class] + " " + typeText(q.qtype)
	}
	return q.name + " " + typeText(q.qtype)
}

// options gives the dig options that repeat the query.
func (q query) options() string {
	var words []string
	for _, o := range []struct {
		on   bool
		word string
	}{{!q.rd, "+norec"}, {q.cd, "+cd"}, {q.do && q.edns, "+dnssec"}, {!q.edns, "+noedns"}} {
		if o.on {
			words = append(words, o.word)
		}
	}
	return strings.Join(words, " ")
}

// reply is a message that matched its query.
type reply struct {
	msg      *dns.Msg
	trailing bool // octets after the last record
	tcp      bool
	edns     bool // the query had an OPT record
}

// parseReply reads raw as the answer to q under id: errMismatch if it answers
// something else, errMalformed if it cannot be read (RFC 5452 section 9.1,
// RFC 9267).
func parseReply(raw []byte, id uint16, q query) (*reply, error) {
	if len(raw) >= 2 && binary.BigEndian.Uint16(raw) != id {
		return nil, errMismatch
	}
	if len(raw) < headerSize {
		return nil, errMalformed
	}
	if raw[2]&0x80 == 0 || raw[2]&0x78 != 0 { // QR, opcode
		return nil, errMismatch
	}
	if r := bareError(raw, q); r != nil {
		return r, nil
	}
	end, last, err := skim(raw)
	if err != nil {
		return nil, err
	}
	if end < len(raw) && openEnded(last) {
		return nil, errMalformed // the octets may be the rest of that record
	}
	m := new(dns.Msg)
	if err := m.Unpack(raw); err != nil {
		return nil, errMalformed
	}
	if err := check(m, raw, q); err != nil {
		return nil, err
	}
	return &reply{msg: m, trailing: end < len(raw), edns: q.edns}, nil
}

// bareError accepts a lone header with FORMERR or NOTIMP: old servers answer so
// to an OPT record (RFC 6891 section 7). It leads to a query without one.
func bareError(raw []byte, q query) *reply {
	rcode := int(raw[3] & 0x0f)
	if !q.edns || len(raw) != headerSize || [8]byte(raw[4:12]) != [8]byte{} {
		return nil
	}
	if rcode != dns.RcodeFormatError && rcode != dns.RcodeNotImplemented {
		return nil
	}
	return &reply{msg: &dns.Msg{MsgHdr: dns.MsgHdr{Response: true, Rcode: rcode}}, edns: true}
}

// check compares the question and the counts, and allows one OPT record, in the
// additional section (RFC 6891 section 6.1.1).
func check(m *dns.Msg, raw []byte, q query) error {
	got := [4]int{len(m.Question), len(m.Answer), len(m.Ns), len(m.Extra)}
	for i, n := range got {
		if int(binary.BigEndian.Uint16(raw[4+2*i:])) != n {
			return errMalformed
		}
	}
	if len(m.Question) != 1 {
		return errMismatch
	}
	asked := m.Question[0]
	if strings.ToLower(asked.Name) != q.name || asked.Qtype != q.qtype || asked.Qclass != q.class {
		return errMismatch
	}
	if countOPT(m.Answer)+countOPT(m.Ns) > 0 || countOPT(m.Extra) > 1 {
		return errMalformed
	}
	return nil
}

func countOPT(rrs []dns.RR) int {
	n := 0
	for _, rr := range rrs {
		if rr.Header().Rrtype == dns.TypeOPT {
			n++
		}
	}
	return n
}

// skim walks the message by its own lengths and gives where the last record
// ends, and its type. The library stops early on some lies; this does not.
func skim(raw []byte) (end int, last uint16, err error) {
	at := headerSize
	for section := range 4 {
		for n := binary.BigEndian.Uint16(raw[4+2*section:]); n > 0; n-- {
			if at, err = skimName(raw, at); err != nil {
				return 0, 0, err
			}
			if section > 0 && at+2 <= len(raw) {
				last = binary.BigEndian.Uint16(raw[at:])
			}
			if at, err = skimBody(raw, at, section == 0); err != nil {
				return 0, 0, err
			}
		}
	}
	return at, last, nil
}

func skimName(raw []byte, at int) (int, error) {
	for at < len(raw) {
		c := int(raw[at])
		switch {
		case c == 0:
			return at + 1, nil
		case c&0xc0 == 0xc0:
			return at + 2, nil
		case c&0xc0 != 0: // RFC 6891 section 5: extended labels are gone
			return 0, errMalformed
		}
		at += 1 + c
	}
	return 0, errMalformed
}

func skimBody(raw []byte, at int, question bool) (int, error) {
	size := 10
	if question {
		size = 4
	}
	if at+size > len(raw) {
		return 0, errMalformed
	}
	if question {
		return at + size, nil
	}
	rrtype := binary.BigEndian.Uint16(raw[at:])
	at += size
	end := at + int(binary.BigEndian.Uint16(raw[at-2:]))
	if end > len(raw) {
		return 0, errMalformed
	}
	return end, checkRdata(raw, at, end, rrtype)
}

// canonical gives the name as the library shows names off the wire, in lower
// case, so that comparing strings compares labels.
func canonical(n msp.Name) (string, error) {
	buf := make([]byte, 256)
	end, err := dns.PackDomainName(n.FQDN(), buf, 0, nil, false)
	if err != nil || n == "" {
		return "", errors.Join(msp.ErrName, err)
	}
	text, _, err := dns.UnpackDomainName(buf[:end], 0)
	if err != nil {
		return "", errors.Join(msp.ErrName, err)
	}
	return strings.ToLower(text), nil
}

// toName turns a name off the wire into a Name.
func toName(s string) msp.Name {
	n, err := msp.ParseName(s)
	if err != nil {
		return msp.Name(strings.ToLower(s))
	}
	return n
}
