// Package sample makes inputs for tests of the renderers: a mining company with
// five providers, an empty organisation, one of any number of providers, and
// one whose every text comes from outside.
package sample

import (
	"fmt"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
	"mspscan/reports"
)

// Now is the time that the samples are judged by.
func Now() time.Time { return time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC) }

// Header gives the run header of the samples.
func Header() reports.Header {
	return reports.Header{
		ID: "run-2026-06-01", Started: Now(), Finished: Now().Add(7 * time.Second), Complete: true,
		InventorySHA256: strings.Repeat("3f", 32), Resolvers: []string{"192.0.2.53:53", "198.51.100.53:53"}, Now: Now(),
		CommandLine: "mspscan scan inventory.yaml -o xlsx=report.xlsx",
		Packs:       []reports.Pack{{Name: "catalogue", Hash: "9c1d"}, {Name: "exposure tables doors/v1", Hash: "doors/v1"}, {Name: "rules", Hash: "77aa"}},
	}
}

// Empty gives an organisation without providers or facts.
func Empty() (reports.Input, error) {
	inv := &msp.Inventory{Version: 1, Organisation: msp.Organisation{ID: "acme", Name: "Acme Mining Ltd", Currency: "AUD", EssentialEightTarget: 2}}
	return input(inv)
}

func input(inv *msp.Inventory) (reports.Input, error) {
	cat, err := catalog.Default()
	if err != nil {
		return reports.Input{}, err
	}
	g, err := graph.New(inv, cat)
	if err != nil {
		return reports.Input{}, err
	}
	return reports.Input{ToolVersion: "v0.1.0", Header: Header(), Graph: g, Rules: Rules()}, nil
}

// Rules gives the rules of the samples.
func Rules() []msp.RuleInfo {
	rule := func(id, family string, subject msp.SubjectKind, s msp.Severity, title, fix, effort string, ids ...string) msp.RuleInfo {
		return msp.RuleInfo{
			ID: id, Family: family, Subject: subject, Severity: s, Title: title, Summary: title + ".", Rationale: "A stolen credential of the provider is enough.",
			Expected: "It is not so.", Remediation: fix, Effort: effort, References: []string{"ACSC, Questions to ask managed service providers"},
			Frameworks: map[string][]string{"ISM": ids, "ATT&CK": {"T1199"}},
		}
	}
	return []msp.RuleInfo{
		rule("access-standing", "access", msp.SubjectAccess, msp.High, "Access stands open at all times", "Open the access for an approved window only (just-in-time privileged access).", "medium", "ISM-1649"),
		rule("access-without-mfa", "access", msp.SubjectAccess, msp.Critical, "Access without a second factor", "Require phishing-resistant MFA for every use of the access.", "low", "ISM-1401"),
		rule("contract-no-exit", "contract", msp.SubjectRelationship, msp.Medium, "No way out of the contract", "Agree a break clause and an exit plan.", "medium", "ISM-1804"),
		rule("dns-single-operator", "dns", msp.SubjectDomain, msp.Medium, "One operator serves all name servers", "Add a second DNS operator.", "medium", "ISM-1788"),
		rule("dns-undeclared-provider", "dns", msp.SubjectOrganisation, msp.High, "DNS shows a provider that nobody declared", "Declare it, or remove the record.", "low", "ISM-1631"),
		rule("log-retention-short", "logging", msp.SubjectRelationship, msp.High, "Logs are kept for less than a year", "Agree 12 months of retention.", "low", "ISM-1988"),
		rule("mail-dmarc-weak", "mail", msp.SubjectDomain, msp.High, "Mail of the domain can be forged", "Move DMARC to p=reject.", "low", "ISM-1540"),
		rule("provider-shared-core", "questionnaire", msp.SubjectProvider, msp.Critical, "The provider's core is shared between clients", "Ask for isolation per client.", "high", "ISM-1736"),
		rule("dns-verification-token", "dns", msp.SubjectDomain, msp.Info, "A token shows an account", "Remove tokens that are not in use.", "low", "DNS-10"),
		rule("dns-caa-absent", "dns", msp.SubjectDomain, msp.Low, "Any certification authority may issue", "Publish CAA records.", "low", "DNS-02"),
	}
}

type providerSeed struct {
	id, name, kind, service, contract string
	access                            msp.AccessKind
	reaches                           []string
	score, lo                         float64
}

// Mining gives the lifelike case: five direct providers, two sub-providers,
// three parties that only DNS shows.
func Mining() (reports.Input, error) {
	in, err := input(miningInventory())
	if err != nil {
		return in, err
	}
	in.Value = 36_200_000
	for _, p := range miningSeeds() {
		in.Exposures = append(in.Exposures, exposureOf(in, p))
	}
	if err := applyFacts(in.Graph); err != nil {
		return in, err
	}
	in.Findings, in.Questions, in.Counts = miningFindings(in), miningQuestions(), miningCounts()
	in.Paths, in.Fixes = miningPaths(), miningFixes()
	in.Shares, in.Layers = concentration("cloudflare", "southern")
	return in, nil
}

// concentration says that the organisation's DNS and remote access stand on one
// party each; the first is seen in DNS only.
func concentration(dns, remote string) ([]reports.Concentration, []reports.Layer) {
	one := msp.Range{Hi: reports.LayerChance, Lo: reports.LayerChance}
	parties := []reports.Concentration{
		{Provider: dns, Layer: "dns", C: 3, I: 2, Users: 8, Touches: true, Stops: true},
		{Provider: remote, Layer: "remote_access", C: 1, I: 1, Users: 7, Touches: true, Stops: true},
	}
	layers := []reports.Layer{
		{Layer: "remote_access", Users: 1, Parties: 1, HHI: 1, Direct: []string{remote}, Stops: []string{remote}, Touches: []string{dns, remote}, Outage: one, Compromise: .0199},
		{Layer: "dns", Users: 3, Parties: 2, HHI: .72222222222, Excess: .38888888889, Direct: []string{dns}, Stops: []string{dns}, Touches: []string{dns}, Outage: one, Compromise: .01},
		{Layer: "software", Users: 1, Parties: 1, HHI: 1},
	}
	return parties, layers
}

func miningSeeds() []providerSeed {
	return []providerSeed{
		{"southern", "Southern Cross Managed IT Pty Ltd", "msp", "managed desktop", "C-17", msp.RMMAgent, []string{"ad", "erp"}, 78.4, 71.2},
		{"rmmworks", "RMM Works Inc", "software", "RMM platform", "SC-4", msp.SoftwareUpdate, nil, 70.6, 64.1},
		{"pilbara", "PilbaraNet Telecom", "telecom", "mine site network", "C-21", msp.VPN, []string{"scada"}, 38.7, 30.2},
		{"cloudforge", "CloudForge Hosting", "hosting", "ERP hosting and backup", "C-30", msp.AccessHosting, []string{"erp", "backup"}, 29.9, 18.4},
		{"paydirt", "PayDirt Payroll", "saas", "payroll", "", msp.DataCustody, []string{"payroll"}, 6.9, 6.9},
		{"watchtower", "Watchtower Security Monitoring", "mssp", "security monitoring", "C-33", msp.SSH, []string{"scada"}, 1.4, 1.1},
		{"nightdesk", "NightDesk Support Services", "msp", "overnight help desk", "SC-9", msp.RemoteSupport, nil, 54.9, 22.0},
	}
}

func miningInventory() *msp.Inventory {
	asset := func(id, name, kind, criticality string, value float64) msp.Asset {
		return msp.Asset{ID: id, Name: name, Kind: kind, Criticality: criticality, Value: msp.Money{Min: value, Likely: value, Max: value, Known: true}}
	}
	inv := &msp.Inventory{
		Version:      1,
		Organisation: msp.Organisation{ID: "ridgeline", Name: "Ridgeline Minerals Ltd", Currency: "AUD", Domains: []msp.Name{"ridgeline.example"}, Hosts: []msp.Name{"portal.ridgeline.example"}, EssentialEightTarget: 2},
		Assets: []msp.Asset{
			asset("ad", "Active Directory", "identity", "critical", 6e6), asset("erp", "ERP", "application", "critical", 9e6), asset("scada", "Plant control", "network", "critical", 14e6),
			asset("backup", "Backup vault", "service", "critical", 3e6), asset("mail", "Mail", "service", "high", 1.5e6), asset("payroll", "Payroll data", "data", "high", 2.5e6), asset("intranet", "Intranet", "application", "low", 2e5),
		},
		Internal: []msp.Internal{{ID: "ad-erp", From: "ad", Reaches: []string{"erp"}, Kind: msp.AccessInternal}, {ID: "ad-mail", From: "ad", Reaches: []string{"mail", "intranet"}, Kind: msp.AccessInternal}},
	}
	for i, s := range miningSeeds() {
		customer := "ridgeline"
		if s.id == "rmmworks" || s.id == "nightdesk" {
			customer = "southern"
		}
		addProvider(inv, s, customer, i)
	}
	return inv
}

func addProvider(inv *msp.Inventory, s providerSeed, customer string, i int) {
	yes := func(a msp.Answer) msp.Reply { return msp.Reply{Answer: a} }
	inv.Providers = append(inv.Providers, msp.Provider{
		ID: s.id, Name: s.name, Kind: s.kind, Domains: []msp.Name{msp.Name(s.id + ".example")}, Country: []string{"AU", "US", "NZ"}[i%3],
		LegalID: msp.LegalID{Scheme: "ABN", Value: fmt.Sprintf("51 824 753 %03d", i)}, RiskRating: "medium",
		Assessments: []msp.Assessment{{Kind: "irap", Date: msp.Date{Year: 2024 + i%3, Month: 2, Day: 10 + i}}},
		Answers:     msp.Answers{IndicatorSweep: yes(msp.Answer(i % 3)), ClientIsolation: yes(msp.No), EssentialEightLevel: msp.OptInt{Value: i % 4, Known: i != 3}},
	})
	contract := msp.Contract{Stated: true, Ref: s.contract, Starts: msp.Date{Year: 2023, Month: 7, Day: 1}, Ends: msp.Date{Year: 2026 + i%3, Month: 3, Day: 31}, ExitPlan: yes(msp.No), AuditRight: yes(msp.Yes), LastAudit: msp.Date{Year: 2025, Month: 2, Day: 10}, IncidentNoticeHours: msp.OptInt{Value: 24 * (i + 1), Known: true}}
	if s.contract == "" {
		contract = msp.Contract{Stated: true, None: true}
	}
	verified := msp.Reply{Answer: msp.Yes, Evidence: msp.Verified, From: "SIEM rule 214", Date: msp.Date{Year: 2026, Month: 3, Day: 2}}
	inv.Relationships = append(inv.Relationships, msp.Relationship{
		Provider: s.id, Customer: customer, Service: s.service, Purpose: "run it", DataSensitivity: []string{"protected", "sensitive", "official"}[i%3], Contract: contract,
		NextAssessment: msp.Date{Year: 2026, Month: time.Month(3 + i), Day: 30}, Logging: msp.LogTerms{RetentionMonths: msp.OptInt{Value: 3 * (i + 1), Known: true}}, AccessStated: true,
		Access: []msp.Access{{
			ID: s.id + "-door", Kind: s.access, Reaches: s.reaches, Reviewed: msp.Date{Year: 2026, Month: 1, Day: 15},
			Controls: map[msp.Control]msp.Reply{msp.MFA: yes(msp.Answer(i % 3)), msp.JITPAM: yes(msp.Answer((i + 2) % 3)), msp.Logging: verified, msp.JumpHost: yes(msp.Yes)},
		}},
	})
}

func exposureOf(in reports.Input, s providerSeed) msp.Exposure {
	e := msp.Exposure{Provider: s.id, Score: msp.Range{Hi: s.score, Lo: s.lo}, Money: msp.Range{Hi: s.score / 100 * in.Value, Lo: s.lo / 100 * in.Value}, Method: "exact"}
	for _, a := range s.reaches {
		e.Assets = append(e.Assets, msp.AssetExposure{Asset: a, P: msp.Range{Hi: s.score / 100, Lo: s.lo / 100}})
	}
	return e
}

func applyFacts(g *graph.Graph) error {
	for _, v := range []struct {
		probe   string
		name    msp.Name
		outcome fact.Outcome
		reason  string
		data    any
	}{
		{fact.ProbeDelegation, "ridgeline.example", fact.Present, "", fact.Delegation{Zone: "ridgeline.example", ParentKnown: true, ChildKnown: true, ParentNS: []msp.Name{"ada.ns.cloudflare.com"}, ChildNS: []msp.Name{"ada.ns.cloudflare.com"}, Servers: []fact.DelegationServer{{Host: "ada.ns.cloudflare.com", Address: "192.0.2.1", State: fact.ServerAuthoritative, Serial: 7}, {Host: "ada.ns.cloudflare.com", Address: "192.0.2.2", State: fact.ServerAuthoritative, Serial: 7}}}},
		{fact.ProbeMX, "ridgeline.example", fact.Present, "", fact.MX{Domain: "ridgeline.example", Hosts: []fact.MXHost{{Preference: 10, Host: "mx1.mailfilter.test", Outcome: fact.Present}}}},
		{fact.ProbeSPF, "ridgeline.example", fact.Present, "", fact.SPF{Domain: "ridgeline.example", Records: []string{"v=spf1 include:sendgrid.net ~all"}, Result: "ok", All: "~", Lookups: 1, Tree: &fact.SPFNode{Domain: "ridgeline.example", Outcome: fact.Present, Terms: []fact.SPFTerm{{Text: "include:sendgrid.net", Mechanism: "include", Qualifier: "+", Target: "sendgrid.net", Lookups: 1}}}}},
		{fact.ProbeDMARC, "ridgeline.example", fact.Absent, "", fact.DMARC{Domain: "ridgeline.example", Result: "none"}},
		{fact.ProbeMX, "southern.example", fact.Unknown, "timeout", fact.MX{Domain: "southern.example"}},
		{fact.ProbeHosts, "portal.ridgeline.example", fact.Broken, "loop", fact.Hosts{Name: "portal.ridgeline.example", Loop: true}},
	} {
		f, err := fact.New(fact.Task{Probe: v.probe, Name: v.name}, v.outcome, v.reason, v.data)
		if err != nil {
			return err
		}
		f.At, f.Vantage = Now().Add(2*time.Second), "192.0.2.53:53"
		f.Queries = []fact.Query{{Server: "192.0.2.53:53", Proto: "udp", Question: string(v.name) + ". MX", Rcode: "NOERROR", Flags: "qr rd ra", Millis: 12.4}}
		f.Seal()
		if err := g.Apply(f); err != nil {
			return err
		}
	}
	return nil
}
