package exposure

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/inventory"
)

func TestWhatIf(t *testing.T) {
	m := workedModel(t)
	before := m.Exposures()
	shut, err := m.Close("north-rmm")
	require.NoError(t, err)
	require.InDelta(t, 1_260_000, by(t, shut, "northmsp").Money.Hi, 1e-6)
	again, err := shut.Set("north-rmm", msp.MFA, msp.No)
	require.NoError(t, err)
	require.Equal(t, shut.Exposures(), again.Exposures(), "closed is closed, whatever is answered")
	no, err := m.Set("north-rmm", msp.MFA, msp.No)
	require.NoError(t, err)
	e := by(t, no, "northmsp")
	require.Equal(t, e.Money.Hi, e.Money.Lo, "an answer leaves no range")
	require.Empty(t, no.Narrows())
	one, err := no.Compromise("rmmvendor", "rmmvendor")
	require.NoError(t, err)
	require.Len(t, one.Exposures(), 1)
	require.Equal(t, "rmmvendor", one.Fixes(1)[0].Provider)
	require.Equal(t, before, m.Exposures(), "the first model never changes")
}

func TestWhatIfRefuses(t *testing.T) {
	m := workedModel(t)
	_, err := m.Close("north-rmm", "nothing")
	require.ErrorContains(t, err, `"nothing"`)
	_, err = m.Set("nothing", msp.MFA, msp.Yes)
	require.ErrorContains(t, err, `"nothing"`)
	_, err = m.Set("north-rmm", "prayer", msp.Yes)
	require.ErrorContains(t, err, `"prayer"`)
	for _, id := range []string{"nothing", "ad", "acme"} {
		_, err = m.Compromise(id)
		require.ErrorContains(t, err, id)
		_, err = m.Cut(id)
		require.ErrorContains(t, err, id)
		_, err = m.Explain(id)
		require.ErrorContains(t, err, id)
		_, err = m.FixesFor(id, 1)
		require.ErrorContains(t, err, id)
	}
	_, err = m.Cut("northmsp", "northmsp")
	require.ErrorContains(t, err, "find asset")
	for _, id := range []string{"north-rmm", "north-rmm.mfa", "mfa=yes", "close:nothing", "north-rmm.prayer=yes", "nothing.mfa=yes"} {
		_, err = m.Worth(id)
		require.Error(t, err, id)
	}
	_, err = m.Narrow("nothing", msp.MFA)
	require.Error(t, err)
}

// TestQuickAsFresh holds the quick way to weigh a change against a model that was
// really changed, on an organisation large enough to be sampled in part: to the
// bit where it is sampled.
func TestQuickAsFresh(t *testing.T) {
	m, err := Build(organisation(1, 300, 40, 600), DefaultTables(), day())
	require.NoError(t, err)
	v := m.look(m.s.providers[2], m.hi)
	require.True(t, slices.Contains(m.sampled[v.source], true))
	require.True(t, slices.Contains(m.sampled[v.source], false))
	for d := 0; d < len(m.doors); d += 7 {
		quick := v.with([]change{{int32(d), 0}})
		changed, err := m.Close(m.doors[d].id)
		require.NoError(t, err)
		fresh := changed.look(v.source, changed.hi)
		for i, sampled := range m.sampled[v.source] {
			if sampled {
				require.Equal(t, fresh.p[i], quick.p[i])
				continue
			}
			require.InDelta(t, fresh.p[i], quick.p[i], 1e-12)
		}
	}
}

// TestNarrowIsWorstAtItsOwnProvider holds the short cut of narrow: an answer on
// a provider's door matters most once that provider is compromised.
func TestNarrowIsWorstAtItsOwnProvider(t *testing.T) {
	m, err := Build(organisation(2, 30, 8, 60), DefaultTables(), day())
	require.NoError(t, err)
	views := m.views()
	require.NotEmpty(t, m.Narrows())
	for _, n := range m.Narrows() {
		d, err := m.door(n.Door)
		require.NoError(t, err)
		most := 0.0
		for _, v := range views {
			most = max(most, v.worth([]change{{d, m.answeredYes(d, n.Control)}}))
		}
		require.InDelta(t, most, n.Range, 1e-6*m.Value(), n.Door)
	}
}

// TestYAMLOfCounterexamples: what the property tests print is an inventory that
// the tool reads, and it says the same.
func TestYAMLOfCounterexamples(t *testing.T) {
	for i := range uint64(50) {
		inv := random(newRand(i))
		read, problems := inventory.Decode([]inventory.File{{Name: "counterexample.yaml", Data: []byte(yaml(inv))}})
		require.NoError(t, problems.Err(), yaml(inv))
		a, err := exactly().model(inv)
		require.NoError(t, err)
		b, err := New(graphOf(t, read), DefaultTables(), day())
		require.NoError(t, err)
		require.Equal(t, readings(a), readings(b), yaml(inv))
	}
}

// TestForgettingTrialsChangesNothing: where the trials of all providers are too
// much to hold, they are run again, to the same end.
func TestForgettingTrialsChangesNothing(t *testing.T) {
	in := organisation(3, 60, 6, 160)
	tables := DefaultTables()
	tables.ExactDoors, tables.Trials = 4, 512
	a, err := Build(in, tables, day())
	require.NoError(t, err)
	b, err := Build(in, tables, day())
	require.NoError(t, err)
	b.s.memory = 1
	require.False(t, a.heavy())
	require.True(t, b.heavy())
	require.Equal(t, everything(a), everything(b))
}
