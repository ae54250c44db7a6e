package subject

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/domain"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
)

// domainViews makes one view of each zone in scope; of several owners the one
// closest to the organisation counts.
func (b *builder) domainViews() {
	hosts := b.hostsWithin()
	seen := map[msp.Name]bool{}
	var list []View
	for _, w := range b.g.Watched() {
		if w.Host || seen[w.Name] {
			continue
		}
		seen[w.Name] = true
		list = append(list, b.domain(w, hosts[w.Name]))
	}
	b.add(list)
}

func (b *builder) domain(w graph.Watched, hosts []*fact.Fact) *Domain {
	v := &Domain{
		Name: string(w.Name), OwnerID: w.Owner,
		src: domainSource{pos: w.Pos, owner: b.ownerOf(w.Owner), facts: map[string][]*fact.Fact{}, gaps: map[string][]string{}},
	}
	v.Delegation, v.MX = b.delegation(v, w.Name), b.mx(v, w.Name)
	v.SPF, v.DMARC = b.spf(v, w.Name), b.dmarc(v, w.Name)
	v.CAA, v.DNSSEC = b.caa(v, w.Name), b.dnssec(v, w.Name)
	v.MTASTS, v.TLSRPT, v.Wildcard = b.mtasts(v, w.Name), b.tlsrpt(v, w.Name), b.wildcard(v, w.Name)
	v.Transfer, v.Recursion = b.transfer(v, w.Name), b.recursion(v, w.Name)
	v.Tokens = b.tokens(v, w.Name)
	v.DKIM = b.dkim(v, w.Name)
	v.DANE = b.dane(v)
	b.targets(v, w.Name, hosts)
	b.drift(v, w.Name)
	return v
}

// look keeps the fact as what stands behind an input and gives how it ended.
func (b *builder) look(v *Domain, input, probe string, name msp.Name) (*fact.Fact, Look) {
	f := b.fact(probe, name)
	if f != nil {
		v.src.facts[input] = append(v.src.facts[input], f)
	}
	return f, lookOf(f)
}

func lookOf(f *fact.Fact) Look {
	if f == nil {
		return Look{State: fact.Unknown.String(), Reason: "not asked"}
	}
	l := Look{State: f.Outcome.String(), Reason: f.Reason, Asked: true}
	if f.Outcome == fact.Unknown && l.Reason == "" {
		l.Reason = "no reason given"
	}
	return l
}

// read decodes a fact. One that cannot be read is unknown: it says nothing.
func read[T any](f *fact.Fact, l *Look) T {
	var v T
	if f == nil || len(f.Data) == 0 {
		return v
	}
	if err := f.Decode(&v); err != nil {
		var none T
		l.State, l.Reason = fact.Unknown.String(), "unreadable fact"
		return none
	}
	return v
}

func (b *builder) delegation(v *Domain, name msp.Name) *Delegation {
	f, l := b.look(v, "delegation", fact.ProbeDelegation, name)
	d := read[fact.Delegation](f, &l)
	out := &Delegation{
		Look: l, ParentKnown: d.ParentKnown, ChildKnown: d.ChildKnown,
		NS: unique(words(append(slices.Clone(d.ParentNS), d.ChildNS...))), SecondLook: len(d.SecondSerials) > 0,
		Serials: serials(d.Serials), SecondSerials: serials(d.SecondSerials),
	}
	for _, h := range out.NS {
		out.Operators = append(out.Operators, b.operator(msp.Name(h)))
	}
	out.Operators = unique(out.Operators)
	if l.State == fact.Present.String() || l.State == fact.Broken.String() {
		v.gapUnless(d.ParentKnown, "delegation", "the NS set of the parent")
		v.gapUnless(d.ChildKnown, "delegation", "the NS set of the zone itself")
	}
	if d.ParentKnown && d.ChildKnown {
		out.ParentOnly = without(words(d.ParentNS), words(d.ChildNS))
		out.ChildOnly = without(words(d.ChildNS), words(d.ParentNS))
	}
	sets := map[string]bool{}
	for _, s := range d.Servers {
		n := b.server(s)
		out.Servers = append(out.Servers, n)
		if !n.Answered {
			v.gap("delegation", strings.TrimSpace(n.Host+" "+n.Address)+": "+n.State, n.Reason)
		}
		if s.State == fact.ServerAuthoritative && len(s.NS) > 0 {
			sets[strings.Join(unique(words(s.NS)), " ")] = true
		}
	}
	out.ChildDiffers = len(sets) > 1
	return out
}

func serials(list []uint32) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strconv.FormatUint(uint64(s), 10)
	}
	return out
}

func (b *builder) server(s fact.DelegationServer) *NameServer {
	n := &NameServer{
		Host: string(s.Host), Address: s.Address, State: s.State, Rcode: s.Rcode, Reason: s.Reason,
		Operator: b.operator(s.Host), Answered: true,
	}
	switch s.State {
	case fact.ServerSilent, fact.ServerHostUnknown, fact.ServerSkipped, "":
		n.Answered = false
	}
	if m, ok := b.g.Catalog().Match(s.Host); ok {
		n.PublicHost = slices.Contains(m.Kinds, catalog.DNSHost)
	}
	return n
}

// operator names who runs a host: a declared party, a catalogue entry, else the
// registrable domain, else the name itself.
func (b *builder) operator(host msp.Name) string {
	if p, ok := b.g.Party(host); ok {
		return p.ID
	}
	return string(host)
}

func (b *builder) mx(v *Domain, name msp.Name) *MX {
	f, l := b.look(v, "mx", fact.ProbeMX, name)
	d := read[fact.MX](f, &l)
	out := &MX{Look: l, Null: d.Null, HasMX: len(d.Hosts) > 0, NullOnly: d.Null && len(d.Hosts) == 0}
	for _, h := range d.Hosts {
		host := string(h.Host)
		out.Hosts = append(out.Hosts, host)
		if h.IsCNAME {
			out.CNAMEs = append(out.CNAMEs, host)
		}
		switch {
		case h.Outcome == fact.Absent:
			out.NoAddress = append(out.NoAddress, host)
		case h.Outcome != fact.Present:
			out.Unknown = append(out.Unknown, host)
			v.gap("mx", host, h.Reason)
		case len(h.Addresses) > 0 && len(private(h.Addresses)) == len(h.Addresses):
			out.Private = append(out.Private, host)
		}
	}
	return out
}

func (b *builder) spf(v *Domain, name msp.Name) *SPF {
	f, l := b.look(v, "spf", fact.ProbeSPF, name)
	d := read[fact.SPF](f, &l)
	v.gapUnless(!d.Truncated, "spf", "the include tree beyond where the walk was cut")
	return &SPF{
		Look: l, Result: d.Result, Record: clip(strings.Join(d.Records, " | ")), All: d.All, PassAll: d.PassAll,
		UsesPTR: d.UsesPTR, IPv4: d.IPv4, IPv6: d.IPv6, Lookups: int64(d.Lookups), Voids: int64(d.Voids),
		Errors: d.Errors, Unbounded: d.Unbounded, Truncated: d.Truncated, Tree: clip(spfTree(d.Tree, 0)),
	}
}

// spfTree writes the include tree with the cost of each term on one line.
func spfTree(n *fact.SPFNode, depth int) string {
	if n == nil || depth > 24 {
		return ""
	}
	parts := make([]string, 0, len(n.Terms))
	for _, t := range n.Terms {
		if t.Lookups == 0 && t.Voids == 0 && t.Error == "" {
			continue
		}
		p := t.Text + " (" + plural(t.Lookups, "look-up") + ", " + plural(t.Voids, "void")
		if t.Error != "" {
			p += ", " + t.Error
		}
		p += ")"
		if t.Node != nil {
			if below := spfTree(t.Node, depth+1); below != "" {
				p += " > [" + below + "]"
			}
		}
		parts = append(parts, p)
	}
	return strings.Join(parts, "; ")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func (b *builder) dmarc(v *Domain, name msp.Name) *DMARC {
	f, l := b.look(v, "dmarc", fact.ProbeDMARC, name)
	d := read[fact.DMARC](f, &l)
	out := &DMARC{
		Look: l, Result: d.Result, Record: clip(d.Record), At: string(d.At), Policy: d.Policy, Subdomain: d.Subdomain,
		NonExistent: d.NonExistent, Testing: d.Testing, Effective: d.Effective, Errors: d.Errors,
		Apex: d.At == name && d.OrgDomain == name,
	}
	seen := map[msp.Name]bool{}
	for _, r := range d.Reports {
		if !r.External || seen[r.Domain] {
			continue
		}
		seen[r.Domain] = true
		if r.Authorised == fact.Unknown {
			v.gap("dmarc", "authorisation by "+string(r.Domain), r.Reason)
		}
		out.Reports = append(out.Reports, &Report{
			Tag: r.Tag, Domain: string(r.Domain), Authorised: r.Authorised.String(), Reason: r.Reason, NXDomain: r.Rcode == "NXDOMAIN",
		})
	}
	sort.Slice(out.Reports, func(i, j int) bool { return out.Reports[i].Domain < out.Reports[j].Domain })
	return out
}

func (b *builder) caa(v *Domain, name msp.Name) *CAA {
	f, l := b.look(v, "caa", fact.ProbeCAA, name)
	d := read[fact.CAA](f, &l)
	return &CAA{Look: l, At: string(d.At), UnknownCritical: d.UnknownCritical}
}

// targets lists the dead ends among what the domain's records lead to.
func (b *builder) targets(v *Domain, name msp.Name, hosts []*fact.Fact) {
	own, _ := domain.Registrable(name)
	byReg := map[msp.Name]*Target{}
	for _, m := range b.mentioned(v, name, hosts) {
		reg, ok := domain.Registrable(m.target)
		if !ok || reg == own {
			continue
		}
		t := byReg[reg]
		if t == nil {
			t = &Target{Domain: string(reg)}
			byReg[reg] = t
		}
		t.From, t.facts = append(t.From, m.text), append(t.facts, m.fact)
	}
	for reg, t := range byReg {
		f := b.fact(fact.ProbeRegistered, reg)
		if f == nil {
			continue
		}
		l := lookOf(f)
		r := read[fact.Registered](f, &l)
		v.src.facts["registered"] = append(v.src.facts["registered"], f)
		switch {
		case l.State == "unknown":
			v.Unresolved = append(v.Unresolved, string(reg))
		case l.State == "absent" && r.Rcode == "NXDOMAIN":
			t.From, t.facts = unique(t.From), sortFacts(append(t.facts, f))
			v.Unregistered = append(v.Unregistered, t)
		}
	}
	sort.Slice(v.Unregistered, func(i, j int) bool { return v.Unregistered[i].Domain < v.Unregistered[j].Domain })
	sortFacts(v.src.facts["registered"])
	v.Unresolved = unique(v.Unresolved)
	v.Unregistered = bound(b, "domain "+v.Name+": dead targets", v.Unregistered)
}
