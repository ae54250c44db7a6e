package rules

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// TestDocsAreCurrent holds RULES.md against the rule files; UPDATE=1 writes it.
func TestDocsAreCurrent(t *testing.T) {
	set, err := Load(Embedded())
	require.NoError(t, err)
	file := filepath.Join("RULES.md")
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(file, []byte(set.Docs()), 0o600))
	}
	have, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, set.Docs(), string(have), "run UPDATE=1 go test ./rules -run TestDocsAreCurrent")
}

// A new rule file loads and its samples hold before it is filled in.
func TestScaffoldLoads(t *testing.T) {
	known, err := Load(Embedded())
	require.NoError(t, err)
	for _, kind := range Kinds() {
		id := "own-" + string(kind)
		set, err := Load(fstest.MapFS{"own/" + id + ".yaml": {Data: []byte(known.Scaffold(id, kind))}})
		require.NoError(t, err, kind)
		for _, r := range set.Test(context.Background()) {
			require.Empty(t, r.Problem, "%s: %s", kind, r.Sample)
		}
	}
}
