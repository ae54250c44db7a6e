package resolve

import (
	"context"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Transfer asks server for zone by AXFR over TCP (RFC 5936) and reads one
// message of at most 65,535 octets: enough to know whether the zone is handed
// out. It keeps the serial and the number of records, drops the records and
// closes the connection. Absent means that the server said no.
func (c *Client) Transfer(ctx context.Context, server netip.Addr, zone msp.Name) scanner.Transfer {
	name, err := canonical(zone)
	if err != nil {
		return scanner.Transfer{Reason: "bad_question"}
	}
	if !c.cfg.AllowPrivate && !Public(server) {
		return scanner.Transfer{Reason: "private_address"}
	}
	s := &session{client: c, ctx: ctx, question: scanner.Question{Server: server.Unmap()}, left: c.cfg.NameTimeout}
	r, why := s.try(c.serverAt(server.Unmap()), query{name: name, qtype: dns.TypeAXFR, class: dns.ClassINET}, true)
	t := scanner.Transfer{Reason: why, Queries: s.queries}
	if r == nil {
		return t
	}
	t.Rcode = rcodeText(r.msg.Rcode)
	t.Outcome, t.Reason = transferOutcome(r.msg, name)
	if t.Outcome == fact.Present {
		t.Serial, t.Records = r.msg.Answer[0].(*dns.SOA).Serial, len(r.msg.Answer)
	}
	return t
}

// transferOutcome reads the first message: a transfer begins with the SOA of the
// zone (RFC 5936 section 2.2).
func transferOutcome(m *dns.Msg, zone string) (fact.Outcome, string) {
	switch m.Rcode {
	case dns.RcodeSuccess:
	case dns.RcodeRefused, dns.RcodeNotAuth, dns.RcodeNotImplemented, dns.RcodeFormatError:
		return fact.Absent, ""
	default:
		return fact.Unknown, strings.ToLower(rcodeText(m.Rcode))
	}
	if len(m.Answer) == 0 {
		return fact.Unknown, "lame"
	}
	if soa, ok := m.Answer[0].(*dns.SOA); !ok || strings.ToLower(soa.Hdr.Name) != zone {
		return fact.Unknown, "mismatch"
	}
	return fact.Present, ""
}

// Resolvers gives the addresses of the configured resolvers, in order.
func (c *Client) Resolvers() []netip.AddrPort {
	out := make([]netip.AddrPort, len(c.resolvers))
	for i, r := range c.resolvers {
		out[i] = r.addr
	}
	return out
}
