package reports

import (
	"cmp"
	"slices"

	"mspscan/msp"
	"mspscan/msp/graph"
)

// providers makes the table of declared providers and of the parties that DNS
// shows and nobody declared.
func (b *builder) providers() {
	for i := range b.inv.Providers {
		b.r.Providers = append(b.r.Providers, b.provider(&b.inv.Providers[i]))
	}
	slices.SortFunc(b.r.Providers, func(x, y Provider) int {
		return cmp.Or(cmp.Compare(hi(y.Exposure), hi(x.Exposure)), cmp.Compare(x.ID, y.ID))
	})
	b.r.Providers = append(b.r.Providers, b.undeclared()...)
	b.reviewProviders()
}

func hi(r *msp.Range) float64 {
	if r == nil {
		return -1
	}
	return r.Hi
}

func (b *builder) provider(p *msp.Provider) Provider {
	row := Provider{
		ID: p.ID, Name: cmp.Or(p.Name, p.ID), Kind: p.Kind, Rank: b.rank(p.ID), Declared: true,
		Findings: b.counts[p.ID], FindingsAll: b.all[p.ID], Country: p.Country, LegalID: LegalID{p.LegalID.Scheme, p.LegalID.Value},
		Domains: names(p.Domains, p.Hosts),
	}
	if e, ok := b.exposed[p.ID]; ok {
		money, score := rounded(e.Money, cents), rounded(e.Score, points)
		row.Exposure, row.Score = &money, &score
		row.Assets, row.Criticality = b.reached(e)
		row.Annual = annual(e.Annual, p.Frequency.Known)
	}
	row.Grade, row.GradeWhy = grade(row.Score, row.Findings)
	row.GradeAll, _ = grade(row.Score, row.FindingsAll)
	for _, a := range p.Assessments {
		row.LastReview = max(row.LastReview, a.Date.String())
	}
	b.fromRelationships(p.ID, &row)
	if b.in.Previous != nil {
		if old, ok := b.in.Previous.Provider(p.ID); ok {
			row.Before = old.Score
		}
	}
	return row
}

// rank gives the number of relationships between a party and the organisation,
// 0 if none leads there.
func (b *builder) rank(id string) int {
	n, ok := b.g.Node(id)
	if !ok || b.g.Nodes()[n].Rank == graph.NoRank {
		return 0
	}
	return b.g.Nodes()[n].Rank
}

// reached gives the names of the assets that a compromise reaches and the worst
// criticality among them.
func (b *builder) reached(e msp.Exposure) (assets []string, criticality string) {
	worst := len(msp.Criticalities())
	critical := map[string]string{}
	for _, a := range b.inv.Assets {
		critical[a.ID] = a.Criticality
	}
	for _, a := range e.Assets {
		if a.P.Hi <= 0 {
			continue
		}
		assets = append(assets, b.name(a.Asset))
		if i := slices.Index(msp.Criticalities(), critical[a.Asset]); i >= 0 {
			worst = min(worst, i)
		}
	}
	if worst < len(msp.Criticalities()) {
		criticality = msp.Criticalities()[worst]
	}
	return unique(assets), criticality
}

// fromRelationships adds what the provider's relationships say.
func (b *builder) fromRelationships(id string, row *Provider) {
	var contracts []string
	access := accessSummary{highest: "none"}
	for i := range b.inv.Relationships {
		r := &b.inv.Relationships[i]
		if r.Customer == id {
			row.SubProviders = append(row.SubProviders, b.name(r.Provider))
		}
		if r.Provider != id {
			continue
		}
		row.Services = append(row.Services, r.Service)
		row.Data = append(row.Data, r.DataSensitivity)
		row.NextReview = earliest(row.NextReview, r.NextAssessment)
		row.ContractEnds = earliest(row.ContractEnds, r.Contract.Ends)
		contracts = append(contracts, contractOf(r.Contract))
		access.add(r, msp.DateOf(b.in.Header.Now))
	}
	row.Services, row.Data, row.SubProviders = unique(row.Services), unique(row.Data), unique(row.SubProviders)
	row.Contract = joined(unique(contracts))
	row.HighestAccess, row.Privileged, row.Standing = access.words()
}

func contractOf(c msp.Contract) string {
	switch {
	case c.None:
		return "none"
	case !c.Stated:
		return "unknown"
	}
	return cmp.Or(c.Ref, "stated")
}

func earliest(day string, d msp.Date) string {
	if !d.Known() || day != "" && day <= d.String() {
		return day
	}
	return d.String()
}

// accessSummary folds the live access items of a provider.
type accessSummary struct {
	highest  string
	order    int // of highest, 0 = none yet
	control  bool
	unstated bool
	standing int // items granting control with jit_pam no
	jit      int // … yes
	open     int // … not known
}

func (s *accessSummary) add(r *msp.Relationship, today msp.Date) {
	s.unstated = s.unstated || !r.AccessStated && len(r.Access) == 0
	for _, a := range r.Access {
		if !a.Live(today) {
			continue
		}
		if o := power(a.Kind); o > s.order {
			s.highest, s.order = string(a.Kind), o
		}
		if a.Kind.Level() != msp.FullControl {
			continue
		}
		s.control = true
		switch a.Controls[msp.JITPAM].Answer {
		case msp.Yes:
			s.jit++
		case msp.No:
			s.standing++
		default:
			s.open++
		}
	}
}

// power orders access kinds by how far they carry, as the exposure tables do.
func power(k msp.AccessKind) int {
	order := []msp.AccessKind{
		msp.Physical, msp.AccessSaaS, msp.DataCustody, msp.AccessMail, msp.AccessHosting, msp.AccessDNS, msp.API, msp.VPN,
		msp.SSH, msp.RDP, msp.RemoteSupport, msp.SoftwareUpdate, msp.BackupAdmin, msp.AccessInternal, msp.RMMAgent, msp.DomainAdmin,
	}
	return slices.Index(order, k) + 1
}

func (s *accessSummary) words() (highest, privileged, standing string) {
	if s.unstated {
		return "unknown", "unknown", "unknown"
	}
	privileged, standing = "no", "none"
	if s.control {
		privileged = "yes"
	}
	switch {
	case s.standing > 0:
		standing = "standing"
	case s.open > 0:
		standing = "unknown"
	case s.jit > 0:
		standing = "just in time"
	}
	return s.highest, privileged, standing
}

// undeclared gives the parties that the organisation or a declared provider
// relies on and that nobody declared. A verification token alone shows a past
// account, and a dead target no party at all: both have rules of their own.
func (b *builder) undeclared() []Provider {
	found := map[string]*Provider{}
	for _, d := range b.g.Dependencies() {
		if d.Declared || d.Dead || d.Trust == msp.TrustVerify || b.names[d.From] == "" || !b.ours(d.From) {
			continue
		}
		p := found[d.To]
		if p == nil {
			p = &Provider{ID: d.To, Name: cmp.Or(d.ToName, d.To), Kind: joined(d.Kinds), Rank: d.Rank, Contract: "unknown", HighestAccess: "unknown", Privileged: "unknown", Standing: "unknown"}
			if e, ok := b.exposed[d.To]; ok {
				money, score := rounded(e.Money, cents), rounded(e.Score, points)
				p.Exposure, p.Score = &money, &score
				p.Assets, p.Criticality = b.reached(e)
			}
			p.Grade, p.GradeWhy = grade(nil, Counts{})
			found[d.To] = p
		}
		p.Rank = min(p.Rank, d.Rank)
		p.Services = append(p.Services, string(d.Trust))
		for _, n := range d.Targets {
			p.Domains = append(p.Domains, string(n))
		}
	}
	rows := make([]Provider, 0, len(found))
	for _, p := range found {
		p.Services, p.Domains = unique(p.Services), unique(p.Domains)
		rows = append(rows, *p)
	}
	slices.SortFunc(rows, func(x, y Provider) int { return cmp.Or(cmp.Compare(x.Rank, y.Rank), cmp.Compare(x.ID, y.ID)) })
	return rows
}

// ours reports whether id is the organisation or a declared provider.
func (b *builder) ours(id string) bool {
	n, ok := b.g.Node(id)
	return ok && b.g.Nodes()[n].Kind != graph.NodeThirdParty
}

func (b *builder) dependencies() {
	for _, d := range b.g.Dependencies() {
		b.r.Dependencies = append(b.r.Dependencies, Dependency{
			From: d.From, To: d.To, ToName: cmp.Or(d.ToName, d.To), Kinds: slices.Clone(d.Kinds), Trust: d.Trust,
			Declared: d.Declared, Dead: d.Dead, Rank: known(d.Rank), Confidence: d.Confidence, Evidence: slices.Clone(d.Chain),
		})
	}
}

// known turns the rank of a party that nothing joins to the organisation into 0.
func known(rank int) int {
	if rank == graph.NoRank {
		return 0
	}
	return rank
}

func names(lists ...[]msp.Name) []string {
	var all []string
	for _, l := range lists {
		for _, n := range l {
			all = append(all, string(n))
		}
	}
	return unique(all)
}
