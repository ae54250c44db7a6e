package reports

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"mspscan/msp"
	"mspscan/msp/domain"
)

// organisation hides the client: its names, and those of what it owns.
func (t *nameTable) organisation(inv *msp.Inventory) {
	if !t.level.client() {
		return
	}
	forms := []string{t.r.Organisation.ID, t.r.Organisation.Name, inv.Organisation.ID, inv.Organisation.Name}
	t.hide("client", "", true, append(nameForms(forms...), t.labels(slices.Sorted(maps.Keys(t.clients)))...)...)
	for _, a := range t.r.Assets {
		t.hide("asset", a.ID, false, nameForms(a.ID, a.Name)...)
	}
	for _, a := range inv.Assets {
		t.hide("asset", a.ID, false, nameForms(a.ID, a.Name)...)
	}
}

// nameForms gives names with the ways in which they are written: as a slug, and
// without the legal form.
func nameForms(names ...string) []string {
	var list []string
	for _, n := range names {
		short := n
		for words := strings.Fields(n); len(words) > 1 && legalForm(words[len(words)-1]); {
			words = words[:len(words)-1]
			short = strings.Join(words, " ")
		}
		list = append(list, n, short)
		for _, s := range []string{msp.Slug(n), msp.Slug(short)} {
			if utf8.RuneCountInString(s) > 2 {
				list = append(list, s)
			}
		}
	}
	return list
}

func legalForm(word string) bool {
	forms := strings.Fields("pty ltd limited inc llc llp gmbh ag corp corporation co company plc sa sas srl nv bv oy ab as kg")
	return slices.Contains(forms, strings.ToLower(strings.Trim(word, ".,()")))
}

// labels gives what of a party's own domains names it elsewhere: the label below
// the public suffix, and the domain with hyphens for dots.
func (t *nameTable) labels(names []msp.Name) []string {
	var list []string
	for _, n := range names {
		reg, ok := domain.Registrable(n)
		if !ok {
			continue
		}
		label := reg.Labels()[0]
		list = append(list, strings.Join(reg.Labels(), "-"))
		if len(label) > 2 {
			list = append(list, label)
		}
	}
	return list
}

// parsed gives the names among texts.
func parsed(texts []string) []msp.Name {
	var list []msp.Name
	for _, s := range texts {
		if n, err := domain.Parse(s); err == nil {
			list = append(list, n)
		}
	}
	return list
}

func (t *nameTable) providers(inv *msp.Inventory) {
	if !t.level.provider() {
		return
	}
	for _, p := range t.r.Providers {
		t.hide("provider", p.ID, p.Declared, append(nameForms(p.ID, p.Name), t.labels(parsed(append(slices.Clone(p.Domains), p.ID)))...)...)
		t.legal(p.LegalID.Value)
	}
	for _, p := range inv.Providers {
		t.hide("provider", p.ID, true, append(nameForms(p.ID, p.Name), t.labels(p.Domains)...)...)
		t.legal(p.LegalID.Value)
	}
	for _, d := range t.r.Dependencies {
		t.hide("provider", d.To, false, append(nameForms(d.To, d.ToName), t.labels(parsed([]string{d.To}))...)...)
	}
	for _, l := range t.r.SupplyChain {
		t.legal(l.ProviderID.Value)
		t.legal(l.RecipientID.Value)
		if names, ok := strings.CutPrefix(l.Substitution, "alternative: "); ok {
			for _, n := range strings.Split(names, ", ") {
				t.alternative(n)
			}
		}
	}
	for _, r := range inv.Relationships {
		for _, n := range r.Alternatives.Values {
			t.alternative(n)
		}
	}
}

// alternative hides a provider that is only named as one to change to.
func (t *nameTable) alternative(name string) {
	if name != "" && t.matcher.find(name) == nil {
		t.hide("provider", name, true, nameForms(name)...)
	}
}

func (t *nameTable) legal(id string) {
	if id != "" {
		t.hide("legal-id", id, false, id, strings.ReplaceAll(id, " ", ""))
	}
}

// doors hides doors, contracts and shared credentials: both sides know them by
// these names.
func (t *nameTable) doors(inv *msp.Inventory) {
	access := func(id string) { t.hide("access", id, false, id) }
	for _, r := range inv.Relationships {
		for _, a := range r.Access {
			access(a.ID)
			if a.Shares != "" {
				t.hide("credential", a.Shares, false, a.Shares)
			}
		}
		t.contract(r.Contract.Ref)
	}
	for _, i := range inv.Internal {
		access(i.ID)
	}
	for _, p := range t.r.Paths {
		for _, d := range p.Doors {
			access(d)
		}
	}
	for _, f := range t.r.Fixes {
		for _, id := range f.IDs {
			access(door(id))
		}
	}
	for _, f := range t.r.Findings {
		if f.Subject.Kind == msp.SubjectAccess {
			access(f.Subject.ID)
		}
	}
	for _, q := range t.r.Questions {
		if q.Subject.Kind == msp.SubjectAccess {
			access(q.Subject.ID)
		}
	}
	for _, c := range t.r.Controls {
		if c.Subject != c.Provider && !strings.Contains(c.Subject, ">") {
			access(c.Subject)
		}
	}
	for _, l := range t.r.SupplyChain {
		t.contract(l.Contract)
	}
}

func (t *nameTable) contract(ref string) {
	if !slices.Contains([]string{"", "none", "unknown", "stated"}, ref) {
		t.hide("contract", ref, false, ref)
	}
}

// people hides who signed and whom to call.
func (t *nameTable) people(inv *msp.Inventory) {
	person := func(hide bool, names ...string) {
		for _, n := range names {
			if hide && n != "" {
				t.hide("person", n, false, n)
			}
		}
	}
	for _, w := range t.r.Waivers {
		person(t.level.client(), w.ApprovedBy)
	}
	for _, f := range t.r.Findings {
		if f.Waived != nil {
			person(t.level.client(), f.Waived.ApprovedBy)
		}
		if f.Review != nil {
			person(t.level.client(), f.Review.Owner)
		}
	}
	for _, p := range t.r.Providers {
		if p.Review != nil {
			person(t.level.client(), p.Review.Owner)
		}
	}
	c := inv.Organisation.Consent
	person(t.level.client(), c.By, c.Reference)
	for _, p := range inv.Providers {
		person(t.level.provider(), p.Contacts.Users, p.Contacts.Always, p.Consent.By, p.Consent.Reference)
	}
	for _, r := range inv.Relationships {
		person(t.level.provider(), r.Contacts.Users, r.Contacts.Always)
	}
}

// ids hides hashes that somebody could make anew from a guess, and file names.
func (t *nameTable) ids() {
	for _, c := range t.r.DNS {
		t.hide("fact", c.Fact, false, c.Fact)
	}
	public := t.level == RedactPublic
	for _, f := range t.r.Findings {
		for _, e := range f.Evidence {
			t.hide("fact", e.Fact, false, e.Fact)
			if e.Location != nil && public {
				t.file(e.Location.File)
			}
		}
		if public {
			t.hide("finding", f.ID, false, f.ID)
			t.file(f.Location.File)
		}
	}
	for _, q := range t.r.Questions {
		if public {
			t.hide("question", q.ID, false, q.ID)
			t.file(q.Location.File)
		}
	}
	for _, w := range t.r.Waivers {
		if public {
			t.file(w.Location.File)
		}
	}
	for _, l := range t.r.SupplyChain {
		if file, _, ok := strings.Cut(l.SourceEvidence, ":"); ok && public && l.Source == "declared" {
			t.file(file)
		}
	}
}

func (t *nameTable) file(name string) {
	if name != "" {
		t.hide("file", name, false, name)
	}
}

// vendors hides the parties of the catalogue that some text names.
func (t *nameTable) vendors(parties []string) {
	if !t.level.provider() || len(parties) == 0 {
		return
	}
	var all strings.Builder
	for s := range t.outside {
		all.WriteString(strings.ToLower(s))
		all.WriteByte('\n')
	}
	text := all.String()
	for _, p := range parties {
		if strings.Contains(text, strings.ToLower(p)) && t.matcher.find(p) == nil {
			t.hide("vendor", p, false, nameForms(p)...)
		}
	}
}
