//go:build torture && linux

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/cmd/mspscan/internal/torture"
)

// sampled is what a process holds at a moment.
type sampled struct {
	at         time.Duration
	rss        float64 // KiB resident, pages of the program itself included
	own        float64 // KiB of those that are memory of the process
	live       float64 // KiB that the program can still reach
	files      int
	goroutines int
}

// look measures this process after what can be freed was freed.
func look(t *testing.T, start time.Time) sampled {
	runtime.GC()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return sampled{time.Since(start), kibOf(t, status, "VmRSS"), kibOf(t, status, "RssAnon"), float64(m.HeapAlloc >> 10), len(files), runtime.NumGoroutine()}
}

// kibOf reads a line of /proc/self/status.
func kibOf(t *testing.T, status []byte, name string) float64 {
	m := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, m, name)
	n, err := strconv.ParseFloat(string(m[1]), 64)
	require.NoError(t, err)
	return n
}

// slope gives KiB an hour by least squares.
func slope(list []sampled, of func(sampled) float64) float64 {
	var n, x, y, xx, xy float64
	for _, s := range list {
		h := s.at.Hours()
		n, x, y, xx, xy = n+1, x+h, y+of(s), xx+h*h, xy+h*of(s)
	}
	return (n*xy - x*y) / (n*xx - x*x)
}

// TestTortureSoak scans, resumes and reports in one process, over and over for as
// long as SOAK says. Behind a tenth of the time to get warm, memory stays where it
// is, and files and goroutines are as many at the end as at the start.
func TestTortureSoak(t *testing.T) {
	otherwise := "2m"
	if os.Getenv("SHORT") != "" {
		otherwise = "20s"
	}
	last, err := time.ParseDuration(cmp.Or(os.Getenv("SOAK"), otherwise))
	require.NoError(t, err)
	row := torture.Row{Case: "soak", What: "scans, resumed scans and reports in one process", Figures: map[string]float64{}}
	runtime.MemProfileRate = 0 // its tables grow with each new place that allocates
	start, dir := time.Now(), t.TempDir()
	t.Cleanup(func() {
		row.Seconds = time.Since(start).Seconds()
		if t.Failed() {
			row.Faults, row.First = 1, "memory, files or goroutines grew: see the log"
		}
		if to := os.Getenv("MSPSCAN_TORTURE_DIR"); to != "" {
			require.NoError(t, row.Save(to))
		}
	})
	soakRound(t, dir, 0)
	first, warm := look(t, start), []sampled(nil)
	for time.Since(start) < last || len(warm) < 3 {
		row.Tries++
		soakRound(t, dir, row.Tries)
		if s := look(t, start); s.at > last/10 {
			warm = append(warm, s)
		}
	}
	end := warm[len(warm)-1]
	over := (end.at - warm[0].at).Hours()
	grown := func(of func(sampled) float64) float64 { return math.Round(slope(warm, of) * over) }
	own, live := grown(func(s sampled) float64 { return s.own }), grown(func(s sampled) float64 { return s.live })
	row.Figures = map[string]float64{
		"rss_first_kib": warm[0].rss, "rss_last_kib": end.rss, "rss_grown_kib": grown(func(s sampled) float64 { return s.rss }),
		"own_first_kib": warm[0].own, "own_last_kib": end.own, "own_grown_kib": own,
		"live_first_kib": warm[0].live, "live_last_kib": end.live, "live_grown_kib": live,
		"files_first": float64(first.files), "files_last": float64(end.files),
		"goroutines_first": float64(first.goroutines), "goroutines_last": float64(end.goroutines),
	}
	require.Equal(t, first.files, end.files, "files")
	require.LessOrEqual(t, end.goroutines, first.goroutines, "goroutines")
	require.Less(t, own, max(0.1*warm[0].own, 8<<10), "KiB that memory grew by")
	require.Less(t, live, max(0.05*warm[0].live, 512), "KiB that live memory grew by")
}

// soakRound is a scan whose journal is cut, gone on with, and reported.
func soakRound(t *testing.T, dir string, n int) {
	sample, err := filepath.Abs(filepath.Join("..", "..", "testdata", "ridgeline"))
	require.NoError(t, err)
	record := filepath.Join(dir, "run.ndjson")
	scan := []string{"scan", filepath.Join(sample, "inventory.yaml"), "--zones", filepath.Join(sample, "zones"), "--now", sampleNow, "-q", "--journal", record}
	for _, args := range [][]string{
		append(scan, "-o", "json="+filepath.Join(dir, "r.json"), "-o", "xlsx="+filepath.Join(dir, "r.xlsx")),
		append(scan, "--resume", "-o", "html="+filepath.Join(dir, "r.html")),
		{"report", record, "--now", sampleNow, "-q", "-o", "csv=" + filepath.Join(dir, "r.csv"), "-o", "sarif=" + filepath.Join(dir, "r.sarif")},
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 0, run(context.Background(), args, strings.NewReader(""), &stdout, &stderr), "round %d: %s", n, stderr.String())
		if args[0] == "scan" && args[len(args)-4] == "-o" { // the whole run: cut it
			info, err := os.Stat(record)
			require.NoError(t, err)
			require.NoError(t, os.Truncate(record, info.Size()/2))
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "r.json"))
	require.NoError(t, err)
	require.True(t, json.Valid(data))
	require.NoError(t, os.Remove(record))
}
