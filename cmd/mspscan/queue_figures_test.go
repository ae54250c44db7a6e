//go:build unix

package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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

// row is a line of the table of figures.
type row struct {
	name    string
	workers int // 0 = in process, without a broker
	source  []string
	served  []string
	input   string

	rates                []float64
	tasks                int
	scan, broker, worker int64
}

// TestWorkersFigures prints tasks a second and memory of a scan in process and by
// 1, 2 and 4 workers: medians of interleaved runs.
func TestWorkersFigures(t *testing.T) {
	tasks, runs := envNumber(t, "MSPSCAN_QUEUE_FIGURES", 0), envNumber(t, "MSPSCAN_QUEUE_RUNS", 3)
	if tasks == 0 {
		t.Skip("MSPSCAN_QUEUE_FIGURES says how many tasks to measure with")
	}
	near, zones := hostsWorld(t, tasks)
	far, farZones := hostsWorld(t, tasks/4)
	_, source, served := distant(t, farZones)
	source = append(source, "--rate", "1000000")
	var rows []*row
	for _, workers := range []int{0, 1, 2, 4} {
		rows = append(rows, &row{name: "answers at hand", workers: workers, input: near, source: []string{"--zones", zones}, served: []string{"--zones", zones}})
	}
	for _, workers := range []int{0, 1, 2, 4} {
		rows = append(rows, &row{name: "answers after 20 ms", workers: workers, input: far, source: source, served: served})
	}
	for range runs {
		for _, w := range rows {
			w.run(t)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| | workers | tasks | tasks/s | to in process | MiB: scan | broker | a worker |\n|---|--:|--:|--:|--:|--:|--:|--:|\n")
	var base float64
	for _, w := range rows {
		slices.Sort(w.rates)
		rate := w.rates[len(w.rates)/2]
		if w.workers == 0 {
			base = rate
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %.0f | %.2f | %s | %s | %s |\n", w.name, or("in process", w.workers), w.tasks, rate, rate/base, or("", int(w.scan)), or("", int(w.broker)), or("", int(w.worker)))
	}
	t.Logf("medians of %d runs\n%s", runs, b.String())
}

// or gives a number, and text for 0.
func or(text string, n int) string {
	if n == 0 {
		return text
	}
	return strconv.Itoa(n)
}

func (w *row) run(t *testing.T) {
	r := startRig(t, w.source, w.served, false)
	defer r.stop()
	var args []string
	if w.workers > 0 {
		args = r.queueArgs()
		r.broker()
	}
	for i := range w.workers {
		r.worker(fmt.Sprintf("w%d", i+1))
	}
	record := filepath.Join(r.dir, "run.ndjson")
	_, took := r.scan(w.input, record, args...)
	w.tasks = len(countFacts(t, record))
	w.rates = append(w.rates, float64(w.tasks)/took.Seconds())
	scan, broker, worker := r.memory()
	w.scan, w.broker, w.worker = max(w.scan, scan), max(w.broker, broker), max(w.worker, worker)
}
