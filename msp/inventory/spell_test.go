package inventory

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNearest(t *testing.T) {
	known := []string{"providers", "assets", "internal", "vpn", "ssh", "rmm_agent", "erp", "ad"}
	for _, tc := range []struct{ in, want string }{
		{"provders", "providers"},
		{"interal", "internal"},
		{"vnp", "vpn"},
		{"rmmagent", "rmm_agent"},
		{"rmm agent", "rmm_agent"},
		{"erpp", "erp"},
		{"addd", ""},
		{"xyzw", ""},
		{"xyzzy", ""},
		{"", ""},
		{"telepathy", ""},
	} {
		got, ok := newSpeller().nearest(tc.in, known)
		require.Equal(t, tc.want, got, tc.in)
		require.Equal(t, tc.want != "", ok)
	}
}

// plainDistance is the textbook table, the oracle of the banded one.
func plainDistance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j-1]+cost, d[i-1][j]+1, d[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

func TestDistanceAgainstTextbook(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		b := make([]byte, rnd.IntN(9))
		for i := range b {
			b[i] = "abc"[rnd.IntN(3)]
		}
		return string(b)
	}
	sp := newSpeller()
	for range 50_000 {
		a, b, most := word(), word(), rnd.IntN(5)
		got, want := sp.distance(a, b, most), plainDistance(a, b)
		if want <= most {
			require.Equal(t, want, got, "%q %q most %d", a, b, most)
		} else {
			require.Greater(t, got, most, "%q %q most %d", a, b, most)
		}
	}
}

func TestBudgetEnds(t *testing.T) {
	sp := &speller{budget: 10}
	known := []string{"aaaaaaaa", "aaaaaaab", "srv-1"}
	_, ok := sp.nearest("srv-2", known)
	require.True(t, ok, "length differs: the first two are cheap")
	sp.budget = 0
	_, ok = sp.nearest("srv-1", known)
	require.False(t, ok)
}
