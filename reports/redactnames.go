package reports

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"mspscan/msp"
	"mspscan/msp/domain"
)

// nameTable knows everything that a level hides, with its pseudonyms.
type nameTable struct {
	level   Redaction
	r       *Report
	matcher matcher
	list    []*hidden
	common  map[string]int    // word -> rules whose texts use it
	clients map[msp.Name]bool // domains and hosts of the organisation
	others  map[msp.Name]bool // those of the providers
	outside map[string]class  // every text that came from outside
}

func (t *nameTable) replace(c class, s string) string {
	if c == classID {
		if h := t.matcher.find(s); h != nil {
			return h.shown
		}
	}
	return t.matcher.replace(c, s)
}

// collect finds what the level hides: first what the inventory and the report
// declare, then the names, addresses and tokens that stand in free text.
func collect(r *Report, level Redaction, known Names) *nameTable {
	t := &nameTable{level: level, r: r, common: commonWords(r), clients: map[msp.Name]bool{}, others: map[msp.Name]bool{}, outside: map[string]class{}}
	deepCopy(reflect.ValueOf(*r), classText, func(c class, s string) string {
		if c == classText || c == classID {
			t.outside[s] = c
		}
		return s
	})
	inv := known.Inventory
	if inv == nil {
		inv = &msp.Inventory{}
	}
	t.domains(inv, known.Like)
	t.organisation(inv)
	t.providers(inv)
	t.doors(inv)
	t.people(inv)
	t.ids()
	t.vendors(known.Parties)
	t.texts()
	t.assign()
	return t
}

// hide registers a thing with its forms. Those who are declared are hidden in the
// texts of rules too.
func (t *nameTable) hide(kind, key string, declared bool, forms ...string) *hidden {
	h := &hidden{kind: kind, key: key, ruled: declared}
	for _, f := range forms {
		if old := t.matcher.find(f); old != nil && old.kind == kind && old.key == key {
			h = old
		}
	}
	for _, f := range forms {
		if f = strings.TrimSpace(f); f != "" {
			t.matcher.add(f, h, t.wide(f, kind))
		}
	}
	if !h.listed {
		h.listed = true
		t.list = append(t.list, h)
	}
	return h
}

// wide says where a form is looked for: short and common words would take the
// sense out of sentences.
func (t *nameTable) wide(form, kind string) reach {
	n, short, common := utf8.RuneCountInString(form), 5, commonRules
	plain := !strings.ContainsFunc(form, func(r rune) bool { return !unicode.IsLetter(r) })
	used := t.common[strings.ToLower(form)]
	switch kind {
	case "client":
		short, common = 4, math.MaxInt
	case "provider":
		common = math.MaxInt
	case "vendor":
		common = 1 // some products are called by an everyday word
	}
	switch {
	case n < 2 || n < 6 && !strings.ContainsFunc(form, unicode.IsLetter):
		return reachID
	case plain && used >= common:
		return reachID
	case plain && (n < short || used > 0), n < 4:
		return reachWord
	}
	return reachAnywhere
}

// commonRules is the number of rules from which on a word says nothing about
// which asset is meant.
const commonRules = 5

// commonWords counts the rules whose texts use a word.
func commonWords(r *Report) map[string]int {
	counts := map[string]int{}
	for _, rule := range r.Rules {
		seen := map[string]bool{}
		text := strings.Join([]string{rule.ID, rule.Title, rule.Summary, rule.Rationale, rule.Expected, rule.Remediation}, " ")
		for _, w := range strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) }) {
			if !seen[w] {
				seen[w] = true
				counts[w]++
			}
		}
	}
	return counts
}

// domains notes whose a name is.
func (t *nameTable) domains(inv *msp.Inventory, like Like) {
	add := func(set map[msp.Name]bool, names ...msp.Name) {
		for _, n := range names {
			if _, ok := domain.Registrable(n); ok { // a public suffix is nobody's
				set[n] = true
			}
		}
	}
	add(t.clients, inv.Organisation.Domains...)
	add(t.clients, inv.Organisation.Hosts...)
	add(t.clients, inv.Organisation.DefensiveDomains...)
	add(t.clients, like.Organisation...)
	add(t.others, like.Providers...)
	for _, p := range inv.Providers {
		add(t.others, p.Domains...)
		add(t.others, p.Hosts...)
		add(t.others, p.DefensiveDomains...)
	}
	for _, p := range t.r.Providers {
		add(t.others, parsed(append(slices.Clone(p.Domains), p.ID))...)
	}
	for _, c := range t.r.DNS {
		n, err := domain.Parse(c.Domain)
		switch {
		case err != nil:
		case c.Owner == t.r.Organisation.ID:
			add(t.clients, plainName(n))
		case c.Owner != "":
			add(t.others, plainName(n))
		}
	}
}

// plainName takes the service labels off a name: _dmarc.acme.example is about
// acme.example.
func plainName(n msp.Name) msp.Name {
	_, _, rest := serviceLabels(n)
	return rest
}

// serviceLabels parts a name into what stands before its service labels, these
// (RFC 8552), and the name that they are about:
// acme.example | _report._dmarc | reports.example.
func serviceLabels(n msp.Name) (before, service string, rest msp.Name) {
	all := n.Labels()
	end := len(all) - 1
	for end > 0 && !strings.HasPrefix(all[end-1], "_") {
		end--
	}
	start := end
	for start > 0 && strings.HasPrefix(all[start-1], "_") {
		start--
	}
	if start == end {
		return "", "", n
	}
	return strings.Join(all[:start], "."), strings.Join(all[start:end], ".") + ".", msp.Name(strings.Join(all[end:], "."))
}

// assign gives the pseudonyms: numbers in the order of the keys, then those that
// are made of others. A prefix in which a hidden name stands is not used.
func (t *nameTable) assign() {
	slices.SortStableFunc(t.list, func(x, y *hidden) int { return cmp.Or(cmp.Compare(x.kind, y.kind), cmp.Compare(x.key, y.key)) })
	n, kind, prefix := 0, "", ""
	for _, h := range t.list {
		if h.kind != kind {
			n, kind, prefix = 0, h.kind, t.prefix(h.kind)
		}
		n++
		h.shown = fmt.Sprintf("%s-%d", prefix, n)
		switch h.kind {
		case "client":
			h.shown = prefix
		case "domain":
			h.shown += ".example"
		case "file":
			h.shown += ending(h.key)
		}
	}
	for _, h := range t.list { // hosts name their domains, which are known by now
		if h.base != nil && h.kind == "host" {
			h.shown = h.labels + h.shown + "." + h.after + h.base.shown
		}
	}
	for _, h := range t.list {
		switch {
		case h.kind == "service":
			h.shown = h.labels + h.base.shown
		case h.mail != "":
			h.shown += "@" + t.replace(classText, h.mail)
		}
	}
}

// ending keeps the ending of a file's name, so that readers know what it is.
func ending(file string) string {
	i := strings.LastIndexByte(file, '.')
	if i < 0 || len(file)-i > 6 || strings.ContainsAny(file[i:], `/\ `) {
		return ""
	}
	return file[i:]
}

func (t *nameTable) prefix(kind string) string {
	for _, p := range []string{kind, "redacted-" + kind, "item", "entry", "thing", "qx", "zy", "xw"} {
		if t.free(p) {
			return p
		}
	}
	return kind
}

// free reports whether no hidden name stands in a prefix.
func (t *nameTable) free(prefix string) bool {
	text := []rune(prefix + "-1")
	for i := range text {
		if h, _ := t.matcher.longest(classText, text, i); h != nil {
			return false
		}
	}
	return true
}

// unicodeForm gives a name in U-labels, itself where it has none.
func unicodeForm(n msp.Name) string {
	u, err := idna.ToUnicode(string(n))
	if err != nil {
		return string(n)
	}
	return u
}
