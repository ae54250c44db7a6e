package rules

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func embedded(t testing.TB) *Set {
	t.Helper()
	s, err := Load(Embedded())
	require.NoError(t, err)
	return s
}

func TestSamplesHold(t *testing.T) {
	s := embedded(t)
	n := 0
	for _, res := range s.Test(context.Background()) {
		n++
		require.Empty(t, res.Problem, "%s: %s: %s", res.Pos, res.Rule, res.Sample)
	}
	require.Empty(t, s.Lint(context.Background()))
	t.Logf("%d rules, %d samples", len(s.rules), n)
}
