package exposure

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

// TestUncontrolled: the way that nobody guards is found behind any number of
// more credible ones.
func TestUncontrolled(t *testing.T) {
	all := func(a msp.Answer) map[msp.Control]msp.Reply {
		m := map[msp.Control]msp.Reply{}
		for _, c := range msp.AllControls() {
			m[c] = msp.Reply{Answer: a}
		}
		return m
	}
	guarded := map[msp.Control]msp.Reply{msp.MFA: {Answer: msp.Yes}}
	in := Input{
		Organisation: "acme", Providers: []Party{{ID: "x"}, {ID: "y"}},
		Assets: []Asset{{ID: "ad", Criticality: "critical"}, {ID: "wiki", Criticality: "low"}},
	}
	for i := range 9 {
		in.Doors = append(in.Doors, Door{ID: fmt.Sprint("vpn", i), Kind: msp.RDP, From: "x", Targets: []string{"ad"}, Controls: guarded})
	}
	in.Doors = append(in.Doors,
		Door{ID: "gate", Kind: msp.Physical, From: "x", Targets: []string{"ad", "wiki"}, Controls: all(msp.No)},
		Door{ID: "dark", Kind: msp.SSH, From: "x", Targets: []string{"ad"}},
		Door{ID: "far", Kind: msp.VPN, From: "y", Targets: []string{"x"}, Controls: guarded},
	)
	m, err := Build(in, DefaultTables(), day())
	require.NoError(t, err)
	var got [][]string
	for _, p := range m.Uncontrolled() {
		require.Equal(t, "x", p.Provider, "whoever comes over far passes a control")
		require.Equal(t, "ad", p.Asset)
		got = append(got, p.Doors)
	}
	require.Equal(t, [][]string{{"dark"}, {"gate"}}, got)
	for _, p := range m.Paths(3) {
		require.NotContains(t, p.Doors, "gate")
	}
}
