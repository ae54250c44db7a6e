package exposure

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

// fan gives n doors of a kind from x to a.
func fan(n int, kind msp.AccessKind) Input {
	in := Input{Organisation: "org", Providers: []Party{{ID: "x"}}, Assets: []Asset{{ID: "a", Value: plain(1)}, {ID: "b", Value: plain(1)}}}
	for i := range n {
		in.Doors = append(in.Doors, link(fmt.Sprintf("d%02d", i), kind, "x", "a"))
	}
	return in
}

func TestMethodByUncertainDraws(t *testing.T) {
	for _, c := range []struct {
		name string
		in   func() Input
		want string
	}{
		{"25 uncertain doors", func() Input { return fan(25, msp.VPN) }, Exact},
		{"26 uncertain doors", func() Input { return fan(26, msp.VPN) }, MonteCarlo},
		{"certain doors do not count", func() Input { return fan(60, msp.DataCustody) }, Exact},
		{"one draw is one", func() Input {
			in := fan(60, msp.VPN)
			for i := range in.Doors {
				in.Doors[i].Shares = "cred"
			}
			return in
		}, Exact},
		{"doors that lead nowhere are trimmed", func() Input {
			in := fan(25, msp.VPN)
			for i := range 30 {
				in.Assets = append(in.Assets, Asset{ID: fmt.Sprintf("s%d", i)})
				in.Doors = append(in.Doors,
					link(fmt.Sprintf("m%d", i), msp.AccessMail, "x", fmt.Sprintf("s%d", i)), // reads only
					link(fmt.Sprintf("n%d", i), msp.AccessInternal, fmt.Sprintf("s%d", i), "a"),
					link(fmt.Sprintf("o%d", i), msp.AccessInternal, "a", fmt.Sprintf("s%d", i)), // on from the target
				)
			}
			return in
		}, Exact},
	} {
		m, err := Build(c.in(), DefaultTables(), day())
		require.NoError(t, err)
		got := Exact
		if m.sampled[m.s.providers[0]][0] {
			got = MonteCarlo
		}
		require.Equal(t, c.want, got, c.name)
	}
}

func TestMethodIsReported(t *testing.T) {
	m, err := Build(fan(26, msp.VPN), DefaultTables(), day())
	require.NoError(t, err)
	e := by(t, m, "x")
	require.Equal(t, MonteCarlo, e.Method)
	require.InDelta(t, 1, e.Assets[0].P.Hi, 1e-3)
	require.Zero(t, e.Assets[1].P.Hi)
	closed, err := m.Close("d00", "d01", "d02", "d03")
	require.NoError(t, err)
	require.Equal(t, MonteCarlo, by(t, closed, "x").Method, "the method stays, so that a difference is no difference of methods")
}

// TestCertainDoorMadeUncertain: a whatif model may leave more uncertain draws
// than a fresh one would factor.
func TestCertainDoorMadeUncertain(t *testing.T) {
	m, err := Build(fan(60, msp.DataCustody), DefaultTables(), day())
	require.NoError(t, err)
	for i := range 60 {
		m, err = m.Set(fmt.Sprintf("d%02d", i), msp.Segmentation, msp.Yes)
		require.NoError(t, err)
	}
	require.InDelta(t, 1, by(t, m, "x").Assets[0].P.Hi, 1e-5)
	in := fan(70, msp.DataCustody)
	m, err = Build(in, DefaultTables(), day())
	require.NoError(t, err)
	for i := range 70 {
		m, err = m.Set(fmt.Sprintf("d%02d", i), msp.Segmentation, msp.Yes)
		require.NoError(t, err)
	}
	require.InDelta(t, 1, by(t, m, "x").Assets[0].P.Hi, 1e-5, "beyond a word of doors it falls back on trials")
	require.NotEmpty(t, m.Sensitivity(.2).Swings)
}

// TestSensitivityOpensWhatWasShut: a control that stops a door altogether does so
// no longer once its number falls.
func TestSensitivityOpensWhatWasShut(t *testing.T) {
	tables := DefaultTables()
	tables.Version = "test/v1"
	for i := range tables.Controls {
		if tables.Controls[i].Control == msp.Segmentation {
			tables.Controls[i].R = 1
		}
	}
	in := fan(1, msp.VPN)
	in.Doors[0] = with(in.Doors[0], msp.Segmentation, msp.Yes)
	m, err := Build(in, tables, day())
	require.NoError(t, err)
	require.Zero(t, by(t, m, "x").Money.Hi)
	var found bool
	for _, s := range m.Sensitivity(.2).Swings {
		if s.Entry == "r(segmentation)" {
			found = true
			require.InDelta(t, .7*.2, s.Exposure[0], 1e-12)
		}
	}
	require.True(t, found)
}

// TestTiedBound: what a change on a tied door can add is bounded by the draw that
// it shares, not by the product.
func TestTiedBound(t *testing.T) {
	in := Input{
		Organisation: "org", Providers: []Party{{ID: "x"}}, Assets: []Asset{{ID: "a", Value: plain(0)}, {ID: "b", Value: plain(1)}},
		Doors: []Door{tied("k", link("d", msp.RDP, "x", "a")), tied("k", link("e", msp.VPN, "a", "b"))},
	}
	m, err := Build(in, DefaultTables(), day())
	require.NoError(t, err)
	v := m.look(m.s.providers[0], m.hi)
	for _, c := range v.candidates().list {
		require.LessOrEqual(t, v.worth(m.changes([]candidate{c})), c.bound+1e-12, c.id(m))
	}
}
