//go:build unix

package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/scanner/scantest"
)

// distant serves zone files at one resolver whose answers take 20 ms, for scans
// and workers that ask it alone.
func distant(t *testing.T, zones string) (n *scantest.Net, source, served []string) {
	world, err := scantest.Load(zones)
	require.NoError(t, err)
	n, err = world.Start()
	require.NoError(t, err)
	t.Cleanup(func() { _ = n.Close() }) // the processes that asked it are gone
	require.NoError(t, n.Inject(scantest.Rule{Fault: "delay"}))
	at := n.Resolver()
	return n, []string{"--resolver", at.String(), "--passive"}, []string{"--resolver-port", strconv.Itoa(int(at.Port()))}
}

// TestWorkersRate holds the rate of a run over three workers: together they ask
// the resolver no faster than one. The workers ask from within the sandbox.
func TestWorkersRate(t *testing.T) {
	const rate = 150
	inventory, zones := hostsWorld(t, 300)
	n, source, served := distant(t, zones)
	r := startRig(t, source, served, false)
	r.broker()
	for i := range 3 {
		r.worker(fmt.Sprintf("w%d", i+1))
	}
	record := filepath.Join(r.dir, "run.ndjson")
	r.scan(inventory, record, append(r.queueArgs(), "--rate", strconv.Itoa(rate))...)
	require.Len(t, countWorkers(t, record), 1, "one vantage")
	seen := n.Queries()
	require.Greater(t, len(seen), 2*rate, "enough to tell")
	took := slices.MaxFunc(seen, byTimeSeen).At.Sub(slices.MinFunc(seen, byTimeSeen).At)
	// Three workers on their own would take a third of the time.
	require.Greater(t, took.Seconds(), 0.75*float64(len(seen))/rate)
}

func byTimeSeen(a, b scantest.Seen) int { return a.At.Compare(b.At) }

// countWorkers counts the facts of a journal by vantage.
func countWorkers(t *testing.T, file string) map[string]int {
	count := map[string]int{}
	eachFact(t, file, func(f journalFact) { count[f.Vantage]++ })
	require.Positive(t, count["workers"])
	return count
}
