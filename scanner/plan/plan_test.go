package plan

import (
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
)

var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func newGraph(t *testing.T, change func(*msp.Inventory)) *graph.Graph {
	cat, err := catalog.Default()
	require.NoError(t, err)
	inv := &msp.Inventory{
		Organisation: msp.Organisation{ID: "acme", Domains: []msp.Name{"acme.example"}, Hosts: []msp.Name{"portal.acme.example"}},
		Providers: []msp.Provider{{
			ID: "north", Domains: []msp.Name{"north.example"},
			Consent: msp.Consent{ActiveProbes: msp.Reply{Answer: msp.Yes}, Until: msp.Date{Year: 2026, Month: 6, Day: 1}},
		}},
		Relationships: []msp.Relationship{{Provider: "north", Customer: "acme", Service: "desktop"}},
	}
	if change != nil {
		change(inv)
	}
	g, err := graph.New(inv, cat)
	require.NoError(t, err)
	return g
}

func everything() map[string]bool {
	all := map[string]bool{}
	for _, p := range []string{
		fact.ProbeDelegation, fact.ProbeHosts, fact.ProbeMX, fact.ProbeSPF, fact.ProbeDMARC, fact.ProbeCAA, fact.ProbeDNSSEC,
		fact.ProbeTokens, fact.ProbeRegistered, fact.ProbeCDN, fact.ProbeDKIM, fact.ProbeMTASTS, fact.ProbeTLSRPT, fact.ProbeDANE, fact.ProbeWildcard,
		fact.ProbeAgree,
	} {
		all[p] = false
	}
	all[fact.ProbeTransfer], all[fact.ProbeRecursion], all[fact.ProbeVersion] = true, true, true
	return all
}

func options() Options { return Options{Probes: everything(), Ranks: 2, Now: now} }

func has(p Plan, probe string, name msp.Name) bool {
	return slices.ContainsFunc(p.Tasks, func(t fact.Task) bool { return t.Probe == probe && t.Name == name })
}

func apply(t *testing.T, g *graph.Graph, probe string, name msp.Name, data any) {
	f, err := fact.New(fact.Task{Probe: probe, Name: name}, fact.Present, "", data)
	require.NoError(t, err)
	f.At = now
	require.NoError(t, g.Apply(f))
}

func TestFirstRound(t *testing.T) {
	p := Next(newGraph(t, nil), options())
	require.True(t, has(p, fact.ProbeDelegation, "acme.example"))
	require.True(t, has(p, fact.ProbeSPF, "north.example"))
	require.True(t, has(p, fact.ProbeHosts, "portal.acme.example"))
	require.False(t, has(p, fact.ProbeMX, "portal.acme.example"), "a host has no mail of its own")
	require.False(t, has(p, fact.ProbeTransfer, "north.example"), "active probes are opt-in")
	require.True(t, has(p, fact.ProbeAgree, "north.example"))
	require.True(t, slices.IsSortedFunc(p.Tasks, func(a, b fact.Task) int {
		if a.Less(b) {
			return -1
		}
		return 1
	}))
}

func TestDoneIsNotAskedAgain(t *testing.T) {
	g := newGraph(t, nil)
	apply(t, g, fact.ProbeCAA, "acme.example", fact.CAA{})
	require.False(t, has(Next(g, options()), fact.ProbeCAA, "acme.example"))
}

func TestUnknownProbesAreNotPlanned(t *testing.T) {
	o := options()
	o.Probes = map[string]bool{fact.ProbeMX: false}
	for _, task := range Next(newGraph(t, nil), o).Tasks {
		require.Equal(t, fact.ProbeMX, task.Probe)
	}
}

func TestFactsBringUpMore(t *testing.T) {
	g := newGraph(t, nil)
	apply(t, g, fact.ProbeMX, "acme.example", fact.MX{Domain: "acme.example", Hosts: []fact.MXHost{
		{Host: "mx.filter.example", Outcome: fact.Present, Addresses: []string{"192.0.2.1"}},
		{Host: "mx.gone.example", Outcome: fact.Absent, Rcode: "NXDOMAIN"},
		{Host: "mx.silent.example"},
	}})
	apply(t, g, fact.ProbeHosts, "portal.acme.example", fact.Hosts{
		Name: "portal.acme.example", End: "x.dead.example", EndRcode: "NXDOMAIN",
		Chain: []fact.Hop{{From: "portal.acme.example", To: "x.dead.example"}},
	})
	apply(t, g, fact.ProbeSPF, "north.example", fact.SPF{Domain: "north.example", Tree: &fact.SPFNode{Terms: []fact.SPFTerm{
		{Mechanism: "include", Qualifier: "+", Target: "spf.void.example", Rcode: "NXDOMAIN"},
		{Mechanism: "include", Qualifier: "+", Target: "spf.fine.example", Rcode: "NOERROR"},
	}}})
	apply(t, g, fact.ProbeDelegation, "acme.example", fact.Delegation{
		Zone: "acme.example", ParentNS: []msp.Name{"ns1.host.example"},
		Servers: []fact.DelegationServer{{Host: "ns1.host.example", State: fact.ServerNoAddress}},
	})
	p := Next(g, options())
	for _, c := range []struct {
		probe string
		name  msp.Name
		want  bool
	}{
		{fact.ProbeRegistered, "gone.example", true},
		{fact.ProbeRegistered, "silent.example", true},
		{fact.ProbeRegistered, "dead.example", true},
		{fact.ProbeRegistered, "void.example", true},
		{fact.ProbeRegistered, "host.example", true},
		{fact.ProbeRegistered, "fine.example", false},
		{fact.ProbeRegistered, "filter.example", false},
		{fact.ProbeDANE, "mx.filter.example", true},
		{fact.ProbeDANE, "mx.gone.example", false},
		{fact.ProbeMTASTS, "acme.example", true},
		{fact.ProbeCDN, "portal.acme.example", true},
		{fact.ProbeDelegation, "host.example", true}, // the DNS host's own delegation, one rank on
		{fact.ProbeHosts, "mx.filter.example", true},
	} {
		require.Equal(t, c.want, has(p, c.probe, c.name), "%s %s", c.probe, c.name)
	}
	shallow := options()
	shallow.Ranks = 1
	require.False(t, has(Next(g, shallow), fact.ProbeDelegation, "host.example"))
}

func TestConsent(t *testing.T) {
	active := options()
	active.Active = true
	for name, c := range map[string]struct {
		change func(*msp.Inventory)
		opts   Options
		why    string
	}{
		"live":       {nil, active, ""},
		"not asked":  {nil, options(), "not asked for"},
		"none":       {func(i *msp.Inventory) { i.Providers[0].Consent = msp.Consent{} }, active, "has not consented"},
		"declined":   {func(i *msp.Inventory) { i.Providers[0].Consent.ActiveProbes.Answer = msp.No }, active, "has not consented"},
		"ended":      {func(i *msp.Inventory) { i.Providers[0].Consent.Until = msp.Date{Year: 2026, Month: 5, Day: 31} }, active, "ended on 2026-05-31"},
		"no end day": {func(i *msp.Inventory) { i.Providers[0].Consent.Until = msp.Date{} }, active, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := Next(newGraph(t, c.change), c.opts)
			require.Equal(t, c.why == "", has(p, fact.ProbeTransfer, "north.example"))
			require.Equal(t, c.why == "", has(p, fact.ProbeVersion, "north.example"))
			i := slices.IndexFunc(p.LeftOut, func(l LeftOut) bool {
				return l.Task == fact.Task{Probe: fact.ProbeTransfer, Name: "north.example"}
			})
			if c.why == "" {
				require.Negative(t, i)
				return
			}
			require.Contains(t, p.LeftOut[i].Why, c.why)
			require.False(t, has(p, fact.ProbeTransfer, "acme.example"), "the organisation consents for itself only")
		})
	}
}

func TestPassiveAsksNoServer(t *testing.T) {
	o := options()
	o.Passive = true
	p := Next(newGraph(t, nil), o)
	require.False(t, has(p, fact.ProbeAgree, "north.example"))
	require.True(t, has(p, fact.ProbeMX, "north.example"))
}

func TestBudget(t *testing.T) {
	o := options()
	o.MaxTasks = 5
	p := Next(newGraph(t, nil), o)
	require.Len(t, p.Tasks, 5)
	require.True(t, slices.ContainsFunc(p.LeftOut, func(l LeftOut) bool { return l.Why == "the budget of tasks is spent" }))
}

// The plan hangs on what is known, not on the order in which it became known.
func TestOrderFree(t *testing.T) {
	facts := []func(*graph.Graph){
		func(g *graph.Graph) {
			apply(t, g, fact.ProbeMX, "acme.example", fact.MX{Domain: "acme.example", Hosts: []fact.MXHost{{Host: "mx.a.example"}}})
		},
		func(g *graph.Graph) {
			apply(t, g, fact.ProbeMX, "north.example", fact.MX{Domain: "north.example", Hosts: []fact.MXHost{{Host: "mx.a.example"}}})
		},
		func(g *graph.Graph) { apply(t, g, fact.ProbeCAA, "acme.example", fact.CAA{Domain: "acme.example"}) },
	}
	var want Plan
	for seed := range int64(10) {
		g := newGraph(t, nil)
		rand.New(rand.NewSource(seed)).Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
		for _, f := range facts {
			f(g)
		}
		got := Next(g, options())
		if seed == 0 {
			want = got
		}
		require.Equal(t, want, got)
	}
}
