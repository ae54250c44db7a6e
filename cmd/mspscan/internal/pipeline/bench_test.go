package pipeline

import (
	"context"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp/fact"
	"mspscan/msp/graph"
	"mspscan/msp/journal"
)

func sampleConfig(b testing.TB, dir string) Config {
	sample := filepath.Join("..", "..", "..", "..", "testdata", "ridgeline")
	return Config{
		Inventories: []string{filepath.Join(sample, "inventory.yaml")}, Zones: filepath.Join(sample, "zones"),
		Version: "bench", Ranks: 2, Now: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
		Journal: filepath.Join(dir, "run.ndjson"), Quiet: true,
		Outputs: []Output{{"xlsx", filepath.Join(dir, "r.xlsx")}, {"json", filepath.Join(dir, "r.json")}},
	}
}

// BenchmarkSampleScan runs the README's main job and counts the queries that it
// sends: all, and for each provider domain in scope.
func BenchmarkSampleScan(b *testing.B) {
	b.ReportAllocs()
	var last Config
	for b.Loop() {
		last = sampleConfig(b, b.TempDir())
		require.NoError(b, Scan(context.Background(), last, Streams{Out: io.Discard, Err: io.Discard}))
	}
	run, err := journal.Open(last.Journal)
	require.NoError(b, err)
	total, most := queries(b, run)
	b.ReportMetric(float64(total), "queries")
	b.ReportMetric(float64(most), "queries/worst-domain")
}

// queries counts the exchanges of a run, each once however many facts share it,
// and those about the worst domain in scope.
func queries(b testing.TB, run *journal.Run) (total, most int) {
	j, err := newJudge(Config{})
	require.NoError(b, err)
	g, err := j.replay(run)
	require.NoError(b, err)
	seen := map[fact.Query]bool{}
	byDomain := map[string]int{}
	for _, f := range run.Facts {
		for _, q := range f.Queries {
			if !seen[q] {
				seen[q] = true
				byDomain[owner(g, f)]++
			}
		}
	}
	for name, n := range byDomain {
		if name != "" {
			most = max(most, n)
		}
	}
	return len(seen), most
}

func owner(g *graph.Graph, f fact.Fact) string {
	for _, w := range g.Watched() {
		if !w.Host && f.Task.Name.Within(w.Name) {
			return string(w.Name)
		}
	}
	return ""
}
