package inventory

import "mspscan/msp"

// grammar holds the tables of the whole inventory.
type grammar struct {
	inventory    *object[msp.Inventory]
	organisation *object[msp.Organisation]
	asset        *object[msp.Asset]
	money        *object[msp.Money]
	frequency    *object[msp.Frequency]
	fixCosts     *object[msp.FixCosts]
	provider     *object[msp.Provider]
	legalID      *object[msp.LegalID]
	contacts     *object[msp.Contacts]
	assessments  *object[assessmentSet]
	answers      *object[msp.Answers]
	consent      *object[msp.Consent]
	relationship *object[msp.Relationship]
	relControls  *object[controlSet]
	contract     *object[msp.Contract]
	logging      *object[msp.LogTerms]
	access       *object[msp.Access]
	controls     *object[controlSet]
	internal     *object[msp.Internal]
	reply        *object[msp.Reply]
}

// newGrammar builds the tables, those inside others first.
func newGrammar() *grammar {
	g := &grammar{reply: replyObject()}
	g.money = moneyObject()
	g.frequency = frequencyObject()
	g.fixCosts = g.fixCostsObject()
	g.legalID = legalIDObject()
	g.contacts = contactsObject()
	g.assessments = assessmentsObject()
	g.answers = answersObject()
	g.consent = consentObject()
	g.contract = contractObject()
	g.logging = loggingObject()
	g.controls = controlsObject("controls", "the controls of a door", msp.AllControls()...)
	g.relControls = controlsObject("relationshipControls", "the controls of a relationship", msp.EgressFiltering)
	g.organisation = g.organisationObject()
	g.asset = g.assetObject()
	g.provider = g.providerObject()
	g.access = g.accessObject()
	g.relationship = g.relationshipObject()
	g.internal = g.internalObject()
	g.inventory = g.inventoryObject()
	return g
}

func (g *grammar) inventoryObject() *object[msp.Inventory] {
	version := must(field[msp.Inventory]{
		name: "version", doc: "the version of this format: 1",
		schema: schema{"enum": []any{1, "1"}},
		set: func(d *decoder, t *msp.Inventory, n node) {
			if n.kind != scalar || n.text != "1" {
				d.errorf(n, "version is %s", "this release reads version: 1", n.what())
				return
			}
			t.Version = 1
		},
	})
	organisation := must(field[msp.Inventory]{
		name: "organisation", doc: "who is asking: the customer whose exposure counts", schema: refSchema(g.organisation.def),
		set: func(d *decoder, t *msp.Inventory, n node) { d.organisation(n) },
	})
	return newObject("inventory", "the inventory", nil,
		version, organisation,
		listField("assets", "what is of value", g.asset, (*decoder).asset),
		listField("providers", "who serves the organisation or one of its providers", g.provider, (*decoder).provider),
		listField("relationships", "who serves whom, under which contract, through which doors", g.relationship, (*decoder).relationship),
		listField("internal", "trust between the organisation's own assets", g.internal, (*decoder).internalEdge),
	)
}

// listField takes a list of mappings at the top level. one reads an item and
// keeps it.
func listField[U any](name, doc string, o *object[U], one func(d *decoder, n node)) field[msp.Inventory] {
	return field[msp.Inventory]{name: name, doc: doc, schema: listSchema(refSchema(o.def), false), set: func(d *decoder, _ *msp.Inventory, n node) {
		d.each(n, name, "write a list: a dash before each item", func(item node) { one(d, item) })
	}}
}

func (g *grammar) organisationObject() *object[msp.Organisation] {
	type T = msp.Organisation
	target := field[T]{
		name: "essential_eight_target", doc: "the Essential Eight maturity level asked of providers, 0 to 3; default 2",
		schema: wholeSchema(0, 3, false), cell: cellNumber,
		set: func(d *decoder, t *T, n node) { t.EssentialEightTarget, _ = d.whole(n, "essential_eight_target", 0, 3) },
	}
	return newObject("organisation", "the organisation", func(t *T) *msp.Source { return &t.Src },
		idField("a short name for references", func(t *T) *string { return &t.ID }),
		textField("name", "its full name", func(t *T) *string { return &t.Name }),
		codeField("currency", "the currency of all values, ISO 4217", "a code of ISO 4217, such as AUD", currencies(), func(t *T) *string { return &t.Currency }),
		namesField("domains", "the zones that it owns", func(t *T) *[]msp.Name { return &t.Domains }),
		namesField("hosts", "further names to watch", func(t *T) *[]msp.Name { return &t.Hosts }),
		namesField("defensive_domains", "look-alikes of the domains that it registered itself", func(t *T) *[]msp.Name { return &t.DefensiveDomains }),
		target,
		objectField("consent", "permission for active probes of its own domains", g.consent, func(t *T) *msp.Consent { return &t.Consent }),
		frequencyField(g, "how many times a year any one provider is compromised, for those without a frequency of their own: a number, or {min, likely, max}", func(t *T) *msp.Frequency { return &t.Frequency }),
		fixCostsField(g, "what a fix costs wherever nothing nearer says: control: amount, close: amount", func(t *T) *msp.FixCosts { return &t.FixCosts }),
	)
}

func (g *grammar) assetObject() *object[msp.Asset] {
	type T = msp.Asset
	value := field[T]{
		name: "value", doc: "loss if it is taken, in the organisation's currency: a number, or {min, likely, max}",
		schema: schema{"anyOf": []any{refSchema("amount"), refSchema(g.money.def)}}, cell: cellNumber, below: g.money.columns,
		set: func(d *decoder, t *T, n node) { t.Value = d.money(n, "value") },
	}
	return newObject("asset", "an asset", func(t *T) *msp.Source { return &t.Src },
		idField("a short name for references", func(t *T) *string { return &t.ID }),
		textField("name", "its full name; default: the id", func(t *T) *string { return &t.Name }),
		must(wordField("kind", "what it is", msp.AssetKinds(), func(t *T) *string { return &t.Kind })),
		wordField("criticality", "how much depends on it", msp.Criticalities(), func(t *T) *string { return &t.Criticality }),
		value,
	)
}

func (g *grammar) internalObject() *object[msp.Internal] {
	type T = msp.Internal
	return newObject("internal", "an internal edge", func(t *T) *msp.Source { return &t.Src },
		idField("a short name for references, shared with no other door", func(t *T) *string { return &t.ID }),
		must(refField("from", "the asset that is trusted", refAsset, func(t *T) *string { return &t.From })),
		must(refsField("reaches", "the assets that trust it, or providers that it reaches", refReached, func(t *T) *[]string { return &t.Reaches })),
		wordField("kind", "the sort of door; default internal", accessWords(), func(t *T) *msp.AccessKind { return &t.Kind }),
		controlsField(g.controls, func(t *T) *map[msp.Control]msp.Reply { return &t.Controls }),
		textField("shares", "a label; doors with the same label share one credential", func(t *T) *string { return &t.Shares }),
		fixCostsField(g, "what a fix of this edge costs: control: amount, close: amount", func(t *T) *msp.FixCosts { return &t.FixCosts }),
	)
}

func accessWords() []string {
	var out []string
	for _, k := range msp.AccessKinds() {
		out = append(out, string(k))
	}
	return out
}
