//go:build unix

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// crewOf starts a broker and two workers for the sample's zone files.
func crewOf(t *testing.T) (r *queueRig, inventory string) {
	r = newQueueRig(t, repoPath(t, "testdata", "ridgeline", "zones"))
	r.broker()
	r.worker("w1")
	r.worker("w2")
	return r, repoPath(t, "testdata", "ridgeline", "inventory.yaml")
}

// TestWorkersSample scans the sample, with all its probes, through workers.
func TestWorkersSample(t *testing.T) {
	r, inventory := crewOf(t)
	alone, shared := filepath.Join(r.dir, "alone.ndjson"), filepath.Join(r.dir, "shared.ndjson")
	r.scan(inventory, alone)
	r.scan(inventory, shared, r.queueArgs()...)
	sameRuns(t, alone, shared)
}

// TestWorkersSweep sweeps beside workers: the scan itself asks for the names that
// may exist, and the workers for what the hosts found bring up.
func TestWorkersSweep(t *testing.T) {
	r, inventory := crewOf(t)
	alone, shared := filepath.Join(r.dir, "alone.ndjson"), filepath.Join(r.dir, "shared.ndjson")
	sweep := []string{"--sweep", "all", "--sweep-budget", "20000"}
	r.scan(inventory, alone, sweep...)
	r.scan(inventory, shared, append(sweep, r.queueArgs()...)...)
	sameRuns(t, alone, shared)
}

// TestWorkersPortfolio scans two organisations that share their providers: each
// report is that of one process, and what is shared goes to the workers once.
func TestWorkersPortfolio(t *testing.T) {
	r, inventory := crewOf(t)
	text, err := os.ReadFile(inventory)
	require.NoError(t, err)
	text = regexp.MustCompile(`(?m)\b(id|customer|provider|from): ridgeline$`).ReplaceAll(text, []byte("$1: twin"))
	require.Contains(t, string(text), "  id: twin\n")
	twin := filepath.Join(r.dir, "twin.yaml")
	require.NoError(t, os.WriteFile(twin, text, 0o600))
	r.scan(inventory, filepath.Join(r.dir, "alone.ndjson"), twin)
	said, _ := r.scan(inventory, filepath.Join(r.dir, "shared.ndjson"), append(r.queueArgs(), twin)...)
	for _, id := range []string{"ridgeline", "twin"} {
		sameRuns(t, filepath.Join(r.dir, "alone-"+id+".ndjson"), filepath.Join(r.dir, "shared-"+id+".ndjson"))
	}
	taken := regexp.MustCompile(`taken over from another organisation: (\d+)`).FindStringSubmatch(said)
	require.NotNil(t, taken, said)
	n, err := strconv.Atoi(taken[1])
	require.NoError(t, err)
	require.Greater(t, n, 100, "the second one found most of it learnt")
}
