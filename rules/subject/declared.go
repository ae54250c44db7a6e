package subject

import (
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/graph"
)

// accessViews makes one view of each access item that is not over.
func (b *builder) accessViews() {
	var list []View
	for i := range b.inv.Relationships {
		r := &b.inv.Relationships[i]
		for j := range r.Access {
			if a := &r.Access[j]; a.Live(b.day) {
				list = append(list, b.access(r, a))
			}
		}
	}
	b.add(list)
}

func (b *builder) access(r *msp.Relationship, a *msp.Access) *Access {
	v := &Access{
		ID: a.ID, Kind: string(a.Kind), Level: a.Kind.Level().String(), Provider: r.Provider, Customer: r.Customer,
		Service: r.Service, WholeCustomer: len(a.Reaches) == 0, Controls: controls(a.Controls),
		Reviewed: a.Reviewed.Past(b.day).String(), LastUsed: a.LastUsed.Past(b.day).String(), src: accessSource{a, r},
	}
	reaches := a.Reaches
	ours := r.Customer == b.inv.Organisation.ID
	if v.WholeCustomer && ours {
		reaches = b.allAssets
		v.ReachesIdentity = len(b.identity) > 0
	}
	for _, id := range a.Reaches {
		if t := b.assets[id]; t != nil && t.Kind == "identity" {
			v.ReachesIdentity = true
		}
	}
	v.ScopeApplies = ours && !r.Contract.None && len(reaches) > 0
	v.ScopeKnown = r.Contract.Scope.Known
	if v.ScopeApplies && v.ScopeKnown {
		v.OutOfScope = bound(b, "access "+a.ID+": assets out of scope", without(reaches, r.Contract.Scope.Values))
	}
	return v
}

// without gives what of list does not stand in known.
func without(list, known []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(known, s) {
			out = append(out, s)
		}
	}
	return unique(out)
}

func controls(m map[msp.Control]msp.Reply) *Controls {
	at := func(c msp.Control) string { return m[c].Answer.String() }
	return &Controls{
		MFA: at(msp.MFA), PhishingResistantMFA: at(msp.PhishingResistantMFA), JITPAM: at(msp.JITPAM),
		JumpHost: at(msp.JumpHost), AllowList: at(msp.AllowList), DedicatedPath: at(msp.DedicatedPath),
		Segmentation: at(msp.Segmentation), NamedAccounts: at(msp.NamedAccounts),
		CredentialsDedicated: at(msp.CredentialsDedicated), Logging: at(msp.Logging),
		Monitored: at(msp.Monitored), EgressFiltering: at(msp.EgressFiltering),
	}
}

// relationshipViews makes one view of each relationship.
func (b *builder) relationshipViews() {
	twoWay := b.twoWay()
	list := make([]View, 0, len(b.inv.Relationships))
	for i := range b.inv.Relationships {
		v := b.relationship(&b.inv.Relationships[i])
		v.TwoWay = twoWay[i]
		list = append(list, v)
	}
	b.add(list)
}

func (b *builder) relationship(r *msp.Relationship) *Relationship {
	v := &Relationship{
		ID: graph.RelationshipID(r), Provider: r.Provider, ProviderName: b.nameOf(r.Provider), Customer: r.Customer,
		ToOrganisation: r.Customer == b.inv.Organisation.ID, Service: r.Service, AccessStated: r.AccessStated,
		Contract: contract(&r.Contract, b.day), Egress: r.Egress.Answer.String(),
		EgressFiltering: r.Controls[msp.EgressFiltering].Answer.String(),
		Logging:         &Logging{RetentionMonths: number(r.Logging.RetentionMonths), CustomerAccess: r.Logging.CustomerAccess.Answer.String()},
		src:             relationshipSource{r, b.providers[r.Provider]},
	}
	for j := range r.Access {
		if r.Access[j].Live(b.day) {
			v.LiveAccess = append(v.LiveAccess, r.Access[j].ID)
		}
	}
	v.LiveAccess = bound(b, "relationship "+v.ID+": access", v.LiveAccess)
	v.Missing = missing(r, b.providers[r.Provider])
	return v
}

func (b *builder) nameOf(provider string) string {
	if p := b.providers[provider]; p != nil && p.Name != "" {
		return p.Name
	}
	return provider
}

// missing names the fields of ISM-1737 that are empty, in the order of the
// control; a relationship's contacts go before the provider's.
func missing(r *msp.Relationship, p *msp.Provider) []string {
	contacts, name := r.Contacts, ""
	if p != nil {
		name = p.Name
		if contacts.Users == "" {
			contacts.Users = p.Contacts.Users
		}
		if contacts.Always == "" {
			contacts.Always = p.Contacts.Always
		}
	}
	agreed := ""
	if r.Contract.Stated && !r.Contract.None {
		agreed = "yes"
	}
	var out []string
	for _, f := range []struct{ name, value string }{
		{"provider name", name},
		{"service name", r.Service},
		{"purpose", r.Purpose},
		{"data sensitivity", r.DataSensitivity},
		{"next assessment date", r.NextAssessment.String()},
		{"contract", agreed},
		{"contact for users", contacts.Users},
		{"24x7 contact", contacts.Always},
	} {
		if strings.TrimSpace(f.value) == "" {
			out = append(out, f.name)
		}
	}
	return out
}

func contract(c *msp.Contract, day msp.Date) *Contract {
	return &Contract{
		Stated: c.Stated || c.None, None: c.None, Starts: c.Starts.String(), Ends: c.Ends.String(),
		IncidentNoticeHours:       number(c.IncidentNoticeHours),
		IncidentNoticeCovers:      c.IncidentNoticeCovers.Values,
		IncidentNoticeCoversKnown: c.IncidentNoticeCovers.Known,
		AuditRight:                c.AuditRight.Answer.String(), LastAudit: c.LastAudit.Past(day).String(),
		SubcontractorNoticeDays: number(c.SubcontractorNotice),
		BreakClause:             c.BreakClause.Answer.String(), ExitPlan: c.ExitPlan.Answer.String(),
		Locations: c.Locations.Values, LocationsKnown: c.Locations.Known,
		SharedResponsibility: c.SharedResponsibility.Answer.String(), FlowDown: c.FlowDown.Answer.String(),
	}
}

// twoWay finds for each relationship the doors by which the customer controls
// the provider, where the provider has a door of control into the customer.
func (b *builder) twoWay() [][]string {
	out := make([][]string, len(b.inv.Relationships))
	back := b.doorsInto()
	for i := range b.inv.Relationships {
		r := &b.inv.Relationships[i]
		forth := slices.ContainsFunc(r.Access, func(a msp.Access) bool {
			return a.Live(b.day) && a.Kind.Level() == msp.FullControl
		})
		if forth {
			out[i] = back[[2]string{r.Customer, r.Provider}]
		}
	}
	return out
}

// doorsInto lists the live doors of control by (holder, provider reached); an
// asset is held by the organisation.
func (b *builder) doorsInto() map[[2]string][]string {
	out := map[[2]string][]string{}
	for _, d := range b.reach.doors {
		if d.Assumed || d.Kind.Level() != msp.FullControl {
			continue
		}
		holder := b.reach.nodes[d.From]
		id := holder.ID
		if holder.Kind == graph.NodeAsset {
			id = b.inv.Organisation.ID
		}
		for _, t := range d.Targets {
			if n := b.reach.nodes[t]; n.Kind == graph.NodeProvider {
				key := [2]string{id, n.ID}
				out[key] = append(out[key], d.ID)
			}
		}
	}
	return out
}

// assetViews makes one view of each asset.
func (b *builder) assetViews() {
	views := map[string]*Asset{}
	list := make([]View, 0, len(b.inv.Assets))
	for i := range b.inv.Assets {
		a := &b.inv.Assets[i]
		v := &Asset{ID: a.ID, Name: a.Name, Kind: a.Kind, Criticality: a.Criticality, src: assetSource{asset: a}}
		views[a.ID], list = v, append(list, v)
	}
	for _, d := range b.reach.doors {
		if d.Relationship < 0 || b.inv.Relationships[d.Relationship].Customer != b.inv.Organisation.ID {
			continue
		}
		r := &b.inv.Relationships[d.Relationship]
		for _, t := range d.Targets {
			if n := b.reach.nodes[t]; n.Kind == graph.NodeAsset {
				views[n.ID].depends(r, d.Assumed)
			} else if n.Kind == graph.NodeOrganisation {
				for _, id := range b.allAssets {
					views[id].depends(r, d.Assumed)
				}
			}
		}
	}
	for _, v := range list {
		v.(*Asset).alternatives()
	}
	b.add(list)
}

// depends notes a provider behind the asset. Two are as good as many: what
// matters is whether it is exactly one.
func (v *Asset) depends(r *msp.Relationship, assumed bool) {
	switch {
	case slices.Contains(v.Providers, r.Provider):
	case assumed:
		v.ProvidersUnknown = true
		return
	case len(v.Providers) < 2:
		v.Providers = append(v.Providers, r.Provider)
		slices.Sort(v.Providers)
	default:
		return
	}
	if !assumed && !slices.Contains(v.src.behind, r) && len(v.src.behind) < MaxList {
		v.src.behind = append(v.src.behind, r)
	}
}

// alternatives joins what the relationships behind the asset name; not known if
// one of them does not say and none names any.
func (v *Asset) alternatives() {
	v.AlternativesKnown = true
	for _, r := range v.src.behind {
		v.AlternativesKnown = v.AlternativesKnown && r.Alternatives.Known
		v.Alternatives = append(v.Alternatives, r.Alternatives.Values...)
	}
	v.Alternatives = unique(v.Alternatives)
	if len(v.Alternatives) > MaxList {
		v.Alternatives = v.Alternatives[:MaxList]
	}
}

// pathViews makes one view of each path. Of several ways over the same nodes, by
// other doors, the least guarded stands for all.
func (b *builder) pathViews(paths []msp.PathExposure) {
	doors := map[string]*graph.Door{}
	at := map[string]int{}
	for i := range b.reach.doors {
		doors[b.reach.doors[i].ID] = &b.reach.doors[i]
	}
	var list []View
	for i := range paths {
		p := &paths[i]
		v := &Path{ID: strings.Join(p.Nodes, ">"), Provider: p.Provider, Asset: p.Asset, Doors: p.Doors, src: pathSource{}}
		if a := b.assets[p.Asset]; a != nil {
			v.Criticality = a.Criticality
		}
		for _, id := range p.Doors {
			v.cross(id, doors[id])
		}
		if i, again := at[v.ID]; !again {
			at[v.ID], list = len(list), append(list, v)
		} else if v.opener(list[i].(*Path)) {
			list[i] = v
		}
	}
	b.add(list)
}

// opener reports whether less guards the path than old: fewer controls in place,
// else fewer that may be.
func (v *Path) opener(old *Path) bool {
	if len(v.Yes) != len(old.Yes) {
		return len(v.Yes) < len(old.Yes)
	}
	return len(v.Unknown) < len(old.Unknown)
}

// cross notes the controls of one door on the way.
func (v *Path) cross(id string, d *graph.Door) {
	if d == nil {
		v.Unknown = append(v.Unknown, id)
		return
	}
	v.src.doors = append(v.src.doors, d)
	for _, c := range msp.AllControls() {
		switch d.Controls[c].Answer {
		case msp.Yes:
			v.Yes = append(v.Yes, id+"."+string(c))
		case msp.Unknown:
			v.Unknown = append(v.Unknown, id+"."+string(c))
		}
	}
}
