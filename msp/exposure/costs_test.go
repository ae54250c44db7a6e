package exposure

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

// costed is the worked example with the frequencies and costs of the sample.
func costed() *msp.Inventory {
	inv := worked()
	inv.Organisation.Frequency = msp.Frequency{Min: .02, Likely: .02, Max: .02, Known: true}
	inv.Organisation.FixCosts = msp.FixCosts{string(msp.Segmentation): plain(300_000)}
	inv.Relationships[0].FixCosts = msp.FixCosts{string(msp.MFA): plain(30_000), string(msp.JITPAM): plain(120_000)}
	inv.Providers[0].Frequency = msp.Frequency{Min: .02, Likely: .05, Max: .10, Known: true}
	inv.Relationships[0].Access[1].FixCosts = msp.FixCosts{msp.FixClose: plain(40_000)}
	inv.Internal[0].FixCosts = msp.FixCosts{string(msp.Segmentation): {Min: 150_000, Likely: 200_000, Max: 400_000, Known: true}}
	return inv
}

func TestNearestCostWins(t *testing.T) {
	inv := costed()
	inv.Relationships[0].FixCosts = msp.FixCosts{string(msp.MFA): plain(7), string(msp.JITPAM): plain(8), msp.FixClose: plain(9)}
	inv.Relationships[0].Access[0].FixCosts = msp.FixCosts{string(msp.MFA): plain(1)}
	in := FromGraph(graphOf(t, inv), day())
	got := map[string]string{}
	for _, d := range in.Doors {
		for key, m := range d.Costs {
			got[d.ID+"."+key] = fmt.Sprint(m.Mean())
		}
	}
	for at, want := range map[string]string{
		"north-rmm.mfa": "1", "north-rmm.jit_pam": "8", "north-rmm.close": "9", "north-vpn.mfa": "7", "north-vpn.close": "40000",
		"rmm-update.segmentation": "300000", "ad-erp.segmentation": "225000", "ad-erp.mfa": "", "rmm-update.close": "",
	} {
		require.Equal(t, want, got[at], at)
	}
	require.Equal(t, in, FromGraph(graphOf(t, inv), day()))
	require.Equal(t, inputOf(inv, day()).Doors[0].Costs, in.Doors[0].Costs)
}

func TestWorkedExampleCosts(t *testing.T) {
	m, err := Build(inputOf(costed(), day()), DefaultTables(), day())
	require.NoError(t, err)
	require.Equal(t, by(t, workedModel(t), "northmsp").Money, by(t, m, "northmsp").Money, "costs change no exposure")
	fix := map[string]msp.Fix{}
	for _, f := range m.Fixes(100) {
		fix[f.IDs[0]+fmt.Sprint(len(f.IDs))] = f
	}
	for id, want := range map[string]string{
		"north-rmm.jit_pam=yes": "1 120000 36.35", "north-rmm.mfa=yes": "2 30000 24.23", "north-rmm.segmentation=yes": "3 300000 19.39", "ad-erp.segmentation=yes": "4 225000 10.80", "close:north-vpn": "5 40000 5.91",
	} {
		f := fix[id+"1"]
		require.NotNil(t, f.Cost, id)
		require.Empty(t, f.NoCost)
		if want != "" {
			require.Equal(t, want, fmt.Sprintf("%d %.0f %.2f", f.RankByCost, *f.Cost, *f.PerCost), id)
		}
		require.InDelta(t, f.Reduction / *f.Cost, *f.PerCost, 1e-9)
	}
	free := fix["close:north-rmm1"]
	require.Nil(t, free.Cost, "nobody said what it costs")
	require.Equal(t, []string{"close:north-rmm"}, free.NoCost)
	require.Zero(t, free.RankByCost)
	two, ok, err := m.BestForCost("", 2)
	require.NoError(t, err)
	require.True(t, ok)
	require.Len(t, two.IDs, 2)
	require.Contains(t, two.IDs, "north-rmm.jit_pam=yes")
	_, ok, err = m.BestForCost("", 50)
	require.NoError(t, err)
	require.False(t, ok, "there are not so many changes that add anything")
	_, _, err = m.BestForCost("nobody", 1)
	require.Error(t, err)
}

func TestWithoutCostsNothingIsSaid(t *testing.T) {
	m := workedModel(t)
	for _, f := range m.Fixes(100) {
		require.Nil(t, f.Cost)
		require.Nil(t, f.NoCost)
		require.Zero(t, f.RankByCost)
	}
	for _, e := range m.Exposures() {
		require.Nil(t, e.Annual)
	}
	_, ok, err := m.BestForCost("", 1)
	require.NoError(t, err)
	require.False(t, ok)
}

func TestWorkedExampleAnnual(t *testing.T) {
	m, err := Build(inputOf(costed(), day()), DefaultTables(), day())
	require.NoError(t, err)
	a := by(t, m, "northmsp").Annual
	require.Equal(t, "0.0533 0.45 0.42 0.16 0.85", fmt.Sprintf("%.4f %.2f %.2f %.2f %.2f", a.Frequency.Mean, a.Loss.Hi/1e6, a.Loss.Lo/1e6, a.Least/1e6, a.Most/1e6))
	require.Equal(t, "0.02 18000 18000", fmt.Sprintf("%v %.0f %.0f", by(t, m, "mailco").Annual.Frequency.Mean, by(t, m, "mailco").Annual.Loss.Hi, by(t, m, "mailco").Annual.Most), "the organisation's frequency")
}

// TestAnnualBrackets: the loss a year lies between its bounds, grows with the
// frequency alone and is there exactly where a frequency is.
func TestAnnualBrackets(t *testing.T) {
	t.Parallel()
	hold(t, func(inv *msp.Inventory, _ *rand.Rand) error {
		m, err := exactly().model(inv)
		if err != nil {
			return err
		}
		for i, e := range m.Exposures() {
			given := inv.Organisation.Frequency.Known || inv.Providers[i].Frequency.Known
			if given != (e.Annual != nil) {
				return fmt.Errorf("%s: a frequency is given: %v, a loss a year: %v", e.Provider, given, e.Annual)
			}
			if a := e.Annual; given && (a.Least > a.Loss.Lo*(1+tiny) || a.Loss.Lo > a.Loss.Hi || a.Loss.Hi > a.Most*(1+tiny)) {
				return fmt.Errorf("%s: %v", e.Provider, *a)
			}
		}
		return nil
	})
}

// TestBestForCostAsTriedOut holds the search against every set of changes with a
// cost, those that the search leaves out among them.
func TestBestForCostAsTriedOut(t *testing.T) {
	t.Parallel()
	found := 0
	for i := range models() / 50 {
		inv := random(rand.New(rand.NewPCG(uint64(i), 18)))
		judge(rand.New(rand.NewPCG(uint64(i), 19)), inv)
		m, err := exactly().model(inv)
		require.NoError(t, err)
		worst, _ := m.worst()
		v := m.look(worst, m.hi)
		for k := 1; k <= 3; k++ {
			f, ok, err := m.BestForCost("", k)
			require.NoError(t, err)
			worth, cost, any := tryOutCosts(v, k)
			require.Equal(t, any, ok, "model %d, %d changes\n%s", i, k, yaml(inv))
			if !ok {
				continue
			}
			found++
			require.False(t, f.Heuristic)
			require.Zero(t, byCost(worth, cost, f.Reduction, *f.Cost), "model %d, %d changes: %v takes off %v for %v, another %v for %v\n%s", i, k, f.IDs, f.Reduction, *f.Cost, worth, cost, yaml(inv))
		}
	}
	require.Greater(t, found, models()/100)
}

func tryOutCosts(v *view, k int) (worth, cost float64, any bool) {
	list := slices.DeleteFunc(slices.Clone(v.candidates().list), func(c candidate) bool { _, ok := v.m.cost(c); return !ok })
	var walk func(from int, set []candidate)
	walk = func(from int, set []candidate) {
		if len(set) == k {
			w := v.worth(v.m.changes(set))
			c := v.m.costOf(set)
			if adds(v, set, w) && (!any || cheaper(w, c, worth, cost)) {
				worth, cost, any = w, c, true
			}
			return
		}
		for i := from; i < len(list); i++ {
			walk(i+1, append(slices.Clone(set), list[i]))
		}
	}
	walk(0, nil)
	return worth, cost, any
}

// adds reports whether no member of a set can be left out.
func adds(v *view, set []candidate, worth float64) bool {
	for i := range set {
		fewer := v.worth(v.m.changes(slices.Delete(slices.Clone(set), i, i+1)))
		if worth <= fewer*(1+tiny)+tiny*v.money() {
			return false
		}
	}
	return true
}

// TestWidenedForCost: beyond three the best set is labelled heuristic, and each
// change in it adds something.
func TestWidenedForCost(t *testing.T) {
	in := organisation(5, 20, 4, 40)
	for i := range in.Doors {
		in.Doors[i].Costs = msp.FixCosts{msp.FixClose: plain(float64(1+i%7) * 1e4), string(msp.Segmentation): plain(float64(1+i%3) * 3e4)}
	}
	m, err := Build(in, DefaultTables(), day())
	require.NoError(t, err)
	for k := 1; k <= 5; k++ {
		f, ok, err := m.BestForCost("", k)
		require.NoError(t, err)
		require.True(t, ok)
		require.Len(t, f.IDs, k)
		require.Equal(t, k > 3, f.Heuristic)
	}
}

func TestCostsOfOneDoorTwice(t *testing.T) {
	d := func(costs msp.FixCosts) Door {
		n := link("d", msp.RDP, "x", "a")
		n.Costs = costs
		return n
	}
	in := Input{
		Organisation: "org", Providers: []Party{{ID: "x", Frequency: msp.Frequency{Min: 1, Likely: 1, Max: 1, Known: true}}, {ID: "x"}},
		Assets: []Asset{{ID: "a", Value: plain(1e6)}},
		Doors:  []Door{d(msp.FixCosts{"close": plain(1), "mfa": plain(2)}), d(msp.FixCosts{"close": plain(5)}), d(nil)},
	}
	for range 3 {
		m, err := Build(in, DefaultTables(), day())
		require.NoError(t, err)
		require.Equal(t, map[string]float64{"close": 5, "mfa": 2}, m.doors[0].costs, "the dearer of two")
		require.NotNil(t, by(t, m, "x").Annual)
		in.Doors = append(in.Doors[1:], in.Doors[0])
	}
	in.Doors[0].Costs = msp.FixCosts{"close": plain(-1)}
	_, err := Build(in, DefaultTables(), day())
	require.ErrorContains(t, err, `door "d": the cost of close is -1`)
}
