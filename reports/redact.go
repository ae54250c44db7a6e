package reports

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"mspscan/msp"
)

// Redaction says what a shared report must not tell.
type Redaction string

// The levels. At each but none, doors, contracts, addresses, resolvers, mail
// addresses, opaque tokens and the command line are hidden too, as they point at
// both sides.
const (
	RedactNone     Redaction = "none"
	RedactClient   Redaction = "client"   // who the organisation is, what it owns and what that is worth
	RedactProvider Redaction = "provider" // who the providers and third parties are
	RedactPublic   Redaction = "public"   // both, contacts, file names and the ids that could be guessed
)

// Redactions lists the levels in the order in which help and errors show them.
func Redactions() []string {
	return []string{string(RedactNone), string(RedactClient), string(RedactProvider), string(RedactPublic)}
}

// ParseRedaction reads a level; "" is none.
func ParseRedaction(s string) (Redaction, error) {
	switch r := Redaction(cmp.Or(s, string(RedactNone))); r {
	case RedactNone, RedactClient, RedactProvider, RedactPublic:
		return r, nil
	}
	return "", fmt.Errorf("unknown level %q; known: %s", s, strings.Join(Redactions(), ", "))
}

func (l Redaction) client() bool   { return l == RedactClient || l == RedactPublic }
func (l Redaction) provider() bool { return l == RedactProvider || l == RedactPublic }

// Names are what a report does not hold itself and may yet name.
type Names struct {
	Inventory *msp.Inventory // nil = what the report shows is all that is known
	Parties   []string       // names of third parties: the catalogue's
	Like      Like           // names that give others away
}

// Like are names that look like those of a party: who reads one knows the other.
type Like struct {
	Organisation, Providers []msp.Name
}

// Redact gives a copy of the report in which every name that the level hides is
// replaced by a pseudonym, the same everywhere: asset-1, provider-3,
// host-2.domain-1.example. Free text is searched for each form of a name, in any
// case, longest first. The report itself is left alone. Amounts become shares of
// 100 where the organisation is hidden.
//
// Two things stay: a word that the rules themselves use, such as mail, is left in
// sentences where it is also the name of an asset; and the texts of rules keep the
// names of products.
func Redact(r *Report, level Redaction, known Names) *Report {
	return NewRedactor(r, level, known).Report()
}

// Redactor replaces names in a report and in what is drawn beside it.
type Redactor struct {
	level     Redaction
	r         *Report
	names     *nameTable
	ruleTexts map[string]bool
	amount    *regexp.Regexp
	done      map[redacted]string
}

type redacted struct {
	c class
	s string
}

// NewRedactor collects what has to be hidden.
func NewRedactor(r *Report, level Redaction, known Names) *Redactor {
	x := &Redactor{level: level, r: r, done: map[redacted]string{}, ruleTexts: ruleTexts(r)}
	if level == RedactNone || level == "" {
		return x
	}
	x.amount = amounts(r.Organisation.Currency)
	x.names = collect(r, level, known)
	return x
}

// Text gives a text without the names that are hidden.
func (x *Redactor) Text(s string) string { return x.replace(classText, s) }

// Name gives an id or a name, or its pseudonym.
func (x *Redactor) Name(s string) string { return x.replace(classID, s) }

// Report gives the copy of the report.
func (x *Redactor) Report() *Report {
	out, _ := deepCopy(reflect.ValueOf(*x.r), classText, x.replace).Interface().(Report)
	if x.names == nil {
		return &out
	}
	out.Run.CommandLine = "withheld"
	if x.level == RedactPublic {
		out.Run.InventorySHA256 = ""
	}
	note := "Redacted for sharing (" + string(x.level) + "): names are pseudonyms, the same throughout."
	if x.level.client() {
		scale(&out)
		note += " Amounts are shares of the organisation's whole value, which counts 100."
	}
	out.Run.Notes = append(out.Run.Notes, note)
	return &out
}

// replace gives what a string of the report becomes.
func (x *Redactor) replace(c class, s string) string {
	if x.names == nil || c == classKeep || s == "" {
		return s
	}
	if c == classRule && !x.ruleTexts[s] || c == classText && x.ruleTexts[s] {
		c = classText + classRule - c // a rule's text that is not as the rule has it, and the other way
	}
	key := redacted{c, s}
	if done, ok := x.done[key]; ok {
		return done
	}
	out := x.names.replace(c, s)
	if c == classText && x.level.client() {
		out = x.amount.ReplaceAllString(out, "an amount")
	}
	x.done[key] = out
	return out
}

// ruleTexts gives every text of the rules, and how the action plan joins them.
func ruleTexts(r *Report) map[string]bool {
	texts := map[string]bool{}
	for _, rule := range r.Rules {
		for _, s := range append([]string{rule.ID, rule.Title, rule.Summary, rule.Rationale, rule.Expected, rule.Remediation, rule.Title + ": " + rule.Remediation}, rule.References...) {
			texts[s] = true
		}
		for name, ids := range rule.Frameworks {
			texts[name] = true
			for _, id := range ids {
				texts[id] = true
			}
		}
	}
	return texts
}

// amounts matches money in sentences.
func amounts(currency string) *regexp.Regexp {
	signs := `[$€£¥]|AUD|USD|EUR|GBP|NZD`
	if currency != "" {
		signs += "|" + regexp.QuoteMeta(currency)
	}
	return regexp.MustCompile(`(?i)(?:` + signs + `) ?\d[\d.,]*(?: ?(?:k|m|b|bn|million|thousand)\b)?`)
}

// scale turns amounts into shares of 100.
func scale(r *Report) {
	whole := r.Organisation.Value
	share := func(v *float64) {
		if whole > 0 {
			*v = cents(*v / whole * 100)
		} else {
			*v = 0
		}
	}
	for i := range r.Providers {
		if e := r.Providers[i].Exposure; e != nil {
			share(&e.Hi)
			share(&e.Lo)
		}
		if a := r.Providers[i].Annual; a != nil {
			for _, v := range []*float64{&a.Loss.Hi, &a.Loss.Lo, &a.Least, &a.Most} {
				share(v)
			}
		}
	}
	fixes := make([]*msp.Fix, 0, len(r.Fixes)+1)
	for i := range r.Fixes {
		fixes = append(fixes, &r.Fixes[i])
	}
	if r.Summary.BestFix != nil {
		fixes = append(fixes, r.Summary.BestFix)
	}
	for _, f := range fixes {
		share(&f.Before)
		share(&f.After)
		share(&f.Reduction)
		share(&f.Sum)
		if f.Cost != nil {
			share(f.Cost)
		}
	}
	for i := range r.Questions {
		share(&r.Questions[i].Narrows)
	}
	for i := range r.Assets {
		share(&r.Assets[i].Value)
	}
	for i := range r.Actions {
		share(&r.Actions[i].Gain)
		share(&r.Actions[i].Cumulative)
		share(&r.Actions[i].Narrows)
		if c := r.Actions[i].Cost; c != nil {
			share(c)
		}
	}
	for i := range r.Model.Values {
		share(&r.Model.Values[i].Value)
	}
	for i := range r.Sensitivity.Providers {
		p := &r.Sensitivity.Providers[i]
		for _, v := range []*float64{&p.Exposure, &p.Down, &p.Up, &p.Least, &p.Most} {
			share(v)
		}
	}
	if b := r.Summary.Before; b != nil {
		share(&b.Exposure.Hi)
		share(&b.Exposure.Lo)
	}
	share(&r.Organisation.Value)
	r.Organisation.Currency = "units"
}
