package resolve

import (
	"context"
	"slices"

	"github.com/miekg/dns"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// The reasons of denials that prove nothing.
const (
	noSOA    = "no_soa"   // no SOA came with it; also the note of one that is believed all the same
	filtered = "filtered" // the resolver says that it answers by a policy of its own
)

// control is a name that cannot exist (RFC 6761 section 6.4): how a resolver
// denies it shows how it denies.
const control msp.Name = "mspscan-control.invalid"

// weigh takes back a denial that came without its proof, the SOA (RFC 2308
// sections 2.1, 2.2 and 5): another resolver must give it, or the resolver must
// be one that leaves it out of all its denials.
func (s *session) weigh(w *walk) {
	bare := w.answer.Outcome == fact.Absent && slices.Contains(s.notes, noSOA)
	if !bare || w.at == control.FQDN() || w.recursive && (s.elsewhere(w) || s.client.takenAtWord(s.ctx)) {
		return
	}
	w.end(fact.Unknown, noSOA)
}

// elsewhere asks the resolvers that did not give the denial, and takes the first
// answer that stands on its own.
func (s *session) elsewhere(w *walk) bool {
	for _, other := range s.client.resolvers {
		if other == s.from {
			continue
		}
		r := s.tryServer(&tally{server: other}, w.at, w.qtype, 0)
		if r == nil {
			continue
		}
		second := w.fork()
		second.take(r)
		more := second.step(s, r)
		proved := second.answer.Outcome != fact.Absent || authority(r.msg.Ns, dns.TypeSOA, second.at)
		if !more && proved && second.answer.Outcome != fact.Unknown {
			*w = *second
			return true
		}
	}
	return false
}

// takenAtWord reports whether a denial of the resolvers without an SOA may be
// believed: only if they leave the SOA out of their other denials, too, as stub
// resolvers do from their cache (dnsmasq, systemd-resolved). A resolver that does
// give it (RFC 2308 section 3) has nothing to prove such a denial by: Unbound
// passes on the emptiness of a lame server's referral so, and resolvers deny what
// they block so.
func (c *Client) takenAtWord(ctx context.Context) bool {
	ctx = scanner.WithScope(ctx, "") // not on the account of the name in question
	for look := range 2 {            // the second comes from the cache of a stub
		a := c.Resolve(ctx, scanner.Question{Name: control, Type: "A", Look: look})
		if a.Outcome == fact.Absent && slices.Contains(a.Notes, noSOA) {
			return true
		}
	}
	return false
}

// byPolicy reports whether the sender says that the answer is not what the DNS
// holds but what it was told to say: forged, blocked, censored, filtered,
// prohibited (RFC 8914 sections 4.5 and 4.16 to 4.19).
func byPolicy(m *dns.Msg) bool {
	opt := m.IsEdns0()
	return opt != nil && slices.ContainsFunc(opt.Option, func(o dns.EDNS0) bool {
		e, ok := o.(*dns.EDNS0_EDE)
		return ok && policyCode(e.InfoCode)
	})
}

func policyCode(code uint16) bool {
	switch code {
	case dns.ExtendedErrorCodeForgedAnswer, dns.ExtendedErrorCodeBlocked, dns.ExtendedErrorCodeCensored,
		dns.ExtendedErrorCodeFiltered, dns.ExtendedErrorCodeProhibited:
		return true
	}
	return false
}
