package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"mspscan/msp/fact"
	"mspscan/scanner"
)

// walk follows the CNAME chain of one question through one or more replies.
type walk struct {
	qtype     uint16
	class     uint16
	recursive bool
	answer    scanner.Answer
	at        string // the name where the chain stands
	seen      map[string]bool
	owners    map[string]bool // names on the chain in this reply
}

// resolve asks and follows until the question has an outcome.
func (s *session) resolve(name string, qtype uint16) scanner.Answer {
	w := &walk{qtype: qtype, class: s.class, recursive: !s.question.Server.IsValid(), at: name, seen: map[string]bool{name: true}}
	for {
		r, why := s.ask(w.at, qtype)
		if r == nil {
			w.fail(why, s.failed)
			return w.answer
		}
		w.take(r)
		if r.trailing {
			s.note("trailing_octets")
		}
		if !w.step(s, r) {
			s.weigh(w)
			return w.answer
		}
	}
}

// fork gives a copy to go on with beside w.
func (w *walk) fork() *walk {
	c := *w
	c.answer.Chain, c.seen = slices.Clone(w.answer.Chain), maps.Clone(w.seen)
	return &c
}

// fail ends the walk without an answer.
func (w *walk) fail(why string, r *reply) {
	w.answer.Outcome, w.answer.Reason = fact.Unknown, why
	w.answer.TC = why == "truncated"
	if r != nil {
		w.take(r)
	}
}

// take copies what a reply says beside the chain.
func (w *walk) take(r *reply) {
	a, m := &w.answer, r.msg
	a.Rcode, a.AA, a.RA, a.AD = rcodeText(m.Rcode), m.Authoritative, m.RecursionAvailable, m.AuthenticatedData && w.allAD()
	a.Authority, a.Additional, a.EDE = records(m.Ns), records(m.Extra), extendedErrors(m)
}

// allAD keeps AD only while each reply of the chain so far had it.
func (w *walk) allAD() bool { return len(w.answer.Chain) == 0 || w.answer.AD }

// step follows the chain inside r; true = ask on for w.at.
func (w *walk) step(s *session, r *reply) bool {
	w.owners = map[string]bool{w.at: true}
	start := w.at
	for w.qtype != dns.TypeCNAME {
		target, n := alias(r.msg.Answer, w.at, w.class)
		if n == 0 {
			break
		}
		if n > 1 { // RFC 2181 section 10.1: one CNAME at a name
			w.end(fact.Broken, "cname_multiple")
			return false
		}
		if stop := w.hop(target); stop {
			return false
		}
	}
	if w.at != start && hasOther(r.msg.Answer, start, w.qtype) {
		s.note("cname_and_other_data")
	}
	if w.collect(r.msg.Answer) {
		s.note("wrong_class")
	}
	return w.conclude(s, r, w.at != start)
}

// hop goes on to target; true = the chain cannot work.
func (w *walk) hop(target string) bool {
	w.answer.Chain = append(w.answer.Chain, fact.Hop{From: toName(w.at), To: toName(target)})
	switch {
	case w.seen[target]:
		w.end(fact.Broken, "cname_loop")
		return true
	case len(w.answer.Chain) > maxHops:
		w.end(fact.Unknown, "budget")
		return true
	}
	w.at, w.seen[target], w.owners[target] = target, true, true
	return false
}

// collect takes the records asked for at the end of the chain, and the
// signatures of names on it. A server asked of itself in class CH that answers in
// class IN is heard all the same: wrong is true then.
func (w *walk) collect(answer []dns.RR) (wrong bool) {
	for _, rr := range answer {
		h := rr.Header()
		owner := strings.ToLower(h.Name)
		stray := h.Class != w.class
		if stray && (w.class != dns.ClassCHAOS || h.Class != dns.ClassINET) || !w.owners[owner] {
			continue
		}
		if owner == w.at && (h.Rrtype == w.qtype || w.qtype == dns.TypeANY) {
			w.answer.Records = append(w.answer.Records, record(rr))
			wrong = wrong || stray
		}
		if h.Rrtype == dns.TypeRRSIG {
			w.answer.Signatures = append(w.answer.Signatures, record(rr))
		}
	}
	sortRecords(w.answer.Records)
	sortRecords(w.answer.Signatures)
	return wrong
}

// conclude decides what r says of the end of the chain; true = ask on.
func (w *walk) conclude(s *session, r *reply, moved bool) bool {
	m := r.msg
	denied := m.Rcode == dns.RcodeNameError
	soa := authority(m.Ns, dns.TypeSOA, w.at)
	switch {
	case byPolicy(m):
		w.end(fact.Unknown, filtered)
	case len(w.answer.Records) > 0 && !denied:
		w.end(fact.Present, "")
	case len(w.answer.Records) > 0 || r.trailing:
		w.end(fact.Unknown, "malformed") // it denies what it shows, or hides records behind its counts
	case moved && !soa:
		return w.goOn()
	case !denied && !soa && hasType(m.Ns, dns.TypeNS):
		w.end(fact.Unknown, "referral")
	case !w.mayDeny(m):
		w.end(fact.Unknown, "lame")
	case !moved && len(m.Answer) > 0:
		w.end(fact.Unknown, "mismatch") // records, but none that was asked for
	case len(m.Ns) > 0 && !denial(m, w.at, w.qtype):
		w.end(fact.Unknown, "malformed") // authority, but not over this name, or what it denies
	default:
		if !soa {
			s.note(noSOA)
		}
		w.end(fact.Absent, "")
	}
	return false
}

// goOn asks a recursive resolver for the end of a chain that it left open; an
// authoritative server has said all it knows.
func (w *walk) goOn() bool {
	if !w.recursive {
		w.end(fact.Unknown, "incomplete")
	}
	return w.recursive
}

// mayDeny reports whether the sender can prove that something is not there: an
// authoritative answer, or a resolver that recursed.
func (w *walk) mayDeny(m *dns.Msg) bool {
	return m.Authoritative || m.RecursionAvailable && m.RecursionDesired
}

func (w *walk) end(o fact.Outcome, reason string) {
	w.answer.Outcome, w.answer.Reason = o, reason
	if o != fact.Present {
		w.answer.Records = nil
	}
}

// alias gives where owner's CNAME leads and how many different targets it has.
// A DNAME above owner counts if no CNAME came with it (RFC 6672 section 3.1).
func alias(answer []dns.RR, owner string, class uint16) (string, int) {
	targets := map[string]bool{}
	target, substituted := "", ""
	for _, rr := range answer {
		if rr.Header().Class != class {
			continue
		}
		at := strings.ToLower(rr.Header().Name)
		switch rr := rr.(type) {
		case *dns.CNAME:
			if at == owner {
				target = strings.ToLower(rr.Target)
				targets[target] = true
			}
		case *dns.DNAME:
			if at != owner && dns.IsSubDomain(at, owner) {
				substituted = substitute(owner, at, strings.ToLower(rr.Target))
			}
		}
	}
	if len(targets) == 0 && substituted != "" {
		return substituted, 1
	}
	return target, len(targets)
}

// substitute replaces the suffix from of owner by to; "" if the name gets too
// long.
func substitute(owner, from, to string) string {
	name := strings.TrimSuffix(owner, from) + strings.TrimPrefix(to, ".")
	buf := make([]byte, 256)
	if _, err := dns.PackDomainName(name, buf, 0, nil, false); err != nil {
		return ""
	}
	return name
}

// authority reports whether the section has a record of the type whose owner is
// name or above it.
func authority(section []dns.RR, rrtype uint16, name string) bool {
	return slices.ContainsFunc(section, func(rr dns.RR) bool {
		return rr.Header().Rrtype == rrtype && dns.IsSubDomain(strings.ToLower(rr.Header().Name), name)
	})
}

func hasType(section []dns.RR, rrtype uint16) bool {
	return slices.ContainsFunc(section, func(rr dns.RR) bool { return rr.Header().Rrtype == rrtype })
}

// hasOther reports whether owner has records of the type beside its CNAME.
func hasOther(answer []dns.RR, owner string, rrtype uint16) bool {
	return slices.ContainsFunc(answer, func(rr dns.RR) bool {
		return rr.Header().Rrtype == rrtype && strings.ToLower(rr.Header().Name) == owner
	})
}

// extendedErrors lists the EDE options (RFC 8914).
func extendedErrors(m *dns.Msg) []string {
	opt := m.IsEdns0()
	if opt == nil {
		return nil
	}
	var out []string
	for _, o := range opt.Option {
		if e, ok := o.(*dns.EDNS0_EDE); ok {
			text := e.ExtraText
			if text == "" {
				text = strings.ToLower(dns.ExtendedErrorCodeToString[e.InfoCode])
			}
			out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s", e.InfoCode, scanner.Printable(text))))
		}
	}
	slices.Sort(out)
	return out
}
