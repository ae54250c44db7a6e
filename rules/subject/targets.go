package subject

import (
	"mspscan/msp"
	"mspscan/msp/fact"
)

// mentioned is a name that a record leads to.
type mentioned struct {
	target msp.Name
	text   string
	fact   *fact.Fact
}

// hostsWithin sorts the facts of watched hosts by the closest watched domain
// above them; a host outside every domain of its owner goes to the owner's
// first.
func (b *builder) hostsWithin() map[msp.Name][]*fact.Fact {
	out := map[msp.Name][]*fact.Fact{}
	zones := map[msp.Name]bool{}
	first := map[string]msp.Name{}
	for _, w := range b.g.Watched() {
		if !w.Host {
			zones[w.Name] = true
			if first[w.Owner] == "" {
				first[w.Owner] = w.Name
			}
		}
	}
	for _, w := range b.g.Watched() {
		f := b.fact(fact.ProbeHosts, w.Name)
		if f == nil {
			continue
		}
		at := w.Name
		for !zones[at] && at != msp.Root {
			at = at.Parent()
		}
		if !zones[at] {
			at = first[w.Owner]
		}
		if at != "" {
			out[at] = append(out[at], f)
		}
	}
	for z := range out {
		out[z] = sortFacts(out[z])
	}
	return out
}

// mentioned collects what the records of the domain lead to, and notes which of
// them could not be looked at.
func (b *builder) mentioned(v *Domain, name msp.Name, hosts []*fact.Fact) []mentioned {
	var list []mentioned
	for _, probe := range []string{fact.ProbeDelegation, fact.ProbeMX, fact.ProbeSPF, fact.ProbeDMARC} {
		f := b.fact(probe, name)
		if f == nil || f.Outcome == fact.Unknown {
			v.Unlooked = append(v.Unlooked, probe)
		}
		if f != nil {
			list = append(list, from(f)...)
		}
	}
	for _, f := range hosts {
		v.src.facts["cname"] = append(v.src.facts["cname"], f)
		if f.Outcome == fact.Unknown {
			v.Unlooked = append(v.Unlooked, "cname of "+string(f.Task.Name))
		}
		list = append(list, from(f)...)
	}
	return list
}

// from gives the names that a fact's records lead to, as the rule on unregistered
// dependencies counts them: NS, MX, CNAME, SPF terms that let others send, and
// receivers of DMARC reports.
func from(f *fact.Fact) []mentioned {
	var list []mentioned
	add := func(target msp.Name, text string) {
		if target != "" {
			list = append(list, mentioned{target, text + " " + string(target), f})
		}
	}
	name := string(f.Task.Name)
	var l Look
	switch f.Task.Probe {
	case fact.ProbeDelegation:
		d := read[fact.Delegation](f, &l)
		for _, h := range append(append([]msp.Name{}, d.ParentNS...), d.ChildNS...) {
			add(h, name+" NS")
		}
	case fact.ProbeMX:
		for _, h := range read[fact.MX](f, &l).Hosts {
			add(h.Host, name+" MX")
			add(h.CNAME, string(h.Host)+" CNAME")
		}
	case fact.ProbeSPF:
		spfTargets(read[fact.SPF](f, &l).Tree, name, 0, add)
	case fact.ProbeDMARC:
		for _, r := range read[fact.DMARC](f, &l).Reports {
			add(r.Domain, name+" DMARC "+r.Tag)
		}
	case fact.ProbeHosts:
		for _, hop := range read[fact.Hosts](f, &l).Chain {
			add(hop.To, string(hop.From)+" CNAME")
		}
	}
	return list
}

// spfTargets walks the tree as deep as the probe ever goes.
func spfTargets(n *fact.SPFNode, name string, depth int, add func(msp.Name, string)) {
	if n == nil || depth > 24 {
		return
	}
	for _, t := range n.Terms {
		if t.Qualifier != "" && t.Qualifier != "+" {
			continue
		}
		switch t.Mechanism {
		case "include", "redirect", "a", "mx":
			add(t.Target, name+" SPF "+t.Mechanism)
			spfTargets(t.Node, name, depth+1, add)
		}
	}
}
