package subject

import "mspscan/msp"

// The neutral views: everything answered well and observed clean, on a run of
// 2026-06-30, so that a sample of a rule states what it is about and no more.

// NeutralDay is the day that samples are judged on.
func NeutralDay() msp.Date { return msp.Date{Year: 2026, Month: 6, Day: 30} }

const neutralProviderID, neutralOrganisationID = "northmsp", "acme"

func seen(state string) Look { return Look{State: state, Asked: true} }

func neutralOrganisation() *Organisation {
	return &Organisation{ID: neutralOrganisationID, Name: "Acme Mining Ltd", DirectProviders: 4}
}

func neutralProvider() *Provider {
	return &Provider{
		ID: neutralProviderID, Name: "NorthMSP Pty Ltd", Kind: "msp", Rank: 1, Live: true, Material: "yes",
		RiskRating: "low", AssessmentsKnown: true, LastAssessment: "2026-01-15", ReachesCritical: "no",
		Answers: &Answers{
			IndicatorSweep: "yes", ClientIsolation: "yes", CredentialAbuseDetection: "yes",
			EssentialEightLevel: &Number{Value: 2, Known: true},
		},
		EssentialEightTarget: 2, Score: &Score{Known: true, Hi: 10, Lo: 5},
		Concentration: &Concentration{CriticalTotal: 4, DirectTotal: 4},
		Lookalikes:    &Sweep{Asked: true, Total: 2000}, BrandNames: &Sweep{Asked: true, Total: 300},
	}
}

func neutralRelationship() *Relationship {
	return &Relationship{
		ID: "northmsp>acme/managed-desktop", Provider: neutralProviderID, ProviderName: "NorthMSP Pty Ltd",
		Customer: neutralOrganisationID, ToOrganisation: true, Service: "managed desktop", AccessStated: true,
		LiveAccess: []string{"north-rmm"}, Egress: "no", EgressFiltering: "yes",
		Contract: &Contract{
			Stated: true, Starts: "2024-07-01", Ends: "2027-06-30",
			IncidentNoticeHours:       &Number{Value: 24, Known: true},
			IncidentNoticeCovers:      []string{"confirmed", "suspected", "admin_network"},
			IncidentNoticeCoversKnown: true, AuditRight: "yes", LastAudit: "2026-02-10",
			SubcontractorNoticeDays: &Number{Value: 30, Known: true}, BreakClause: "yes", ExitPlan: "yes",
			Locations: []string{"AU"}, LocationsKnown: true, SharedResponsibility: "yes", FlowDown: "yes",
		},
		Logging: &Logging{RetentionMonths: &Number{Value: 12, Known: true}, CustomerAccess: "yes"},
	}
}

func neutralAccess() *Access {
	return &Access{
		ID: "north-rmm", Kind: "rmm_agent", Level: "control", Provider: neutralProviderID, Customer: neutralOrganisationID,
		Service: "managed desktop", Reviewed: "2026-01-15", LastUsed: "2026-06-20", ScopeApplies: true, ScopeKnown: true,
		Controls: &Controls{
			MFA: "yes", PhishingResistantMFA: "yes", JITPAM: "yes", JumpHost: "yes", AllowList: "yes", DedicatedPath: "yes",
			Segmentation: "yes", NamedAccounts: "yes", CredentialsDedicated: "yes", Logging: "yes", Monitored: "yes", EgressFiltering: "yes",
		},
	}
}

func neutralAsset() *Asset {
	return &Asset{
		ID: "ad", Name: "Active Directory", Kind: "identity", Criticality: "critical",
		Providers: []string{"eastmsp", neutralProviderID}, AlternativesKnown: true,
	}
}

func neutralPath() *Path {
	return &Path{
		ID: "northmsp>ad", Provider: neutralProviderID, Asset: "ad", Criticality: "critical",
		Doors: []string{"north-rmm"}, Yes: []string{"north-rmm.mfa"},
	}
}

func neutralHost() *Host {
	txt := seen("absent")
	return &Host{
		Look: seen("present"), Name: "portal.acme.example", OwnerID: neutralOrganisationID, TXT: &txt,
		Addresses: []string{"198.51.100.7"}, End: "portal.acme.example", EndRcode: "NOERROR",
	}
}

func neutralDomain() *Domain {
	return &Domain{
		Name: "acme.example", OwnerID: neutralOrganisationID,
		Delegation: &Delegation{
			Look: seen("present"), NS: []string{"ns1.alpha.example", "ns1.beta.example"},
			Operators: []string{"alpha.example", "beta.example"}, ParentKnown: true, ChildKnown: true,
			Servers: []*NameServer{
				{Host: "ns1.alpha.example", Address: "198.51.100.1", State: "authoritative", Answered: true, Operator: "alpha.example"},
				{Host: "ns1.beta.example", Address: "198.51.100.2", State: "authoritative", Answered: true, Operator: "beta.example"},
			},
			Serials: []string{"2026063001"},
		},
		MX:       &MX{Look: seen("present"), HasMX: true, Hosts: []string{"mx.acme.example"}},
		SPF:      &SPF{Look: seen("present"), Result: "ok", Record: "v=spf1 ip4:198.51.100.0/24 -all", All: "-", IPv4: 256},
		DMARC:    &DMARC{Look: seen("present"), Result: "ok", At: "acme.example", Apex: true, Policy: "reject", Subdomain: "reject", NonExistent: "reject", Effective: "reject"},
		CAA:      &CAA{Look: seen("present"), At: "acme.example"},
		DNSSEC:   &DNSSEC{Look: seen("present"), DS: "present", Validation: "secure", Checked: true, KeysKnown: true},
		TLSRPT:   &TLSRPT{Look: seen("present")},
		MTASTS:   &MTASTS{Look: seen("present"), Policy: "present", Mode: "enforce"},
		Wildcard: &Wildcard{Look: seen("absent")},
	}
}
