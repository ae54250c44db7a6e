package subject

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/domain"
	"mspscan/msp/fact"
)

// Limited is a View to which only some inputs mean something: rules that look at
// others do not apply to it.
type Limited interface {
	Has(input string) bool
	As() (msp.SubjectKind, View) // the kind whose rules judge it, and what they are shown
}

// organisationAsProvider is the view by which rules on the look-alikes of
// providers judge those of the organisation itself.
type organisationAsProvider struct{ *Provider }

// Ref names the organisation.
func (v organisationAsProvider) Ref() msp.Subject {
	return msp.Subject{Kind: msp.SubjectOrganisation, ID: v.ID}
}

// Owner is nobody: the names are the organisation's own.
func (organisationAsProvider) Owner() string { return "" }

// Input places what was found at the organisation's domains.
func (v organisationAsProvider) Input(key string) Input {
	in := v.Provider.Input(key)
	if o := v.src.organisation; o != nil {
		in.Pos = o.Src.At("domains")
	}
	return in
}

// Has knows what sweeps look at.
func (organisationAsProvider) Has(input string) bool {
	return input == "lookalikes" || input == "brand_names"
}

// As gives what the rules judge.
func (v organisationAsProvider) As() (msp.SubjectKind, View) { return msp.SubjectProvider, v.Provider }

// sweeps gives what the sweeps found of the domains of one party.
func (b *builder) sweeps(v *Provider, domains []msp.Name) {
	v.Lookalikes, v.BrandNames = &Sweep{}, &Sweep{}
	var registrable []msp.Name
	for _, d := range domains {
		if reg, ok := domain.Registrable(d); ok && !slices.Contains(registrable, reg) {
			registrable = append(registrable, reg)
		}
	}
	for i := range b.facts {
		f := &b.facts[i]
		if !slices.Contains(registrable, f.Task.Name) {
			continue
		}
		switch f.Task.Probe {
		case fact.ProbeLookalikes:
			b.addLookalikes(v.Lookalikes, f)
		case fact.ProbeBrandNames:
			b.addBrandNames(v.BrandNames, f)
		}
	}
	for _, s := range []*Sweep{v.Lookalikes, v.BrandNames} {
		slices.SortStableFunc(s.Found, func(a, c *Swept) int {
			return cmp.Or(cmp.Compare(a.Name, c.Name), cmp.Compare(a.Of, c.Of))
		})
		s.Found = bound(b, "names found by a sweep for "+v.ID, s.Found)
	}
}

func (b *builder) addLookalikes(s *Sweep, f *fact.Fact) {
	var d fact.Lookalikes
	if len(f.Data) == 0 || f.Decode(&d) != nil {
		return
	}
	first := !slices.ContainsFunc(s.facts, func(o *fact.Fact) bool { return o.Task.Name == f.Task.Name })
	s.add(f, d.Swept)
	if first {
		s.Left += int64(d.Made)
	}
	s.Left -= int64(d.Asked)
	for _, l := range d.Found {
		if b.declared(l.Name) {
			continue
		}
		s.Found = append(s.Found, &Swept{
			Name: string(l.Name), Of: string(d.Domain), How: l.Family, Mail: len(l.MX) > 0,
			MailState: map[bool]string{true: "unknown"}[l.MXReason != ""], Seen: words(l.NS), facts: []*fact.Fact{f},
		})
	}
}

func (b *builder) addBrandNames(s *Sweep, f *fact.Fact) {
	var d fact.BrandNames
	if len(f.Data) == 0 || f.Decode(&d) != nil {
		return
	}
	s.add(f, d.Swept)
	for _, n := range d.Found {
		if !b.declared(n.Name) {
			s.Found = append(s.Found, &Swept{Name: string(n.Name), Of: string(d.Domain), How: "under " + string(n.Suffix), Seen: n.Addresses, facts: []*fact.Fact{f}})
		}
	}
}

func (s *Sweep) add(f *fact.Fact, d fact.Swept) {
	s.Asked = true
	s.Total += int64(d.Asked)
	s.Unknown += int64(d.Unknown)
	s.facts = append(s.facts, f)
}

// declared reports whether somebody in the inventory holds a name, or registered
// it so that nobody else can.
func (b *builder) declared(n msp.Name) bool {
	if len(b.g.Owners(n)) > 0 {
		return true
	}
	within := func(d msp.Name) bool { return n.Within(d) }
	if slices.ContainsFunc(b.inv.Organisation.DefensiveDomains, within) {
		return true
	}
	for i := range b.inv.Providers {
		if slices.ContainsFunc(b.inv.Providers[i].DefensiveDomains, within) {
			return true
		}
	}
	return false
}

// input gives the facts of a sweep.
func (s *Sweep) input(key string, at msp.Pos) Input {
	if s == nil || !s.Asked {
		return Input{Key: key, Text: key + ": no sweep was run", Unknown: true, Why: "not asked", Pos: at}
	}
	in := Input{Key: key, Pos: at, Facts: s.facts, Text: fmt.Sprintf("%d names asked for, %d found", s.Total, len(s.Found))}
	if s.Unknown+s.Left > 0 {
		var why []string
		if s.Unknown > 0 {
			why = append(why, fmt.Sprintf("%d names without a clean answer", s.Unknown))
		}
		if s.Left > 0 {
			why = append(why, fmt.Sprintf("%d names left out by the budget", s.Left))
		}
		in.Unknown, in.Why = true, strings.Join(why, ", ")
	}
	return in
}
