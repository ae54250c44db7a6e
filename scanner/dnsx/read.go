package dnsx

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"mspscan/msp"
)

// read gives the rcode and the values of an answer, sorted. why is set when the
// answer says nothing: no answer, an answer to something else, a truncated one,
// a referral, or an rcode other than NOERROR and NXDOMAIN.
func read(msg *dns.Msg, err error, name msp.Name, qtype uint16) (rcode string, values []string, why string) {
	switch {
	case msg == nil:
		return "", nil, reasonOf(err)
	case !answers(msg, name, qtype):
		return "", nil, "mismatch"
	case msg.Truncated:
		return "", nil, "truncated"
	}
	rcode = rcodeText(msg.Rcode)
	if msg.Rcode != dns.RcodeSuccess && msg.Rcode != dns.RcodeNameError {
		return rcode, nil, strings.ToLower(rcode)
	}
	end, ok := chase(msg.Answer, name, qtype)
	if !ok {
		return rcode, nil, "cname_loop"
	}
	for _, rr := range msg.Answer {
		if h := rr.Header(); h.Rrtype == qtype && h.Class == dns.ClassINET && toName(h.Name) == end {
			values = append(values, record(rr).Text())
		}
	}
	if len(values) == 0 && msg.Rcode == dns.RcodeSuccess && referral(msg) {
		return rcode, nil, "referral"
	}
	slices.Sort(values)
	return rcode, slices.Compact(values), ""
}

// answers reports whether msg answers the question: the library compares the id
// only.
func answers(msg *dns.Msg, name msp.Name, qtype uint16) bool {
	if !msg.Response || msg.Opcode != dns.OpcodeQuery || len(msg.Question) != 1 {
		return false
	}
	q := msg.Question[0]
	return q.Qtype == qtype && q.Qclass == dns.ClassINET && toName(q.Name) == name
}

// maxChain bounds the CNAME records followed in one answer.
const maxChain = 32

// chase gives the end of the CNAME chain of name in the answer section; false
// for a loop (RFC 1034 section 3.6.2).
func chase(section []dns.RR, name msp.Name, qtype uint16) (msp.Name, bool) {
	if qtype == dns.TypeCNAME {
		return name, true
	}
	for range maxChain {
		next := name
		for _, rr := range section {
			if c, ok := rr.(*dns.CNAME); ok && toName(c.Hdr.Name) == name {
				next = toName(c.Target)
			}
		}
		if next == name {
			return name, true
		}
		name = next
	}
	return name, false
}

// referral reports whether the authority section sends the asker elsewhere: NS
// records and no SOA (RFC 2308 section 2.1).
func referral(msg *dns.Msg) bool {
	ns := false
	for _, rr := range msg.Ns {
		switch rr.Header().Rrtype {
		case dns.TypeSOA:
			return false
		case dns.TypeNS:
			ns = true
		}
	}
	return ns
}

func reasonOf(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case err == nil:
		return "no_answer"
	case outOfSockets(err):
		return "no_route" // it lies with us: no socket to ask from
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return "unreachable"
	}
	return "malformed"
}

// toName gives a name of the library in our form.
func toName(s string) msp.Name {
	n, err := msp.ParseName(s)
	if err != nil {
		return msp.Name(strings.ToLower(s))
	}
	return n
}
