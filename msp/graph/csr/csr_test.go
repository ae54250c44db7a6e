package csr

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNewRefusesEdgesOutOfRange(t *testing.T) {
	for _, c := range []struct{ from, to []int32 }{
		{[]int32{0}, []int32{2}}, {[]int32{-1}, []int32{0}}, {[]int32{0, 1}, []int32{1}},
	} {
		_, err := New(2, c.from, c.to)
		require.Error(t, err)
	}
	g, err := New(0, nil, nil)
	require.NoError(t, err)
	require.Zero(t, g.Len())
}

func TestRowsKeepParallelEdges(t *testing.T) {
	g, err := New(3, []int32{1, 0, 1, 1}, []int32{2, 1, 2, 1})
	require.NoError(t, err)
	require.Equal(t, []int32{0, 1, 4, 4}, g.Off)
	require.Equal(t, []int32{1, 2, 2, 1}, g.To)
	require.Equal(t, []int32{1, 0, 2, 3}, g.Edge)
	r := g.Reverse()
	require.Equal(t, []int32{0, 0, 2, 4}, r.Off)
	require.Equal(t, []int32{0, 1, 1, 1}, r.To)
	require.Equal(t, []int32{1, 3, 0, 2}, r.Edge)
}

func TestLongChainNeedsNoStack(t *testing.T) {
	const n = 300_000
	from, to, w, c := make([]int32, n-1), make([]int32, n-1), make([]float64, n-1), make([]int64, n-1)
	for i := range from {
		from[i], to[i], w[i], c[i] = int32(i), int32(i+1), 1, 1
	}
	g, err := New(n, from, to)
	require.NoError(t, err)
	require.True(t, g.Reach(0)[n-1])
	_, count := g.Components()
	require.Equal(t, n, count)
	require.EqualValues(t, n-2, g.Dominators(0)[n-1])
	require.EqualValues(t, n-1, g.Shortest(w, 0).Dist[n-1])
	cut, err := MinCut(n, from, to, c, 0, n-1)
	require.NoError(t, err)
	require.Equal(t, []int32{0}, cut.Edges, "nearest to the source")
}

func TestMinCutRefuses(t *testing.T) {
	_, err := MinCut(2, []int32{0}, []int32{1}, []int64{Unbounded}, 0, 1)
	require.ErrorContains(t, err, "can't be cut")
	_, err = MinCut(2, []int32{0}, []int32{1}, []int64{1}, 1, 1)
	require.ErrorContains(t, err, "one node")
	_, err = MinCut(2, []int32{0}, []int32{1}, nil, 0, 1)
	require.ErrorContains(t, err, "capacities")
	_, err = MinCut(2, []int32{0}, []int32{9}, []int64{1}, 0, 1)
	require.ErrorContains(t, err, "leaves")
	cut, err := MinCut(3, []int32{0, 1}, []int32{1, 2}, []int64{Unbounded, 3}, 0, 2)
	require.NoError(t, err)
	require.Equal(t, []int32{1}, cut.Edges)
	require.EqualValues(t, 3, cut.Capacity)
}

// Compromise is OR, outage is AND: two providers of one need share the outage
// and double the compromise.
func TestOutageIsAndCompromiseIsOr(t *testing.T) {
	groups := []Group{{Owner: 0, Members: []int32{1, 2, 1}}, {Owner: 3, Members: []int32{0}}, {Owner: 4}}
	require.Equal(t, []bool{false, true, false, false, false}, NewNeeds(5, groups).Outage(1))
	require.Equal(t, []bool{true, true, true, true, false}, NewNeeds(5, groups).Outage(1, 2))
	require.Equal(t, []bool{true, true, false, true, false}, NewNeeds(5, groups).Compromise(1))
}

// naiveOutage goes round until nothing changes.
func naiveOutage(n int, groups []Group, failed []int32) []bool {
	down := make([]bool, n)
	for _, f := range failed {
		down[f] = true
	}
	for changed := true; changed; {
		changed = false
		for _, g := range groups {
			all := len(g.Members) > 0
			for _, m := range slices.Concat(g.Members, g.Spares) {
				all = all && down[m]
			}
			if all && !down[g.Owner] {
				down[g.Owner], changed = true, true
			}
		}
	}
	return down
}

func TestOutageAsDefined(t *testing.T) {
	for i := range rounds() {
		r := rand.New(rand.NewPCG(uint64(i), 9))
		n := 1 + r.IntN(10)
		groups := make([]Group, r.IntN(2*n))
		for j := range groups {
			groups[j].Owner = int32(r.IntN(n))
			for range r.IntN(4) {
				groups[j].Members = append(groups[j].Members, int32(r.IntN(n)))
			}
			for range r.IntN(2) {
				groups[j].Spares = append(groups[j].Spares, int32(r.IntN(n)))
			}
		}
		failed := []int32{int32(r.IntN(n))}
		down := NewNeeds(n, groups).Outage(failed...)
		require.Equal(t, naiveOutage(n, groups, failed), down, "case %d", i)
		needs := NewNeeds(n, groups)
		touched := needs.Compromise(failed...)
		for v := range down {
			require.Equal(t, touched[v], needs.Touching(int32(v))[failed[0]], "case %d: whom it touches are those that it is touching", i)
			require.True(t, !down[v] || needs.Bearing(int32(v))[failed[0]], "case %d: what takes a node down bears on it", i)
			require.True(t, !down[v] || touched[v], "case %d: what is down is touched", i)
		}
		more := append(groups[:len(groups):len(groups)], Group{Owner: 0, Members: []int32{failed[0]}})
		if len(groups) > 0 {
			more[0].Members = append(append([]int32{}, groups[0].Members...), int32(r.IntN(n)))
			if len(groups[0].Members) > 0 {
				redundant := NewNeeds(n, more[:len(groups)]).Outage(failed...)
				for v := range down {
					require.True(t, !redundant[v] || down[v], "case %d: redundancy never takes down more", i)
				}
			}
		}
	}
}
