package subject

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
)

func (b *builder) mtasts(v *Domain, name msp.Name) *MTASTS {
	f, l := b.look(v, "mtasts", fact.ProbeMTASTS, name)
	d := read[fact.MTASTS](f, &l)
	return &MTASTS{Look: l, Errors: d.Errors, Policy: d.Policy.String(), Mode: d.Mode}
}

func (b *builder) tlsrpt(v *Domain, name msp.Name) *TLSRPT {
	f, l := b.look(v, "tlsrpt", fact.ProbeTLSRPT, name)
	d := read[fact.TLSRPT](f, &l)
	return &TLSRPT{Look: l, Errors: d.Errors}
}

func (b *builder) wildcard(v *Domain, name msp.Name) *Wildcard {
	f, l := b.look(v, "wildcard", fact.ProbeWildcard, name)
	d := read[fact.Wildcard](f, &l)
	return &Wildcard{Look: l, Resolved: int64(d.Resolved), Targets: d.Targets}
}

func (b *builder) dnssec(v *Domain, name msp.Name) *DNSSEC {
	f, l := b.look(v, "dnssec", fact.ProbeDNSSEC, name)
	d := read[fact.DNSSEC](f, &l)
	return &DNSSEC{
		Look: l, DS: d.DSOutcome.String(), Validation: d.Validation, Checked: d.Checked, Faults: d.Faults,
		Weak: weak(d), KeysKnown: d.KeysOutcome == fact.Present || d.KeysOutcome == fact.Absent,
	}
}

// weak names what of a signed zone is weak: algorithms that RFC 8624 and RFC 9905
// rule out for signing, RSA keys under 2048 bits, and SHA-1 as the only digest.
// Keys that do not sign, such as revoked ones (RFC 5011), count like the others:
// a validator accepts them.
func weak(d fact.DNSSEC) []string {
	if len(d.Keys) == 0 {
		return digests(d.DS)
	}
	var out []string
	only := true
	for _, k := range d.Keys {
		if !slices.Contains([]int{1, 3, 5, 6, 7, 12}, k.Algorithm) {
			only = false
		}
		if k.Bits > 0 && k.Bits < 2048 {
			out = append(out, fmt.Sprintf("key %d is RSA of %d bits", k.KeyTag, k.Bits))
		}
	}
	if only {
		out = append(out, fmt.Sprintf("only algorithm %s signs the zone", algorithms(d.Keys)))
	}
	return append(unique(out), digests(d.DS)...)
}

func algorithms(keys []fact.DNSKEY) string {
	var list []string
	for _, k := range keys {
		list = append(list, fmt.Sprint(k.Algorithm))
	}
	return strings.Join(unique(list), ", ")
}

func digests(ds []fact.DS) []string {
	for _, d := range ds {
		if d.DigestType != 1 {
			return nil
		}
	}
	if len(ds) == 0 {
		return nil
	}
	return []string{"every DS digest is SHA-1"}
}

func (b *builder) transfer(v *Domain, name msp.Name) []*ServerAnswer {
	f, l := b.look(v, "axfr", fact.ProbeTransfer, name)
	var out []*ServerAnswer
	for _, s := range read[fact.Transfer](f, &l).Servers {
		out = append(out, &ServerAnswer{Host: string(s.Host), Address: s.Address, State: s.Outcome.String(), Reason: s.Reason, Records: int64(s.Records)})
	}
	return v.orUnknown("axfr", out, f, l)
}

func (b *builder) recursion(v *Domain, name msp.Name) []*ServerAnswer {
	f, l := b.look(v, "recursion", fact.ProbeRecursion, name)
	var out []*ServerAnswer
	for _, s := range read[fact.Recursion](f, &l).Servers {
		out = append(out, &ServerAnswer{Host: string(s.Host), Address: s.Address, State: s.Outcome.String(), Reason: s.Reason})
	}
	return v.orUnknown("recursion", out, f, l)
}

// orUnknown notes the servers that kept silent, and lets a probe that was asked
// and came to no server at all stand as one unknown answer: an empty list would
// be no consent. A name that is proved to be no zone has no servers to ask.
func (v *Domain) orUnknown(input string, list []*ServerAnswer, f *fact.Fact, l Look) []*ServerAnswer {
	for _, s := range list {
		if s.State == fact.Unknown.String() {
			v.gap(input, s.Host, s.Reason)
		}
	}
	if f != nil && len(list) == 0 && f.Outcome != fact.Absent {
		return []*ServerAnswer{{State: fact.Unknown.String(), Reason: l.Reason}}
	}
	return list
}

// tokens lists the verification records whose vendor the catalogue knows.
func (b *builder) tokens(v *Domain, name msp.Name) []*Token {
	f, l := b.look(v, "txt", fact.ProbeTokens, name)
	seen := map[string]*Token{}
	for _, text := range read[fact.Tokens](f, &l).Texts {
		e, ok := b.g.Catalog().Token(text)
		if ok && seen[e.ID] == nil {
			seen[e.ID] = &Token{Vendor: e.ID, Name: e.Name, Text: clip(text)}
		}
	}
	out := make([]*Token, 0, len(seen))
	for _, t := range seen {
		t.Declared = b.proven[[2]string{string(name), t.Vendor}]
		out = append(out, t)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Vendor < out[j].Vendor })
	return bound(b, "domain "+v.Name+": tokens", out)
}

// dkim lists the keys at the selectors that were asked for.
func (b *builder) dkim(v *Domain, name msp.Name) []*DKIMKey {
	var out []*DKIMKey
	for _, f := range b.keys[name] {
		l := lookOf(f)
		d := read[fact.DKIM](f, &l)
		v.src.facts["dkim"] = append(v.src.facts["dkim"], f)
		out = append(out, &DKIMKey{
			Look: l, Selector: d.Selector, Vendor: d.Vendor, KeyType: d.KeyType, Bits: int64(d.Bits),
			Revoked: d.Revoked, Testing: d.Testing, Errors: d.Errors, facts: []*fact.Fact{f},
		})
	}
	return out
}

// dane lists the TLSA sets of the domain's exchangers.
func (b *builder) dane(v *Domain) []*DANEHost {
	var out []*DANEHost
	for _, h := range v.MX.Hosts {
		f := b.fact(fact.ProbeDANE, msp.Name(h))
		if f == nil {
			continue
		}
		l := lookOf(f)
		d := read[fact.DANE](f, &l)
		v.src.facts["dane"] = append(v.src.facts["dane"], f)
		host := &DANEHost{Look: l, Host: h, Signed: d.Signed.String()}
		if l.State == fact.Present.String() && d.Signed == fact.Unknown {
			v.gap("dane", "whether the zone of "+h+" is signed", "")
		}
		for _, r := range d.Records {
			for _, e := range r.Errors {
				host.Faults = append(host.Faults, fmt.Sprintf("%d %d %d: %s", r.Usage, r.Selector, r.Matching, e))
			}
		}
		out = append(out, host)
	}
	return out
}

// drift names what differs from the previous run. A set that one of the runs
// could not look at says nothing.
func (b *builder) drift(v *Domain, name msp.Name) {
	if !b.previous {
		return
	}
	sets := []struct {
		what, probe string
		of          func(*fact.Fact) []string
	}{
		{"NS set", fact.ProbeDelegation, b.nsSet}, {"MX set", fact.ProbeMX, b.mxSet}, {"operator behind the addresses", fact.ProbeCDN, b.cdnSet},
	}
	for _, s := range sets {
		task := fact.Task{Probe: s.probe, Name: name}
		was, is := b.byPrevious[task], b.byTask[task]
		if was == nil || is == nil || was.Outcome == fact.Unknown || is.Outcome == fact.Unknown {
			continue
		}
		v.DriftAsked = true
		before, now := s.of(was), s.of(is)
		gone, came := without(before, now), without(now, before)
		if len(gone)+len(came) > 0 && !b.planned(came, v.OwnerID) {
			v.Drift = append(v.Drift, fmt.Sprintf("%s: %s, before %s", s.what, listed(now), listed(before)))
			v.src.facts["drift"] = append(v.src.facts["drift"], is)
		}
	}
}

// planned reports whether the inventory says so: all that is new belongs to a
// provider that it declares for the owner.
func (b *builder) planned(names []string, owner string) bool {
	for _, n := range names {
		p, ok := b.g.Party(msp.Name(n))
		if !ok || !slices.ContainsFunc(b.served[p.Provider], func(i int32) bool { return b.inv.Relationships[i].Customer == owner }) {
			return false
		}
	}
	return len(names) > 0
}

func listed(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, " ")
}

func (b *builder) nsSet(f *fact.Fact) []string {
	var l Look
	d := read[fact.Delegation](f, &l)
	if d.ParentKnown {
		return unique(words(d.ParentNS))
	}
	return unique(words(d.ChildNS))
}

func (b *builder) mxSet(f *fact.Fact) []string {
	var l Look
	var out []string
	for _, h := range read[fact.MX](f, &l).Hosts {
		out = append(out, string(h.Host))
	}
	return unique(out)
}

func (b *builder) cdnSet(f *fact.Fact) []string {
	var l Look
	var out []string
	for _, i := range read[fact.CDN](f, &l).Items {
		out = append(out, i.Provider)
	}
	return unique(out)
}
