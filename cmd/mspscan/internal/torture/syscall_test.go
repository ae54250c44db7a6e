//go:build torture && linux && amd64

package torture

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// situation is a run that is about to begin: what is there and what is started.
type situation struct {
	name string
	data []byte // of the journal; nil = none
	args func(*bench) []string
}

// situations gives a scan, one that goes on behind half of a journal, and a
// report of a whole one.
func (l *lab) situations(t *testing.T) []situation {
	dir := t.TempDir()
	first, err := l.newBench(dir, "run.ndjson", timeless...)
	if err == nil {
		err = first.finish()
	}
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(first.path())
	if err != nil {
		t.Fatal(err)
	}
	scan := func(b *bench) []string { return b.scanArgs(b.record, b.formats...) }
	return []situation{
		{"scan", nil, scan},
		{"resume", whole[:len(whole)/2], scan},
		{"report", whole, func(b *bench) []string { return reportArgs(b.record, b.formats...) }},
	}
}

// set makes a bench in that situation.
func (l *lab) set(s situation, dir string) (*bench, error) {
	b, err := l.newBench(dir, "run.ndjson", "json", "md", "csv")
	if err != nil || s.data == nil {
		return b, err
	}
	if err := os.WriteFile(b.path(), s.data, 0o600); err != nil {
		return nil, err
	}
	return b, b.look()
}

// moments gives the n of a sweep; the short form leaves gaps.
func (l *lab) moments() (list []int) {
	for n := 1; n <= 400; n++ {
		list = append(list, n)
		if !l.long {
			n += 4 + 2*n
		}
	}
	return list
}

// sweep tries every moment until one is behind the end of the run.
func (b *begun) sweep(moments []int, what string, try func(n int) (hit bool, err error)) {
	for _, n := range moments {
		hit, err := try(n)
		if err != nil {
			b.tried(fmt.Errorf("%s %d: %w", what, n, err))
			continue
		}
		if !hit {
			return
		}
		b.tried(nil)
	}
}

// inTurn does jobs, two at a time.
func inTurn(jobs []func()) {
	slots := make(chan struct{}, 2)
	var all sync.WaitGroup
	for _, job := range jobs {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			job()
		})
	}
	all.Wait()
}

// TestSyscallKills kills the program before its n-th write, fsync, rename, open
// and so on, and in the middle of its n-th write, for every n.
func TestSyscallKills(t *testing.T) {
	b, l := begin(t, "syscall-kill", "SIGKILL before the n-th call and in the middle of the n-th write, for every n that a run comes to")
	calls := []string{"fsync", "rename", "write", "torn write", "open"}
	if l.long {
		calls = append(calls, "chmod", "unlink", "flock", "truncate", "seek", "list", "close")
	}
	var jobs []func()
	for _, s := range l.situations(t) {
		for _, name := range calls {
			jobs = append(jobs, func() {
				b.sweep(l.moments(), s.name+", "+name, func(n int) (bool, error) {
					hit, err := killAt(l, s, name, n)
					if hit && err == nil {
						b.count("at_"+strings.ReplaceAll(name, " ", "_"), 1)
					}
					return hit, err
				})
			})
		}
	}
	inTurn(jobs)
}

func killAt(l *lab, s situation, name string, n int) (hit bool, err error) {
	dir, err := os.MkdirTemp("", "torture-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	b, err := l.set(s, dir)
	if err != nil {
		return false, err
	}
	name, torn := strings.CutPrefix(name, "torn ")
	e, err := traced(dir, append([]string{l.exe}, s.args(b)...), func(c call) act {
		if c.name != name || c.nth != n {
			return act{}
		}
		hit = true
		return act{kill: !torn, tear: torn}
	}, nil)
	switch {
	case err != nil:
		return hit, err
	case !hit && e.code != 0:
		return hit, fmt.Errorf("exit %d without a kill: %s", e.code, e.stderr)
	case !hit:
		return false, nil
	case e.signal != syscall.SIGKILL:
		return hit, fmt.Errorf("not killed: exit %d: %s", e.code, e.stderr)
	}
	if _, _, err := b.whole(); err != nil {
		return true, err
	}
	return true, b.finish()
}

// broken is a call that fails once.
type broken struct {
	call  string
	errno syscall.Errno
	every bool // at every n; else, in the long form, at every third
}

func everyThird(list []int) (out []int) {
	for i := 0; i < len(list); i += 3 {
		out = append(out, list[i])
	}
	return out
}

func brokenCalls(long bool) []broken {
	list := []broken{{"fsync", syscall.EIO, true}, {"write", syscall.ENOSPC, true}, {"rename", syscall.EACCES, true}, {"open", syscall.EMFILE, true}}
	if long {
		list = append(list, []broken{
			{"fsync", syscall.ENOSPC, true},
			{"write", syscall.EIO, true},
			{"write", syscall.EDQUOT, false},
			{"rename", syscall.EIO, true},
			{"open", syscall.EACCES, false},
			{"open", syscall.EIO, false},
			{"chmod", syscall.EPERM, true},
			{"unlink", syscall.EIO, true},
			{"flock", syscall.ENOLCK, true},
			{"flock", syscall.EIO, true},
			{"truncate", syscall.EIO, true},
			{"seek", syscall.EIO, true},
			{"list", syscall.EIO, true},
			{"pread", syscall.EIO, true},
			{"stat", syscall.EIO, false},
			{"stat", syscall.EACCES, false},
			{"read", syscall.EIO, true},
			{"close", syscall.EIO, false},
		}...)
	}
	return list
}

// TestSyscallErrors lets the n-th call fail, once. The run ends with a word and
// the old reports, or with 0 and everything that an undisturbed run has; nothing
// is written into a journal behind a failed write or fsync; the run goes on to
// the same bytes.
func TestSyscallErrors(t *testing.T) {
	b, l := begin(t, "syscall-error", "EIO, ENOSPC, EMFILE, EACCES and so on from the n-th call, for every n that a run comes to")
	var jobs []func()
	for _, s := range l.situations(t) {
		for _, f := range brokenCalls(l.long) {
			jobs = append(jobs, func() {
				moments := l.moments()
				if l.long && !f.every {
					moments = everyThird(moments)
				}
				b.sweep(moments, fmt.Sprintf("%s, %s of %s", s.name, f.errno.Error(), f.call), func(n int) (bool, error) { return failAt(b, l, s, f, n) })
			})
		}
	}
	inTurn(jobs)
}

func failAt(c *begun, l *lab, s situation, f broken, n int) (hit bool, err error) {
	dir, err := os.MkdirTemp("", "torture-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	b, err := l.set(s, dir)
	if err != nil {
		return false, err
	}
	on, behind := "", ""
	e, err := traced(dir, append([]string{l.exe}, s.args(b)...), func(k call) act {
		if k.name == f.call && k.nth == n {
			hit, on = true, k.file
			return act{errno: f.errno}
		}
		if hit && on == b.path() && k.file == on && (f.call == "write" || f.call == "fsync") && (k.name == "write" || k.name == "fsync") {
			behind = k.name
		}
		return act{}
	}, nil)
	if err != nil {
		return hit, err
	}
	if behind != "" {
		return hit, fmt.Errorf("%s of the journal behind a failed %s", behind, f.call)
	}
	if err := judged(c, b, e, hit); err != nil {
		return hit, fmt.Errorf("on %q: %w", on, err)
	}
	if err := b.finish(); err != nil {
		return hit, fmt.Errorf("on %q, then resumed: %w", on, err)
	}
	return hit, nil
}

// judged checks how a run with one failed call ended.
func judged(c *begun, b *bench, e ended, hit bool) error {
	if err := e.calm(); err != nil {
		return err
	}
	renewed, _, err := b.whole()
	if err != nil {
		return err
	}
	switch {
	case e.code == 0 && renewed != len(b.formats):
		return fmt.Errorf("exit 0 with %d new reports of %d", renewed, len(b.formats))
	case e.code == 0:
		if hit {
			c.count("no_effect", 1)
		}
		return b.complete()
	case e.code != 2 && e.code != 4 || e.signal != 0:
		return fmt.Errorf("exit %d, signal %d: %s", e.code, e.signal, e.stderr)
	case !hit:
		return fmt.Errorf("exit %d without a fault: %s", e.code, e.stderr)
	case strings.TrimSpace(e.stderr) == "":
		return fmt.Errorf("exit %d without a word", e.code)
	}
	c.count(fmt.Sprintf("exit_%d", e.code), 1)
	return nil
}

// TestNetworkless scans without any network: all is unknown, soon, and reports
// are written.
func TestNetworkless(t *testing.T) {
	b, l := begin(t, "no-network", "a scan in a network namespace without any interface")
	b.needs(true, "unshare")
	for range l.rounds(1, 5) {
		dir := t.TempDir()
		o := runLine(dir, nil, "unshare", "--net", "--", l.exe, "scan", l.inventory, "--resolver", "192.0.2.53", "--max-unknown", "5%", "-q",
			"--journal", "run.ndjson", "-o", "json=r.json")
		b.most("slowest_s", o.took.Seconds())
		_, err := os.Stat(filepath.Join(dir, "r.json"))
		switch {
		case o.code != 3:
			err = fmt.Errorf("exit %d: %s", o.code, o.stderr)
		case o.took.Seconds() > 20:
			err = errors.New("it took " + o.took.String())
		}
		b.tried(errors.Join(err, o.calm()))
	}
}
