//go:build torture && linux

package main

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/cmd/mspscan/internal/torture"
)

// The limits of issue and design for one bad input: tighter than those of every
// run of the tests.
const (
	badCPU = time.Second
	badRSS = 100 << 10 // KiB
)

// TestTortureInputs runs the pack of bad inputs with the built program and
// measures each: as the index says, under a second, under 100 MiB.
func TestTortureInputs(t *testing.T) {
	row := torture.Row{Case: "bad-inputs", What: "the pack of bad inventories, each measured", Figures: map[string]float64{}}
	start := time.Now()
	t.Cleanup(func() {
		row.Seconds = time.Since(start).Seconds()
		if to := os.Getenv("MSPSCAN_TORTURE_DIR"); to != "" {
			require.NoError(t, row.Save(to))
		}
	})
	program := os.Getenv("MSPSCAN_TORTURE_BIN")
	require.NotEmpty(t, program, "run `make torture`")
	if _, err := os.Stat(filepath.Join(badInputs, "index.csv")); err != nil {
		row.NotRun = "the pack of bad inputs is not here"
		t.Skip(row.NotRun)
	}
	debug.SetGCPercent(20) // what is resident here counts as the child's until it runs
	cases := readBadCases(t)
	for i := range cases {
		c := &cases[i]
		held := t.Run(c.id, func(t *testing.T) {
			p := newPlace(t)
			args, names, ok := c.prepare(t, p)
			if !ok {
				row.Figures["not_made_here"]++
				t.Skip("cannot be made here: " + c.title)
			}
			row.Tries++
			runtime.GC()
			debug.FreeOSMemory()
			own := residentNow(t)
			o := runProgram(t, p, []string{program}, args...)
			measure(&row, o)
			c.check(t, o, names)
			require.Less(t, o.cpu, badCPU, "CPU time")
			require.Less(t, o.rss, int64(badRSS), "KiB resident; %d of them may be the parent's", own)
		})
		if !held {
			row.Faults++
			if row.First == "" {
				row.First = c.id + ": " + c.title
			}
		}
	}
}

func measure(row *torture.Row, o outcome) {
	most := func(name string, n float64) { row.Figures[name] = max(row.Figures[name], n) }
	most("slowest_cpu_ms", float64(o.cpu.Milliseconds()))
	most("largest_kib", float64(o.rss))
	if o.code == exitUsage {
		row.Figures["refused"]++
	}
}

// residentNow gives the KiB that this process has resident.
func residentNow(t *testing.T) int64 {
	statm, err := os.ReadFile("/proc/self/statm")
	require.NoError(t, err)
	pages, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	require.NoError(t, err)
	return pages * int64(os.Getpagesize()) >> 10
}
