package graph

import (
	"encoding/json"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
)

const smallTable = `version: 1
entries:
  - id: cloudflare
    name: Cloudflare
    kinds: [dns_host, cdn]
    suffixes: [ns.cloudflare.com, cdn.cloudflare.net]
    aliases: [cloudflare.com]
    source: test
  - id: microsoft-365
    name: Microsoft 365
    kinds: [mail, saas]
    suffixes: [mail.protection.outlook.com]
    tokens: ["MS="]
    source: test
  - id: screenconnect
    name: ScreenConnect
    kinds: [remote_access]
    suffixes: ["*.screenconnect.com"]
    source: test
`

func table(t testing.TB) *catalog.Catalog {
	cat, err := catalog.Load(strings.NewReader(smallTable))
	require.NoError(t, err)
	return cat
}

func inventory() *msp.Inventory {
	return &msp.Inventory{
		Organisation: msp.Organisation{ID: "acme", Name: "Acme", Domains: []msp.Name{"acme.example"}, Hosts: []msp.Name{"portal.acme.example"}},
		Assets:       []msp.Asset{{ID: "ad"}, {ID: "erp"}},
		Providers: []msp.Provider{
			{ID: "north", Name: "NorthMSP", Domains: []msp.Name{"north.example"}},
			{ID: "tool", Domains: []msp.Name{"tool.example"}},
			{ID: "idle"},
			{ID: "cf", Name: "Our CDN", Domains: []msp.Name{"cloudflare.com"}},
		},
		Relationships: []msp.Relationship{
			{Provider: "north", Customer: "acme", Service: "Managed Desktop", AccessStated: true, Access: []msp.Access{
				{ID: "rmm", Kind: msp.RMMAgent, Reaches: []string{"erp", "ad", "erp"}}, {ID: "vpn", Kind: msp.VPN},
			}},
			{Provider: "tool", Customer: "north", Service: "RMM"},
			{Provider: "north", Customer: "tool", Service: "resale", AccessStated: true},
			{Provider: "cf", Customer: "north", Service: "DNS", AccessStated: true},
		},
		Internal: []msp.Internal{{ID: "ad-erp", From: "ad", Reaches: []string{"erp"}}},
	}
}

func build(t testing.TB) *Graph {
	g, err := New(inventory(), table(t))
	require.NoError(t, err)
	return g
}

func TestRanksFollowRelationships(t *testing.T) {
	g := build(t)
	rank := map[string]int{}
	for _, n := range g.Nodes() {
		rank[n.ID] = n.Rank
	}
	require.Equal(t, map[string]int{"acme": 0, "ad": 0, "erp": 0, "north": 1, "tool": 2, "idle": NoRank, "cf": 2}, rank)
}

func TestDoors(t *testing.T) {
	g := build(t)
	byID := map[string]Door{}
	for _, d := range g.Doors() {
		byID[d.ID] = d
	}
	acme, _ := g.Node("acme")
	ad, _ := g.Node("ad")
	erp, _ := g.Node("erp")
	north, _ := g.Node("north")
	require.Equal(t, []int32{ad, erp}, byID["rmm"].Targets, "sorted and once each")
	require.Equal(t, []int32{acme}, byID["vpn"].Targets, "empty reaches is the customer itself")
	assumed := byID["tool>north/rmm?"]
	require.True(t, assumed.Assumed, "access that was never stated is a door that may be anything")
	require.Equal(t, []int32{north}, assumed.Targets)
	require.Equal(t, msp.AccessInternal, byID["ad-erp"].Kind)
	require.Len(t, g.Doors(), 4, "access: [] is stated none")
}

func TestNewRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*msp.Inventory){
		"twice":    func(i *msp.Inventory) { i.Assets[0].ID = "north" },
		"provider": func(i *msp.Inventory) { i.Relationships[0].Provider = "gone" },
		"customer": func(i *msp.Inventory) { i.Relationships[0].Customer = "gone" },
		"target":   func(i *msp.Inventory) { i.Relationships[0].Access[0].Reaches[0] = "gone" },
		"asset":    func(i *msp.Inventory) { i.Internal[0].From = "gone" },
	} {
		inv := inventory()
		spoil(inv)
		_, err := New(inv, table(t))
		require.ErrorContains(t, err, "build graph: ", name)
		require.ErrorContains(t, err, name)
	}
}

func factOf(t testing.TB, probe string, name msp.Name, o fact.Outcome, data any) fact.Fact {
	f, err := fact.New(fact.Task{Probe: probe, Name: name}, o, "", data)
	require.NoError(t, err)
	f.At = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	f.Seal()
	return f
}

func sampleFacts(t testing.TB) []fact.Fact {
	return []fact.Fact{
		factOf(t, fact.ProbeDelegation, "acme.example", fact.Present, fact.Delegation{
			Zone: "acme.example", ParentNS: []msp.Name{"bob.ns.cloudflare.com", "ns1.north.example", "ns.acme.example"},
		}),
		factOf(t, fact.ProbeMX, "acme.example", fact.Present, fact.MX{Domain: "acme.example", Hosts: []fact.MXHost{
			{Host: "mx.filter-co.example", Outcome: fact.Present}, {Host: "mx.gone-co.example", Outcome: fact.Absent, Rcode: "NXDOMAIN"},
		}}),
		factOf(t, fact.ProbeSPF, "north.example", fact.Present, fact.SPF{Domain: "north.example", Tree: &fact.SPFNode{Domain: "north.example", Terms: []fact.SPFTerm{
			{Mechanism: "include", Qualifier: "+", Target: "spf.sender.example", Rcode: "NOERROR", Node: &fact.SPFNode{Terms: []fact.SPFTerm{
				{Mechanism: "include", Qualifier: "+", Target: "deep.other.example", Rcode: "NOERROR"},
			}}},
			{Mechanism: "include", Qualifier: "-", Target: "spf.enemy.example"},
			{Mechanism: "a", Qualifier: "+", Target: "www.north.example"},
		}}}),
		factOf(t, fact.ProbeTokens, "acme.example", fact.Present, fact.Tokens{Domain: "acme.example", Texts: []string{"MS=ms12345678", "hello"}}),
		factOf(t, fact.ProbeHosts, "portal.acme.example", fact.Present, fact.Hosts{
			Name: "portal.acme.example", End: "x.screenconnect.com", EndRcode: "NOERROR",
			Chain: []fact.Hop{{From: "portal.acme.example", To: "x.screenconnect.com"}},
		}),
	}
}

func find(deps []Dependency, from, party string, trust msp.Trust) *Dependency {
	for i := range deps {
		if deps[i].From == from && deps[i].Party == party && deps[i].Trust == trust {
			return &deps[i]
		}
	}
	return nil
}

func TestDependencies(t *testing.T) {
	g := build(t)
	for _, f := range sampleFacts(t) {
		require.NoError(t, g.Apply(f))
	}
	deps := g.Dependencies()
	cf := find(deps, "acme", "cloudflare", msp.TrustControl)
	require.NotNil(t, cf)
	require.True(t, cf.Declared, "the provider with domain cloudflare.com is Cloudflare")
	require.False(t, cf.Relationship, "but no relationship says that it serves acme")
	require.Equal(t, "cf", cf.To)
	north := find(deps, "acme", "north", msp.TrustControl)
	require.NotNil(t, north)
	require.True(t, north.Relationship)
	require.Nil(t, find(deps, "acme", "acme", msp.TrustControl), "a name of one's own is no dependency")

	filter := find(deps, "acme", "filter-co.example", msp.TrustReceive)
	require.NotNil(t, filter)
	require.False(t, filter.Declared)
	require.Equal(t, []string{"acme.example MX mx.filter-co.example"}, filter.Chain)
	require.Equal(t, 1, filter.Rank)
	require.True(t, find(deps, "acme", "gone-co.example", msp.TrustReceive).Dead)

	require.NotNil(t, find(deps, "north", "sender.example", msp.TrustSend))
	deep := find(deps, "north", "other.example", msp.TrustSend)
	require.NotNil(t, deep, "who is included by an include speaks for the domain too")
	require.Equal(t, 2, deep.Rank)
	require.Nil(t, find(deps, "north", "enemy.example", msp.TrustSend), "a negative qualifier is no trust")
	require.Equal(t, msp.Possible, find(deps, "acme", "microsoft-365", msp.TrustVerify).Confidence, "a token proves a past account only")
	require.NotNil(t, find(deps, "acme", "screenconnect", msp.TrustRemoteAccess))
}

func TestOrderOfFactsDoesNotMatter(t *testing.T) {
	facts := sampleFacts(t)
	newer := facts[1]
	newer.At = newer.At.Add(time.Hour)
	newer.Outcome = fact.Absent
	newer.Data = json.RawMessage(`{"domain":"acme.example"}`)
	newer.Seal()
	facts = append(facts, newer)
	var want []Dependency
	for seed := range int64(20) {
		g := build(t)
		rand.New(rand.NewSource(seed)).Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
		for _, f := range facts {
			require.NoError(t, g.Apply(f))
		}
		if want == nil {
			want = g.Dependencies()
		}
		require.Equal(t, want, g.Dependencies())
		f, ok := g.Fact(fact.ProbeMX, "acme.example")
		require.True(t, ok)
		require.Equal(t, newer.ID, f.ID, "the later fact is in force")
	}
	require.NotEmpty(t, want)
}

func TestEdgesNameTheirSource(t *testing.T) {
	g := build(t)
	for _, f := range sampleFacts(t) {
		require.NoError(t, g.Apply(f))
	}
	nodes, discovered := g.Nodes(), 0
	for _, e := range g.Edges() {
		require.Less(t, int(e.From), len(nodes))
		require.Less(t, int(e.To), len(nodes))
		if e.Kind == EdgeDepends {
			discovered++
			require.NotEmpty(t, e.Source.Facts)
		}
	}
	require.Equal(t, len(g.Dependencies()), discovered)
}

func TestWatched(t *testing.T) {
	var names []string
	for _, w := range build(t).Watched() {
		names = append(names, w.Owner+" "+string(w.Name))
	}
	require.Equal(t, []string{"acme acme.example", "acme portal.acme.example", "north north.example", "cf cloudflare.com", "tool tool.example"}, names)
}

// What DNS shows of the organisation's name servers and mail exchangers opens
// the mail that the inventory declares, and nothing else.
func TestDiscoveredDoors(t *testing.T) {
	inv := inventory()
	inv.Assets = append(inv.Assets, msp.Asset{ID: "post"})
	inv.Relationships[0].Access = append(inv.Relationships[0].Access, msp.Access{ID: "box", Kind: msp.AccessMail, Reaches: []string{"post"}})
	g, err := New(inv, table(t))
	require.NoError(t, err)
	require.Empty(t, g.Discovered(), "nothing was seen yet")
	for _, f := range sampleFacts(t) {
		require.NoError(t, g.Apply(f))
	}
	post, _ := g.Node("post")
	byID := map[string]Door{}
	for _, d := range g.Discovered() {
		byID[d.ID] = d
		require.Equal(t, []int32{post}, d.Targets, "never the directory")
	}
	require.Contains(t, byID, "dns:filter-co.example:receive")
	require.Contains(t, byID, "dns:cf:control", "declared for another customer only")
	require.NotContains(t, byID, "dns:north:control", "its access was stated")
	require.NotContains(t, byID, "dns:gone-co.example:receive", "a dead target is no party")
	require.Len(t, byID, 2)
}

// Who controls the zone of a mail exchanger can lead the mail elsewhere, and who
// controls the zone of that party's name servers too; who controls another zone of
// the same party can't.
func TestDiscoveredFourthParties(t *testing.T) {
	inv := &msp.Inventory{
		Organisation: msp.Organisation{ID: "acme", Domains: []msp.Name{"acme.example"}}, Assets: []msp.Asset{{ID: "post"}},
		Providers: []msp.Provider{{ID: "filter", Domains: []msp.Name{"filter.example", "other-filter.example"}}, {ID: "told", Domains: []msp.Name{"told.example"}}},
		Relationships: []msp.Relationship{
			{Provider: "filter", Customer: "acme", AccessStated: true, Access: []msp.Access{{ID: "box", Kind: msp.AccessMail, Reaches: []string{"post"}}}},
			{Provider: "told", Customer: "filter", AccessStated: true},
		},
	}
	g, err := New(inv, table(t))
	require.NoError(t, err)
	apply := func(probe string, name msp.Name, data any) {
		f, err := fact.New(fact.Task{Probe: probe, Name: name}, fact.Present, "", data)
		require.NoError(t, err)
		require.NoError(t, g.Apply(f))
	}
	apply(fact.ProbeMX, "acme.example", fact.MX{Domain: "acme.example", Hosts: []fact.MXHost{{Host: "mx.filter.example", Outcome: fact.Present}}})
	require.Empty(t, g.Discovered(), "its access was stated")
	delegate := func(zone, server msp.Name) {
		apply(fact.ProbeDelegation, zone, fact.Delegation{Zone: zone, ParentNS: []msp.Name{server, "ns.told.example"}})
	}
	delegate("filter.example", "ns.dnsco.example")
	delegate("dnsco.example", "ns.deeper.example")
	delegate("other-filter.example", "ns.elsewhere.example")
	post, _ := g.Node("post")
	var ids []string
	for _, d := range g.Discovered() {
		ids = append(ids, d.ID)
		require.Equal(t, []int32{post}, d.Targets)
		require.Equal(t, msp.AccessDNS, d.Kind)
	}
	require.Equal(t, []string{"dns:deeper.example:behind", "dns:dnsco.example:behind"}, ids, "what told holds was stated")
}
