package sample

import (
	"fmt"

	"mspscan/msp"
	"mspscan/msp/exposure"
	"mspscan/reports"
)

func miningFindings(in reports.Input) []msp.Finding {
	var list []msp.Finding
	add := func(rule string, s msp.Severity, subject msp.SubjectKind, id, provider, message string) *msp.Finding {
		list = append(list, finding(rule, s, subject, id, provider, message))
		return &list[len(list)-1]
	}
	for i, p := range miningSeeds() {
		door := p.id + "-door"
		if i%3 == 2 {
			add("access-without-mfa", msp.Critical, msp.SubjectAccess, door, p.id, p.name+" signs in to "+door+" with a password alone.")
		}
		if i%3 != 1 {
			add("access-standing", msp.High, msp.SubjectAccess, door, p.id, door+" is open day and night.")
		}
		add("contract-no-exit", msp.Medium, msp.SubjectRelationship, p.id+">ridgeline/service", p.id, "Contract "+p.contract+" has no exit plan.")
		add("dns-caa-absent", msp.Low, msp.SubjectDomain, p.id+".example", p.id, "No CAA record from "+p.id+".example up.")
	}
	add("provider-shared-core", msp.Critical, msp.SubjectProvider, "southern", "southern", "Its management core is one for all clients.")
	for _, v := range []string{"Cloudflare", "SendGrid", "mailfilter.test"} {
		f := add("dns-undeclared-provider", msp.High, msp.SubjectOrganisation, "ridgeline", "", "DNS of ridgeline.example leans on "+v+"; the inventory does not name it.")
		f.ID = "f-undeclared-" + v
	}
	facts := in.Graph.FactsOf("dmarc")
	f := add("mail-dmarc-weak", msp.High, msp.SubjectDomain, "ridgeline.example", "", "No DMARC record applies to ridgeline.example.")
	f.Evidence = []msp.EvidenceItem{{Fact: facts[0].ID, Summary: "_dmarc.ridgeline.example TXT: NXDOMAIN", Server: "192.0.2.53:53", At: "2026-06-01T09:00:02Z", Dig: []string{"dig @192.0.2.53 _dmarc.ridgeline.example. TXT"}}}
	f.State = msp.StateNew
	add("dns-verification-token", msp.Info, msp.SubjectDomain, "ridgeline.example", "", "A token of Atlassian stands at the apex.")
	add("log-retention-short", msp.High, msp.SubjectRelationship, "southern>ridgeline/managed-desktop", "southern", "Logs are kept for 3 months.").Waived = &msp.Waived{
		Reason: "risk_accepted", Justification: "The new platform of July keeps 18 months.", ApprovedBy: "J. Citizen", Expires: msp.Date{Year: 2026, Month: 9, Day: 30},
	}
	return list
}

func finding(rule string, s msp.Severity, subject msp.SubjectKind, id, provider, message string) msp.Finding {
	f := msp.Finding{
		ID: "f-" + rule + "-" + id, Rule: rule, Severity: s, Confidence: msp.Firm, Subject: msp.Subject{Kind: subject, ID: id}, Provider: provider, Message: message,
		Evidence: []msp.EvidenceItem{{Summary: "declared", Location: &msp.Pos{File: "inventory.yaml", Line: 40, Column: 7}}}, Location: msp.Pos{File: "inventory.yaml", Line: 40, Column: 7},
	}
	fillRule(&f, Rules())
	return f
}

// fillRule takes the texts of a finding from its rule.
func fillRule(f *msp.Finding, rules []msp.RuleInfo) {
	for _, r := range rules {
		if r.ID == f.Rule {
			f.Title, f.Expected, f.Remediation, f.References, f.Frameworks = r.Title, r.Expected, r.Remediation, r.References, r.Frameworks
		}
	}
}

func miningQuestions() []msp.Question {
	return []msp.Question{
		{ID: "q1", Rule: "access-without-mfa", Subject: msp.Subject{Kind: msp.SubjectAccess, ID: "southern-door"}, Provider: "southern", Text: "Is a second factor required for every use of southern-door?", Why: "unanswered", Narrows: 2_600_000, WouldBeFinding: msp.Critical, Kind: "answer"},
		{ID: "q2", Rule: "dns-single-operator", Subject: msp.Subject{Kind: msp.SubjectDomain, ID: "southern.example"}, Provider: "southern", Text: "Which servers are delegated for southern.example?", Why: "timeout", WouldBeFinding: msp.Medium, Kind: "observation"},
		{ID: "q3", Rule: "provider-shared-core", Subject: msp.Subject{Kind: msp.SubjectProvider, ID: "cloudforge"}, Provider: "cloudforge", Text: "Is the management core of CloudForge isolated per client?", Why: "unanswered", Narrows: 410_000, WouldBeFinding: msp.Critical, Kind: "answer"},
	}
}

func miningCounts() []msp.RuleCount {
	var list []msp.RuleCount
	for i, r := range Rules() {
		list = append(list, msp.RuleCount{Rule: r.ID, Pass: 3 + i, Fail: i % 4, Unknown: i % 3, NotApplicable: 1 + i%2})
	}
	return list
}

func miningPaths() []msp.PathExposure {
	path := func(provider, asset string, p float64, nodes, doors []string) msp.PathExposure {
		return msp.PathExposure{Provider: provider, Asset: asset, Nodes: nodes, Doors: doors, Single: doors, Probability: msp.Range{Hi: p, Lo: p * .9}}
	}
	return []msp.PathExposure{
		path("southern", "ad", .855, []string{"southern", "ad"}, []string{"southern-door"}),
		path("southern", "erp", .8122, []string{"southern", "ad", "erp"}, []string{"southern-door", "ad-erp"}),
		path("rmmworks", "ad", .7695, []string{"rmmworks", "southern", "ad"}, []string{"rmmworks-door", "southern-door"}),
		path("nightdesk", "ad", .684, []string{"nightdesk", "southern", "ad"}, []string{"nightdesk-door", "southern-door"}),
		path("pilbara", "scada", .70, []string{"pilbara", "scada"}, []string{"pilbara-door"}),
		path("cloudforge", "erp", .45, []string{"cloudforge", "erp"}, []string{"cloudforge-door"}),
		path("watchtower", "scada", .0252, []string{"watchtower", "scada"}, []string{"watchtower-door"}),
	}
}

func miningFixes() []msp.Fix {
	const e = 28_380_800
	fix := func(text, provider string, cut float64, ids ...string) msp.Fix {
		return msp.Fix{IDs: ids, Text: text, Provider: provider, Before: e, After: e - cut, Reduction: cut}
	}
	return []msp.Fix{
		fix("Open southern-door for approved windows only (just-in-time access)", "southern", 14_503_600, "southern-door.jit_pam=yes"),
		fix("Segment Active Directory from the ERP", "southern", 8_077_000, "ad-erp.segmentation=yes"),
		fix("Close the VPN pilbara-door", "pilbara", 797_000, "close:pilbara-door"),
		fix("Both of the above", "southern", 17_700_000, "southern-door.jit_pam=yes", "ad-erp.segmentation=yes"),
	}
}

// Many gives an organisation with n providers and per findings for each.
func Many(n, per int) (reports.Input, error) {
	inv := &msp.Inventory{Version: 1, Organisation: msp.Organisation{ID: "acme", Name: "Acme Mining Ltd", Currency: "AUD", EssentialEightTarget: 2}}
	inv.Assets = []msp.Asset{{ID: "ad", Name: "Active Directory", Kind: "identity", Criticality: "critical", Value: msp.Money{Likely: 4e6, Known: true}}}
	var seeds []providerSeed
	for i := range n {
		s := providerSeed{id: fmt.Sprintf("p%03d", i), name: fmt.Sprintf("Provider %03d Pty Ltd", i), kind: msp.ProviderKinds()[i%8], service: "service", contract: fmt.Sprintf("C-%d", i), access: msp.AccessKinds()[i%15], reaches: []string{"ad"}, score: float64(i * 37 % 100), lo: float64(i * 37 % 100 / 2)}
		seeds = append(seeds, s)
		addProvider(inv, s, "acme", i)
	}
	in, err := input(inv)
	if err != nil {
		return in, err
	}
	in.Value = 4e6
	rules := Rules()
	for i, s := range seeds {
		in.Exposures = append(in.Exposures, exposureOf(in, s))
		for k := range per {
			r := rules[(i+k)%len(rules)]
			f := msp.Finding{
				ID: fmt.Sprintf("f-%s-%06d", s.id, k), Rule: r.ID, Severity: r.Severity, Confidence: msp.Firm, Subject: msp.Subject{Kind: r.Subject, ID: s.id + "-door"}, Provider: s.id,
				Message: "Finding on " + s.name + ".", Evidence: []msp.EvidenceItem{{Summary: "declared"}}, Location: msp.Pos{File: "inventory.yaml", Line: 40, Column: 7},
			}
			fillRule(&f, rules)
			in.Findings = append(in.Findings, f)
		}
	}
	return in, nil
}

// Hostile gives the mining company with every text that comes from outside
// replaced by one of texts, in turn.
func Hostile(texts []string) (reports.Input, error) {
	inv := miningInventory()
	n := 0
	next := func() string { n++; return texts[n%len(texts)] }
	inv.Organisation.Name = next()
	for i := range inv.Assets {
		inv.Assets[i].Name = next()
	}
	for i := range inv.Providers {
		p := &inv.Providers[i]
		p.Name, p.Country, p.LegalID = next(), next(), msp.LegalID{Scheme: next(), Value: next()}
	}
	for i := range inv.Relationships {
		r := &inv.Relationships[i]
		r.Service, r.DataSensitivity, r.Contract.Ref = next(), next(), next()
		r.Alternatives = msp.OptList{Known: true, Values: []string{next(), next()}}
		r.Access[0].Controls[msp.MFA] = msp.Reply{Answer: msp.NA, Reason: next()}
	}
	in, err := input(inv)
	if err != nil {
		return in, err
	}
	in.Value, in.Header.CommandLine, in.Header.Notes, in.Header.Resolvers = 36_200_000, next(), []string{next()}, []string{next()}
	for _, s := range miningSeeds() {
		in.Exposures = append(in.Exposures, exposureOf(in, s))
	}
	if err := applyFacts(in.Graph); err != nil {
		return in, err
	}
	for _, t := range texts {
		f := finding("access-standing", msp.High, msp.SubjectAccess, t, "southern", t)
		f.ID, f.Title, f.Expected, f.Remediation, f.References = fmt.Sprintf("f-%d", len(in.Findings)), t, t, t, []string{t}
		f.Evidence = []msp.EvidenceItem{{Summary: t, Server: t, Dig: []string{t}}}
		f.Frameworks = map[string][]string{t: {t}}
		f.Waived = nil
		in.Findings = append(in.Findings, f)
		in.Questions = append(in.Questions, msp.Question{ID: f.ID, Rule: t, Subject: msp.Subject{ID: t}, Provider: "southern", Text: t, Narrows: 1, Kind: "answer"})
		in.Fixes = append(in.Fixes, msp.Fix{IDs: []string{t}, Text: t, Before: 10, After: 9, Reduction: 1, NoCost: []string{t}})
		in.Explain = append(in.Explain, t)
		in.Errors = append(in.Errors, t)
	}
	in.Paths, in.Counts = miningPaths(), miningCounts()
	price(&in.Fixes[0], 1, 5)
	in.Sensitivity, in.Tables = swings(in), exposure.DefaultTables()
	in.Shares, in.Layers = concentration(texts[0], "southern")
	for _, t := range texts { // an alternative may bear any name
		in.Shares = append(in.Shares, reports.Concentration{Provider: t, Layer: t, C: 1, Users: 1, Touches: true})
		in.Layers = append(in.Layers, reports.Layer{Layer: t, Users: 1, Parties: 1, HHI: 1, Direct: []string{t}, Touches: []string{t}})
	}
	return in, nil
}
