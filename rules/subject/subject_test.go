package subject

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
	"mspscan/msp/inventory"
)

const chain = `version: 1
organisation: {id: acme, name: Acme, domains: [acme.example], hosts: [portal.acme.example, shop.other.example]}
assets:
  - {id: ad, kind: identity, criticality: critical}
  - {id: erp, kind: application, criticality: critical}
  - {id: wiki, kind: application, criticality: low}
  - {id: lab, kind: other}
providers:
  - {id: north, name: North, kind: msp, domains: [north.example]}
  - {id: east, name: East, kind: msp}
  - {id: tool, name: Tool, kind: software, domains: [tool.example]}
  - {id: quiet, name: Quiet, kind: other}
relationships:
  - {provider: north, service: Desk & Servers, alternatives: [], egress: yes, contract: {scope: [ad]},
     access: [{id: n-rmm, kind: rmm_agent, reaches: [ad]}, {id: n-all, kind: vpn}, {id: n-old, kind: rdp, reaches: [lab], ended: 2026-01-01}]}
  - {provider: east, service: mail, access: [{id: e-mail, kind: mail, reaches: [wiki]}], contract: none}
  - {provider: tool, customer: north, service: RMM, access: [{id: t-upd, kind: software_update}]}
  - {provider: quiet, service: nobody knows}
internal:
  - {id: ad-erp, from: ad, reaches: [erp], kind: internal}
  - {id: erp-north, from: erp, reaches: [north], kind: internal}
`

func now() time.Time { return time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC) }

func newGraph(t testing.TB, text string, facts ...fact.Fact) *graph.Graph {
	t.Helper()
	inv, ds := inventory.Decode([]inventory.File{{Name: "inventory.yaml", Data: []byte(text)}})
	require.NotNil(t, inv, "%v", ds)
	cat, err := catalog.Default()
	require.NoError(t, err)
	g, err := graph.New(inv, cat)
	require.NoError(t, err)
	for _, f := range facts {
		require.NoError(t, g.Apply(f))
	}
	return g
}

func newFact(t testing.TB, probe string, name msp.Name, o fact.Outcome, data any) fact.Fact {
	t.Helper()
	f, err := fact.New(fact.Task{Probe: probe, Name: name}, o, map[bool]string{true: "timeout"}[o == fact.Unknown], data)
	require.NoError(t, err)
	f.At = now()
	f.Seal()
	return f
}

func build(t testing.TB, g *graph.Graph) *Set {
	t.Helper()
	s, err := Build(Ground{Graph: g, Now: now()})
	require.NoError(t, err)
	require.Empty(t, s.Cut)
	return s
}

// find gives the view of a type by its id.
func find[T View](t testing.TB, s *Set, id string) T {
	t.Helper()
	for _, v := range s.Views {
		if w, ok := v.(T); ok && w.Ref().ID == id {
			return w
		}
	}
	var none T
	require.Fail(t, "no view "+id)
	return none
}

func TestReach(t *testing.T) {
	s := build(t, newGraph(t, chain))
	for _, tc := range []struct {
		provider, reaches string
		critical          []string
		rank              int64
	}{
		{"north", "yes", []string{"ad", "erp"}, 1},
		{"tool", "yes", []string{"ad", "erp"}, 2},
		{"east", "no", nil, 1},
		{"quiet", "unknown", nil, 1},
	} {
		p := find[*Provider](t, s, tc.provider)
		require.Equal(t, tc.reaches, p.ReachesCritical, tc.provider)
		require.Equal(t, tc.critical, p.CriticalAssets, tc.provider)
		require.Equal(t, tc.rank, p.Rank, tc.provider)
	}
	c := find[*Provider](t, s, "tool").Concentration
	require.Equal(t, &Concentration{Critical: 2, CriticalTotal: 2, Direct: 1, DirectTotal: 3, C: 1.0 / 3, I: 1}, c)
}

func TestReadingLeadsNowhere(t *testing.T) {
	g := newGraph(t, `version: 1
organisation: {id: acme}
assets: [{id: box, kind: data, criticality: low}, {id: ad, kind: identity, criticality: critical}]
providers: [{id: p, name: P, kind: saas}, {id: q, name: Q, kind: saas}]
relationships:
  - {provider: p, service: s, access: [{id: a, kind: saas, reaches: [box]}]}
  - {provider: q, service: s, access: [{id: b, kind: saas}]}
internal: [{id: i, from: box, reaches: [ad], kind: internal}]
`)
	s := build(t, g)
	require.Equal(t, "no", find[*Provider](t, s, "p").ReachesCritical, "what is only read opens no further door")
	require.Equal(t, "yes", find[*Provider](t, s, "q").ReachesCritical, "reading the organisation reads every asset")
}

func TestRelationshipView(t *testing.T) {
	s := build(t, newGraph(t, chain))
	r := find[*Relationship](t, s, "north>acme/desk-servers")
	require.Equal(t, []string{"n-rmm", "n-all"}, r.LiveAccess)
	require.Equal(t, []string{"erp-north"}, r.TwoWay)
	require.Equal(t, []string{"purpose", "data sensitivity", "next assessment date", "contact for users", "24x7 contact"}, r.Missing)
	require.Empty(t, find[*Relationship](t, s, "tool>north/rmm").TwoWay)
	require.Contains(t, find[*Relationship](t, s, "east>acme/mail").Missing, "contract")
	q := find[*Relationship](t, s, "quiet>acme/nobody-knows")
	require.False(t, q.AccessStated)
	require.True(t, q.Input("access").Unknown)
	require.True(t, r.Input("contract.ends").Unknown)
	require.Equal(t, "egress: yes (attested)", r.Input("egress").Text)
}

func TestAccessView(t *testing.T) {
	s := build(t, newGraph(t, chain))
	rmm, all := find[*Access](t, s, "n-rmm"), find[*Access](t, s, "n-all")
	require.True(t, rmm.ReachesIdentity && all.ReachesIdentity && all.WholeCustomer)
	require.Empty(t, rmm.OutOfScope)
	require.Equal(t, []string{"erp", "lab", "wiki"}, all.OutOfScope)
	require.False(t, find[*Access](t, s, "e-mail").ScopeApplies, "no contract, no scope")
	upd := find[*Access](t, s, "t-upd")
	require.False(t, upd.ScopeApplies || upd.ReachesIdentity, "a provider is no asset")
	for _, v := range s.Views {
		require.NotEqual(t, "n-old", v.Ref().ID)
	}
}

func TestAssetView(t *testing.T) {
	s := build(t, newGraph(t, chain))
	ad, wiki := find[*Asset](t, s, "ad"), find[*Asset](t, s, "wiki")
	require.Equal(t, []string{"north"}, ad.Providers)
	require.True(t, ad.ProvidersUnknown, "quiet may have access to all")
	require.True(t, ad.AlternativesKnown)
	require.Equal(t, []string{"east", "north"}, wiki.Providers)
	require.False(t, wiki.AlternativesKnown, "east does not say")
}

func TestPaths(t *testing.T) {
	s, err := Build(Ground{Graph: newGraph(t, chain), Now: now(), Paths: []msp.PathExposure{
		{Provider: "north", Asset: "erp", Nodes: []string{"north", "ad", "erp"}, Doors: []string{"n-rmm", "ad-erp"}},
	}})
	require.NoError(t, err)
	p := find[*Path](t, s, "north>ad>erp")
	require.Equal(t, "critical", p.Criticality)
	require.Empty(t, p.Yes)
	require.Len(t, p.Unknown, 24, "twelve controls on each of two doors")
	require.True(t, p.Input("graph").Pos.Known())
}

// TestParallelDoors: two ways over the same nodes are one subject, judged by the
// one that less guards, whatever the order.
func TestParallelDoors(t *testing.T) {
	g := newGraph(t, `version: 1
organisation: {id: acme}
assets: [{id: ad, kind: identity, criticality: critical}]
providers: [{id: north, kind: msp}]
relationships:
  - provider: north
    service: desktops
    access:
      - {id: guarded, kind: vpn, reaches: [ad], controls: {mfa: yes}}
      - {id: open, kind: physical, reaches: [ad], controls: {mfa: no}}
`)
	one := msp.PathExposure{Provider: "north", Asset: "ad", Nodes: []string{"north", "ad"}, Doors: []string{"guarded"}}
	two := one
	two.Doors = []string{"open"}
	for _, paths := range [][]msp.PathExposure{{one, two}, {two, one, two}} {
		s, err := Build(Ground{Graph: g, Now: now(), Paths: paths})
		require.NoError(t, err)
		require.Equal(t, []string{"open"}, find[*Path](t, s, "north>ad").Doors)
		count := 0
		for _, v := range s.Views {
			if _, ok := v.(*Path); ok {
				count++
			}
		}
		require.Equal(t, 1, count)
	}
}

func TestDomainGaps(t *testing.T) {
	d := fact.Delegation{
		Zone: "acme.example", ParentKnown: true, ChildKnown: true, ParentNS: []msp.Name{"ns1.acme.example", "ns.alpha.test"},
		ChildNS: []msp.Name{"ns1.acme.example"}, Servers: []fact.DelegationServer{
			{Host: "ns1.acme.example", Address: "192.0.2.1", State: fact.ServerAuthoritative, NS: []msp.Name{"ns1.acme.example"}},
			{Host: "ns.alpha.test", Address: "192.0.2.2", State: fact.ServerSilent, Reason: "timeout"},
		},
	}
	s := build(t, newGraph(t, chain, newFact(t, fact.ProbeDelegation, "acme.example", fact.Present, d)))
	v := find[*Domain](t, s, "acme.example")
	require.Equal(t, []string{"ns.alpha.test"}, v.Delegation.ParentOnly)
	require.Equal(t, []string{"acme", "alpha.test"}, v.Delegation.Operators)
	in := v.Input("delegation")
	require.True(t, in.Unknown)
	require.Equal(t, "ns.alpha.test 192.0.2.2: silent (timeout)", in.Why)
	require.Equal(t, "not asked", v.Input("caa").Why)
	require.Equal(t, []string{"mx", "spf", "dmarc"}, v.Unlooked)
}

// TestSetsNotObserved: what makes a judgement unknown is always named.
func TestSetsNotObserved(t *testing.T) {
	d := fact.Delegation{Zone: "acme.example", ParentKnown: true, ParentNS: []msp.Name{"ns.alpha.test"}}
	s := build(t, newGraph(t, chain,
		newFact(t, fact.ProbeDelegation, "acme.example", fact.Present, d),
		newFact(t, fact.ProbeSPF, "acme.example", fact.Present, fact.SPF{Result: "permerror", Truncated: true}),
	))
	v := find[*Domain](t, s, "acme.example")
	require.Equal(t, "the NS set of the zone itself", v.Input("delegation").Why)
	require.Equal(t, "the include tree beyond where the walk was cut", v.Input("spf").Why)
}

// TestHostOutsideItsDomains holds that the targets of a host that lies in no
// watched domain are still looked at.
func TestHostOutsideItsDomains(t *testing.T) {
	h := fact.Hosts{Name: "shop.other.example", Chain: []fact.Hop{{From: "shop.other.example", To: "x.gone.test"}}, End: "x.gone.test", EndRcode: "NXDOMAIN"}
	s := build(t, newGraph(t, chain, newFact(t, fact.ProbeHosts, "shop.other.example", fact.Absent, h),
		newFact(t, fact.ProbeRegistered, "gone.test", fact.Absent, fact.Registered{Domain: "gone.test", Rcode: "NXDOMAIN"})))
	v := find[*Domain](t, s, "acme.example")
	require.Len(t, v.Unregistered, 1)
	require.Equal(t, []string{"shop.other.example CNAME x.gone.test"}, v.Unregistered[0].From)
}

func TestDrift(t *testing.T) {
	ns := func(o fact.Outcome, hosts ...msp.Name) fact.Fact {
		return newFact(t, fact.ProbeDelegation, "acme.example", o, fact.Delegation{ParentKnown: true, ParentNS: hosts})
	}
	for _, tc := range []struct {
		name     string
		was, is  fact.Fact
		drift    int
		compared bool
	}{
		{"the same", ns(fact.Present, "a.test", "b.test"), ns(fact.Present, "b.test", "a.test"), 0, true},
		{"another", ns(fact.Present, "a.test"), ns(fact.Present, "evil.test"), 1, true},
		{"one gone", ns(fact.Present, "a.test", "b.test"), ns(fact.Present, "a.test"), 1, true},
		{"to a declared provider", ns(fact.Present, "a.test"), ns(fact.Present, "ns.north.example"), 0, true},
		{"to a provider of somebody else", ns(fact.Present, "a.test"), ns(fact.Present, "ns.tool.example"), 1, true},
		{"not known before", ns(fact.Unknown), ns(fact.Present, "a.test"), 0, false},
		{"not known now", ns(fact.Present, "a.test"), ns(fact.Unknown), 0, false},
	} {
		s, err := Build(Ground{Graph: newGraph(t, chain, tc.is), Previous: newGraph(t, chain, tc.was), Now: now()})
		require.NoError(t, err)
		v := find[*Domain](t, s, "acme.example")
		require.Len(t, v.Drift, tc.drift, tc.name)
		require.Equal(t, tc.compared, v.DriftAsked, tc.name)
	}
}

func TestSharedOperators(t *testing.T) {
	text := `version: 1
organisation: {id: acme, domains: [acme.example]}
providers:
  - {id: p1, name: P1, kind: msp, domains: [p1.test]}
  - {id: p2, name: P2, kind: msp, domains: [p2.test]}
  - {id: p3, name: P3, kind: msp, domains: [p3.test]}
relationships:
  - {provider: p1, service: s, dns_services: [dns, mail], access: []}
  - {provider: p2, service: s, access: []}
  - {provider: p3, service: s, access: []}
`
	var facts []fact.Fact
	for _, n := range []msp.Name{"p1.test", "p2.test", "p3.test"} {
		facts = append(facts, newFact(t, fact.ProbeDelegation, n, fact.Present, fact.Delegation{Zone: n, ParentKnown: true, ParentNS: []msp.Name{"anna.ns.cloudflare.com"}}))
	}
	facts = append(facts, newFact(t, fact.ProbeDelegation, "acme.example", fact.Present, fact.Delegation{Zone: "acme.example", ParentKnown: true, ParentNS: []msp.Name{"ns.p1.test"}}))
	s := build(t, newGraph(t, text, facts...))
	o := find[*Organisation](t, s, "acme")
	require.Len(t, o.SharedOperators, 1)
	require.Equal(t, []string{"p1", "p2", "p3"}, o.SharedOperators[0].Providers)
	require.Equal(t, 1.0, o.SharedOperators[0].Share)
	require.Len(t, o.Undeclared, 3)
	require.True(t, o.Undeclared[0].Place().Known())
	p1 := find[*Provider](t, s, "p1")
	require.Empty(t, p1.NotSeen, "DNS is seen, mail was not looked at")
	require.Equal(t, []string{"mail for acme"}, p1.NotSeenUnknown)
}

func TestDNSSECWeak(t *testing.T) {
	sha256, sha1 := fact.DS{DigestType: 2}, fact.DS{DigestType: 1}
	for _, tc := range []struct {
		name string
		d    fact.DNSSEC
		want []string
	}{
		{"sound", fact.DNSSEC{DS: []fact.DS{sha256}, Keys: []fact.DNSKEY{{Algorithm: 13}}}, nil},
		{"old algorithm only", fact.DNSSEC{DS: []fact.DS{sha256}, Keys: []fact.DNSKEY{{Algorithm: 5, Bits: 2048}}}, []string{"only algorithm 5 signs the zone"}},
		{"old beside new", fact.DNSSEC{DS: []fact.DS{sha256}, Keys: []fact.DNSKEY{{Algorithm: 5, Bits: 2048}, {Algorithm: 13}}}, nil},
		{"short", fact.DNSSEC{DS: []fact.DS{sha256}, Keys: []fact.DNSKEY{{Algorithm: 8, Bits: 1024, KeyTag: 7}}}, []string{"key 7 is RSA of 1024 bits"}},
		{"SHA-1 only", fact.DNSSEC{DS: []fact.DS{sha1}, Keys: []fact.DNSKEY{{Algorithm: 13}}}, []string{"every DS digest is SHA-1"}},
		{"SHA-1 beside SHA-256", fact.DNSSEC{DS: []fact.DS{sha1, sha256}, Keys: []fact.DNSKEY{{Algorithm: 13}}}, nil},
		{"keys not known", fact.DNSSEC{DS: []fact.DS{sha1}}, []string{"every DS digest is SHA-1"}},
	} {
		require.Equal(t, tc.want, weak(tc.d), tc.name)
	}
}

// TestEveryInputIsAnswered holds that each kind answers for all of its inputs,
// on the neutral view and on a real one.
func TestEveryInputIsAnswered(t *testing.T) {
	views := build(t, newGraph(t, chain)).Views
	for _, k := range Kinds() {
		list := append([]View{k.Neutral()}, views...)
		for _, v := range list {
			if v.Ref().Kind != k.Name {
				continue
			}
			for _, key := range k.Inputs {
				in := v.Input(key)
				require.NotEmpty(t, in.Text, "%s %s", k.Name, key)
				if in.Unknown {
					require.NotEmpty(t, in.Why, "%s %s", k.Name, key)
				}
			}
		}
	}
}

func TestListsAreBounded(t *testing.T) {
	b := &builder{}
	require.Len(t, bound(b, "list", make([]int, MaxList+1)), MaxList)
	require.Equal(t, []string{"list: 5001 entries, only the first 5000 are judged"}, b.cut)
	require.LessOrEqual(t, len(clip(string(make([]byte, MaxText+5)))), MaxText)
}
