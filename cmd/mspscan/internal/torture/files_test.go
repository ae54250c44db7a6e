//go:build torture && linux

package torture

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"mspscan/msp/journal"
	"mspscan/scanner/scantest"
)

// TestDescriptors sweeps the number of files that may be open. A run ends with
// the truth or, where it can't even begin, with a word why not: no server is
// blamed for what we could not open. Below eight the runtime of Go itself does not
// start.
func TestDescriptors(t *testing.T) {
	b, l := begin(t, "descriptors", "limits on open files, hard and soft: with the servers of the sample inside, and outside")
	b.needs(false, "prlimit")
	outside, inside := []int{8, 12, 16}, []int{64, 128}
	if l.long {
		for n := 9; n <= 64; n++ {
			outside = append(outside, n)
		}
		for n := 56; n <= 256; n += 4 {
			inside = append(inside, n)
		}
	}
	for _, n := range inside {
		b.tried(descriptorRound(b, l, t.TempDir(), n, l.scanArgs("run.ndjson", "json", "md"), l.facts))
	}
	w, err := scantest.Load(l.zones)
	if err != nil {
		t.Fatal(err)
	}
	world, err := w.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	args := append([]string{
		"scan", l.inventory, "--resolver", world.Resolver().String(), "--passive", "--rate", "5000",
		"--now", judgedAs, "-q", "--journal", "run.ndjson", "--resume",
	}, outputs([]string{"json", "md"})...)
	truth, err := learnt(l, t.TempDir(), args)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range outside {
		b.tried(descriptorRound(b, l, t.TempDir(), n, args, truth))
	}
}

// learnt gives the facts of an undisturbed run.
func learnt(l *lab, dir string, args []string) ([]string, error) {
	if o := l.run(dir, args...); o.code != 0 {
		return nil, fmt.Errorf("the undisturbed run ends with %d: %s", o.code, o.stderr)
	}
	run, err := journal.Open(filepath.Join(dir, "run.ndjson"))
	if err != nil {
		return nil, err
	}
	return factLines(run), nil
}

func descriptorRound(b *begun, l *lab, dir string, n int, args, truth []string) error {
	bench, err := l.newBench(dir, "run.ndjson", "json", "md")
	if err != nil {
		return err
	}
	o := runLine(dir, nil, append([]string{"prlimit", fmt.Sprintf("--nofile=%d:%d", n, n), l.exe}, args...)...)
	if err := o.calm(); err != nil {
		return fmt.Errorf("%d files: %w", n, err)
	}
	b.most("slowest_s", o.took.Seconds())
	if o.code == 4 && strings.Contains(o.stderr, "too many open files") {
		b.count("exit_4", 1)
		b.most("too_few_at_most", float64(n))
		_, _, err := bench.whole()
		return err
	}
	if o.code != 0 {
		return fmt.Errorf("%d files: exit %d: %s", n, o.code, o.stderr)
	}
	run, err := journal.Open(bench.path())
	if err != nil {
		return err
	}
	if err := same(truth, factLines(run)); err != nil {
		return fmt.Errorf("%d files: %w", n, err)
	}
	b.count("all_learnt", 1)
	return nil
}
