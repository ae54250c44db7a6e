// Package scanner collects facts: it runs the probes of a plan against a
// resolver, within scope and budgets. It judges nothing.
package scanner

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// Question is one DNS question. The zero Server asks the configured recursive
// resolvers; otherwise the question goes to that address, port 53, without
// recursion desired unless RD is set.
type Question struct {
	Name   msp.Name
	Type   string // "A", "MX", "TYPE65280", …
	Class  string // "" = IN, "CH" only with Server
	Server netip.Addr
	RD     bool // only with Server: ask an authoritative server to recurse
	CD     bool // checking disabled (RFC 4035 section 3.2.2)
	DO     bool // DNSSEC records wanted (RFC 3225)
	Look   int  // 0 = first look; another number asks again what the run has cached
}

// Record is a resource record. Fields holds the rdata split as in presentation
// form: domain names as msp.Name text without final dot, numbers in decimal,
// hex and base64 in one piece without blanks. The character strings of TXT and
// the value of CAA are raw bytes, not escaped.
type Record struct {
	Name   msp.Name
	Type   string
	TTL    uint32
	Fields []string
}

// Text gives the rdata on one line for evidence: fields joined by blanks, with
// the strings of TXT quoted and bytes outside printable ASCII as \DDD.
func (r Record) Text() string {
	switch r.Type {
	case "TXT":
		quoted := make([]string, len(r.Fields))
		for i, f := range r.Fields {
			quoted[i] = `"` + Printable(f) + `"`
		}
		return strings.Join(quoted, " ")
	case "CAA":
		if len(r.Fields) == 3 {
			return r.Fields[0] + " " + r.Fields[1] + ` "` + Printable(r.Fields[2]) + `"`
		}
	}
	return strings.Join(r.Fields, " ")
}

// Printable gives s with bytes outside printable ASCII as \DDD, quotes and
// backslashes escaped (RFC 1035 section 5.1).
func Printable(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			b.WriteByte('\\')
			b.WriteByte('0' + c/100)
			b.WriteByte('0' + c/10%10)
			b.WriteByte('0' + c%10)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Answer is how a question ended. Present means that records of the asked type
// stand at the end of the CNAME chain; Absent is proved by NXDOMAIN or NODATA;
// Broken is an answer that cannot work (CNAME loop); everything else is Unknown
// with Reason set: timeout, servfail, refused or another rcode in lower case,
// truncated, mismatch, malformed, budget, private_address, unreachable, no_route
// (from here, such as IPv6 without a way out), canceled,
// lame (denied without authority), referral (by an authoritative server, with
// the NS records in Authority), incomplete (an authoritative server's chain left
// its zones), no_soa (a denial without the SOA that would prove it, by a resolver
// that gives it elsewhere or by an authoritative server), filtered (the resolver
// says that it answers by a policy, RFC 8914), bad_question.
type Answer struct {
	Outcome    fact.Outcome
	Reason     string
	Rcode      string // NOERROR, NXDOMAIN, SERVFAIL, REFUSED, …; "" = no answer came
	AA, TC     bool
	RA, AD     bool
	Records    []Record // of the asked type, at the end of the chain, sorted
	Chain      []fact.Hop
	Signatures []Record // RRSIG of the answer section
	Authority  []Record
	Additional []Record
	EDE        []string // extended DNS errors (RFC 8914), "7 signature expired"
	Notes      []string // oddities, sorted: edns_broken, no_soa, trailing_octets, cname_and_other_data, wrong_class
	Queries    []fact.Query
}

// End gives the last name of the CNAME chain, or name if there is none.
func (a Answer) End(name msp.Name) msp.Name {
	if len(a.Chain) == 0 {
		return name
	}
	return a.Chain[len(a.Chain)-1].To
}

// Referral reports whether the answer is a referral: no answer, no authority of
// its own, NS records of a zone in the authority section.
func (a Answer) Referral() bool {
	if a.Rcode != "NOERROR" || a.AA || len(a.Records) > 0 || len(a.Chain) > 0 {
		return false
	}
	for _, r := range a.Authority {
		if r.Type == "NS" {
			return true
		}
	}
	return false
}

// Observe gives the answer of a recursive resolver as evidence for the second
// opinion.
func (a Answer) Observe(name msp.Name, qtype string) fact.Observation {
	o := fact.Observation{Name: name, Type: qtype, Rcode: a.Rcode}
	for _, r := range a.Records {
		o.Values = append(o.Values, r.Text())
	}
	return o
}

// Resolver asks one question. It never fails: what could not be learnt is an
// Unknown answer with its reason.
type Resolver interface {
	Resolve(ctx context.Context, q Question) Answer
}

// Glance is a quick look at one name: how its question ended, in the terms of
// Answer, and no more. It is no evidence.
type Glance struct {
	Outcome fact.Outcome
	Reason  string
	Rcode   string
	Alias   bool     // the name is an alias
	SOA     msp.Name // of Absent: the zone that denies; "" = not said
}

// GlanceOf takes from an answer what a quick look would have seen.
func GlanceOf(a Answer) Glance {
	g := Glance{Outcome: a.Outcome, Reason: a.Reason, Rcode: a.Rcode, Alias: len(a.Chain) > 0}
	for _, rec := range a.Authority {
		if a.Outcome == fact.Absent && rec.Type == "SOA" {
			g.SOA = rec.Name
		}
	}
	return g
}

// Scout looks quickly at many names. It gives a glance for each, in order, or none
// at all where it cannot work.
type Scout interface {
	Scout(ctx context.Context, names []msp.Name, qtype string) []Glance
}

// Probe collects one kind of fact. Run fills Outcome, Reason, Data, Observed
// and Queries of the fact; the scanner adds task, vantage, time and id.
type Probe struct {
	Name   string // fact.ProbeX
	Doc    string // one line: what it looks at, with the RFC
	Active bool   // needs the provider's consent
	Run    func(ctx context.Context, env Env, t fact.Task) fact.Fact
}

// Env is what a probe may use.
type Env struct {
	Resolver Resolver
	Scout    Scout         // for sweeps; nil = ask the Resolver
	Passive  bool          // ask the recursive resolvers only
	Now      time.Time     // for the dates of signatures
	Random   func() string // a random label of 16 letters and digits
}
