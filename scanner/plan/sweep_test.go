package plan

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestShares(t *testing.T) {
	for _, tc := range []struct {
		needs  []int
		budget int
		want   []int
	}{
		{[]int{10, 10}, 20, []int{10, 10}},
		{[]int{10, 10}, 100, []int{10, 10}},
		{[]int{2, 100, 50}, 62, []int{2, 30, 30}},
		{[]int{100, 2, 5}, 20, []int{13, 2, 5}},
		{[]int{5, 5, 5}, 2, []int{0, 1, 1}},
		{nil, 5, []int{}},
	} {
		require.Equal(t, tc.want, shares(tc.needs, tc.budget), "%v %d", tc.needs, tc.budget)
	}
}
