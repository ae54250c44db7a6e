package exposure

import (
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
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
	require.Equal(t, Concentration{Provider: "op1", Layer: "dns", C: 2, I: 2, Users: 2}, got[2])
}

func TestLayerShares(t *testing.T) {
	got := Layers(indirect(), []string{"a", "b", "c", "d"})
	require.Len(t, got, 2)
	require.Equal(t, "cdn", got[0].Name)
	require.InDelta(t, .75*.75+.25*.25, got[0].HHI, 1e-12)
	require.InDelta(t, .75*.75+.25*.25-.5, got[0].Excess, 1e-12)
	require.Equal(t, 2, got[1].Users)
	own := Layers([]Use{{"a", "dns", []string{"x"}}, {"b", "dns", []string{"y"}}}, []string{"a", "b"})
	require.Equal(t, []Layer{{Name: "dns", HHI: .5, Excess: 0, Users: 2}}, own)
}

func TestUsesReadRelationships(t *testing.T) {
	inv := worked()
	inv.Relationships[2].Alternatives = msp.OptList{Known: true, Values: []string{"othermail"}}
	require.Equal(t, []Use{
		{"acme", "msp", []string{"northmsp"}},
		{"acme", "saas", []string{"mailco", "othermail"}},
		{"northmsp", "software", []string{"rmmvendor"}},
	}, Uses(graphOf(t, inv)))
	got := Concentrations(Uses(graphOf(t, inv)), []string{"acme"})
	require.Contains(t, got, Concentration{Provider: "rmmvendor", Layer: "software", C: 1, I: 1, Users: 1})
	require.Contains(t, got, Concentration{Provider: "mailco", Layer: "saas", C: 1, I: 0, Users: 1})
}
