//go:build torture && linux

package torture

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp/journal"
)

// judgedAs is the day on which every run is judged.
const judgedAs = "2026-06-01T00:00:00Z"

// lab is what every case needs: the program, the sample, and what an undisturbed
// run of it gives.
type lab struct {
	exe, other        string // the program; the same with another version
	inventory, zones  string
	long              bool
	facts             []string          // of the undisturbed run, one a line
	files             map[string][]byte // its reports that hold no clock, by format
	scanTime, repTime time.Duration     // how long a scan and a report take here
}

// timeless are the formats in which nothing depends on when a run was made.
var timeless = []string{"md", "csv", "junit", "gitlab"}

// theLab is made once for all cases.
var theLab = sync.OnceValues(func() (*lab, error) {
	l := &lab{exe: os.Getenv("MSPSCAN_TORTURE_BIN"), other: os.Getenv("MSPSCAN_TORTURE_OTHER"), long: os.Getenv("SHORT") == ""}
	if l.exe == "" {
		return nil, errors.New("MSPSCAN_TORTURE_BIN names no program: run `make torture`")
	}
	sample, err := filepath.Abs("../../../../testdata/ridgeline")
	if err != nil {
		return nil, err
	}
	l.inventory, l.zones = filepath.Join(sample, "inventory.yaml"), filepath.Join(sample, "zones")
	return l, l.reference()
})

// reference makes the undisturbed run.
func (l *lab) reference() error {
	dir, err := os.MkdirTemp("", "torture-reference-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l.files = map[string][]byte{}
	for range 2 {
		os.Remove(filepath.Join(dir, "run.ndjson"))
		start := time.Now()
		o := l.run(dir, l.scanArgs("run.ndjson", timeless...)...)
		l.scanTime = time.Since(start)
		if o.code != 0 {
			return fmt.Errorf("the undisturbed run ends with %d: %s", o.code, o.stderr)
		}
	}
	run, err := journal.Open(filepath.Join(dir, "run.ndjson"))
	if err != nil {
		return err
	}
	l.facts = factLines(run)
	for _, f := range timeless {
		if l.files[f], err = os.ReadFile(filepath.Join(dir, "r."+f)); err != nil {
			return err
		}
	}
	start := time.Now()
	o := l.run(dir, reportArgs("run.ndjson", everyFormat...)...)
	l.repTime = time.Since(start)
	if o.code != 0 {
		return fmt.Errorf("the undisturbed report ends with %d: %s", o.code, o.stderr)
	}
	return nil
}

// everyFormat are the formats that the kills write.
var everyFormat = append([]string{"json", "xlsx", "html", "sarif"}, timeless...)

func outputs(formats []string) (args []string) {
	for _, f := range formats {
		args = append(args, "-o", f+"=r."+f)
	}
	return args
}

// scanArgs gives a scan of the sample that goes on with a journal.
func (l *lab) scanArgs(record string, formats ...string) []string {
	return append([]string{"scan", l.inventory, "--zones", l.zones, "--now", judgedAs, "-q", "--journal", record, "--resume"}, outputs(formats)...)
}

func reportArgs(record string, formats ...string) []string {
	return append([]string{"report", record, "--now", judgedAs, "-q"}, outputs(formats)...)
}

// ended is how a process ended.
type ended struct {
	code           int // -1 = by a signal
	signal         syscall.Signal
	stdout, stderr string
	rss            int64 // KiB
	took           time.Duration
}

// command makes a process of the program in a folder.
func (l *lab) command(dir string, args ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	return commandIn(dir, append([]string{l.exe}, args...)...)
}

func commandIn(dir string, line ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	cmd := exec.Command(line[0], line[1:]...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd, &stdout, &stderr
}

// run runs the program to its end.
func (l *lab) run(dir string, args ...string) ended {
	return runLine(dir, nil, append([]string{l.exe}, args...)...)
}

// runLine runs a command line to its end, for two minutes at most.
func runLine(dir string, env []string, line ...string) ended {
	cmd, stdout, stderr := commandIn(dir, line...)
	cmd.Env = append(cmd.Env, env...)
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return ended{code: -2, stderr: err.Error()}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	_ = cmd.Wait()
	return endOf(cmd, stdout, stderr, start)
}

func endOf(cmd *exec.Cmd, stdout, stderr *bytes.Buffer, start time.Time) ended {
	e := ended{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String(), took: time.Since(start)}
	if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		e.signal = s.Signal()
	}
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		e.rss = u.Maxrss
	}
	return e
}

// settledPort is the port of the embedded resolver, which differs by run.
var settledPort = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// factLines gives what a run learnt, without when and by how many queries.
func factLines(run *journal.Run) (list []string) {
	for _, f := range run.Facts {
		data := settledPort.ReplaceAllString(string(f.Data), "resolver")
		list = append(list, fmt.Sprintf("%s %s %s %s: %s %s %s", f.Task.Probe, f.Task.Name, f.Task.Type, f.Task.Server, f.Outcome, f.Reason, data))
	}
	return list
}

// same reports how two lists of lines differ first.
func same(want, got []string) error {
	for i := range max(len(want), len(got)) {
		var a, b string
		if i < len(want) {
			a = want[i]
		}
		if i < len(got) {
			b = got[i]
		}
		if a != b {
			return fmt.Errorf("fact %d:\n want %.300s\n  got %.300s", i+1, a, b)
		}
	}
	return nil
}

// begun is a case that is being run.
type begun struct {
	t     *testing.T
	mu    sync.Mutex
	row   Row
	start time.Time
	rng   *rand.Rand
}

// begin opens the row of a case; it is saved at the test's end, with its faults.
func begin(t *testing.T, name, what string) (*begun, *lab) {
	t.Helper()
	l, err := theLab()
	require.NoError(t, err)
	seed, err := strconv.ParseInt(cmp.Or(os.Getenv("SEED"), strconv.FormatInt(time.Now().UnixNano(), 10)), 10, 64)
	require.NoError(t, err)
	t.Logf("SEED=%d", seed)
	b := &begun{t: t, row: Row{Case: name, What: what, Figures: map[string]float64{}}, start: time.Now(), rng: rand.New(rand.NewSource(seed))}
	t.Cleanup(b.save)
	return b, l
}

func (b *begun) save() {
	b.row.Seconds = time.Since(b.start).Seconds()
	if b.t.Failed() && b.row.Faults == 0 {
		b.row.Faults, b.row.First = 1, "the case itself failed: see the log"
	}
	if dir := os.Getenv("MSPSCAN_TORTURE_DIR"); dir != "" {
		require.NoError(b.t, b.row.Save(dir))
	}
	b.t.Logf("%+v", b.row)
}

// notRun ends a case that this machine can't do.
func (b *begun) notRun(format string, args ...any) {
	b.t.Helper()
	b.row.NotRun = fmt.Sprintf(format, args...)
	b.t.Skip(b.row.NotRun)
}

// tried counts a try; an error is a promise that was broken.
func (b *begun) tried(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.row.Tries++
	if err == nil {
		return
	}
	b.row.Faults++
	if b.row.First == "" {
		b.row.First = err.Error()
	}
	b.t.Errorf("try %d: %v", b.row.Tries, err)
}

// count adds to a figure.
func (b *begun) count(name string, n float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.row.Figures[name] += n
}

// most raises a figure.
func (b *begun) most(name string, n float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.row.Figures[name] = max(b.row.Figures[name], n)
}

// random gives a duration below d.
func (b *begun) random(d time.Duration) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Duration(b.rng.Int63n(int64(d)))
}

func (b *begun) intn(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rng.Intn(n)
}

// rounds gives how often a case is done: ROUNDS, else by the form.
func (l *lab) rounds(short, long int) int {
	if n, err := strconv.Atoi(os.Getenv("ROUNDS")); err == nil && n > 0 {
		return min(n, long)
	}
	if l.long {
		return long
	}
	return short
}

// needs skips a case whose tools are not here.
func (b *begun) needs(root bool, tools ...string) {
	b.t.Helper()
	if root && os.Geteuid() != 0 {
		b.notRun("needs root")
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			b.notRun("needs %s", tool)
		}
	}
}

// calm checks what no end may show: a crash of the program itself.
func (e ended) calm() error {
	for _, text := range []string{e.stdout, e.stderr} {
		for _, word := range []string{"panic:", "fatal error:", "goroutine ", "SIGSEGV", "unexpected signal"} {
			if strings.Contains(text, word) {
				return fmt.Errorf("the program crashed: %.2000s", text)
			}
		}
	}
	return nil
}

// readAll gives the files of a folder by name.
func readAll(dir string) (map[string][]byte, error) {
	out := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out[e.Name()] = data
	}
	return out, nil
}
