package questionnaire

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"mspscan/msp"
)

// Input is what questions are made from. Worth gives the exposure range that a
// yes to a control of an access removes; nil = not weighed.
type Input struct {
	Inventory *msp.Inventory
	Questions []msp.Question // of the rules; those of kind answer count
	Rules     []msp.RuleInfo
	Now       time.Time
	Due       msp.Date
	Worth     func(access string, c msp.Control) float64
}

// Build gives a sheet for each party that has something to answer: the
// providers by id, then the organisation itself. A sheet holds nothing about
// other parties than the customers that its provider serves.
func Build(in Input) []Sheet {
	b := &builder{
		in: in, inv: in.Inventory, rules: map[string]msp.RuleInfo{}, asked: map[string]map[string]ask{},
		fields: map[msp.SubjectKind][]Field{}, names: map[string]string{}, serves: map[string][]*msp.Relationship{},
	}
	for _, r := range in.Rules {
		b.rules[r.ID] = r
	}
	b.index()
	var own []Row
	var sheets []Sheet
	for i := range b.inv.Providers {
		p := &b.inv.Providers[i]
		theirs, ours := b.provider(p)
		own = append(own, ours...)
		if s := b.sheet(p.ID, p.Name, theirs); len(s.Rows) > 0 {
			s.Rows = append(s.Rows, b.records(p)...)
			sheets = append(sheets, s)
		}
	}
	slices.SortFunc(sheets, func(x, y Sheet) int { return cmp.Compare(x.Party, y.Party) })
	org := &b.inv.Organisation
	if s := b.sheet(org.ID, org.Name, own); len(s.Rows) > 0 {
		s.Own = true
		sheets = append(sheets, s)
	}
	return sheets
}

type builder struct {
	in    Input
	inv   *msp.Inventory
	rules map[string]msp.RuleInfo
	asked map[string]map[string]ask // by kind/subject, then field

	fields map[msp.SubjectKind][]Field
	names  map[string]string              // of the parties
	serves map[string][]*msp.Relationship // by provider, in the order of the inventory
}

// ask is what rules make of a missing answer.
type ask struct {
	worth    float64
	severity msp.Severity
}

// index makes what is looked up often.
func (b *builder) index() {
	for _, f := range Fields() {
		if f.Form != FormRecord {
			b.fields[f.Kind] = append(b.fields[f.Kind], f)
		}
	}
	b.names[b.inv.Organisation.ID] = cmp.Or(b.inv.Organisation.Name, b.inv.Organisation.ID)
	for i := range b.inv.Providers {
		b.names[b.inv.Providers[i].ID] = cmp.Or(b.inv.Providers[i].Name, b.inv.Providers[i].ID)
	}
	for i := range b.inv.Relationships {
		r := &b.inv.Relationships[i]
		b.serves[r.Provider] = append(b.serves[r.Provider], r)
	}
	b.indexAsked()
}

// indexAsked notes what rules wait for, by the keys of fields.
func (b *builder) indexAsked() {
	for _, q := range b.in.Questions {
		if q.Kind != "answer" {
			continue
		}
		subject := string(q.Subject.Kind) + "/" + q.Subject.ID
		if b.asked[subject] == nil {
			b.asked[subject] = map[string]ask{}
		}
		for _, key := range q.Missing {
			key = strings.TrimPrefix(key, string(q.Subject.Kind)+".")
			a := b.asked[subject][key]
			b.asked[subject][key] = ask{max(a.worth, q.Narrows), max(a.severity, q.WouldBeFinding)}
		}
	}
}

func (b *builder) waits(kind msp.SubjectKind, id, field string) (ask, bool) {
	if name, _, ok := strings.Cut(field, "."); ok && name == "assessments" {
		field = name
	}
	a, ok := b.asked[string(kind)+"/"+id][field]
	return a, ok
}

func (b *builder) sheet(party, name string, rows []Row) Sheet {
	slices.SortStableFunc(rows, func(x, y Row) int {
		return cmp.Or(cmp.Compare(y.worth, x.worth), cmp.Compare(y.severity, x.severity))
	})
	org := &b.inv.Organisation
	return Sheet{
		Organisation: cmp.Or(org.Name, org.ID), Party: party, PartyName: cmp.Or(name, party),
		Prepared: msp.DateOf(b.in.Now), Due: b.in.Due, Rows: rows,
	}
}

// provider gives the questions about a provider: those for it and those that
// only the organisation can answer.
func (b *builder) provider(p *msp.Provider) (theirs, ours []Row) {
	keep := func(kind msp.SubjectKind, id, about string, state func(key string) state) {
		for _, f := range b.fields[kind] {
			if row, ok := b.row(p, f, id, about, state(f.Key)); ok && f.Own {
				ours = append(ours, row)
			} else if ok {
				theirs = append(theirs, row)
			}
		}
	}
	for _, r := range b.serves[p.ID] {
		for j := range r.Access {
			if a := &r.Access[j]; a.Live(msp.DateOf(b.in.Now)) {
				keep(msp.SubjectAccess, a.ID, b.aboutAccess(a, r), func(key string) state { return accessState(a, key, b.in.Now) })
			}
		}
		keep(msp.SubjectRelationship, RelationshipID(r), b.aboutService(r), func(key string) state { return b.relationshipState(r, key) })
	}
	keep(msp.SubjectProvider, p.ID, cmp.Or(p.Name, p.ID)+" as a whole", func(key string) state { return providerState(p, key, b.in.Now) })
	return theirs, ours
}

// row makes the question if it has to be asked.
func (b *builder) row(p *msp.Provider, f Field, id, about string, s state) (Row, bool) {
	a, waits := b.waits(f.Kind, id, f.Key)
	if c, ok := strings.CutPrefix(f.Key, "controls."); ok && f.Kind == msp.SubjectAccess && b.in.Worth != nil && s == unknown {
		a.worth = b.in.Worth(id, msp.Control(c))
	}
	if s != expired && (s != unknown || !waits && !f.Always && a.worth <= 0) {
		return Row{}, false
	}
	party := p.ID
	if f.Own {
		party, about = b.inv.Organisation.ID, cmp.Or(p.Name, p.ID)+": "+about
	}
	return b.finish(Row{
		Key: Target{party, f.Kind, id, f.Key}.String(), About: flat(about), Question: f.Question,
		Expired: s == expired, Field: f, worth: a.worth, severity: a.severity,
	}), true
}

// finish adds what the reader needs beside the question.
func (b *builder) finish(r Row) Row {
	rule := b.rules[r.Field.Rule]
	if rule.Expected != "" {
		r.Why = flat("We expect: " + rule.Expected)
	}
	r.Source = cmp.Or(flat(strings.Join(rule.References, "; ")), r.Field.Source)
	if r.Expired {
		r.Why = flat("The evidence that we hold is older than two years. " + r.Why)
	}
	r.Guidance = r.Field.Guidance()
	r.Check = Check(r.Key, r.About, r.Question)
	return r
}

// records adds the questions of the ACSC that have no place in an inventory, for
// the providers that it means.
func (b *builder) records(p *msp.Provider) []Row {
	if p.Kind != "msp" && p.Kind != "mssp" {
		return nil
	}
	var rows []Row
	for _, f := range recordFields() {
		rows = append(rows, b.finish(Row{
			Key: Target{p.ID, f.Kind, p.ID, f.Key}.String(), About: flat(cmp.Or(p.Name, p.ID) + " as a whole"), Question: f.Question, Field: f,
		}))
	}
	return rows
}

func (b *builder) aboutService(r *msp.Relationship) string {
	return cmp.Or(r.Service, "service") + " for " + b.customer(r)
}

func (b *builder) aboutAccess(a *msp.Access, r *msp.Relationship) string {
	return "access " + a.ID + " (" + strings.ReplaceAll(string(a.Kind), "_", " ") + "), " + b.aboutService(r)
}

func (b *builder) customer(r *msp.Relationship) string {
	return cmp.Or(b.names[r.Customer], r.Customer)
}
