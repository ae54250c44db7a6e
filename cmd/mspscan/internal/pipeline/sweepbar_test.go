package pipeline

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPace: the time left follows the rate of the last seconds, and is not named
// before anything was measured.
func TestPace(t *testing.T) {
	var p pace
	start := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	p.add(at(0), 1)
	require.Equal(t, "time left not known yet", p.left(at(1), sweepProgress{500, 10_000}))
	for s := 1; s <= 40; s++ { // 100 a second, then 10 a second
		done := 100 * s
		if s > 20 {
			done = 2000 + 10*(s-20)
		}
		p.add(at(float64(s)), done)
		switch s {
		case 10:
			require.Equal(t, "100/s, about 1m30s left", p.left(at(10), sweepProgress{1000, 10_000}))
		case 40:
			require.Equal(t, "10/s, about 13m0s left", p.left(at(40), sweepProgress{2200, 10_000}))
		}
		require.LessOrEqual(t, len(p.marks), 20)
	}
	require.Equal(t, "confirming what was found", p.left(at(41), sweepProgress{10_000, 10_000}))
}

// TestSweepBar: without a terminal a line now and then, with one a line over and
// over.
func TestSweepBar(t *testing.T) {
	start := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	lines := &sweepBar{w: &out, last: start, progress: sweepProgress{Total: 400}}
	for s := range 100 {
		lines.one(start.Add(time.Duration(s) * time.Second))
	}
	require.Equal(t, "sweep: 31 of 400 names, 1/s, about 6m9s left\nsweep: 61 of 400 names, 1/s, about 5m39s left\nsweep: 91 of 400 names, 1/s, about 5m9s left\n", out.String())

	out.Reset()
	shown := &sweepBar{bar: &bar{w: &out, width: 80}, last: start, progress: sweepProgress{Total: 2}}
	shown.one(start.Add(time.Millisecond))
	shown.one(start.Add(2 * time.Millisecond))
	require.Equal(t, "\r\x1b[2Ksweep: 2 of 2 names, confirming what was found", out.String(), "the last is always shown")
}
