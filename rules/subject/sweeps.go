package subject

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/domain"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
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
		s.merge()
		s.explain()
		s.Found = bound(b, "names found by a sweep for "+v.ID, s.Found)
	}
}

func (b *builder) addLookalikes(s *Sweep, f *fact.Fact) {
	var d fact.Lookalikes
	if !s.read(f, &d) {
		return
	}
	s.add(f, d.Swept, d.Made)
	for _, l := range d.Found {
		if b.declared(l.Name) {
			continue
		}
		s.Found = append(s.Found, &Swept{
			Name: string(l.Name), Of: string(d.Domain), How: l.Family, Likeness: int64(l.Likeness), Delegated: l.Delegated, Mail: len(l.MX) > 0,
			MailState: map[bool]string{true: "unknown"}[l.MXReason != ""], Seen: append(words(l.NS), l.Addresses...), facts: []*fact.Fact{f},
		})
	}
}

func (b *builder) addBrandNames(s *Sweep, f *fact.Fact) {
	var d fact.BrandNames
	if !s.read(f, &d) {
		return
	}
	s.add(f, d.Swept, d.Made)
	for _, n := range d.Found {
		if !b.declared(n.Name) {
			s.Found = append(s.Found, &Swept{Name: string(n.Name), Of: string(d.Domain), How: "under " + string(n.Suffix), Seen: n.Addresses, facts: []*fact.Fact{f}})
		}
	}
}

// read decodes a fact of a sweep. One that says nothing, as of a run that was cut
// before it, leaves the sweep open.
func (s *Sweep) read(f *fact.Fact, v any) bool {
	if len(f.Data) > 0 && f.Decode(v) == nil {
		return true
	}
	s.Asked = true
	s.Unknown++
	s.why(f.Reason, 1)
	s.facts = append(s.facts, f)
	return false
}

func (s *Sweep) why(reason string, n int) {
	if s.reasons == nil {
		s.reasons = map[string]int{}
	}
	s.reasons[cmp.Or(reason, "no_clean_answer")] += n
}

// explain puts the reasons in words: "servfail 2, wildcard 1".
func (s *Sweep) explain() {
	var list []string
	for _, r := range slices.Sorted(maps.Keys(s.reasons)) {
		list = append(list, fmt.Sprintf("%s %d", r, s.reasons[r]))
	}
	s.Why = strings.Join(list, ", ")
}

// add takes the numbers of one task; made is how many names the domain has in all.
func (s *Sweep) add(f *fact.Fact, d fact.Swept, made int) {
	if !slices.ContainsFunc(s.facts, func(o *fact.Fact) bool { return o.Task.Name == f.Task.Name }) {
		s.Left += int64(made)
	}
	s.Left -= int64(d.Asked)
	s.Asked = true
	s.Total += int64(d.Asked)
	s.Unknown += int64(d.Unknown)
	for reason, n := range d.Reasons {
		s.why(reason, n)
	}
	if f.Outcome == fact.Unknown && d.Unknown == 0 { // the task itself could not be done
		s.Unknown++
		s.why(f.Reason, 1)
	}
	s.facts = append(s.facts, f)
}

// merge sorts what was found and leaves each name once, whichever of the party's
// domains it is like.
func (s *Sweep) merge() {
	slices.SortStableFunc(s.Found, func(a, c *Swept) int {
		return cmp.Or(cmp.Compare(a.Name, c.Name), cmp.Compare(c.Likeness, a.Likeness), cmp.Compare(a.Of, c.Of))
	})
	var list []*Swept
	for _, f := range s.Found {
		if n := len(list); n > 0 && list[n-1].Name == f.Name {
			list[n-1].Of += ", " + f.Of
			list[n-1].facts = append(list[n-1].facts, f.facts...)
			continue
		}
		list = append(list, f)
	}
	s.Found = list
}

// declared reports whether somebody in the inventory holds a name, or registered
// it so that nobody else can.
func (b *builder) declared(n msp.Name) bool {
	watched := func(w graph.Watched) bool { return w.Name == n && w.Swept == "" }
	if len(b.g.Owners(n)) > 0 || slices.ContainsFunc(b.g.Watched(), watched) {
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
			why = append(why, fmt.Sprintf("names without a clean answer: %d (%s)", s.Unknown, s.Why))
		}
		if s.Left > 0 {
			why = append(why, fmt.Sprintf("names left out by the budget: %d", s.Left))
		}
		in.Unknown, in.Why = true, strings.Join(why, ", ")
	}
	return in
}
