package questionnaire

import (
	"slices"

	"mspscan/msp"
)

// Fields lists all questions, in the order in which equals are asked.
func Fields() []Field {
	return slices.Concat(accessFields(), providerFields(), assessmentFields(), relationshipFields(), contractFields(), recordFields())
}

// FieldOf gives the question of a key.
func FieldOf(t Target) (Field, bool) {
	for _, f := range Fields() {
		if f.Kind == t.Kind && f.Key == t.Field {
			return f, true
		}
	}
	return Field{}, false
}

func accessFields() []Field {
	control := func(c msp.Control, rule, question string) Field {
		return Field{Kind: msp.SubjectAccess, Key: "controls." + string(c), Form: FormReply, Rule: rule, Question: question}
	}
	return []Field{
		control(msp.MFA, "access-without-mfa", "Does every sign-in through this access need a second factor?"),
		control(msp.PhishingResistantMFA, "access-without-mfa", "Is that second factor one that phishing cannot relay (FIDO2, smart card)?"),
		control(msp.JITPAM, "access-standing", "Is the access opened for an approved window only, and closed after it?"),
		control(msp.JumpHost, "access-without-jump-host", "Do all sessions go through a hardened jump host?"),
		control(msp.AllowList, "access-path-not-dedicated", "Can only your named source addresses connect?"),
		control(msp.DedicatedPath, "access-path-not-dedicated", "Does the access run over a path of its own, apart from other traffic?"),
		control(msp.Segmentation, "access-networks-not-segregated", "Does it land in a network from which only what you manage can be reached?"),
		control(msp.NamedAccounts, "access-shared-accounts", "Does each of your administrators use an account of their own?"),
		control(msp.CredentialsDedicated, "access-shared-credentials", "Are its credentials and hosts used for this customer only?"),
		control(msp.Logging, "log-sessions-unrecorded", "Are the sessions recorded?"),
		control(msp.Monitored, "log-sessions-unrecorded", "Does somebody watch these records and act on them?"),
		control(msp.EgressFiltering, "graph-unfiltered-egress", "Is traffic that leaves through this access filtered?"),
		{Kind: msp.SubjectAccess, Key: "last_used", Form: FormDate, Rule: "access-not-reviewed", Question: "On which day was this access last used?"},
		{Kind: msp.SubjectAccess, Key: "reviewed", Form: FormDate, Rule: "access-not-reviewed", Question: "On which day did we last review this access?", Own: true},
	}
}

func providerFields() []Field {
	of := func(key string, form Form, rule, question string) Field {
		return Field{Kind: msp.SubjectProvider, Key: key, Form: form, Rule: rule, Question: question}
	}
	level := of("answers.essential_eight_level", FormCount, "provider-essential-eight-below-target", "Which Essential Eight maturity level do you meet on the systems that you serve customers with?")
	level.Most = 3
	users := of("contacts.users", FormText, "register-incomplete", "Whom do users reach in office hours (mail or telephone)?")
	always := of("contacts.always", FormText, "register-incomplete", "Whom do we reach at any hour of any day, as in an incident?")
	material := of("material", FormReply, "register-material-unmarked", "Is this provider material to us: would a critical operation suffer without it?")
	rating := of("risk_rating", FormWord, "register-assessment-overdue", "How do we rate the risk of this provider?")
	users.Always, always.Always, material.Own, rating.Own = true, true, true, true
	rating.Words = msp.RiskRatings()
	return []Field{
		of("answers.client_isolation", FormReply, "provider-shared-core", "Is the core from which you manage customers isolated customer by customer?"),
		of("answers.indicator_sweep", FormReply, "provider-no-indicator-sweep", "Have you run the published indicators and tools over your own network and ICT systems?"),
		of("answers.credential_abuse_detection", FormReply, "provider-credential-abuse-unwatched", "Do you watch for abuse of your own legitimate credentials, and act on it?"),
		level, users, always, material, rating,
	}
}

func assessmentFields() []Field {
	var out []Field
	for _, kind := range msp.AssessmentKinds() {
		name := map[string]string{"irap": "IRAP", "iso27001": "ISO 27001", "soc2": "SOC 2", "essential_eight": "Essential Eight", "other": "other independent security"}[kind]
		out = append(out, Field{
			Kind: msp.SubjectProvider, Key: "assessments." + kind, Form: FormDate, Rule: "register-assessment-overdue",
			Question: "On which day was your last " + name + " assessment?",
		})
	}
	return out
}

func relationshipFields() []Field {
	of := func(key string, form Form, rule, question string) Field {
		return Field{Kind: msp.SubjectRelationship, Key: key, Form: form, Rule: rule, Question: question}
	}
	own := func(f Field) Field { f.Own, f.Always = true, true; return f }
	retention := of("logging.retention_months", FormCount, "log-retention-short", "For how many months do you keep the logs of this service?")
	retention.Most = 1200
	alternatives := own(of("alternatives", FormList, "graph-no-alternative", "Who could replace this provider for this service?"))
	alternatives.None = true
	return []Field{
		of("access", FormExists, "", "Do you hold any access to the customer for this service: accounts, agents, connections?"),
		of("logging.customer_access", FormReply, "log-not-visible-to-customer", "Can the customer see all logs about its data and services?"),
		retention,
		of("egress", FormReply, "graph-unfiltered-egress", "Does traffic of the customer leave through your network?"),
		of("controls.egress_filtering", FormReply, "graph-unfiltered-egress", "Is traffic of the customer that leaves through your network filtered?"),
		own(of("purpose", FormText, "register-incomplete", "What is this service for?")),
		own(of("data_sensitivity", FormText, "register-incomplete", "How sensitive is the data that this provider can see (public, official, sensitive, protected, secret)?")),
		own(of("next_assessment", FormDate, "register-incomplete", "When is the next security assessment of this service due?")),
		alternatives,
	}
}

func contractFields() []Field {
	of := func(key string, form Form, rule, question string) Field {
		return Field{Kind: msp.SubjectRelationship, Key: key, Form: form, Rule: rule, Question: question}
	}
	hours := of("contract.incident_notice_hours", FormCount, "contract-incident-notice-weak", "Within how many hours does the contract make you tell the customer of an incident?")
	hours.Most, hours.None = 87_600, true
	covers := of("contract.incident_notice_covers", FormWords, "contract-incident-notice-weak", "Which incidents does the contract make you tell the customer of?")
	covers.Words, covers.None = msp.IncidentKinds(), true
	notice := of("contract.subcontractor_notice_days", FormCount, "contract-no-subcontractor-notice", "How many days ahead does the contract make you tell the customer of a new subcontractor?")
	notice.Most, notice.None = 3_650, true
	locations := of("contract.locations", FormList, "contract-locations-unstated", "In which countries may the customer's data and your staff be, by the contract?")
	locations.None = true
	return []Field{
		of("contract", FormExists, "contract-missing", "Is there a written contract for this service?"),
		of("contract.starts", FormDate, "contract-missing", "On which day did the contract start?"),
		of("contract.ends", FormDate, "access-after-contract", "On which day does the contract end?"),
		hours, covers,
		of("contract.audit_right", FormReply, "contract-no-audit-right", "Does the contract let the customer verify that you meet its security requirements?"),
		of("contract.last_audit", FormDate, "contract-no-audit-right", "On which day was the last audit under that right?"),
		notice,
		of("contract.break_clause", FormReply, "contract-no-exit", "Does the contract let the customer end it if security requirements are not met?"),
		of("contract.exit_plan", FormReply, "contract-no-exit", "Is there a plan for ending the service in order?"),
		locations,
		of("contract.shared_responsibility", FormReply, "contract-responsibilities-unwritten", "Is it written down who is responsible for which safeguard, and do both sides hold it?"),
		of("contract.flow_down", FormReply, "graph-subcontractor-without-flowdown", "Do the same security terms bind your subcontractors?"),
	}
}

// recordFields are questions of the ACSC to managed service providers that an
// inventory has no key for: the filled-in sheet is the record.
func recordFields() []Field {
	of := func(key, source, question string) Field {
		return Field{Kind: msp.SubjectProvider, Key: key, Form: FormRecord, Source: source, Question: question}
	}
	const hack, questions = "ACSC, MSP global hack pages for customers and MSPs (2018-19), ", "ACSC, Questions to ask managed service providers (2017, rev Mar 2018), "
	return []Field{
		of("compromise", "ACSC-GH-02: "+hack+"customers page, question 2", "Was any system that holds our data or serves us compromised? If so: which data and systems, by which indicator, when, is it going on, what was done, to whom was it reported?"),
		of("baseline", "ACSC-GH-04: "+hack+"MSP page step 1", "Do you hold a baseline of normal behaviour of your systems, networks and accounts, and what is compared with it?"),
		of("openness", "ACSC-GH-06: "+hack+"MSP page intro, step 1", "Do you commit to tell us openly of a compromise, of its remediation and of the steps against its recurrence, and to report it to the ACSC?"),
		of("vulnerability_management", "ACSC-Q-02: "+questions+"assessing our posture (part of the text seen)", "How do you assess, analyse and manage vulnerabilities of the services that you provide to us, and how often?"),
	}
}
