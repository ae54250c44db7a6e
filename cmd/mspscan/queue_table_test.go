//go:build unix && figures

package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

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
	tasks, runs := envNumber(t, "MSPSCAN_QUEUE_FIGURES", 20_000), envNumber(t, "MSPSCAN_QUEUE_RUNS", 3)
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
