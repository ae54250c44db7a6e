package subject

import (
	"fmt"
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
)

func organisationInputs() []string { return []string{"dependencies"} }

func providerInputs() []string {
	return []string{
		"name", "material", "risk_rating", "assessments", "relationship", "access", "asset.criticality",
		"answers.indicator_sweep", "answers.client_isolation", "answers.credential_abuse_detection",
		"answers.essential_eight_level", "organisation.essential_eight_target", "exposure", "graph", "dependencies",
		"lookalikes", "brand_names",
	}
}

func relationshipInputs() []string {
	return []string{
		"provider", "service", "purpose", "data_sensitivity", "next_assessment", "contacts", "access", "egress",
		"controls.egress_filtering", "contract", "contract.starts", "contract.ends", "contract.incident_notice_hours",
		"contract.incident_notice_covers", "contract.audit_right", "contract.last_audit",
		"contract.subcontractor_notice_days", "contract.break_clause", "contract.exit_plan", "contract.locations",
		"contract.shared_responsibility", "contract.flow_down", "logging.retention_months", "logging.customer_access", "graph",
	}
}

func accessInputs() []string {
	list := []string{"access.kind", "access.reaches", "access.reviewed", "access.last_used", "asset.kind", "contract.scope"}
	for _, c := range msp.AllControls() {
		list = append(list, "controls."+string(c))
	}
	return list
}

func assetInputs() []string {
	return []string{"asset", "asset.criticality", "relationship.alternatives"}
}

func pathInputs() []string { return []string{"graph"} }

func domainInputs() []string {
	return []string{
		"delegation", "mx", "spf", "dmarc", "caa", "dnssec", "mtasts", "tlsrpt", "wildcard", "dane", "dkim", "txt",
		"axfr", "recursion", "registered", "cname", "drift",
	}
}

func hostInputs() []string { return []string{"cname", "addresses", "txt", "mx", "ns", "indicators"} }

type organisationSource struct {
	organisation *msp.Organisation
	facts        []*fact.Fact
}

type providerSource struct {
	provider     *msp.Provider
	organisation *msp.Organisation
}

type relationshipSource struct {
	relationship *msp.Relationship
	provider     *msp.Provider
}

type accessSource struct {
	access       *msp.Access
	relationship *msp.Relationship
}

type assetSource struct {
	asset  *msp.Asset
	behind []*msp.Relationship
}

type pathSource struct{ doors []*graph.Door }

type domainSource struct {
	pos   msp.Pos
	owner string
	facts map[string][]*fact.Fact
	gaps  map[string][]string // input -> what of it was not answered
}

type hostSource struct {
	pos   msp.Pos
	owner string
	facts map[string][]*fact.Fact
}

// Ref names the organisation.
func (v *Organisation) Ref() msp.Subject { return msp.Subject{Kind: msp.SubjectOrganisation, ID: v.ID} }

// Owner is nobody: the organisation itself.
func (v *Organisation) Owner() string { return "" }

// Input gives the facts behind the dependencies.
func (v *Organisation) Input(key string) Input {
	var pos msp.Pos
	if o := v.src.organisation; o != nil {
		pos = o.Src.At("domains")
	}
	return Input{Key: key, Text: "what DNS shows of declared parties", Pos: pos, Facts: v.src.facts}
}

// Ref names the provider.
func (v *Provider) Ref() msp.Subject { return msp.Subject{Kind: msp.SubjectProvider, ID: v.ID} }

// Owner is the provider.
func (v *Provider) Owner() string { return v.ID }

// Input says what the inventory, the graph or the model says of the provider.
func (v *Provider) Input(key string) Input {
	p := v.src.provider
	if p == nil {
		p = &msp.Provider{}
	}
	at := func(keys ...string) msp.Pos { return p.Src.At(keys...) }
	switch key {
	case "name":
		return told(key, p.Name, at("name"))
	case "material":
		return answered(key, p.Material, at("material"))
	case "risk_rating":
		return told(key, v.RiskRating, at("risk_rating"))
	case "assessments":
		return v.assessments(at("assessments"))
	case "relationship":
		return stated(key, map[bool]string{true: "live", false: "none is live"}[v.Live], at())
	case "access", "asset.criticality":
		return v.criticalReach(key, at())
	case "exposure":
		return v.exposure(at())
	case "graph":
		c := v.Concentration
		return stated(key, fmt.Sprintf("reaches %d of %d critical assets; %d of %d direct providers depend on it", c.Critical, c.CriticalTotal, c.Direct, c.DirectTotal), at())
	case "organisation.essential_eight_target":
		return stated(key, fmt.Sprint(v.EssentialEightTarget), v.targetPos())
	case "dependencies":
		return v.notSeenInput(at("dns_services"))
	case "lookalikes":
		return v.Lookalikes.input(key, at("domains"))
	case "brand_names":
		return v.BrandNames.input(key, at("domains"))
	}
	return v.answer(key, &p.Answers)
}

func (v *Provider) targetPos() msp.Pos {
	if v.src.organisation == nil {
		return msp.Pos{}
	}
	return v.src.organisation.Src.At("essential_eight_target")
}

func (v *Provider) answer(key string, a *msp.Answers) Input {
	name := strings.TrimPrefix(key, "answers.")
	at := a.Src.At(name)
	if !at.Known() && v.src.provider != nil {
		at = v.src.provider.Src.At("answers")
	}
	switch name {
	case "indicator_sweep":
		return answered(key, a.IndicatorSweep, at)
	case "client_isolation":
		return answered(key, a.ClientIsolation, at)
	case "credential_abuse_detection":
		return answered(key, a.CredentialAbuseDetection, at)
	}
	return numbered(key, v.Answers.EssentialEightLevel, at)
}

func numbered(key string, n *Number, at msp.Pos) Input {
	switch {
	case !n.Known:
		return told(key, "", at)
	case n.None:
		return told(key, "none", at)
	}
	return told(key, fmt.Sprint(n.Value), at)
}

func (v *Provider) assessments(at msp.Pos) Input {
	switch {
	case !v.AssessmentsKnown:
		return told("assessments", "", at)
	case v.LastAssessment == "":
		return told("assessments", "none", at)
	}
	return told("assessments", "last on "+v.LastAssessment, at)
}

func (v *Provider) criticalReach(key string, at msp.Pos) Input {
	in := stated(key, "reaches critical assets: "+v.ReachesCritical, at)
	if len(v.CriticalAssets) > 0 {
		in.Text = key + ": reaches critical assets " + strings.Join(v.CriticalAssets, ", ")
	}
	if v.ReachesCritical == "unknown" {
		in.Unknown, in.Why = true, "unanswered"
	}
	return in
}

func (v *Provider) exposure(at msp.Pos) Input {
	if !v.Score.Known {
		return Input{Key: "exposure", Text: "exposure: not computed", Unknown: true, Why: "not computed", Pos: at}
	}
	in := stated("exposure", fmt.Sprintf("score %.1f (%.1f)", v.Score.Hi, v.Score.Lo), at)
	in.Unknown, in.Why = v.Score.Hi-v.Score.Lo > 0.05, "unanswered controls"
	return in
}

func (v *Provider) notSeenInput(at msp.Pos) Input {
	in := stated("dependencies", "declared services that DNS does not show: "+listed(v.NotSeen), at)
	if len(v.NotSeenUnknown) > 0 {
		in.Unknown, in.Why = true, "could not look at "+strings.Join(v.NotSeenUnknown, ", ")
	}
	return in
}

// Ref names the access item.
func (v *Access) Ref() msp.Subject { return msp.Subject{Kind: msp.SubjectAccess, ID: v.ID} }

// Owner is the provider that holds the access.
func (v *Access) Owner() string { return v.Provider }

// Input says what the inventory says of the access item.
func (v *Access) Input(key string) Input {
	a, r := v.src.access, v.src.relationship
	if a == nil {
		a, r = &msp.Access{}, &msp.Relationship{}
	}
	switch key {
	case "access.kind":
		return stated(key, v.Kind+" ("+v.Level+")", a.Src.At("kind"))
	case "access.reaches", "asset.kind":
		return stated(key, reachText(a, v), a.Src.At("reaches", "kind"))
	case "access.reviewed":
		return told(key, v.Reviewed, a.Src.At("reviewed"))
	case "access.last_used":
		return told(key, v.LastUsed, a.Src.At("last_used"))
	case "contract.scope":
		if !v.ScopeKnown {
			return told(key, "", r.Contract.Src.At("scope"))
		}
		return stated(key, listed(r.Contract.Scope.Values), r.Contract.Src.At("scope"))
	}
	name := strings.TrimPrefix(key, "controls.")
	return answered(key, a.Controls[msp.Control(name)], a.Src.At("controls"))
}

func reachText(a *msp.Access, v *Access) string {
	if v.WholeCustomer {
		return v.Customer + " itself"
	}
	return strings.Join(a.Reaches, ", ")
}

// Ref names the asset.
func (v *Asset) Ref() msp.Subject { return msp.Subject{Kind: msp.SubjectAsset, ID: v.ID} }

// Owner is nobody: assets are the organisation's.
func (v *Asset) Owner() string { return "" }

// Input says what the inventory says of the asset and of those behind it.
func (v *Asset) Input(key string) Input {
	var src msp.Source
	if v.src.asset != nil {
		src = v.src.asset.Src
	}
	switch key {
	case "asset.criticality":
		return told(key, v.Criticality, src.At("criticality"))
	case "relationship.alternatives":
		at := src.At()
		if len(v.src.behind) > 0 {
			at = v.src.behind[0].Src.At("alternatives")
		}
		if !v.AlternativesKnown {
			return told(key, "", at)
		}
		return stated(key, listed(v.Alternatives), at)
	}
	in := stated(key, "depends on "+listed(v.Providers), src.At("id"))
	if v.ProvidersUnknown {
		in.Unknown, in.Why = true, "access that was not stated may reach it"
	}
	return in
}

// Ref names the path.
func (v *Path) Ref() msp.Subject { return msp.Subject{Kind: msp.SubjectPath, ID: v.ID} }

// Owner is the provider at the beginning.
func (v *Path) Owner() string { return v.Provider }

// Input says what stands on the way.
func (v *Path) Input(string) Input {
	in := stated("graph", "doors "+strings.Join(v.Doors, ", "), msp.Pos{})
	if len(v.src.doors) > 0 {
		in.Pos = v.src.doors[0].Pos
	}
	if len(v.Unknown) > 0 {
		in.Unknown, in.Why = true, fmt.Sprintf("%d controls on the way are not answered", len(v.Unknown))
	}
	return in
}

// Ref names the domain.
func (v *Domain) Ref() msp.Subject { return msp.Subject{Kind: msp.SubjectDomain, ID: v.Name} }

// Owner is the provider that declares the domain.
func (v *Domain) Owner() string { return v.src.owner }

// Input gives the facts about the domain. One that came and leaves a part open,
// such as a silent server, is not wholly known.
func (v *Domain) Input(key string) Input {
	in := observed(key, v.src.facts[key], v.src.pos)
	if gaps := v.src.gaps[key]; len(gaps) > 0 && !in.Unknown {
		in.Unknown, in.Why = true, joined(gaps)
	}
	return in
}

// gap notes what of an input was not answered.
func (v *Domain) gap(input, what, reason string) {
	if reason != "" {
		what += " (" + reason + ")"
	}
	v.src.gaps[input] = append(v.src.gaps[input], what)
}

// gapUnless notes what of an input was not observed, if it was not.
func (v *Domain) gapUnless(known bool, input, what string) {
	if !known {
		v.gap(input, what, "")
	}
}

// Ref names the host.
func (v *Host) Ref() msp.Subject { return msp.Subject{Kind: msp.SubjectHost, ID: v.Name} }

// Owner is the provider that declares the host.
func (v *Host) Owner() string { return v.src.owner }

// Input gives the facts about the host.
func (v *Host) Input(key string) Input { return observed(key, v.src.facts[key], v.src.pos) }

// observed joins facts into an input; nothing observed is unknown.
func observed(key string, facts []*fact.Fact, at msp.Pos) Input {
	in := Input{Key: key, Text: key, Pos: at, Facts: facts}
	if len(facts) == 0 {
		in.Unknown, in.Why = true, "not asked"
	}
	for _, f := range facts {
		if l := lookOf(f); l.State == "unknown" {
			in.Unknown, in.Why = true, l.Reason
		}
	}
	return in
}
