package exposure

import (
	"context"
	"slices"
	"testing"
	"time"

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
		b, err := New(t.Context(), graphOf(t, read), DefaultTables(), day())
		require.NoError(t, err)
		require.Equal(t, readings(a), readings(b), yaml(inv))
	}
}

// TestDoorwayPricesEveryControl: one run with a door shut prices each control on
// it as a run of its own would.
func TestDoorwayPricesEveryControl(t *testing.T) {
	in := organisation(3, 60, 6, 160)
	tables := DefaultTables()
	tables.ExactDoors, tables.Trials = 4, 700
	m, err := Build(in, tables, day())
	require.NoError(t, err)
	sampled := 0
	for _, p := range m.s.providers {
		v, r := m.look(p, m.hi).awake(), m.sampler.borrow()
		for d := range m.doors {
			if !v.matters(int32(d)) {
				continue
			}
			shut := v.doorway(int32(d), r)
			if shut.flood != nil {
				sampled++
			}
			for _, c := range m.changesOf(int32(d)) {
				require.InDelta(t, v.worth([]change{{c.door, c.t}}), shut.worth(c.t), 1e-9*m.Value(), c.id(m))
			}
		}
	}
	require.Greater(t, sampled, 100)
}

// TestLittleWork: a question that may not take all the work that it would need
// says so, looks at the most promising first and gives the same each time.
func TestLittleWork(t *testing.T) {
	build := func(limit int) *Model {
		m, err := Build(cyclic(80, 3, 20), DefaultTables(), day())
		require.NoError(t, err)
		m.limit = limit
		return m
	}
	all, little := build(workLimit), build(1)
	require.True(t, all.Answers().Searched().All())
	s := little.Answers().Searched()
	require.Equal(t, Searched{fewest, all.Answers().Searched().Of}, s)
	require.Equal(t, everything(little), everything(build(1)))
	most := func(m *Model) float64 { return m.Fixes(3)[0].Reduction }
	require.InDelta(t, most(all), most(little), .1*most(all))
}

// TestUnderADoneContext: questions end at once and nothing breaks.
func TestUnderADoneContext(t *testing.T) {
	m, err := Build(cyclic(80, 3, 20), DefaultTables(), day())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	under := m.Under(ctx)
	require.NotPanics(t, func() { everything(under) })
	require.Equal(t, everything(m), everything(m.Under(t.Context())))
}

// A door may bear the id of an asset or a party: the two are told apart.
func TestDoorNamedLikeNode(t *testing.T) {
	inv := worked()
	plain, err := New(t.Context(), graphOf(t, inv), DefaultTables(), day())
	require.NoError(t, err)
	inv.Relationships[0].Access[0].ID, inv.Internal[0].ID = "ad", "northmsp"
	m, err := New(t.Context(), graphOf(t, inv), DefaultTables(), day())
	require.NoError(t, err)
	require.Equal(t, moneyOf(plain), moneyOf(m))
	closed, err := m.Close("ad")
	require.NoError(t, err)
	want, err := plain.Close("north-rmm")
	require.NoError(t, err)
	require.Equal(t, moneyOf(want), moneyOf(closed))
	cut, err := m.Cut("northmsp", "ad")
	require.NoError(t, err)
	require.Equal(t, []string{"ad"}, cut)
	_, err = m.Compromise("ad")
	require.ErrorContains(t, err, "provider")
}

func moneyOf(m *Model) map[string]msp.Range {
	all := map[string]msp.Range{}
	for _, e := range m.Exposures() {
		all[e.Provider] = e.Money
	}
	return all
}

// TestBrokenOff: work that is broken off at any moment breaks nothing either.
func TestBrokenOff(t *testing.T) {
	m, err := Build(cyclic(80, 3, 20), DefaultTables(), day())
	require.NoError(t, err)
	for i := range 12 {
		done := make(chan struct{})
		under := m.Under(t.Context())
		under.done = done
		stop := time.AfterFunc(time.Duration(i)*50*time.Microsecond, func() { close(done) })
		require.NotPanics(t, func() { under.Answers(); under.Limits() })
		stop.Stop()
	}
}
