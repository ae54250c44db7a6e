package spf

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// The limits of RFC 7208 section 4.6.4.
const (
	maxLookups = 10 // terms with look-ups
	maxVoids   = 2  // look-ups without an answer
	maxMX      = 10 // hosts of one mx term
)

// Our own bounds, far past those limits: a tree that reaches them is a permerror
// long since.
const (
	maxNodes   = 100
	maxDepth   = 20
	maxQueries = 150
)

// walker follows one record and all that it includes.
type walker struct {
	ctx     context.Context
	look    func(ctx context.Context, name msp.Name, qtype string) scanner.Answer
	answers map[string]scanner.Answer
	nodes   int
	out     *fact.SPF
	allowed ranges
	unknown []string // what was not answered, with its reason
}

// visit is a record's place in the tree.
type visit struct {
	name    msp.Name
	path    []msp.Name // the records above
	trusted bool       // reached by + includes and redirects only: what passes here passes at the top
	top     bool       // the domain's own record or one that replaces it by redirect
}

// cost is what a record spends of the limits.
type cost struct{ lookups, voids int }

func (c *cost) add(d cost) {
	c.lookups += d.lookups
	c.voids += d.voids
}

func (w *walker) ask(name msp.Name, qtype string) scanner.Answer {
	key := string(name) + " " + qtype
	if a, ok := w.answers[key]; ok {
		return a
	}
	if len(w.answers) >= maxQueries {
		w.out.Truncated = true
		return scanner.Answer{Reason: "budget"}
	}
	a := w.look(w.ctx, name, qtype)
	if trouble(a) && a.Reason == "" {
		a.Reason = "broken"
	}
	w.answers[key] = a
	return a
}

func (w *walker) fail(at msp.Name, format string, args ...any) {
	w.out.Errors = append(w.out.Errors, string(at)+": "+fmt.Sprintf(format, args...))
}

// node reads the record at v.name and follows its terms.
func (w *walker) node(v visit) (*fact.SPFNode, cost) {
	w.nodes++
	n := &fact.SPFNode{Domain: v.name}
	if w.nodes > maxNodes || len(v.path) > maxDepth {
		w.out.Truncated = true
		n.Reason = "budget"
		return n, cost{}
	}
	a := w.ask(v.name, "TXT")
	list := texts(a)
	n.Outcome, n.Reason = a.Outcome, a.Reason
	switch {
	case trouble(a):
		w.unknown = append(w.unknown, fmt.Sprintf("%s TXT: %s", v.name, a.Reason))
		return n, cost{}
	case len(list) == 0:
		n.Outcome = fact.Absent
		return n, cost{}
	case len(list) > 1: // section 4.5
		n.Outcome, n.Reason = fact.Broken, "several records"
		w.fail(v.name, "%d SPF records, there may be one (RFC 7208 section 4.5)", len(list))
	}
	n.Record = scanner.Printable(list[0])
	return n, w.terms(n, list[0], v)
}

// terms follows the terms of a record in their order; redirect comes last, as a
// receiver does it (section 6.1).
func (w *walker) terms(n *fact.SPFNode, text string, v visit) cost {
	rec, _ := Parse(text)
	for _, e := range rec.Errors {
		n.Outcome, n.Reason = fact.Broken, "syntax"
		w.fail(v.name, "%s", scanner.Printable(e.Term)+": "+e.Problem+" (octet "+strconv.Itoa(e.Offset+1)+")")
	}
	live := map[int]bool{}
	for _, t := range rec.Effective() {
		live[t.Offset] = true
	}
	var sum cost
	n.Terms = make([]fact.SPFTerm, len(rec.Terms))
	for _, redirects := range []bool{false, true} {
		for i, t := range rec.Terms {
			if (t.Modifier && t.Name == "redirect") != redirects {
				continue
			}
			n.Terms[i] = describe(t)
			if t.Err == "" && live[t.Offset] {
				sum.add(w.term(&n.Terms[i], t, v))
			}
		}
	}
	return sum
}

func describe(t Term) fact.SPFTerm {
	d := fact.SPFTerm{Text: scanner.Printable(t.Text), Mechanism: t.Name, Error: t.Err}
	switch {
	case !t.Modifier:
		d.Qualifier = string(t.Qualifier)
	case t.Name != "redirect" && t.Name != "exp":
		d.Mechanism = "modifier"
	}
	return d
}

// term follows one term that a receiver would evaluate.
func (w *walker) term(d *fact.SPFTerm, t Term, v visit) cost {
	passes := v.trusted && t.Qualifier == '+' && !t.Modifier
	switch d.Mechanism {
	case "all":
		w.all(d.Qualifier, passes, v)
	case "ip4", "ip6":
		if passes {
			w.allowed.add(t.Network)
		}
	case "include", "redirect", "a", "mx", "ptr", "exists":
		c := cost{lookups: 1}
		c.add(w.target(d, t, v, passes))
		d.Lookups, d.Voids = c.lookups, c.voids
		return c
	}
	return cost{} // exp is looked up after the result and counts nothing (section 6.2)
}

func (w *walker) all(qualifier string, passes bool, v visit) {
	if v.top {
		w.out.All = qualifier
	}
	w.out.PassAll = w.out.PassAll || passes
}

// target expands the domain-spec and follows it. What hangs on the sender is
// noted and not asked: its names would be made up.
func (w *walker) target(d *fact.SPFTerm, t Term, v visit, passes bool) cost {
	if t.Name == "ptr" {
		w.out.UsesPTR = true
		return cost{}
	}
	if t.Name == "exists" || t.Spec != nil && !t.Spec.static() {
		w.out.Unbounded = append(w.out.Unbounded, string(v.name)+": "+d.Text)
	}
	if t.Spec != nil && !t.Spec.static() {
		return cost{}
	}
	name := v.name
	if t.Spec != nil {
		var err error
		name, err = targetName(t.Spec.expand(func(byte) string { return string(v.name) }))
		if err != nil {
			return w.badTarget(d, t, v)
		}
	}
	d.Target = name
	switch t.Name {
	case "include", "redirect":
		return w.follow(d, t, v, passes)
	case "mx":
		return w.exchangers(d, t, v, passes)
	}
	return w.hosts(d, t, name, passes)
}

// badTarget is a domain-spec that makes no domain name: for include and redirect
// there is no record then, for others no match (sections 4.3 and 4.8).
func (w *walker) badTarget(d *fact.SPFTerm, t Term, v visit) cost {
	d.Error = "not a domain name"
	if t.Name == "include" || t.Name == "redirect" {
		w.fail(v.name, "%s: not a domain name", d.Text)
	}
	return cost{}
}

// follow goes into the record of an include or a redirect.
func (w *walker) follow(d *fact.SPFTerm, t Term, v visit, passes bool) cost {
	redirect := t.Name == "redirect"
	if redirect && v.top {
		w.out.Redirect = d.Target
	}
	if d.Target == v.name || slices.Contains(v.path, d.Target) {
		d.Error = "loop"
		w.fail(v.name, "%s: a loop, %s stands above it", d.Text, d.Target)
		return cost{}
	}
	below := visit{
		name: d.Target, path: append(slices.Clone(v.path), v.name),
		trusted: passes || redirect && v.trusted, top: redirect && v.top,
	}
	node, c := w.node(below)
	d.Node = node
	d.Rcode = w.answers[string(d.Target)+" TXT"].Rcode
	if node.Outcome == fact.Absent { // permerror: sections 5.2 and 6.1
		d.Error = "no SPF record"
		w.fail(v.name, "%s: %s has no SPF record", d.Text, d.Target)
		if w.answers[string(d.Target)+" TXT"].Outcome == fact.Absent {
			c.voids++
		}
	}
	return c
}

// exchangers looks at the MX set of an mx term: it costs one look-up, and the
// addresses of its hosts have a cap of their own (section 4.6.4).
func (w *walker) exchangers(d *fact.SPFTerm, t Term, v visit, passes bool) cost {
	a := w.ask(d.Target, "MX")
	d.Rcode = a.Rcode
	if c, done := w.settle(d, a, "MX"); done {
		return c
	}
	if len(a.Records) > maxMX {
		d.Error = fmt.Sprintf("%d exchangers, the limit is %d", len(a.Records), maxMX)
		w.fail(v.name, "%s: %s (RFC 7208 section 4.6.4)", d.Text, d.Error)
	}
	if !passes || t.Bits4 < 0 && t.Bits6 < 0 {
		return cost{}
	}
	for _, r := range a.Records[:min(len(a.Records), maxMX)] {
		if len(r.Fields) == 2 && r.Fields[1] != string(msp.Root) {
			w.addresses(t, msp.Name(r.Fields[1]))
		}
	}
	return cost{}
}

// settle handles what is not a positive answer.
func (w *walker) settle(d *fact.SPFTerm, a scanner.Answer, qtype string) (cost, bool) {
	switch a.Outcome {
	case fact.Present:
		return cost{}, false
	case fact.Absent:
		return cost{voids: 1}, true
	}
	d.Error = a.Reason
	w.unknown = append(w.unknown, fmt.Sprintf("%s %s: %s", d.Target, qtype, a.Reason))
	return cost{}, true
}

// hosts looks at the addresses of an a or exists term. exists asks for A only
// (section 5.7). For a it is void if there is no address of either family: a
// receiver asks for the sender's family only (section 5).
func (w *walker) hosts(d *fact.SPFTerm, t Term, name msp.Name, passes bool) cost {
	a, qtype := w.ask(name, "A"), "A"
	if t.Name == "a" && a.Outcome == fact.Absent && a.Rcode != "NXDOMAIN" {
		a, qtype = w.ask(name, "AAAA"), "AAAA"
	}
	d.Rcode = a.Rcode
	c, done := w.settle(d, a, qtype)
	if !done && t.Name == "a" && passes {
		w.addresses(t, name)
	}
	return c
}

// addresses counts the networks that a written prefix length makes of a host's
// addresses: a/16 lets as many send as an ip4 term does.
func (w *walker) addresses(t Term, host msp.Name) {
	for _, f := range []struct {
		qtype string
		bits  int
	}{{"A", t.Bits4}, {"AAAA", t.Bits6}} {
		if f.bits < 0 {
			continue
		}
		a := w.ask(host, f.qtype)
		if trouble(a) {
			w.unknown = append(w.unknown, fmt.Sprintf("%s %s: %s", host, f.qtype, a.Reason))
		}
		for _, r := range a.Records {
			if addr, err := netip.ParseAddr(first(r)); err == nil {
				w.allowed.add(netip.PrefixFrom(addr, min(f.bits, addr.BitLen())))
			}
		}
	}
}

func first(r scanner.Record) string {
	if len(r.Fields) == 0 {
		return ""
	}
	return r.Fields[0]
}
