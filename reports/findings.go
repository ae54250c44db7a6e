package reports

import (
	"cmp"
	"slices"
	"strings"

	"mspscan/msp"
)

// findings orders the findings, adds what a reader needs around each and counts
// the open ones by provider.
func (b *builder) findings() {
	b.byFact, b.counts, b.all, b.tool = map[string][]string{}, map[string]Counts{}, map[string]Counts{}, map[string]Counts{}
	reviews := b.findingReviews()
	first, last := seenBefore(b.in.Previous)
	today := ""
	if !b.in.Header.Now.IsZero() {
		today = msp.DateOf(b.in.Header.Now).String()
	}
	b.r.Findings = make([]Finding, 0, len(b.in.Findings))
	for _, f := range b.in.Findings {
		f.Evidence = cloneEvidence(f.Evidence)
		row := Finding{Finding: f, Effort: b.rules[f.Rule].Effort, Path: b.pathTo(f.Provider), LastSeen: today, Review: reviews[f.ID]}
		row.FirstSeen = cmp.Or(first[f.ID], today)
		if f.State == msp.StateFixed || f.State == msp.StateNotLookedAt {
			row.LastSeen = last[f.ID]
		}
		for _, e := range f.Evidence {
			row.ObservedAt = max(row.ObservedAt, e.At)
			if e.Fact != "" {
				b.byFact[e.Fact] = append(b.byFact[e.Fact], f.ID)
			}
		}
		b.r.Findings = append(b.r.Findings, row)
		if row.Open() {
			count(b.counts, f.Provider, row.Effective())
			count(b.tool, f.Provider, f.Severity)
		}
		if f.State != msp.StateFixed {
			count(b.all, f.Provider, row.Effective())
		}
	}
	slices.SortFunc(b.r.Findings, compareFindings)
}

// count adds a finding to those of its provider.
func count(by map[string]Counts, provider string, s msp.Severity) {
	c := by[provider]
	c.add(s)
	by[provider] = c
}

func compareFindings(x, y Finding) int {
	return cmp.Or(
		cmp.Compare(y.Severity, x.Severity), cmp.Compare(x.Rule, y.Rule),
		cmp.Compare(x.Subject.Kind, y.Subject.Kind), cmp.Compare(x.Subject.ID, y.Subject.ID), cmp.Compare(x.ID, y.ID),
	)
}

// cloneEvidence copies the list, so that filling the report leaves the input
// alone.
func cloneEvidence(list []msp.EvidenceItem) []msp.EvidenceItem {
	return slices.Clone(list)
}

// seenBefore gives the days on which the previous run has each finding first and
// last.
func seenBefore(p *Report) (first, last map[string]string) {
	first, last = map[string]string{}, map[string]string{}
	if p != nil {
		for _, f := range p.Findings {
			first[f.ID], last[f.ID] = f.FirstSeen, f.LastSeen
		}
	}
	return first, last
}

// pathTo gives "Organisation > Provider > Sub-provider" for a provider's id.
func (b *builder) pathTo(provider string) string {
	if c, ok := b.chains[provider]; ok {
		return c
	}
	org := b.name(b.inv.Organisation.ID)
	if provider == "" {
		return org
	}
	return org + " > " + b.name(provider)
}

// chain finds the shortest way from the organisation to each party over the
// declared relationships; among equals the first by id.
func (b *builder) chain() map[string]string {
	org := b.inv.Organisation.ID
	chains := map[string]string{org: b.name(org)}
	serves := map[string][]string{}
	for _, r := range b.inv.Relationships {
		customer := cmp.Or(r.Customer, org)
		serves[customer] = append(serves[customer], r.Provider)
	}
	for queue := []string{org}; len(queue) > 0; queue = queue[1:] {
		for _, p := range unique(serves[queue[0]]) {
			if _, seen := chains[p]; !seen {
				chains[p] = strings.Join([]string{chains[queue[0]], b.name(p)}, " > ")
				queue = append(queue, p)
			}
		}
	}
	return chains
}
