package inventory

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"mspscan/msp"
)

// Draft is an inventory to begin with: what could be found out, with the
// evidence as comments, and what has to be asked. Access is always unknown.
type Draft struct {
	Title         []string // lines of comment at the top
	Organisation  DraftParty
	Providers     []DraftParty // without the organisation
	Relationships []DraftRelationship
	Questions     []string // lines of comment at the end
}

// DraftParty is an organisation or a provider. Kind is of a provider only.
type DraftParty struct {
	ID, Name, Kind string
	Domains, Hosts []msp.Name
	Evidence       []string
}

// DraftRelationship says who serves whom and what shows it.
type DraftRelationship struct {
	Provider, Customer, Service string
	DNSServices                 []string
	Evidence                    []string
}

// maxEvidence bounds the lines of evidence of one item.
const maxEvidence = 12

// YAML writes the draft in the form that Decode reads. Text from outside is made
// visible, so that it cannot leave its line.
func (d Draft) YAML() []byte {
	w := &draftWriter{}
	w.line(0, "# yaml-language-server: $schema=%s", SchemaFile)
	if len(d.Title) > 0 {
		w.comment(0, append([]string{""}, d.Title...))
	}
	w.line(0, "\nversion: 1")
	w.line(0, "organisation:")
	w.line(1, "id: %s", plain(d.Organisation.ID))
	w.party(1, d.Organisation)
	w.line(1, "# currency: AUD")
	w.assets()
	w.providers(d.Providers)
	w.relationships(d.Relationships)
	if len(d.Questions) > 0 {
		w.line(0, "")
		w.comment(0, append([]string{"To ask, in the order in which the answers matter:"}, bullets(d.Questions)...))
	}
	return []byte(w.b.String())
}

func bullets(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = "- " + l
	}
	return out
}

type draftWriter struct{ b strings.Builder }

// line writes a line at a depth of two blanks each.
func (w *draftWriter) line(depth int, format string, args ...any) {
	w.b.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(&w.b, format, args...)
	w.b.WriteByte('\n')
}

func (w *draftWriter) comment(depth int, lines []string) {
	for _, l := range lines {
		w.line(depth, "%s", strings.TrimRight("# "+msp.Visible(l), " "))
	}
}

// evidence writes what shows an item, cut to a length that can be read.
func (w *draftWriter) evidence(depth int, lines []string) {
	if more := len(lines) - maxEvidence; more > 1 {
		lines = append(slices.Clone(lines[:maxEvidence]), fmt.Sprintf("and %d more", more))
	}
	w.comment(depth, lines)
}

// party writes the keys of an organisation or provider behind its id.
func (w *draftWriter) party(depth int, p DraftParty) {
	w.line(depth, "name: %s", plain(p.Name))
	if p.Kind != "" {
		w.line(depth, "kind: %s", plain(p.Kind))
	}
	w.names(depth, "domains", p.Domains)
	w.names(depth, "hosts", p.Hosts)
}

func (w *draftWriter) names(depth int, key string, names []msp.Name) {
	if len(names) == 0 {
		return
	}
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = plain(string(n))
	}
	if line := strings.Join(words, ", "); len(line) <= 80 {
		w.line(depth, "%s: [%s]", key, line)
		return
	}
	w.line(depth, "%s:", key)
	for _, word := range words {
		w.line(depth+1, "- %s", word)
	}
}

func (w *draftWriter) assets() {
	w.line(0, "")
	w.comment(0, []string{
		"What is of value: DNS cannot tell. Without assets nothing can be weighed, so name",
		"the few that matter, such as:",
		"assets:",
		"  - {id: directory, name: Active Directory, kind: identity, criticality: critical, value: 1000000}",
	})
}

func (w *draftWriter) providers(list []DraftParty) {
	w.line(0, "")
	if len(list) == 0 {
		w.comment(0, []string{"DNS shows no provider. Add those that you know of."})
		return
	}
	w.line(0, "providers:")
	for _, p := range list {
		w.evidence(1, p.Evidence)
		w.line(1, "- id: %s", plain(p.ID))
		w.party(2, p)
	}
}

func (w *draftWriter) relationships(list []DraftRelationship) {
	if len(list) == 0 {
		return
	}
	w.line(0, "")
	w.comment(0, []string{
		"What DNS shows of who serves whom. It cannot show access: replace unknown by a list",
		"of the doors that each provider has into its customer, or by [] if it has none.",
	})
	w.line(0, "relationships:")
	for _, r := range list {
		w.evidence(1, r.Evidence)
		w.line(1, "- provider: %s", plain(r.Provider))
		w.line(2, "customer: %s", plain(r.Customer))
		w.line(2, "service: %s", plain(r.Service))
		if len(r.DNSServices) > 0 {
			w.line(2, "dns_services: [%s]", strings.Join(r.DNSServices, ", "))
		}
		w.line(2, "access: unknown")
	}
}

// plain writes a text so that YAML reads it as that text: bare where nothing in
// it can mean something else, else in double quotes.
func plain(s string) string {
	if bare().MatchString(s) && !slices.Contains([]string{"yes", "no", "on", "off", "true", "false", "null", "y", "n", "nan", "inf"}, strings.ToLower(s)) {
		return s
	}
	s = strings.ReplaceAll(msp.Visible(s), `\`, `\\`)
	return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
}

var bare = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.+/-]*( [A-Za-z0-9_.+/()&-]+)*$`)
})
