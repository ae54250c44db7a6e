package pipeline

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/msp/journal"
)

// TestInterruptedPreflight holds that a run which is interrupted while it tries
// the resolver keeps no word on it: the run that goes on asks again.
func TestInterruptedPreflight(t *testing.T) {
	dir := t.TempDir()
	inv := filepath.Join(dir, "inventory.yaml")
	require.NoError(t, os.WriteFile(inv, []byte(strings.ReplaceAll(worldInventory, "MFA", "yes")), 0o600))
	cfg := Config{Zones: world(t, ""), Inventories: []string{inv}, Ranks: 2, Journal: filepath.Join(dir, "run.ndjson"), Quiet: true}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var e *Error
	require.ErrorAs(t, Scan(ctx, cfg, Streams{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}), &e)
	require.Equal(t, CodeInterrupt, e.Code)
	run, err := journal.Open(cfg.Journal)
	require.NoError(t, err)
	require.Empty(t, run.Facts)
	require.False(t, run.End.Complete)

	cfg.Resume = true
	require.NoError(t, Scan(context.Background(), cfg, Streams{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}))
	run, err = journal.Open(cfg.Journal)
	require.NoError(t, err)
	require.True(t, run.End.Complete)
	for _, f := range run.Facts {
		if f.Task.Probe == fact.ProbePreflight {
			require.Equal(t, fact.Present, f.Outcome)
			return
		}
	}
	t.Fatal("no fact about the resolver")
}
