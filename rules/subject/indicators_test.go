package subject

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/fact"
	"mspscan/msp/graph"
	"mspscan/msp/indicator"
)

func TestIndicators(t *testing.T) {
	cat, err := catalog.Default()
	require.NoError(t, err)
	g, err := graph.New(&msp.Inventory{Version: 1, Organisation: msp.Organisation{ID: "acme", Domains: []msp.Name{"acme.example"}, Hosts: []msp.Name{"www.acme.example"}}}, cat)
	require.NoError(t, err)
	f, err := fact.New(fact.Task{Probe: fact.ProbeMX, Name: "acme.example"}, fact.Present, "", fact.MX{})
	require.NoError(t, err)
	f.Seal()
	require.NoError(t, g.Apply(f))
	hit := indicator.Hit{Host: "acme.example", Set: "b.csv", Indicator: "evil.example", Observed: "mx.evil.example", How: "mail exchanger", Fact: f.ID, Source: "CERT", Published: "2026-01-02"}
	other := hit
	other.Set, other.Source, other.Published, other.Observed = "a.csv", "", "", "mx2.evil.example"
	third := hit
	third.Indicator, third.Observed, third.Fact = "198.51.100.9", "198.51.100.9", "gone"

	hosts := func(in Ground) map[string]*Host {
		in.Graph, in.Now = g, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
		set, err := Build(in)
		require.NoError(t, err)
		out := map[string]*Host{}
		for _, v := range set.Views {
			if h, ok := v.(*Host); ok {
				out[h.Name] = h
			}
		}
		return out
	}
	got := hosts(Ground{Sets: 2, Hits: []indicator.Hit{hit, third, other}})
	apex := got["acme.example"]
	require.True(t, apex.IndicatorsAsked)
	require.Len(t, apex.Indicators, 2)
	require.Equal(t, "198.51.100.9", apex.Indicators[0].Indicator)
	require.Empty(t, apex.Indicators[0].Evidence(), "a fact that is not in force any more")
	require.Equal(t, []string{"a.csv: no source or date given", "b.csv: CERT, 2026-01-02"}, apex.Indicators[1].Listed)
	require.Equal(t, []string{"mx.evil.example (mail exchanger)", "mx2.evil.example (mail exchanger)"}, apex.Indicators[1].Observed)
	require.Len(t, apex.Indicators[1].Evidence(), 1)
	require.Len(t, apex.Input("indicators").Facts, 1)
	require.True(t, got["www.acme.example"].IndicatorsAsked)
	require.Empty(t, got["www.acme.example"].Indicators)
	require.False(t, hosts(Ground{})["acme.example"].IndicatorsAsked, "without a set nothing was asked")
}
