package exposure

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

// enumerate gives p_X(a), high reading, the long way: it goes through every
// state of every door, weighs it, and follows the doors that stand open. It
// shares nothing with the model but the transmissions. ok is false if there are
// too many states.
func enumerate(in Input, t map[string]float64, provider string) (p map[string]float64, ok bool) {
	draws, states := drawsOf(in, t), 1
	for _, d := range draws {
		if states *= len(d.doors) + 1; states > 1<<13 {
			return nil, false
		}
	}
	p = map[string]float64{}
	open := map[string]bool{}
	var walk func(i int, weight float64)
	walk = func(i int, weight float64) {
		if weight == 0 {
			return
		}
		if i == len(draws) {
			for id := range follow(in, open, provider) {
				p[id] += weight
			}
			return
		}
		// The doors of a draw are sorted by falling t: the first n are open.
		d := draws[i]
		for n := 0; n <= len(d.doors); n++ {
			above, below := 1.0, 0.0
			if n > 0 {
				above = t[d.doors[n-1]]
				open[d.doors[n-1]] = true
			}
			if n < len(d.doors) {
				below = t[d.doors[n]]
			}
			walk(i+1, weight*(above-below))
		}
		for _, id := range d.doors {
			delete(open, id)
		}
	}
	walk(0, 1)
	return p, true
}

// drawing is one uniform number with the doors that hang on it.
type drawing struct{ doors []string }

func drawsOf(in Input, t map[string]float64) []drawing {
	var list []drawing
	tied := map[string][]string{}
	var labels []string
	for _, d := range in.Doors {
		if d.Shares == "" {
			list = append(list, drawing{[]string{d.ID}})
			continue
		}
		if tied[d.Shares] == nil {
			labels = append(labels, d.Shares)
		}
		tied[d.Shares] = append(tied[d.Shares], d.ID)
	}
	for _, l := range labels {
		slices.SortFunc(tied[l], func(a, b string) int {
			switch {
			case t[a] > t[b]:
				return -1
			case t[a] < t[b]:
				return 1
			}
			return 0
		})
		list = append(list, drawing{tied[l]})
	}
	return list
}

// follow gives what is held at any level, going round until nothing is added.
func follow(in Input, open map[string]bool, provider string) map[string]bool {
	control, held := map[string]bool{provider: true}, map[string]bool{}
	for more := true; more; {
		more = false
		for _, d := range in.Doors {
			if !control[d.From] || !open[d.ID] {
				continue
			}
			for _, to := range d.Targets {
				targets := []string{to}
				if to == in.Organisation {
					for _, a := range in.Assets {
						targets = append(targets, a.ID)
					}
				}
				for _, n := range targets {
					more = more || !held[n]
					held[n] = true
					if d.Kind.Level() == msp.FullControl && !control[n] {
						control[n], more = true, true
					}
				}
			}
		}
	}
	return held
}

func transmissionsOf(m *Model) map[string]float64 {
	t := map[string]float64{}
	for i, d := range m.doors {
		t[d.id] = m.hi.t[i]
	}
	return t
}

func TestExactAsEnumeration(t *testing.T) {
	t.Parallel()
	tried := 0
	hold(t, func(inv *msp.Inventory, _ *rand.Rand) error {
		in := inputOf(inv, day())
		m, err := exactly().model(inv)
		if err != nil {
			return err
		}
		for _, p := range m.asked() {
			want, ok := enumerate(in, transmissionsOf(m), m.s.nodes[p].id)
			if !ok {
				return nil
			}
			tried++
			for i, x := range m.look(p, m.hi).p {
				if a := m.s.assets[i].id; math.Abs(x-want[a]) > 1e-12 {
					return fmt.Errorf("%s > %s is %v, by enumeration %v", m.s.nodes[p].id, a, x, want[a])
				}
			}
		}
		return nil
	})
	require.Greater(t, tried, models(), "most models are small enough")
}

// link is a door without controls.
func link(id string, kind msp.AccessKind, from string, targets ...string) Door {
	return Door{ID: id, Kind: kind, From: from, Targets: targets}
}

func tied(label string, d Door) Door {
	d.Shares = label
	return d
}

func with(d Door, c msp.Control, a msp.Answer) Door {
	d.Controls = answered(d.Controls, map[msp.Control]msp.Reply{c: {Answer: a, Evidence: msp.Verified}})
	return d
}

// handMade are ten models whose answers follow from the states of their doors.
// b: internal .95, rdp .80, ssh .75, vpn .70, mail .90 (read), physical .30.
func handMade() []struct {
	name  string
	doors []Door
	want  map[string]float64 // p of each asset once x is compromised
} {
	const rdp, ssh, vpn, in = msp.RDP, msp.SSH, msp.VPN, msp.AccessInternal
	return []struct {
		name  string
		doors []Door
		want  map[string]float64
	}{
		{"one door", []Door{link("d", rdp, "x", "a")}, map[string]float64{"a": .8}},
		{
			"a chain",
			[]Door{link("d", rdp, "x", "a"), link("e", in, "a", "b"), link("f", in, "b", "c")},
			map[string]float64{"a": .8, "b": .76, "c": .722},
		},
		{"side by side", []Door{link("d", rdp, "x", "a"), link("e", vpn, "x", "a")}, map[string]float64{"a": 1 - .2*.3}},
		{
			"a diamond counts once",
			[]Door{link("d", rdp, "x", "a", "b"), link("e", in, "a", "c"), link("f", in, "b", "c")},
			map[string]float64{"a": .8, "b": .8, "c": .8 * (1 - .05*.05)},
		},
		{"five targets are one event", []Door{link("d", rdp, "x", "a", "b", "c")}, map[string]float64{"a": .8, "b": .8, "c": .8}},
		{
			"a shared door before two ways",
			[]Door{link("d", rdp, "x", "y"), link("e", ssh, "y", "a"), link("f", vpn, "y", "a")},
			map[string]float64{"a": .8 * (1 - .25*.3)},
		},
		{
			"a cycle",
			[]Door{link("d", rdp, "x", "a"), link("e", in, "a", "b"), link("f", in, "b", "a"), link("g", ssh, "x", "b")},
			map[string]float64{"a": .8 + .2*.75*.95, "b": .75 + .25*.8*.95},
		},
		{
			"the bridge",
			[]Door{link("d", rdp, "x", "a"), link("e", ssh, "x", "b"), link("f", in, "a", "b"), link("g", in, "b", "a"), link("h", vpn, "a", "c"), link("i", vpn, "b", "c")},
			// both a and b: .8*.75 + .8*.25*.95 + .2*.75*.95; one of them: the rest of what is held
			map[string]float64{"a": .8 + .2*.75*.95, "b": .75 + .25*.8*.95, "c": (.6+.19+.1425)*(1-.3*.3) + (.8*.25*.05+.2*.75*.05)*.7},
		},
		{"reading leads nowhere", []Door{link("d", msp.AccessMail, "x", "a"), link("e", in, "a", "b")}, map[string]float64{"a": .9, "b": 0}},
		{
			"one credential, two doors",
			[]Door{tied("k", link("d", rdp, "x", "a")), tied("k", link("e", vpn, "x", "b")), link("f", in, "a", "c"), link("g", in, "b", "c")},
			// U < .7 opens both, .7 <= U < .8 the first alone
			map[string]float64{"a": .8, "b": .7, "c": .7*(1-.05*.05) + .1*.95},
		},
		{
			"the organisation is every asset",
			[]Door{link("d", rdp, "x", "org"), with(link("e", in, "a", "b"), msp.Segmentation, msp.Yes)},
			map[string]float64{"a": .8, "b": .8, "c": .8},
		},
		{"tied in a row", []Door{tied("k", link("d", rdp, "x", "a")), tied("k", link("e", in, "a", "b"))}, map[string]float64{"a": .8, "b": .8}},
	}
}

func TestHandMadeModels(t *testing.T) {
	for _, c := range handMade() {
		t.Run(c.name, func(t *testing.T) {
			in := Input{
				Organisation: "org", Providers: []Party{{ID: "x"}, {ID: "y"}}, Doors: c.doors,
				Assets: []Asset{{ID: "a", Value: plain(1)}, {ID: "b", Value: plain(2)}, {ID: "c", Value: plain(4)}},
			}
			m, err := Build(in, DefaultTables(), day())
			require.NoError(t, err)
			long, ok := enumerate(in, transmissionsOf(m), "x")
			require.True(t, ok)
			for _, a := range by(t, m, "x").Assets {
				require.InDelta(t, c.want[a.Asset], a.P.Hi, 1e-12, a.Asset)
				require.InDelta(t, c.want[a.Asset], long[a.Asset], 1e-12, a.Asset)
			}
			tables := DefaultTables()
			tables.ExactDoors = 0
			m, err = Build(in, tables, day())
			require.NoError(t, err)
			for _, a := range by(t, m, "x").Assets {
				p := c.want[a.Asset]
				require.InDelta(t, p, a.P.Hi, 4*math.Sqrt(p*(1-p)/10_240)+1e-12, "by trials: %s", a.Asset)
			}
		})
	}
}

// TestGreedyTrap: two certain doors to what is dearest are worth nothing one at
// a time, so who takes the best single fix first leaves 5.0M exposed.
func TestGreedyTrap(t *testing.T) {
	in := Input{
		Organisation: "org", Currency: "AUD", Providers: []Party{{ID: "x"}},
		Assets: []Asset{{ID: "dear", Value: plain(5e6)}, {ID: "small", Value: plain(1e6)}},
		Doors: []Door{
			link("one", msp.DataCustody, "x", "dear"), link("two", msp.AccessSaaS, "x", "dear"), link("three", msp.DataCustody, "x", "small"),
		},
	}
	m, err := Build(in, DefaultTables(), day())
	require.NoError(t, err)
	fixes, err := m.FixesFor("x", 1)
	require.NoError(t, err)
	require.Equal(t, []string{"close:three"}, fixes[0].IDs, "greedy would start here")
	best, err := m.BestSet("x", 2)
	require.NoError(t, err)
	require.Equal(t, []string{"close:one", "close:two"}, best.IDs)
	require.Equal(t, []float64{6e6, 1e6, 5e6}, []float64{best.Before, best.After, best.Reduction})
	require.False(t, best.Heuristic)
	// The same behind forty doors that are worth something alone.
	for i := range 40 {
		id := fmt.Sprintf("s%02d", i)
		in.Assets = append(in.Assets, Asset{ID: id, Value: plain(1e5)})
		in.Doors = append(in.Doors, link("d"+id, msp.SSH, "x", id))
	}
	m, err = Build(in, DefaultTables(), day())
	require.NoError(t, err)
	best, err = m.BestSet("x", 3)
	require.NoError(t, err)
	require.Equal(t, []string{"close:one", "close:three", "close:two"}, best.IDs)
}

// TestBestSetsAsTriedOut holds the search against every set there is.
func TestBestSetsAsTriedOut(t *testing.T) {
	t.Parallel()
	for i := range models() / 50 {
		inv := random(rand.New(rand.NewPCG(uint64(i), 16)))
		m, err := exactly().model(inv)
		require.NoError(t, err)
		worst, _ := m.worst()
		v := m.look(worst, m.hi)
		all := v.candidates().list
		for k := 1; k <= 3; k++ {
			f, err := m.BestSet("", k)
			require.NoError(t, err)
			best := tryOut(v, all, k, closing)
			require.InDelta(t, best, f.Reduction, 1e-6, "model %d, %d changes\n%s", i, k, yaml(inv))
			h, err := m.BestHardening("", k)
			require.NoError(t, err)
			if pool, _ := v.pool(all, hardening); len(pool) < poolSize {
				require.InDelta(t, tryOut(v, all, k, hardening), h.Reduction, 1e-6, "model %d, %d controls\n%s", i, k, yaml(inv))
			}
		}
	}
}

func tryOut(v *view, all []candidate, k int, kind func(candidate) bool) float64 {
	list, _ := v.pool(all, kind)
	best := 0.0
	var walk func(from int, set []candidate)
	walk = func(from int, set []candidate) {
		best = max(best, v.worth(v.m.changes(set)))
		for i := from; i < len(list) && len(set) < k; i++ {
			walk(i+1, append(slices.Clone(set), list[i]))
		}
	}
	walk(0, nil)
	return best
}

// TestMoreThanThreeIsHeuristic widens the best three.
func TestMoreThanThreeIsHeuristic(t *testing.T) {
	m, err := Build(organisation(5, 20, 4, 40), DefaultTables(), day())
	require.NoError(t, err)
	three, err := m.BestSet("", 3)
	require.NoError(t, err)
	five, err := m.BestSet("", 5)
	require.NoError(t, err)
	require.False(t, three.Heuristic)
	require.True(t, five.Heuristic)
	require.Greater(t, len(five.IDs), 3)
	require.GreaterOrEqual(t, five.Reduction, three.Reduction)
}
