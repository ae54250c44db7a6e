package resolve

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"mspscan/msp/fact"
	"mspscan/scanner"
)

// session is the work on one question.
type session struct {
	client   *Client
	ctx      context.Context
	question scanner.Question
	class    uint16
	left     time.Duration // for exchanges; waiting for a turn is free
	queries  []fact.Query
	notes    []string
	failed   *reply  // an error reply that a server stood by
	from     *server // of the latest reply that counts
	final    bool    // the try at work is the last one
}

// tally is what a session knows of one server.
type tally struct {
	server  *server
	refused int    // replies with an rcode that is no answer
	last    *reply // the latest of them
	noEDNS  bool   // ask without OPT from now on
	why     string // how the latest try failed
}

// servers gives whom to ask, or the reason why nobody may be.
func (s *session) servers() ([]*tally, string) {
	to := s.question.Server
	if !to.IsValid() {
		all := make([]*tally, len(s.client.resolvers))
		for i, r := range s.client.resolvers {
			all[i] = &tally{server: r}
		}
		return all, ""
	}
	if !s.client.cfg.AllowPrivate && !Public(to) {
		return nil, "private_address"
	}
	return []*tally{{server: s.client.serverAt(to)}}, ""
}

// ask puts name and qtype to the servers in turn until one answers: the last
// try, and the one after an error, over TCP. An error must be said twice, over
// UDP and TCP, before a server is let go.
func (s *session) ask(name string, qtype uint16) (*reply, string) {
	all, why := s.servers()
	if why != "" {
		return nil, why
	}
	for try := range s.client.cfg.Tries {
		for _, t := range all {
			if t.refused >= 2 || try > 0 && (t.server.dead() || t.why == "no_route") {
				continue
			}
			r := s.tryServer(t, name, qtype, try)
			if r != nil {
				t.server.note(true)
				s.from = t.server
				return r, ""
			}
			if t.why == "budget" || s.ctx.Err() != nil || s.left <= 0 {
				return nil, s.giveUp(all, t.why)
			}
		}
	}
	for _, t := range all {
		t.server.note(t.heard())
	}
	return nil, s.giveUp(all, all[len(all)-1].why)
}

// heard reports whether anything came from the server.
func (t *tally) heard() bool {
	return t.refused > 0 || t.why != "timeout" && t.why != "unreachable" && t.why != "no_route"
}

// giveUp gives the reason for Unknown: an error that a server stood by, else
// the latest failure. The error reply stays with the session for its rcode.
func (s *session) giveUp(all []*tally, why string) string {
	for _, t := range all {
		confirmed := t.refused >= 2 || t.refused > 0 && !s.question.Server.IsValid()
		if confirmed && why != "budget" && s.ctx.Err() == nil {
			s.failed = t.last
			return strings.ToLower(rcodeText(t.last.msg.Rcode))
		}
	}
	return why
}

// tryServer is one try: the exchange, the fall back from EDNS, the check of a
// negative answer without proof. nil = no answer yet, t says why.
func (s *session) tryServer(t *tally, name string, qtype uint16, try int) *reply {
	if t.server.breaker != nil && !t.server.breaker.admit(s.ctx) {
		t.why = "unreachable"
		return nil
	}
	s.final = try == s.client.cfg.Tries-1
	tcp := s.final || t.refused > 0
	plain := t.plain(try)
	q := s.query(name, qtype, plain)
	r, why := s.try(t.server, q, tcp)
	if r != nil && plain && t.server.breaker != nil && t.server.speaksEDNS.Load() {
		r = s.explained(t, r, name, qtype)
	}
	if r != nil && q.edns && ednsRefused(r) && !q.do {
		t.noEDNS = true
		s.note("edns_broken")
		r, why = s.try(t.server, s.query(name, qtype, true), tcp)
	}
	if r != nil && doubtful(r, q, t.server.breaker != nil) {
		r, why = s.try(t.server, s.query(name, qtype, t.noEDNS), true)
	}
	t.why = why
	if r != nil && r.msg.Rcode != dns.RcodeSuccess && r.msg.Rcode != dns.RcodeNameError {
		t.refused, t.last, t.why = t.refused+1, r, strings.ToLower(rcodeText(r.msg.Rcode))
		return nil
	}
	return r
}

// plain reports whether to leave EDNS out: of a server that cannot take it, and
// once where it may be why none came. A server known to speak it gets a second
// chance first: the packet was lost, most likely.
func (t *tally) plain(try int) bool {
	at := 1
	if t.server.speaksEDNS.Load() {
		at = 2
	}
	return t.noEDNS || try == at && t.why == "timeout"
}

// explained asks again over TCP, with EDNS, what a resolver that speaks it was
// asked without: it could not say that it answers by a policy (RFC 8914). No reply
// leaves the first one standing.
func (s *session) explained(t *tally, r *reply, name string, qtype uint16) *reply {
	if t.noEDNS {
		return r
	}
	if full, _ := s.try(t.server, s.query(name, qtype, false), true); full != nil {
		return full
	}
	return r
}

// query builds the message: EDNS goes only where it was not wanted for DNSSEC,
// as an answer without OPT holds no signatures and would read as unsigned.
func (s *session) query(name string, qtype uint16, plain bool) query {
	recursive := !s.question.Server.IsValid()
	return query{
		name: name, qtype: qtype, class: s.class, rd: s.question.RD, cd: s.question.CD, do: s.question.DO,
		ad:   recursive && !s.question.CD, // RFC 6840 section 5.7: tell me about AD
		edns: !plain || s.question.DO,
	}
}

// try is one exchange under one absolute deadline: UDP, then TCP if the datagram
// was cut, not ours or not readable. Waiting for a turn does not count.
func (s *session) try(srv *server, q query, tcp bool) (*reply, string) {
	release, ok := srv.acquire(s.ctx)
	if !ok {
		return nil, stopped(s.ctx)
	}
	defer release()
	left := min(s.client.cfg.Timeout, s.left)
	if s.patient(srv) {
		left = s.left
	}
	if !tcp {
		r, why, took := s.timed(srv, q, false, min(left, s.client.cfg.UDPWait))
		if r != nil && !r.msg.Truncated || why != "" && why != "mismatch" && why != "malformed" {
			return r, why
		}
		left -= took
	}
	r, why, took := s.timed(srv, q, true, left)
	for again := 0; why == "unreachable" && s.patient(srv) && again < maxRedials && sleep(s.ctx, redialPause); again++ {
		left -= took
		r, why, took = s.timed(srv, q, true, left)
	}
	if r != nil && r.msg.Truncated {
		return nil, "truncated" // RFC 2181 section 9: a cut answer is no answer
	}
	return r, why
}

// patient reports whether the last try may take all the time that is left for the
// question: of a server that is there. TCP sends again what is lost, and a resolver
// short of connections cuts them off (Unbound by default has ten).
func (s *session) patient(srv *server) bool { return s.final && srv.heard.Load() }

// timed waits for the turn of one message, sends it and charges the time it took.
func (s *session) timed(srv *server, q query, tcp bool, limit time.Duration) (*reply, string, time.Duration) {
	closed, ok := srv.stream(s.ctx, tcp)
	if !ok {
		return nil, stopped(s.ctx), 0
	}
	defer closed()
	done, ok := s.client.turn(s.ctx, srv)
	if !ok {
		return nil, stopped(s.ctx), 0
	}
	defer done()
	ctx, cancel := context.WithTimeout(s.ctx, limit)
	defer cancel()
	start := time.Now()
	r, why := s.send(ctx, srv, q, tcp)
	took := time.Since(start)
	s.left -= took
	return r, why, took
}

// note keeps a remark once.
func (s *session) note(word string) {
	if !slices.Contains(s.notes, word) {
		s.notes = append(s.notes, word)
		slices.Sort(s.notes)
	}
}

// ednsRefused reports whether the server could not take the OPT record
// (RFC 6891 section 7, RFC 8906 section 8.2).
func ednsRefused(r *reply) bool {
	switch r.msg.Rcode {
	case dns.RcodeFormatError, dns.RcodeNotImplemented, dns.RcodeBadVers:
		return true
	}
	return false
}

// doubtful reports whether a datagram that matched its query says something that
// a sound server does not say: it is asked again over TCP, where nobody off the
// path can have put a word in.
func doubtful(r *reply, q query, recursive bool) bool {
	m := r.msg
	if r.tcp || m.Rcode != dns.RcodeNameError && m.Rcode != dns.RcodeSuccess {
		return false
	}
	switch {
	case r.trailing:
		return true
	case len(m.Answer) == 0:
		referral := !recursive && !m.Authoritative && hasType(m.Ns, dns.TypeNS)
		return !referral && !denial(m, q.name, q.qtype)
	case m.Rcode == dns.RcodeNameError && q.qtype != dns.TypeCNAME && hasType(m.Answer, q.qtype):
		return true
	}
	return strays(m.Answer, q)
}

// denial reports whether the authority section backs a denial: the SOA of a zone
// that holds the name (RFC 2308 section 3), and not the very records asked for.
func denial(m *dns.Msg, name string, qtype uint16) bool {
	return authority(m.Ns, dns.TypeSOA, name) && !hasOther(m.Ns, name, qtype)
}

// strays reports whether the answer holds records of the type asked for that
// are not at an end of its aliases, or none that begins at the name.
func strays(answer []dns.RR, q query) bool {
	ends, begins := map[string]bool{q.name: true}, false
	for _, rr := range answer {
		if c, ok := rr.(*dns.CNAME); ok {
			ends[strings.ToLower(c.Target)] = true
		}
	}
	for _, rr := range answer {
		h, owner := rr.Header(), strings.ToLower(rr.Header().Name)
		if h.Rrtype == q.qtype && (!ends[owner] || h.Class != q.class) {
			return true
		}
		leads := h.Rrtype == q.qtype || h.Rrtype == dns.TypeCNAME || q.qtype == dns.TypeANY
		begins = begins || leads && owner == q.name || h.Rrtype == dns.TypeDNAME && dns.IsSubDomain(owner, q.name)
	}
	return !begins
}
