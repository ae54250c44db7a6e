package rules

import (
	"fmt"
	"strings"
	"testing"

	"cel.dev/cel-go/common/types"
	"github.com/stretchr/testify/require"
)

// TestShowIsBounded: whoever owns a zone decides how many servers it has and how
// long its records are; a message names some and counts the rest.
func TestShowIsBounded(t *testing.T) {
	hosts := func(n int) []string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf("ns%d.example", i))
		}
		return list
	}
	require.Equal(t, strings.Join(hosts(25), ", "), joined(hosts(25)))
	require.Equal(t, strings.Join(hosts(24), ", ")+" and 476 more", joined(hosts(500)))
	require.Equal(t, "a, b", joined([]string{"a", "b"}))
	require.Empty(t, joined(nil))
	require.Equal(t, strings.Repeat("ä", 1200), cut(strings.Repeat("ä", 1200)))
	require.Equal(t, strings.Repeat("ä", 1200)+"… [cut, 1 more]", cut(strings.Repeat("ä", 1201)))
	require.Equal(t, strings.Repeat("x", 1200)+"… [cut, 64336 more]", show(types.String(strings.Repeat("x", 65536))))
	require.LessOrEqual(t, len(joined([]string{strings.Repeat("x", 65536), strings.Repeat("y", 65536)})), 1300)
}
