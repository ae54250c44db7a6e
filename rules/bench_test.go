//go:build unix

package rules

import (
	"context"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/catalog"
	"mspscan/msp/graph"
)

// BenchmarkEvaluate judges 10,000 providers with 50,000 access items by all
// rules; of five answers three are yes, one is no and one is missing. Aim: under
// 2 s on two cores, under 500 MB.
func BenchmarkEvaluate(b *testing.B) {
	benchmark(b, []msp.Answer{msp.Yes, msp.Yes, msp.No, msp.Yes, msp.Unknown})
}

// BenchmarkEvaluateBad is the same where only a third of the answers are yes.
func BenchmarkEvaluateBad(b *testing.B) {
	benchmark(b, []msp.Answer{msp.Unknown, msp.Yes, msp.No})
}

func benchmark(b *testing.B, answers []msp.Answer) {
	s := embedded(b)
	cat, err := catalog.Default()
	require.NoError(b, err)
	g, err := graph.New(mixedInventory(10_000, answers), cat)
	require.NoError(b, err)
	now := time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)
	var judged int
	var live float64
	before, spent := liveHeap(), cpu()
	for b.Loop() {
		r, err := s.Evaluate(context.Background(), Input{Graph: g, Now: now})
		require.NoError(b, err)
		b.StopTimer()
		judged = 0
		for _, c := range r.Counts {
			judged += c.Pass + c.Fail + c.Unknown + c.NotApplicable
		}
		live = max(live, liveHeap()-before)
		b.ReportMetric(float64(len(r.Findings)), "findings")
		b.ReportMetric(float64(len(r.Questions)), "questions")
		b.StartTimer()
	}
	spent = cpu() - spent
	b.ReportMetric(float64(judged), "verdicts")
	b.ReportMetric(spent.Seconds()/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N)/float64(judged), "cpu-ns/verdict")
	b.ReportMetric(live, "MB-result")
	b.ReportMetric(before, "MB-graph")
}

// cpu gives the processor time that the process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// liveHeap gives what is in use, in MB.
func liveHeap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}
