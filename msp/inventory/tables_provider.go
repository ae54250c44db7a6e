package inventory

import "mspscan/msp"

func (g *grammar) providerObject() *object[msp.Provider] {
	type T = msp.Provider
	return newObject("provider", "a provider", func(t *T) *msp.Source { return &t.Src },
		idField("a short name for references", func(t *T) *string { return &t.ID }),
		textField("name", "its full name; default: the id", func(t *T) *string { return &t.Name }),
		must(wordField("kind", "what it is", msp.ProviderKinds(), func(t *T) *string { return &t.Kind })),
		namesField("domains", "the zones that it owns", func(t *T) *[]msp.Name { return &t.Domains }),
		namesField("hosts", "further names of it to watch", func(t *T) *[]msp.Name { return &t.Hosts }),
		namesField("defensive_domains", "look-alikes of its domains that it registered itself", func(t *T) *[]msp.Name { return &t.DefensiveDomains }),
		objectField("legal_id", "its number in a register", g.legalID, func(t *T) *msp.LegalID { return &t.LegalID }),
		codeField("country", "where it is established, ISO 3166-1", "a two-letter code of ISO 3166-1, such as AU", countries(), func(t *T) *string { return &t.Country }),
		objectField("contacts", "whom to reach there", g.contacts, func(t *T) *msp.Contacts { return &t.Contacts }),
		replyField("material", "is it material: would the business suffer without it", func(t *T) *msp.Reply { return &t.Material }),
		wordField("risk_rating", "the organisation's own rating", msp.RiskRatings(), func(t *T) *string { return &t.RiskRating }),
		g.assessmentsField(),
		objectField("answers", "its replies to the questionnaire", g.answers, func(t *T) *msp.Answers { return &t.Answers }),
		frequencyField(g, "how many times a year it is expected to be compromised: a number, or {min, likely, max}; default: that of the organisation", func(t *T) *msp.Frequency { return &t.Frequency }),
		objectField("consent", "its written permission for active probes", g.consent, func(t *T) *msp.Consent { return &t.Consent }),
	)
}

func legalIDObject() *object[msp.LegalID] {
	type T = msp.LegalID
	return newObject("legal_id", "a legal id", func(t *T) *msp.Source { return &t.Src },
		must(textField("scheme", "the register, such as ABN, ACN or LEI", func(t *T) *string { return &t.Scheme })),
		must(textField("value", "the number in it", func(t *T) *string { return &t.Value })),
	)
}

func contactsObject() *object[msp.Contacts] {
	type T = msp.Contacts
	return newObject("contacts", "contacts", func(t *T) *msp.Source { return &t.Src },
		textField("users", "for users, in office hours", func(t *T) *string { return &t.Users }),
		textField("always", "at any time, 24 hours a day", func(t *T) *string { return &t.Always }),
	)
}

// assessmentSet gives the mapping of assessment kinds to days a type.
type assessmentSet []msp.Assessment

// assessmentsField takes a mapping of assessments to days, or the word none for
// a provider that nobody has assessed.
func (g *grammar) assessmentsField() field[msp.Provider] {
	return field[msp.Provider]{
		name: "assessments", doc: "security assessments and their days; none = stated that there are none",
		schema: schema{"anyOf": []any{schema{"enum": []any{"none"}}, refSchema(g.assessments.def)}}, words: []string{"none"}, below: g.assessments.columns,
		set: func(d *decoder, t *msp.Provider, n node) {
			if none(n) {
				t.Assessments = []msp.Assessment{}
				return
			}
			g.assessments.decode(d, n, (*assessmentSet)(&t.Assessments))
		},
	}
}

func assessmentsObject() *object[assessmentSet] {
	var fields []field[assessmentSet]
	for _, kind := range msp.AssessmentKinds() {
		fields = append(fields, field[assessmentSet]{
			name: kind, doc: "the day of the assessment", schema: refSchema("date"),
			set: func(d *decoder, t *assessmentSet, n node) {
				*t = append(*t, msp.Assessment{Kind: kind, Date: d.date(n, kind), Src: msp.Source{Pos: d.at(n)}})
			},
		})
	}
	return newObject("assessments", "assessments", nil, fields...)
}

func answersObject() *object[msp.Answers] {
	type T = msp.Answers
	return newObject("answers", "the answers of a provider", func(t *T) *msp.Source { return &t.Src },
		replyField("indicator_sweep", "has it looked for the published indicators of compromise", func(t *T) *msp.Reply { return &t.IndicatorSweep }),
		replyField("client_isolation", "is its management core isolated per client", func(t *T) *msp.Reply { return &t.ClientIsolation }),
		replyField("credential_abuse_detection", "does it detect the abuse of its credentials", func(t *T) *msp.Reply { return &t.CredentialAbuseDetection }),
		countField("essential_eight_level", "its Essential Eight maturity level, 0 to 3", 3, false, func(t *T) *msp.OptInt { return &t.EssentialEightLevel }),
	)
}

func consentObject() *object[msp.Consent] {
	type T = msp.Consent
	return newObject("consent", "a consent", func(t *T) *msp.Source { return &t.Src },
		replyField("active_probes", "may its domains be probed actively", func(t *T) *msp.Reply { return &t.ActiveProbes }),
		textField("by", "who gave it", func(t *T) *string { return &t.By }),
		textField("reference", "where it is written", func(t *T) *string { return &t.Reference }),
		dateField("until", "the last day on which it holds", func(t *T) *msp.Date { return &t.Until }),
	)
}
