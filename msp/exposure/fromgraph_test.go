package exposure

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/graph"
)

var catalogOnce = sync.OnceValues(catalog.Default)

func graphOf(t *testing.T, inv *msp.Inventory) *graph.Graph {
	t.Helper()
	cat, err := catalogOnce()
	require.NoError(t, err)
	g, err := graph.New(inv, cat)
	require.NoError(t, err)
	return g
}

func TestNewReadsTheGraph(t *testing.T) {
	m, err := New(t.Context(), graphOf(t, worked()), DefaultTables(), day())
	require.NoError(t, err)
	require.Equal(t, workedModel(t).Exposures(), m.Exposures())
	require.Equal(t, 10e6, m.Value())
}

func TestEndedDoorIsOut(t *testing.T) {
	for _, c := range []struct {
		ended string
		live  bool
	}{{"2026-05-31", false}, {"2026-06-01", false}, {"2026-06-02", true}} {
		inv := worked()
		ended, err := msp.ParseDate(c.ended)
		require.NoError(t, err)
		inv.Relationships[0].Access[0].Ended = ended
		m, err := New(t.Context(), graphOf(t, inv), DefaultTables(), day())
		require.NoError(t, err)
		want := 0.0
		if c.live {
			want = .855
		}
		require.InDelta(t, want, by(t, m, "northmsp").Assets[0].P.Hi, 1e-12, c.ended)
	}
}

func TestUnstatedAccessIsEverythingOrNothing(t *testing.T) {
	inv := worked()
	inv.Relationships[2].AccessStated, inv.Relationships[2].Access = false, nil
	m, err := New(t.Context(), graphOf(t, inv), DefaultTables(), day())
	require.NoError(t, err)
	e := by(t, m, "mailco")
	require.Equal(t, msp.Range{Hi: 100, Lo: 0}, e.Score)
	require.Equal(t, msp.Range{Hi: 10e6, Lo: 0}, e.Money)
}
