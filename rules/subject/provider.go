package subject

import (
	"mspscan/msp"
	"mspscan/msp/graph"
)

// providerViews makes one view of each declared provider.
func (b *builder) providerViews() {
	total := b.totals()
	seen := b.seenServices()
	list := make([]View, 0, len(b.inv.Providers))
	for i := range b.inv.Providers {
		v := b.provider(&b.inv.Providers[i])
		v.Concentration = b.concentration(v, total)
		v.NotSeen, v.NotSeenUnknown = b.notSeen(v.ID, seen)
		b.sweeps(v, b.inv.Providers[i].Domains)
		list = append(list, v)
	}
	b.add(list)
	o := &b.inv.Organisation
	own := &Provider{ID: o.ID, Name: o.Name, Score: &Score{}, Answers: &Answers{}, Concentration: &Concentration{}, src: providerSource{organisation: o}}
	b.sweeps(own, o.Domains)
	b.add([]View{organisationAsProvider{own}})
}

func (b *builder) provider(p *msp.Provider) *Provider {
	v := &Provider{
		ID: p.ID, Name: b.nameOf(p.ID), Kind: p.Kind, Rank: graph.NoRank, Live: b.live(p.ID),
		Material: p.Material.Answer.String(), RiskRating: p.RiskRating,
		AssessmentsKnown: p.Assessments != nil, EssentialEightTarget: int64(b.inv.Organisation.EssentialEightTarget),
		Answers: &Answers{
			IndicatorSweep:           p.Answers.IndicatorSweep.Answer.String(),
			ClientIsolation:          p.Answers.ClientIsolation.Answer.String(),
			CredentialAbuseDetection: p.Answers.CredentialAbuseDetection.Answer.String(),
			EssentialEightLevel:      number(p.Answers.EssentialEightLevel),
		},
		Score: &Score{}, src: providerSource{provider: p, organisation: &b.inv.Organisation},
	}
	for _, a := range p.Assessments {
		if day := a.Date.String(); !b.day.Before(a.Date) && day > v.LastAssessment {
			v.LastAssessment = day
		}
	}
	if e, ok := b.scores[p.ID]; ok {
		v.Score = &Score{Known: true, Hi: e.Score.Hi, Lo: e.Score.Lo}
	}
	if n, ok := b.g.Node(p.ID); ok {
		v.Rank = int64(b.reach.nodes[n].Rank)
		b.reaches(v, n)
	}
	return v
}

// live reports whether a relationship of the provider is not over.
func (b *builder) live(id string) bool {
	for _, i := range b.served[id] {
		if !b.over(&b.inv.Relationships[i]) {
			return true
		}
	}
	return false
}

// reaches says which critical assets the provider gets to. Doors that were never
// stated, and assets whose criticality was not, leave it open.
func (b *builder) reaches(v *Provider, node int32) {
	v.ReachesCritical = msp.No.String()
	open := false
	for _, a := range b.reach.assetsOf(node, false) {
		id := b.reach.nodes[a].ID
		if b.critical(id) {
			v.CriticalAssets = append(v.CriticalAssets, id)
		}
		open = open || b.assets[id].Criticality == ""
	}
	v.CriticalAssets = unique(v.CriticalAssets)
	if len(v.CriticalAssets) > 0 {
		v.ReachesCritical = msp.Yes.String()
		return
	}
	for _, a := range b.reach.assetsOf(node, true) {
		id := b.reach.nodes[a].ID
		open = open || b.critical(id) || b.assets[id].Criticality == ""
	}
	if open {
		v.ReachesCritical = msp.Unknown.String()
	}
}

// totals counts the critical assets and the direct providers.
func (b *builder) totals() Concentration {
	var c Concentration
	for i := range b.inv.Assets {
		if b.inv.Assets[i].Criticality == "critical" {
			c.CriticalTotal++
		}
	}
	for _, n := range b.reach.nodes {
		if n.Kind == graph.NodeProvider && n.Rank == 1 {
			c.DirectTotal++
		}
	}
	return c
}

func (b *builder) concentration(v *Provider, total Concentration) *Concentration {
	c := total
	c.Critical = int64(len(v.CriticalAssets))
	if n, ok := b.g.Node(v.ID); ok {
		c.Direct = b.reach.directUsers(n)
	}
	c.C, c.I = share(c.Direct, c.DirectTotal), share(c.Critical, c.CriticalTotal)
	return &c
}

func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
