package resolve

import (
	"context"
	"slices"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// control is a name that cannot exist (RFC 6761 section 6.4): how a resolver
// denies it shows how it denies.
const control msp.Name = "mspscan-control.invalid"

// weigh takes back an empty answer of a resolver that came without the proof that
// it gives elsewhere.
func (s *session) weigh(w *walk) {
	bare := w.answer.Outcome == fact.Absent && w.answer.Rcode == "NOERROR" && slices.Contains(s.notes, noSOA)
	if bare && w.recursive && w.at != control.FQDN() && !s.client.takenAtWord(s.ctx) {
		w.end(fact.Unknown, noSOA)
	}
}

// takenAtWord reports whether an empty answer of the resolvers without an SOA may
// be believed: only if they leave the SOA out of their denials, too, as stub
// resolvers do from their cache (dnsmasq, systemd-resolved). A resolver that does
// give it (RFC 2308 section 3) has nothing to prove such an answer by: Unbound
// passes on the emptiness of a lame server's referral so.
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

// noSOA is the note of an answer that denies without an SOA, and the reason where
// that is not enough.
const noSOA = "no_soa"
