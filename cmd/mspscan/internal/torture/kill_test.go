//go:build torture && linux

package torture

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestKills kills scans, resumed scans and reports at random moments. After each
// blow every report is the old or the new one, the journal holds what was seen in
// it; at the end of each chain of blows the run goes on to the same bytes.
func TestKills(t *testing.T) {
	b, l := begin(t, "kill", "SIGKILL at random moments of scan, resume and report")
	want := l.rounds(24, 2000)
	var left sync.Mutex
	killed := 0
	more := func(n int) bool {
		left.Lock()
		defer left.Unlock()
		killed += n
		return killed < want
	}
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for more(0) {
				n, err := killChain(b, l, t.TempDir())
				if err != nil {
					b.tried(err)
				}
				more(n)
			}
		})
	}
	workers.Wait()
	if killed < want {
		t.Errorf("%d kills of %d", killed, want)
	}
}

// killChain blows one run until it is over, and gives how often.
func killChain(b *begun, l *lab, dir string) (kills int, err error) {
	defer os.RemoveAll(dir)
	record, formats := "run.ndjson", []string{"json", "md", "csv"}
	if b.intn(4) == 0 {
		record = "run.ndjson.gz"
	}
	if b.intn(5) == 0 {
		formats = everyFormat
	}
	bench, err := l.newBench(dir, record, formats...)
	if err != nil {
		return 0, err
	}
	kind := "kills_scan"
	for range 1 + b.intn(12) {
		hit, err := bench.blow(b, l.scanTime, bench.scanArgs(record, formats...))
		if err != nil {
			return kills, fmt.Errorf("%s: %w", kind, err)
		}
		if !hit {
			break
		}
		kills++
		b.count(kind, 1)
		b.tried(nil)
		kind = "kills_resume"
	}
	if err := bench.finish(); err != nil {
		return kills, fmt.Errorf("after %d kills: %w", kills, err)
	}
	b.count("runs_resumed_to_the_same_bytes", 1)
	n, err := killReports(b, bench)
	return kills + n, err
}

// blow starts the program, kills it at a moment of its own choice and checks what
// stands. It reports whether the program was still there to be killed.
func (b *bench) blow(c *begun, took time.Duration, args []string) (bool, error) {
	cmd, stdout, stderr := b.command(b.dir, args...)
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return false, err
	}
	time.Sleep(c.random(took + took/10))
	looked := b.look()
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	e := endOf(cmd, stdout, stderr, start)
	if looked != nil {
		return false, fmt.Errorf("before the kill: %w", looked)
	}
	if e.signal != syscall.SIGKILL && e.code != 0 {
		return false, fmt.Errorf("exit %d: %s", e.code, e.stderr)
	}
	renewed, temps, err := b.whole()
	if err != nil {
		return false, err
	}
	c.count("reports_found_new", float64(renewed))
	c.most("temporaries_left_at_most", float64(temps))
	return e.signal == syscall.SIGKILL, b.settleOld()
}

// killReports kills reports on a whole journal.
func killReports(b *begun, bench *bench) (kills int, err error) {
	fresh, err := bench.fresh()
	if err != nil {
		return 0, err
	}
	for range 1 + b.intn(6) {
		for name := range bench.old { // back to an earlier day
			bench.old[name] = []byte("earlier\n")
			if err := os.WriteFile(filepath.Join(bench.dir, name), bench.old[name], 0o600); err != nil {
				return kills, err
			}
		}
		before, err := os.ReadFile(bench.path())
		if err != nil {
			return kills, err
		}
		hit, err := bench.blow(b, bench.repTime, reportArgs(bench.record, bench.formats...))
		if err != nil {
			return kills, fmt.Errorf("report: %w", err)
		}
		after, err := os.ReadFile(bench.path())
		if err != nil || !bytes.Equal(before, after) {
			return kills, fmt.Errorf("report changed the journal: %w", err)
		}
		if hit {
			kills++
			b.count("kills_report", 1)
			b.tried(nil)
		}
	}
	if o := bench.run(bench.dir, reportArgs(bench.record, bench.formats...)...); o.code != 0 {
		return kills, fmt.Errorf("report after kills ends with %d: %s", o.code, o.stderr)
	}
	files, err := readAll(bench.dir)
	if err != nil {
		return kills, err
	}
	for name := range bench.old {
		if !bytes.Equal(files[name], fresh[name]) {
			return kills, fmt.Errorf("%s differs from that before the kills", name)
		}
	}
	return kills, nil
}
