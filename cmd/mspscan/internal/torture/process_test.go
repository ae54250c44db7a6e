//go:build torture && linux

package torture

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mspscan/msp/journal"
)

// TestSignals interrupts scans once and twice, at random moments and while a
// resolver is silent: 130 within three seconds, or dead at once; the journal goes
// on to the same bytes.
func TestSignals(t *testing.T) {
	b, l := begin(t, "signals", "SIGINT and SIGTERM, once and twice; a silent resolver")
	for i := range l.rounds(8, 100) {
		b.tried(interruptRound(b, l, t.TempDir(), i))
	}
	for i := range l.rounds(2, 10) {
		b.tried(silentRound(b, l, t.TempDir(), 1+i%2))
	}
}

func interruptRound(b *begun, l *lab, dir string, i int) error {
	bench, err := l.newBench(dir, "run.ndjson", "json", "md")
	if err != nil {
		return err
	}
	signal := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}[i%2]
	cmd, stdout, stderr := l.command(dir, bench.scanArgs("run.ndjson", "json", "md")...)
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	time.Sleep(b.random(l.scanTime))
	sent := time.Now()
	for range 1 + i/2%2 {
		_ = cmd.Process.Signal(signal)
	}
	_ = cmd.Wait()
	e := endOf(cmd, stdout, stderr, start)
	b.most("slowest_end_s", time.Since(sent).Seconds())
	switch {
	case e.code == 130:
		b.count("exit_130", 1)
		if !strings.Contains(e.stderr, "interrupted") {
			return fmt.Errorf("exit 130 without a word: %s", e.stderr)
		}
	case e.signal == signal: // before the program listens, or the second one
		b.count("ended_by_signal", 1)
	case e.code == 0:
		b.count("already_over", 1)
	default:
		return fmt.Errorf("exit %d after %s: %s", e.code, signal, e.stderr)
	}
	if _, _, err := bench.whole(); err != nil {
		return err
	}
	return errors.Join(e.calm(), bench.finish())
}

// silentRound scans through a resolver that never answers.
func silentRound(b *begun, l *lab, dir string, signals int) error {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer silent.Close()
	cmd, stdout, stderr := l.command(dir, "scan", l.inventory, "--resolver", silent.LocalAddr().String(), "--journal", "run.ndjson", "-q")
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	if _, _, err := silent.ReadFrom(make([]byte, 1500)); err != nil { // it is asking
		return err
	}
	sent := time.Now()
	for range signals {
		_ = cmd.Process.Signal(os.Interrupt)
	}
	_ = cmd.Wait()
	e := endOf(cmd, stdout, stderr, start)
	took := time.Since(sent)
	b.most("slowest_end_s", took.Seconds())
	if took > 3*time.Second {
		return fmt.Errorf("it took %s to end", took)
	}
	if e.code != 130 && (signals == 1 || e.signal != syscall.SIGINT) {
		return fmt.Errorf("exit %d after %d SIGINT: %s", e.code, signals, e.stderr)
	}
	_, err = journal.Open(filepath.Join(dir, "run.ndjson"))
	return errors.Join(e.calm(), err)
}

// TestClosedStdout closes the reader of stdout, stdout itself, and fills the
// device behind it: the files are complete, and the end is said.
func TestClosedStdout(t *testing.T) {
	b, l := begin(t, "stdout", "stdout closed by its reader, closed at the start, full")
	for _, c := range []struct {
		name, shell string
		codes       []int
	}{
		{"reader gone", `"$@" | true; exit ${PIPESTATUS[0]}`, []int{0, 141}},
		{"reader of one line", `"$@" | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}`, []int{0, 141}},
		{"report into a gone reader", `"$@" -o html | true; exit ${PIPESTATUS[0]}`, []int{0, 141}},
		{"closed at the start", `"$@" >&-`, []int{0, 4}},
		{"stdout and stderr closed", `"$@" >&- 2>&-`, []int{0, 4}},
		{"all closed", `"$@" <&- >&- 2>&-`, []int{0, 4}},
		{"full", `"$@" >/dev/full`, []int{4}},
		{"report into a full device", `"$@" -o csv >/dev/full`, []int{4}},
	} {
		for range l.rounds(1, 5) {
			b.tried(closedRound(l, t.TempDir(), c.name, c.shell, c.codes))
		}
	}
}

func closedRound(l *lab, dir, name, shell string, codes []int) error {
	formats := []string{"json", "md", "csv"}
	bench, err := l.newBench(dir, "run.ndjson", formats...)
	if err != nil {
		return err
	}
	args := append([]string{l.exe, "scan", l.inventory, "--zones", l.zones, "--now", judgedAs, "--journal", "run.ndjson"}, outputs(formats)...)
	o := runLine(dir, nil, append([]string{"bash", "-c", shell, "bash"}, args...)...)
	for _, c := range codes {
		if o.code == c {
			if err := errors.Join(o.calm(), bench.complete()); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		}
	}
	return fmt.Errorf("%s: exit %d: %s", name, o.code, o.stderr)
}

// TestTwoRuns starts two runs at once: on one journal one of them is refused; on
// the same output files, all files are of one run.
func TestTwoRuns(t *testing.T) {
	b, l := begin(t, "two-runs", "two runs at once on one journal, and on the same outputs")
	for range l.rounds(4, 100) {
		b.tried(oneJournal(b, l, t.TempDir()))
		b.tried(oneFolder(b, l, t.TempDir()))
	}
}

func (l *lab) both(dir string, one, two []string, between time.Duration) [2]ended {
	var out [2]ended
	var both sync.WaitGroup
	for i, args := range [][]string{one, two} {
		both.Go(func() {
			time.Sleep(time.Duration(i) * between)
			out[i] = l.run(dir, args...)
		})
	}
	both.Wait()
	return out
}

func oneJournal(b *begun, l *lab, dir string) error {
	bench, err := l.newBench(dir, "run.ndjson", "json", "md", "csv")
	if err != nil {
		return err
	}
	args := bench.scanArgs("run.ndjson", bench.formats...)
	ends := l.both(dir, args, args, b.random(l.scanTime))
	good := 0
	for _, e := range ends {
		switch {
		case e.code == 0:
			good++
		case e.code == 4 && strings.Contains(e.stderr, "another process is using it"), e.code == 2 && strings.Contains(e.stderr, "is there already"):
			b.count("refused", 1)
		default:
			return fmt.Errorf("exit %d: %s", e.code, e.stderr)
		}
		if err := e.calm(); err != nil {
			return err
		}
	}
	if good == 0 {
		return fmt.Errorf("neither of two runs came to its end: %s", ends[0].stderr+ends[1].stderr)
	}
	return bench.complete()
}

// oneFolder lets two organisations write files of the same names.
func oneFolder(b *begun, l *lab, dir string) error {
	text, err := os.ReadFile(l.inventory)
	if err != nil {
		return err
	}
	other := filepath.Join(dir, "other.yaml")
	if err := os.WriteFile(other, bytes.Replace(text, []byte("name: Ridgeline"), []byte("name: Elsewhere"), 1), 0o600); err != nil {
		return err
	}
	formats := []string{"json", "md", "html"}
	args := func(inventory, record string) []string {
		return append([]string{"scan", inventory, "--zones", l.zones, "--now", judgedAs, "-q", "--journal", record}, outputs(formats)...)
	}
	for _, e := range l.both(dir, args(l.inventory, "one.ndjson"), args(other, "two.ndjson"), b.random(l.scanTime/10)) {
		if e.code != 0 {
			return fmt.Errorf("exit %d: %s", e.code, e.stderr)
		}
	}
	files, err := readAll(dir)
	if err != nil {
		return err
	}
	mine := 0
	for _, f := range formats {
		data := files["r."+f]
		if bytes.Contains(data, []byte("Elsewhere")) {
			mine++
		}
		if f == "json" && !json.Valid(data) {
			return errors.New("r.json is torn")
		}
	}
	if mine != 0 && mine != len(formats) {
		return fmt.Errorf("%d of %d files are of one run, the others of the other", mine, len(formats))
	}
	b.count("second_won", strconvBool(mine == 0))
	return nil
}

func strconvBool(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// TestClock tells reports, comparisons and resumed runs of times that jumped: a
// day back, a year on, 1970, 9999. The findings stay what they are.
func TestClock(t *testing.T) {
	b, l := begin(t, "clock", "clock set back a day, on a year, to 1970 and 9999 before and within a run")
	dir := t.TempDir()
	bench, err := l.newBench(dir, "run.ndjson", timeless...)
	if err == nil {
		err = bench.finish()
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, jump := range []jump{{0, -1}, {0, 1}, {1, 0}, {-1, 0}, {-56, 0}, {7900, 0}} {
		if !l.long && i%3 == 2 {
			continue
		}
		for _, part := range l.parts() {
			b.tried(clockRound(l, bench, filepath.Join(dir, strconv.Itoa(i)+"-"+strconv.Itoa(int(part*10))), jump, part))
		}
	}
}

// parts are the shares of a run behind which the clock jumps.
func (l *lab) parts() []float64 {
	if l.long {
		return []float64{0, 0.5, 1}
	}
	return []float64{0.5}
}

// jump is how far a clock jumps.
type jump struct{ years, days int }

func (j jump) of(t time.Time) time.Time { return t.AddDate(j.years, 0, j.days) }

// clockRound sets the clock by jump for the first part of a run's facts.
func clockRound(l *lab, from *bench, dir string, jump jump, part float64) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	run, err := journal.Open(from.path())
	if err != nil {
		return err
	}
	run.Header.Started = jump.of(run.Header.Started)
	w, err := journal.Create(filepath.Join(dir, "run.ndjson"), run.Header)
	if err != nil {
		return err
	}
	for i, f := range run.Facts {
		if i > len(run.Facts)*9/10 { // cut: the rest is learnt again
			break
		}
		if float64(i) < part*float64(len(run.Facts)) {
			f.At = jump.of(f.At)
			f.Seal()
		}
		if err := w.Fact(f); err != nil {
			return err
		}
	}
	if err := w.Close(nil); err != nil {
		return err
	}
	bench := &bench{lab: l, dir: dir, record: "run.ndjson", formats: timeless}
	if err := bench.finish(); err != nil {
		return fmt.Errorf("clock by %+v for %.0f%% of the run: %w", jump, part*100, err)
	}
	o := l.run(dir, "diff", from.path(), "run.ndjson")
	if o.code != 0 {
		return fmt.Errorf("diff over a jump of %+v ends with %d: %s", jump, o.code, o.stderr)
	}
	return o.calm()
}
