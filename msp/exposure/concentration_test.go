package exposure

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// The shape of a CDN that stands on one DNS operator: few use the operator
// directly, all users of the CDN stand on it.
func indirect() []Use {
	return []Use{
		{User: "a", Layer: "cdn", Providers: []string{"cdn1"}},
		{User: "b", Layer: "cdn", Providers: []string{"cdn1", "cdn2"}},
		{User: "c", Layer: "dns", Providers: []string{"op1"}},
		{User: "d", Layer: "dns", Providers: []string{"op1", "op2"}},
		{User: "cdn1", Layer: "dns", Providers: []string{"op1"}},
	}
}

func TestConcentrationCountsThroughServices(t *testing.T) {
	got := Concentrations(indirect(), []string{"a", "b", "c", "d", "d"})
	require.Equal(t, []Concentration{
		{Provider: "cdn1", Layer: "cdn", C: 2, I: 1, Users: 4},
		{Provider: "cdn2", Layer: "cdn", C: 1, I: 0, Users: 4},
		{Provider: "op1", Layer: "dns", C: 4, I: 2, Users: 4},
		{Provider: "op2", Layer: "dns", C: 1, I: 0, Users: 4},
	}, got)
}

func TestProviderIsNoUserOfItself(t *testing.T) {
	got := Concentrations(indirect(), []string{"a", "cdn1"})
	require.Equal(t, Concentration{Provider: "cdn1", Layer: "cdn", C: 1, I: 1, Users: 1}, got[0])
	require.Equal(t, Concentration{Provider: "op1", Layer: "dns", C: 2, I: 2, Users: 2}, got[1])
	require.Len(t, got, 2, "nobody asked about uses the others")
}

func TestLayerShares(t *testing.T) {
	got := Layers(indirect(), []string{"a", "b", "c", "d"})
	require.Len(t, got, 2)
	require.Equal(t, "cdn", got[0].Name)
	require.InDelta(t, .75*.75+.25*.25, got[0].HHI, 1e-12)
	require.InDelta(t, .75*.75+.25*.25-.5, got[0].Excess, 1e-12)
	require.Equal(t, 2, got[1].Users)
	own := Layers([]Use{{User: "a", Layer: "dns", Providers: []string{"x"}}, {User: "b", Layer: "dns", Providers: []string{"y"}}}, []string{"a", "b"})
	require.Equal(t, []Layer{{Name: "dns", HHI: .5, Excess: 0, Users: 2, Providers: 2}}, own)
	// one that serves itself beside a provider counts for each by half
	beside := Layers([]Use{{User: "a", Layer: "dns", Providers: []string{"x"}, Own: true}, {User: "b", Layer: "dns", Providers: []string{"x"}}}, []string{"a", "b"})
	require.InDelta(t, .75*.75+.25*.25, beside[0].HHI, 1e-12)
}

func TestUsesReadRelationships(t *testing.T) {
	inv := worked()
	inv.Relationships[2].Alternatives = msp.OptList{Known: true, Values: []string{"othermail"}}
	require.Equal(t, []Use{
		{User: "acme", Layer: "mail", Providers: []string{"mailco"}, Spares: []string{"othermail"}},
		{User: "acme", Layer: "msp", Providers: []string{"northmsp"}},
		{User: "acme", Layer: "remote_access", Providers: []string{"northmsp"}},
		{User: "northmsp", Layer: "software", Providers: []string{"rmmvendor"}},
	}, Uses(graphOf(t, inv)))
	got := Concentrations(Uses(graphOf(t, inv)), []string{"acme"})
	require.Contains(t, got, Concentration{Provider: "rmmvendor", Layer: "software", C: 1, I: 1, Users: 1})
	require.Contains(t, got, Concentration{Provider: "mailco", Layer: "mail", C: 1, I: 0, Users: 1})
	require.False(t, slices.ContainsFunc(got, func(c Concentration) bool { return c.Provider == "othermail" }), "who might take over holds nothing yet")
	mail := Stands(Uses(graphOf(t, inv)), "acme", .01)[0]
	require.Equal(t, []string{"mailco"}, mail.Touches)
	require.Empty(t, mail.Stops)
	require.InDelta(t, .0001, mail.Outage.Hi, 1e-12)
}

// A provider without a kind is in the layer "other", not in none.
func TestUsesOfProviderWithoutKind(t *testing.T) {
	inv := &msp.Inventory{
		Organisation: msp.Organisation{ID: "acme"}, Providers: []msp.Provider{{ID: "x"}, {ID: "y", Kind: "mssp"}, {ID: "z", Kind: "cloud"}},
		Relationships: []msp.Relationship{
			{Provider: "x", Customer: "acme"},
			{Provider: "y", Customer: "acme", AccessStated: true, Access: []msp.Access{{ID: "d", Kind: msp.Physical}}},
			{Provider: "z", Customer: "acme", DNSServices: []string{"web", "dns"}},
		},
	}
	require.Equal(t, []Use{
		{User: "acme", Layer: "dns", Providers: []string{"z"}},
		{User: "acme", Layer: "hosting", Providers: []string{"z"}},
		{User: "acme", Layer: "msp", Providers: []string{"y"}},
		{User: "acme", Layer: "other", Providers: []string{"x"}},
	}, Uses(graphOf(t, inv)))
}

// What DNS shows decides: of two operators of one zone neither is critical, of
// two in a row each is; a server of one's own is redundancy too; what is gone
// serves nobody.
func TestUsesReadDNS(t *testing.T) {
	inv := &msp.Inventory{
		Organisation: msp.Organisation{ID: "acme", Domains: []msp.Name{"acme.example"}},
		Providers:    []msp.Provider{{ID: "ops", Kind: "hosting", Domains: []msp.Name{"ops.example"}}},
		Relationships: []msp.Relationship{
			{Provider: "ops", Customer: "acme", AccessStated: true, Access: []msp.Access{{ID: "d", Kind: msp.AccessDNS}}},
		},
	}
	g := graphOf(t, inv)
	delegation := fact.Delegation{
		Zone: "acme.example", ParentNS: []msp.Name{"ns.ops.example", "ns.other.example", "ns.gone.example"}, ChildNS: []msp.Name{"ns.ops.example"},
		Servers: []fact.DelegationServer{{Host: "ns.gone.example", State: fact.ServerNoAddress, Rcode: "NXDOMAIN"}},
	}
	mail := fact.MX{Domain: "acme.example", Hosts: []fact.MXHost{
		{Host: "mx.acme.example", Outcome: fact.Present}, {Host: "mx.post.example", Outcome: fact.Present},
	}}
	host := fact.Hosts{Name: "acme.example", Chain: []fact.Hop{{From: "acme.example", To: "a.front.example"}, {From: "a.front.example", To: "b.back.example"}}}
	for probe, data := range map[string]any{fact.ProbeDelegation: delegation, fact.ProbeMX: mail, fact.ProbeHosts: host} {
		f, err := fact.New(fact.Task{Probe: probe, Name: "acme.example"}, fact.Present, "", data)
		require.NoError(t, err)
		require.NoError(t, g.Apply(f))
	}
	require.Equal(t, []Use{
		{User: "acme", Layer: "dns", Providers: []string{"ops", "other.example"}},
		{User: "acme", Layer: "hosting", Providers: []string{"back.example"}},
		{User: "acme", Layer: "hosting", Providers: []string{"front.example"}},
		{User: "acme", Layer: "mail", Providers: []string{"post.example"}, Own: true},
	}, Uses(g))
}

// The example of the model: of two DNS providers at 1 % each, an outage needs
// both, a compromise either.
func TestStandsOutageIsAndCompromiseIsOr(t *testing.T) {
	got := Stands([]Use{{User: "u", Layer: "dns", Providers: []string{"x", "y"}}}, "u", .01)
	require.Len(t, got, 1)
	require.Empty(t, got[0].Stops)
	require.Equal(t, []string{"x", "y"}, got[0].Touches)
	require.InDelta(t, .0001, got[0].Outage.Hi, 1e-12)
	require.InDelta(t, .0199, got[0].Compromise, 1e-12)
}

// A CDN that stands on one DNS operator, worked by hand: op1 stops the CDN and
// with it the user; cdn2 is the other of mail's two.
func TestStandsThroughServices(t *testing.T) {
	list := append(indirect(), Use{User: "a", Layer: "mail", Providers: []string{"cdn1", "cdn2"}}, Use{User: "a", Layer: "dns", Providers: []string{"op2"}, Own: true})
	got := Stands(list, "a", .01)
	require.Len(t, got, 3)
	require.Equal(t, []string{"dns", "mail", "cdn"}, []string{got[0].Layer, got[1].Layer, got[2].Layer})
	require.True(t, got[0].Own)
	require.Empty(t, got[0].Stops)
	require.Equal(t, []string{"op2"}, got[0].Touches)
	require.Zero(t, got[0].Outage.Hi)
	require.Equal(t, []string{"cdn1", "cdn2", "op1"}, got[1].Touches)
	require.Empty(t, got[1].Stops)
	require.InDelta(t, .01*(1-.99*.99), got[1].Outage.Lo, 1e-12, "cdn2 and one of cdn1, op1")
	require.Equal(t, []string{"cdn1", "op1"}, got[2].Stops)
	require.InDelta(t, 1-.99*.99, got[2].Outage.Hi, 1e-12)
}

// TestStandsAsEnumerated compares with all states of up to nine parties.
func TestStandsAsEnumerated(t *testing.T) {
	split := 0
	for i := range models() {
		r := rand.New(rand.NewPCG(uint64(i), 21))
		ids := []string{"u", "s0", "s1", "s2", "s3", "s4", "s5"}
		var list []Use
		for range 1 + r.IntN(9) {
			use := Use{User: ids[r.IntN(7)], Layer: []string{"dns", "mail"}[r.IntN(2)], Own: r.IntN(6) == 0}
			for range 1 + r.IntN(3) {
				use.Providers = append(use.Providers, ids[1+r.IntN(6)])
			}
			for range r.IntN(2) {
				use.Spares = append(use.Spares, ids[1+r.IntN(6)])
			}
			list = append(list, use)
		}
		for _, s := range Stands(list, "u", .1) {
			outage, compromise := enumerateStand(list, s.Layer, ids[1:], .1)
			require.InDelta(t, outage, s.Outage.Hi, 1e-9, "case %d: %v", i, list)
			require.InDelta(t, outage, s.Outage.Lo, 1e-9, "case %d: %v", i, list)
			require.InDelta(t, compromise, s.Compromise, 1e-9, "case %d: %v", i, list)
			require.Subset(t, s.Touches, s.Stops, "case %d: %v", i, list)
			require.Subset(t, s.Touches, s.Direct)
			if outage > 0 && len(s.Stops) == 0 {
				split++
			}
		}
	}
	require.Positive(t, split)
}

// enumerateStand goes through every set of parties that fail, round after round
// until nothing changes.
func enumerateStand(list []Use, layer string, ids []string, chance float64) (outage, compromise float64) {
	for set := range 1 << len(ids) {
		weight, down, touched := 1.0, map[string]bool{}, map[string]bool{}
		for i, id := range ids {
			if set&(1<<i) != 0 {
				weight, down[id], touched[id] = weight*chance, true, true
			} else {
				weight *= 1 - chance
			}
		}
		lost, open := false, false
		for range len(ids) + 2 {
			for _, use := range list {
				all, some := !use.Own, false
				for _, p := range use.Providers {
					all, some = all && down[p], some || touched[p]
				}
				for _, p := range use.Spares {
					all = all && down[p]
				}
				down[use.User], touched[use.User] = down[use.User] || all, touched[use.User] || some
				if use.User == "u" && use.Layer == layer {
					lost, open = lost || all, open || some
				}
			}
		}
		if lost {
			outage += weight
		}
		if open {
			compromise += weight
		}
	}
	return outage, compromise
}

// A chain of many pairs is more than can be added up: the range says so, and
// holds the truth.
func TestStandsBoundsItsWork(t *testing.T) {
	var list []Use
	want := 1.0
	for i := range 40 {
		list = append(list, Use{User: "u", Layer: "dns", Providers: []string{fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i), fmt.Sprintf("c%d", i)}})
		want *= 1 - .3*.3*.3
	}
	got := Stands(list, "u", .3)[0]
	require.LessOrEqual(t, got.Outage.Lo, 1-want+1e-9)
	require.GreaterOrEqual(t, got.Outage.Hi, 1-want-1e-9)
	require.Len(t, got.Touches, 120)
}
