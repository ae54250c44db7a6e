package inventory

import "mspscan/msp"

func (g *grammar) relationshipObject() *object[msp.Relationship] {
	type T = msp.Relationship
	dns := field[T]{
		name: "dns_services", doc: "what DNS should show of it: mail, dns, web", schema: listSchema(wordSchema(msp.DNSServices()), false), cell: cellWords,
		set: func(d *decoder, t *T, n node) {
			d.each(n, "dns_services", "write a list: dns_services: [mail]", func(item node) {
				if w, ok := d.word(item, "dns_services", msp.DNSServices()); ok {
					t.DNSServices = append(t.DNSServices, w)
				}
			})
		},
	}
	return newObject("relationship", "a relationship", func(t *T) *msp.Source { return &t.Src },
		must(refField("provider", "the id of the provider that serves", refProvider, func(t *T) *string { return &t.Provider })),
		refField("customer", "the id of whom it serves: the organisation (default) or a provider", refCustomer, func(t *T) *string { return &t.Customer }),
		textField("service", "what it does, in a few words", func(t *T) *string { return &t.Service }),
		longField("purpose", "what for", func(t *T) *string { return &t.Purpose }),
		g.sensitivity(),
		dns,
		g.contractField(),
		objectField("logging", "what of its logs the customer gets", g.logging, func(t *T) *msp.LogTerms { return &t.Logging }),
		dateField("next_assessment", "the day of the next security assessment", func(t *T) *msp.Date { return &t.NextAssessment }),
		objectField("contacts", "whom to reach for this service, instead of the provider's contacts", g.contacts, func(t *T) *msp.Contacts { return &t.Contacts }),
		optListField("alternatives", "who could replace it: ids of providers, or names; [] = nobody", refSchema("text"),
			func(d *decoder, n node) (string, bool) { return d.text(n, "alternatives") }, func(t *T) *msp.OptList { return &t.Alternatives }),
		replyField("egress", "does traffic of the customer leave through the provider", func(t *T) *msp.Reply { return &t.Egress }),
		controlsField(g.relControls, func(t *T) *map[msp.Control]msp.Reply { return &t.Controls }),
		fixCostsField(g, "what a fix of any of its access items costs: control: amount, close: amount", func(t *T) *msp.FixCosts { return &t.FixCosts }),
		g.accessField(),
	)
}

// sensitivity takes a word of the vocabulary or free text.
func (g *grammar) sensitivity() field[msp.Relationship] {
	words := []string{"public", "official", "sensitive", "protected", "secret", "other"}
	return field[msp.Relationship]{
		name: "data_sensitivity", doc: "of the data that it can see: public, official, sensitive, protected, secret, other, or free text", schema: refSchema("text"),
		set: func(d *decoder, t *msp.Relationship, n node) {
			s, ok := d.text(n, "data_sensitivity")
			if near, found := d.spell.nearest(s, words); ok && found && near != s {
				d.warnf(n, "data_sensitivity %s is read as free text", "did you mean "+near+"?", quote(s))
			}
			t.DataSensitivity = s
		},
	}
}

func (g *grammar) contractField() field[msp.Relationship] {
	return field[msp.Relationship]{
		name: "contract", doc: "the written agreement; none = stated that there is none",
		schema: schema{"anyOf": []any{schema{"enum": []any{"none"}}, refSchema(g.contract.def)}}, words: []string{"none"}, below: g.contract.columns,
		set: func(d *decoder, t *msp.Relationship, n node) {
			switch {
			case none(n):
				t.Contract = msp.Contract{Stated: true, None: true, Src: msp.Source{Pos: d.at(n)}}
			case n.kind != mapping:
				d.errorf(n, "contract is %s", "write its terms as a mapping, or contract: none", n.what())
			default:
				t.Contract.Stated = true
				g.contract.decode(d, n, &t.Contract)
			}
		},
	}
}

// accessField takes the list of doors. An empty list, or none, states that
// there are none; unknown says no more than leaving the key out.
func (g *grammar) accessField() field[msp.Relationship] {
	return field[msp.Relationship]{
		name: "access", doc: "the doors into the customer: one credential, agent or tunnel each; [] = none, unknown or absent = not known",
		schema: schema{"anyOf": []any{listSchema(refSchema(g.access.def), false), schema{"enum": []any{"none", "unknown"}}}},
		set: func(d *decoder, t *msp.Relationship, n node) {
			if unknownWord(n) {
				return
			}
			t.AccessStated = true
			if none(n) {
				return
			}
			d.each(n, "access", "write a list: a dash before each item, [] for none", func(item node) { d.access(item, t) })
		},
	}
}

func contractObject() *object[msp.Contract] {
	type T = msp.Contract
	scope := optListField("scope", "the ids of the assets that it covers", refSchema("id"),
		func(d *decoder, n node) (string, bool) { return d.refer(n, "scope", refAsset) }, func(t *T) *msp.OptList { return &t.Scope })
	return newObject("contract", "a contract", func(t *T) *msp.Source { return &t.Src },
		textField("ref", "its reference", func(t *T) *string { return &t.Ref }),
		dateField("starts", "its first day", func(t *T) *msp.Date { return &t.Starts }),
		dateField("ends", "its last day", func(t *T) *msp.Date { return &t.Ends }),
		scope,
		countField("incident_notice_hours", "hours within which the provider has to tell of an incident, or none", 87_600, true, func(t *T) *msp.OptInt { return &t.IncidentNoticeHours }),
		optListField("incident_notice_covers", "what has to be told: confirmed, suspected, admin_network", wordSchema(msp.IncidentKinds()),
			wordsOf("incident_notice_covers", msp.IncidentKinds()), func(t *T) *msp.OptList { return &t.IncidentNoticeCovers }),
		replyField("audit_right", "may the customer audit the provider", func(t *T) *msp.Reply { return &t.AuditRight }),
		dateField("last_audit", "the day of the last audit", func(t *T) *msp.Date { return &t.LastAudit }),
		countField("subcontractor_notice_days", "days of notice before a new subcontractor, or none", 3_650, true, func(t *T) *msp.OptInt { return &t.SubcontractorNotice }),
		replyField("break_clause", "may the customer end it early", func(t *T) *msp.Reply { return &t.BreakClause }),
		replyField("exit_plan", "is there a plan for leaving", func(t *T) *msp.Reply { return &t.ExitPlan }),
		optListField("locations", "where data and staff may be, such as AU; [] = stated nowhere", refSchema("text"),
			func(d *decoder, n node) (string, bool) { return d.text(n, "locations") }, func(t *T) *msp.OptList { return &t.Locations }),
		replyField("shared_responsibility", "is it written who is responsible for what", func(t *T) *msp.Reply { return &t.SharedResponsibility }),
		replyField("flow_down", "do the same terms bind subcontractors", func(t *T) *msp.Reply { return &t.FlowDown }),
	)
}

func loggingObject() *object[msp.LogTerms] {
	type T = msp.LogTerms
	return newObject("logging", "logging", func(t *T) *msp.Source { return &t.Src },
		countField("retention_months", "months for which logs are kept", 1_200, false, func(t *T) *msp.OptInt { return &t.RetentionMonths }),
		replyField("customer_access", "can the customer see them", func(t *T) *msp.Reply { return &t.CustomerAccess }),
	)
}

func (g *grammar) accessObject() *object[msp.Access] {
	type T = msp.Access
	return newObject("access", "an access item", func(t *T) *msp.Source { return &t.Src },
		idField("a short name for references, shared with no other door", func(t *T) *string { return &t.ID }),
		must(wordField("kind", "the sort of door", accessWords(), func(t *T) *msp.AccessKind { return &t.Kind })),
		refsField("reaches", "the assets behind it; empty = the customer itself, all of it", refAsset, func(t *T) *[]string { return &t.Reaches }),
		controlsField(g.controls, func(t *T) *map[msp.Control]msp.Reply { return &t.Controls }),
		dateField("reviewed", "the day on which it was last reviewed", func(t *T) *msp.Date { return &t.Reviewed }),
		dateField("last_used", "the day on which it was last used", func(t *T) *msp.Date { return &t.LastUsed }),
		dateField("ended", "the first day on which it is closed", func(t *T) *msp.Date { return &t.Ended }),
		textField("shares", "a label; doors with the same label share one credential", func(t *T) *string { return &t.Shares }),
		fixCostsField(g, "what a fix of this item costs: control: amount, close: amount", func(t *T) *msp.FixCosts { return &t.FixCosts }),
	)
}
