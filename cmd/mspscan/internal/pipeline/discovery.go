package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/domain"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
	"mspscan/msp/inventory"
)

// discovery turns the graph of an organisation alone into a draft.
type discovery struct {
	g         *graph.Graph
	org       *msp.Organisation
	deps      []graph.Dependency // that make a provider
	lost      []graph.Dependency // whose target is gone, or given to anybody
	tokens    []graph.Dependency
	ids       map[string]string // party -> id in the draft
	order     []string          // parties, as they are found
	byParty   map[string][]graph.Dependency
	hosts     []msp.Name
	wildcards map[msp.Name]fact.Wildcard
}

func newDiscovery(g *graph.Graph) *discovery {
	d := &discovery{g: g, org: &g.Inventory().Organisation, ids: map[string]string{}, byParty: map[string][]graph.Dependency{}, wildcards: map[msp.Name]fact.Wildcard{}}
	d.sort()
	d.findHosts()
	return d
}

// sort takes the dependencies that lead from the organisation outwards, nearest
// first.
func (d *discovery) sort() {
	for from := []string{d.org.ID}; len(from) > 0; from = from[1:] {
		for _, dep := range d.g.Dependencies() {
			if dep.From == from[0] && d.take(dep) {
				from = append(from, dep.Party)
			}
		}
	}
}

// take keeps a dependency and reports whether its party is new.
func (d *discovery) take(dep graph.Dependency) bool {
	switch {
	case dep.To == d.org.ID:
		return false
	case dep.Trust == msp.TrustVerify:
		d.tokens = append(d.tokens, dep)
		return false
	case dep.Dead || slices.Contains(dep.Kinds, catalog.DynamicDNS):
		d.lost = append(d.lost, dep)
		return false
	}
	d.deps = append(d.deps, dep)
	_, known := d.ids[dep.Party]
	if !known {
		d.ids[dep.Party] = d.newID(dep.Party)
		d.order = append(d.order, dep.Party)
	}
	d.byParty[dep.Party] = append(d.byParty[dep.Party], dep)
	return !known
}

// newID makes an id of a catalogue id or a registrable domain that no other
// party has.
func (d *discovery) newID(party string) string {
	base := cmp.Or(msp.Slug(party), "provider")
	taken := []string{d.org.ID}
	for _, id := range d.ids {
		taken = append(taken, id)
	}
	id := base
	for n := 2; slices.Contains(taken, id); n++ {
		id = base + "-" + strconv.Itoa(n)
	}
	return id
}

func (d *discovery) draft() inventory.Draft {
	own := make([]string, len(d.org.Domains))
	for i, n := range d.org.Domains {
		own[i] = string(n)
	}
	out := inventory.Draft{
		Title: []string{
			"A draft of who holds keys to you, from what DNS shows of " + strings.Join(own, ", ") + ".",
			"Correct it, add what DNS cannot show, and answer the questions at the end; then:",
			"  mspscan validate FILE && mspscan scan FILE",
		},
		Organisation:  inventory.DraftParty{ID: d.org.ID, Name: d.org.Name, Domains: d.org.Domains, Hosts: d.hosts},
		Relationships: d.relationships(),
		Questions:     d.questions(),
	}
	taken := d.shared()
	for _, party := range d.order {
		out.Providers = append(out.Providers, d.provider(party, taken))
	}
	return out
}

// provider makes the item of a party. taken holds the domains that it cannot
// have: another party has them.
func (d *discovery) provider(party string, taken map[msp.Name]bool) inventory.DraftParty {
	deps := d.byParty[party]
	p := inventory.DraftParty{ID: d.ids[party], Name: deps[0].ToName}
	kinds, known := []string{}, false
	for _, dep := range deps {
		kinds = append(kinds, dep.Kinds...)
		for _, t := range dep.Targets {
			reg, ok := domain.Registrable(t)
			if ok && !taken[reg] && !slices.Contains(p.Domains, reg) {
				p.Domains = append(p.Domains, reg)
			}
		}
	}
	if e, ok := d.g.Catalog().Entry(party); ok {
		known, kinds = true, append(kinds, e.Kinds...)
	}
	slices.Sort(p.Domains)
	for _, n := range p.Domains {
		taken[n] = true
	}
	slices.Sort(kinds)
	kinds = slices.Compact(kinds)
	p.Kind = providerKind(kinds)
	p.Evidence = []string{"known for: " + strings.ReplaceAll(strings.Join(kinds, ", "), "_", " ")}
	if !known {
		p.Evidence = []string{"not in the catalogue: who is it, and what is its name?"}
	}
	return p
}

// shared gives the domains that are no single party's: the organisation's own,
// and those below which the catalogue knows several.
func (d *discovery) shared() map[msp.Name]bool {
	taken, owner := map[msp.Name]bool{}, map[msp.Name]string{}
	for _, n := range d.org.Domains {
		if reg, ok := domain.Registrable(n); ok {
			taken[reg] = true
		}
	}
	for _, e := range d.g.Catalog().Entries() {
		names := slices.Clone(e.Aliases)
		for _, s := range e.Suffixes {
			names = append(names, s.Name)
		}
		for _, n := range names {
			reg, ok := domain.Registrable(n)
			if first, seen := owner[reg]; ok && seen && first != e.ID {
				taken[reg] = true
			}
			owner[reg] = e.ID
		}
	}
	return taken
}

// providerKind gives the inventory's word for what the catalogue knows.
func providerKind(kinds []string) string {
	words := []struct {
		kind string
		of   []string
	}{
		{"software", []string{catalog.RMM, catalog.RemoteAccess}},
		{"saas", []string{catalog.Mail, catalog.MailSecurity, catalog.MailSender, catalog.SaaS, catalog.Identity}},
		{"hosting", []string{catalog.DNSHost, catalog.Hosting, catalog.CDN, catalog.WAF}},
	}
	for _, w := range words {
		if slices.ContainsFunc(w.of, func(k string) bool { return slices.Contains(kinds, k) }) {
			return w.kind
		}
	}
	return "other"
}

// relationships joins the dependencies of one party on another.
func (d *discovery) relationships() []inventory.DraftRelationship {
	var list []inventory.DraftRelationship
	at := map[[2]string]int{}
	for _, dep := range d.deps {
		customer := cmp.Or(d.ids[dep.From], dep.From)
		key := [2]string{d.ids[dep.Party], customer}
		i, seen := at[key]
		if !seen {
			i = len(list)
			at[key] = i
			list = append(list, inventory.DraftRelationship{Provider: key[0], Customer: customer})
		}
		service, dns := serviceOf(dep)
		r := &list[i]
		r.Service = strings.TrimPrefix(r.Service+", "+service, ", ")
		if dns != "" && !slices.Contains(r.DNSServices, dns) {
			r.DNSServices = append(r.DNSServices, dns)
		}
		for _, line := range dep.Chain {
			if !slices.Contains(r.Evidence, line) {
				r.Evidence = append(r.Evidence, line)
			}
		}
	}
	return list
}

// serviceOf says in words what a dependency is, and in the inventory's word what
// DNS should go on showing.
func serviceOf(dep graph.Dependency) (service, dns string) {
	has := func(kind string) bool { return slices.Contains(dep.Kinds, kind) }
	switch dep.Trust {
	case msp.TrustControl:
		return "DNS hosting", "dns"
	case msp.TrustReceive:
		if has(catalog.MailSecurity) && !has(catalog.Mail) {
			return "mail filtering", "mail"
		}
		return "mail", "mail"
	case msp.TrustSend:
		return "sending mail", "mail"
	case msp.TrustServe:
		if has(catalog.CDN) && !has(catalog.Hosting) {
			return "content delivery", "web"
		}
		return "web hosting", "web"
	case msp.TrustRemoteAccess:
		return "remote access", "web"
	case msp.TrustIssue:
		return "certificates", ""
	case msp.TrustReport:
		return "mail reports", ""
	}
	return "other", ""
}

// questions lists what DNS leaves open.
func (d *discovery) questions() []string {
	var list []string
	for _, n := range d.absent() {
		list = append(list, string(n)+" does not exist, as its parent answers (NXDOMAIN): is it spelt as you own it, and is its registration paid for?")
	}
	list = append(list,
		"Who manages your desktops, servers, network, backups and log-ons, and who can reach them from outside? DNS does not show them.",
	)
	for _, party := range d.order {
		first := d.byParty[party][0]
		if first.From == d.org.ID {
			list = append(list, first.ToName+": which doors does it have into you, with which safeguards (access)? Which contract binds it (contract)?")
		}
	}
	for _, dep := range d.lost {
		what := "the name does not exist any more; is the record still needed?"
		if !dep.Dead {
			what = "a dynamic-DNS name, which anybody can hold; whose is it?"
		}
		list = append(list, strings.Join(dep.Chain, ", ")+": "+what)
	}
	for _, dep := range d.tokens {
		list = append(list, strings.Join(dep.Chain, ", ")+": there is or was an account at "+dep.ToName+"; is it in use, and what does it reach?")
	}
	for _, f := range d.g.Facts() {
		if f.Outcome == fact.Unknown && f.Task.Probe != fact.ProbePreflight {
			list = append(list, fmt.Sprintf("%s of %s could not be looked at (%s); run this again later.", f.Task.Probe, f.Task.Name, cmp.Or(f.Reason, "no clean answer")))
		}
	}
	return list
}
