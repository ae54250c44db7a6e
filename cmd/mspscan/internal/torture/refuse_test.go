//go:build torture && linux

package torture

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestResumeRefuses kills scans and goes on with another inventory, other
// thresholds, other zones, another version: each is refused with exit 2, and no
// byte in the folder changes. Then the run goes on to its end.
func TestResumeRefuses(t *testing.T) {
	b, l := begin(t, "refusal", "resume of killed runs with another inventory, rules, zones, version")
	if l.other == "" {
		b.notRun("MSPSCAN_TORTURE_OTHER names no second program")
	}
	for range l.rounds(3, 25) {
		record := []string{"run.ndjson", "run.ndjson.gz"}[b.intn(2)]
		b.tried(refuseRound(b, l, t.TempDir(), record))
	}
}

func refuseRound(b *begun, l *lab, dir, record string) error {
	bench, err := l.newBench(dir, record, "json", "md")
	if err != nil {
		return err
	}
	for range 20 { // until there is a header
		if _, err := bench.blow(b, l.scanTime, bench.scanArgs(record, "json", "md")); err != nil {
			return err
		}
		if len(bench.seen) > 0 {
			break
		}
	}
	if len(bench.seen) == 0 {
		return errors.New("twenty scans left no journal")
	}
	if !strings.HasSuffix(record, ".gz") { // with a torn end: a refusal must not even mend it
		f, err := os.OpenFile(bench.path(), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString(`{"kind":"fact","id":"torn`)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	if err := refusals(b, l, bench); err != nil {
		return err
	}
	return bench.finish()
}

func refusals(b *begun, l *lab, bench *bench) error {
	aside, err := os.MkdirTemp("", "torture-aside-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(aside)
	text, err := os.ReadFile(l.inventory)
	if err != nil {
		return err
	}
	inventory, params, zones := filepath.Join(aside, "inventory.yaml"), filepath.Join(aside, "params.yaml"), filepath.Join(aside, "zones")
	err = errors.Join(
		os.WriteFile(inventory, append(text, "# one more line\n"...), 0o600),
		os.WriteFile(params, []byte("log-retention-short: {months: 24}\n"), 0o600),
		os.CopyFS(zones, os.DirFS(l.zones)),
		os.WriteFile(filepath.Join(zones, "more.example.zone"), []byte("$ORIGIN more.example.\n@ 300 SOA ns h 1 2 3 4 5\n@ 300 NS ns\nns 300 A 192.0.2.1\n"), 0o600))
	if err != nil {
		return err
	}
	args := bench.scanArgs(bench.record, "json", "md")
	with := func(old, new string) []string {
		return strings.Split(strings.Replace(strings.Join(args, "\x00"), old, new, 1), "\x00")
	}
	for _, c := range []struct {
		exe, says string
		args      []string
	}{
		{l.exe, "inventory has changed", with(l.inventory, inventory)},
		{l.exe, "other rules or thresholds", append(with("", ""), "--rule-params", params)},
		{l.exe, "other options", with(l.zones, zones)},
		{l.exe, "other options", append(with("", ""), "--ranks", "1")},
		{l.other, "was begun by", args},
	} {
		before, err := state(bench.dir)
		if err != nil {
			return err
		}
		o := runLine(bench.dir, nil, append([]string{c.exe}, c.args...)...)
		if o.code != 2 || !strings.Contains(o.stderr, c.says) {
			return fmt.Errorf("resume that does not fit (%s) ends with %d: %s", c.says, o.code, o.stderr)
		}
		after, err := state(bench.dir)
		if err != nil {
			return err
		}
		if !bytes.Equal(before, after) {
			return fmt.Errorf("a refused resume (%s) changed the folder:\n%s\nwas\n%s", c.says, after, before)
		}
		b.count("refusals", 1)
	}
	return nil
}

// state is what stands in a folder, with every byte and the time of each change.
func state(dir string) ([]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "%s %d octets %s %x\n", e.Name(), len(data), info.ModTime().Format(time.RFC3339Nano), sum(data))
	}
	return out.Bytes(), nil
}
