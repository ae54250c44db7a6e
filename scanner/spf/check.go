package spf

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/domain"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// Result is what check_host() returns (RFC 7208 section 2.6).
type Result string

// The results.
const (
	None      Result = "none"
	Neutral   Result = "neutral"
	Pass      Result = "pass"
	Fail      Result = "fail"
	Softfail  Result = "softfail"
	Temperror Result = "temperror"
	Permerror Result = "permerror"
)

// Verdict is the answer for one message.
type Verdict struct {
	Result      Result
	Explanation string // of the domain's owner, for Fail; it is outside text
}

// Checker evaluates SPF as a receiver does (RFC 7208 section 4): it stops at the
// first match and holds the limits.
type Checker struct {
	Resolver scanner.Resolver
	Receiver string    // name of the checking host, for %{r}; "" = unknown
	Now      time.Time // for %{t}
}

// Check answers whether ip may send as sender, a mail address or a domain; an
// empty sender stands for postmaster at the HELO name (section 2.4).
func (c Checker) Check(ctx context.Context, ip netip.Addr, sender, helo string) Verdict {
	if sender == "" {
		sender = "postmaster@" + helo
	}
	local, host := "postmaster", sender
	if at := strings.LastIndexByte(sender, '@'); at >= 0 {
		host = sender[at+1:]
		if at > 0 { // section 4.3: no local part means postmaster
			local = sender[:at]
		}
	}
	name, err := domain.Parse(host)
	if err != nil { // section 4.3: malformed, or a single label
		return Verdict{Result: None}
	}
	e := &evaluation{Checker: c, ip: ip.Unmap(), local: local, sender: name, helo: helo}
	r, from := e.host(ctx, name)
	v := Verdict{Result: r}
	if r == Fail && from.exp != nil {
		v.Explanation = e.explain(ctx, from)
	}
	return v
}

// evaluation is the state of one check.
type evaluation struct {
	Checker
	ip      netip.Addr
	local   string
	sender  msp.Name
	helo    string
	lookups int
	voids   int
	valid   []msp.Name // validated names of ip, once asked for
	asked   bool       // valid is set
}

// origin is the record that decided, for its explanation.
type origin struct {
	domain msp.Name
	exp    MacroString
}

// host is check_host() for one domain.
func (e *evaluation) host(ctx context.Context, name msp.Name) (Result, origin) {
	a := e.Resolver.Resolve(ctx, scanner.Question{Name: name, Type: "TXT"})
	if trouble(a) {
		return Temperror, origin{}
	}
	list := texts(a)
	switch len(list) {
	case 0:
		return None, origin{}
	case 1:
	default:
		return Permerror, origin{}
	}
	rec, _ := Parse(list[0])
	if len(rec.Errors) > 0 {
		return Permerror, origin{}
	}
	return e.record(ctx, name, rec)
}

// trouble reports whether an answer is neither data nor proved absence.
func trouble(a scanner.Answer) bool { return a.Outcome != fact.Present && a.Outcome != fact.Absent }

func (e *evaluation) record(ctx context.Context, name msp.Name, rec Record) (Result, origin) {
	from := origin{domain: name}
	if t, ok := rec.Modifier("exp"); ok {
		from.exp = t.Spec
	}
	terms := rec.Effective()
	for _, t := range terms {
		if t.Modifier {
			continue
		}
		switch match, r := e.matches(ctx, name, t); {
		case r != "":
			return r, origin{}
		case match:
			return result(t.Qualifier), from
		}
	}
	i := slices.IndexFunc(terms, func(t Term) bool { return t.Modifier && t.Name == "redirect" })
	if i < 0 {
		return Neutral, origin{} // section 4.7
	}
	return e.redirect(ctx, name, terms[i])
}

func result(qualifier byte) Result {
	switch qualifier {
	case '-':
		return Fail
	case '~':
		return Softfail
	case '?':
		return Neutral
	}
	return Pass
}

// redirect replaces the record; its target has to have one (section 6.1).
func (e *evaluation) redirect(ctx context.Context, name msp.Name, t Term) (Result, origin) {
	if !e.spend() {
		return Permerror, origin{}
	}
	target, err := e.target(ctx, name, t)
	if err != nil {
		return Permerror, origin{}
	}
	r, from := e.host(ctx, target)
	if r == None {
		return Permerror, origin{}
	}
	return r, from
}

// spend takes one of the terms with look-ups (section 4.6.4).
func (e *evaluation) spend() bool {
	e.lookups++
	return e.lookups <= maxLookups
}

func (e *evaluation) target(ctx context.Context, name msp.Name, t Term) (msp.Name, error) {
	if t.Spec == nil {
		return name, nil
	}
	return targetName(t.Spec.expand(func(letter byte) string { return e.value(ctx, name, letter) }))
}

// matches evaluates a mechanism; a result other than "" ends the check.
func (e *evaluation) matches(ctx context.Context, name msp.Name, t Term) (bool, Result) {
	switch t.Name {
	case "all":
		return true, ""
	case "ip4", "ip6":
		return t.Network.Contains(e.ip), ""
	}
	if !e.spend() {
		return false, Permerror
	}
	target, err := e.target(ctx, name, t)
	if err != nil { // section 4.8: such a name does not exist
		if t.Name == "include" {
			return false, Permerror
		}
		return false, ""
	}
	switch t.Name {
	case "include":
		return e.include(ctx, target)
	case "a":
		return e.address(ctx, target, t)
	case "mx":
		return e.exchanger(ctx, target, t)
	case "ptr":
		return e.pointer(ctx, target), ""
	}
	return e.exists(ctx, target)
}

// include holds the table of section 5.2.
func (e *evaluation) include(ctx context.Context, target msp.Name) (bool, Result) {
	switch r, _ := e.host(ctx, target); r {
	case Pass:
		return true, ""
	case Temperror:
		return false, Temperror
	case Permerror, None:
		return false, Permerror
	}
	return false, ""
}

// ask asks and counts void look-ups.
func (e *evaluation) ask(ctx context.Context, name msp.Name, qtype string) (scanner.Answer, Result) {
	a := e.Resolver.Resolve(ctx, scanner.Question{Name: name, Type: qtype})
	if trouble(a) {
		return a, Temperror
	}
	if a.Outcome == fact.Absent {
		if e.voids++; e.voids > maxVoids {
			return a, Permerror
		}
	}
	return a, ""
}

// family gives the address type that is asked for (section 5).
func (e *evaluation) family() string {
	if e.ip.Is4() {
		return "A"
	}
	return "AAAA"
}

func (e *evaluation) address(ctx context.Context, target msp.Name, t Term) (bool, Result) {
	a, r := e.ask(ctx, target, e.family())
	return r == "" && e.within(a, t), r
}

// within reports whether ip lies in the network of one of the addresses.
func (e *evaluation) within(a scanner.Answer, t Term) bool {
	bits := t.Bits4
	if !e.ip.Is4() {
		bits = t.Bits6
	}
	if bits < 0 {
		bits = e.ip.BitLen()
	}
	for _, r := range a.Records {
		addr, err := netip.ParseAddr(first(r))
		if err == nil && addr.BitLen() == e.ip.BitLen() && netip.PrefixFrom(addr, bits).Contains(e.ip) {
			return true
		}
	}
	return false
}

// exists asks for A whatever the family of ip (section 5.7).
func (e *evaluation) exists(ctx context.Context, target msp.Name) (bool, Result) {
	a, r := e.ask(ctx, target, "A")
	return len(a.Records) > 0, r
}

// exchanger looks at the addresses of at most ten exchangers; more are an error
// unless one of the ten matches (section 4.6.4).
func (e *evaluation) exchanger(ctx context.Context, target msp.Name, t Term) (bool, Result) {
	a, r := e.ask(ctx, target, "MX")
	if r != "" {
		return false, r
	}
	for i, rec := range a.Records {
		if i == maxMX {
			return false, Permerror
		}
		if len(rec.Fields) != 2 || rec.Fields[1] == string(msp.Root) {
			continue
		}
		host := e.Resolver.Resolve(ctx, scanner.Question{Name: msp.Name(rec.Fields[1]), Type: e.family()})
		if trouble(host) {
			return false, Temperror
		}
		if e.within(host, t) {
			return true, ""
		}
	}
	return false, ""
}
