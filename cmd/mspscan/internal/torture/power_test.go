//go:build torture && linux

package torture

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestPowerLoss takes the power from a disk while scans and reports write to it,
// and just after they ended: what fsync acknowledged is there after the next
// start, a run that ended with 0 has left its reports, and no report is torn.
func TestPowerLoss(t *testing.T) {
	b, l := begin(t, "power", "power lost on ext4 behind a loop device (EXT4_IOC_SHUTDOWN), then mounted again")
	b.mountable(t, "mkfs.ext4", "fsck.ext4", "mount", "strace")
	for i := range l.rounds(4, 60) {
		t.Run(strconv.Itoa(i), func(t *testing.T) { // each frees its disk
			b.tried(powerRound(b, l, t, i))
		})
	}
}

func powerRound(b *begun, l *lab, t *testing.T, i int) error {
	d, err := newDisk(t, 24<<10)
	if err != nil {
		return err
	}
	record := []string{"run.ndjson", "run.ndjson.gz"}[i/2%2]
	bench, err := l.newBench(d.dir, record, "json", "md", "csv", "html")
	if err != nil {
		return err
	}
	syncFS()
	how := uint32(logFlushed + i%2)
	report := i%5 == 4
	args := bench.scanArgs(record, bench.formats...)
	if report {
		if err := bench.finish(); err != nil {
			return err
		}
		if err := bench.settleOld(); err != nil {
			return err
		}
		syncFS()
		args = reportArgs(record, bench.formats...)
	}
	w, err := bench.watch(args)
	if err != nil {
		return err
	}
	after := b.random(2 * l.scanTime) // under strace it takes longer
	if i%4 == 3 {                     // at the very end
		<-w.over
	} else {
		select {
		case <-w.over:
		case <-time.After(after):
		}
	}
	acked := w.acked.Load()
	if err := d.lose(how); err != nil {
		return err
	}
	_ = w.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-w.over:
	case <-time.After(20 * time.Second):
		_ = syscall.Kill(-w.cmd.Process.Pid, syscall.SIGKILL)
		<-w.over
		return errors.New("a run on a dead disk did not end")
	}
	if err := d.again(); err != nil {
		return err
	}
	return bench.afterLoss(b, d, acked, w.end.code == 0)
}

// afterLoss checks what stands after the next start, and goes on.
func (b *bench) afterLoss(c *begun, d *disk, acked int64, ended bool) error {
	data, err := os.ReadFile(b.path())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if int64(len(data)) < acked {
		return fmt.Errorf("fsync acknowledged %d octets of the journal, %d are left", acked, len(data))
	}
	c.count("octets_acknowledged", float64(acked))
	c.count("octets_beyond", float64(int64(len(data))-acked))
	b.seen = nil // what a reader saw in memory may be gone; what was synced may not
	renewed, _, err := b.whole()
	if err != nil {
		return err
	}
	c.count("reports_found_new", float64(renewed))
	if ended {
		c.count("ended_before", 1)
		if err := b.complete(); err != nil {
			return fmt.Errorf("the run had ended with 0: %w", err)
		}
	}
	if err := b.finish(); err != nil {
		return err
	}
	return d.checked()
}

func syncFS() { syscall.Sync() }

// watched is a run under strace, which tells what fsync acknowledged.
type watched struct {
	cmd   *exec.Cmd
	acked atomic.Int64  // octets of the journal
	over  chan struct{} // closed when it has ended
	end   ended
}

// watch starts the program under strace.
func (b *bench) watch(args []string) (*watched, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	line := append([]string{"strace", "-f", "-qq", "--seccomp-bpf", "-y", "-s", "8", "-e", "trace=write,fsync", "-o", "/dev/fd/3", b.exe}, args...)
	cmd, stdout, stderr := commandIn(b.dir, line...)
	cmd.ExtraFiles = []*os.File{in}
	cmd.SysProcAttr.Setpgid = true
	w := &watched{cmd: cmd, over: make(chan struct{})}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	_ = in.Close()
	told := make(chan struct{})
	go func() {
		defer close(told)
		w.follow(out, b.path())
		_ = out.Close()
	}()
	go func() {
		defer close(w.over)
		_ = cmd.Wait()
		<-told
		w.end = endOf(cmd, stdout, stderr, start)
	}()
	return w, nil
}

var (
	callLine   = regexp.MustCompile(`^(\d+) +(write|fsync)\(\d+<([^>]*)>.*?(?:= (-?\d+)|(<unfinished \.\.\.>))`)
	resumeLine = regexp.MustCompile(`^(\d+) +<\.\.\. (write|fsync) resumed>.*= (-?\d+)`)
)

// follow reads the calls on one file as they happen. A file has one writer, so
// they stand in order.
func (w *watched) follow(r io.Reader, path string) {
	var written int64
	pending := map[string]bool{} // threads within a call on the file
	took := func(call, result string) {
		n, err := strconv.ParseInt(result, 10, 64)
		switch {
		case err != nil || n < 0:
		case call == "write":
			written += n
		default:
			w.acked.Store(written)
		}
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if m := callLine.FindStringSubmatch(lines.Text()); m != nil {
			if m[3] != path {
				continue
			}
			if m[5] != "" {
				pending[m[1]] = true
			} else {
				took(m[2], m[4])
			}
		} else if m := resumeLine.FindStringSubmatch(lines.Text()); m != nil && pending[m[1]] {
			delete(pending, m[1])
			took(m[2], m[3])
		}
	}
	_, _ = io.Copy(io.Discard, r)
}

// TestFollow holds that the reader of strace counts what was synced.
func TestFollow(t *testing.T) {
	var w watched
	w.follow(strings.NewReader(strings.Join([]string{
		`10 write(9</d/run.ndjson>, "{"..., 100) = 100`,
		`10 fsync(9</d/run.ndjson>)     = 0`,
		`11 write(9</d/run.ndjson>, "{"..., 50 <unfinished ...>`,
		`12 write(3</d/other>, "{"..., 7) = 7`,
		`11 <... write resumed>)         = 50`,
		`11 fsync(9</d/run.ndjson> <unfinished ...>`,
		`12 <... write resumed>)         = 9`,
		`11 <... fsync resumed>)         = 0`,
		`10 write(9</d/run.ndjson>, "{"..., 30) = 30`,
		`10 fsync(9</d/run.ndjson>)     = -1 EIO (Input/output error)`,
	}, "\n")), "/d/run.ndjson")
	if got := w.acked.Load(); got != 150 {
		t.Fatalf("%d octets acknowledged, want 150", got)
	}
}
