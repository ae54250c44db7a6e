//go:build torture && linux

package torture

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mspscan/msp/journal"
)

// collection is a portfolio of three organisations, and what an undisturbed scan
// of it writes that holds no clock.
type collection struct {
	*lab
	inventories []string
	files       map[string][]byte
	took        time.Duration
}

func newCollection(l *lab, dir string) (*collection, error) {
	text, err := os.ReadFile(l.inventory)
	if err != nil {
		return nil, err
	}
	c := &collection{lab: l, files: map[string][]byte{}}
	for _, id := range []string{"one", "two", "three"} {
		name := filepath.Join(dir, id+".yaml")
		own := strings.NewReplacer("  id: ridgeline\n", "  id: "+id+"\n", "customer: ridgeline\n", "customer: "+id+"\n").Replace(string(text))
		if err := os.WriteFile(name, []byte(own), 0o600); err != nil {
			return nil, err
		}
		c.inventories = append(c.inventories, name)
	}
	out := filepath.Join(dir, "undisturbed")
	if err := os.Mkdir(out, 0o700); err != nil {
		return nil, err
	}
	o := l.run(out, c.args()...)
	if o.code != 0 {
		return nil, fmt.Errorf("the undisturbed portfolio ends with %d: %s", o.code, o.stderr)
	}
	c.took = o.took
	all, err := readAll(out)
	for name, data := range all {
		if name == "r.json" || strings.HasSuffix(name, ".md") || strings.HasSuffix(name, ".csv") {
			c.files[name] = data
		}
	}
	if len(c.files) != 8 {
		return nil, fmt.Errorf("the undisturbed portfolio wrote %d files", len(c.files))
	}
	return c, err
}

func (c *collection) args() []string {
	args := append([]string{"scan"}, c.inventories...)
	args = append(args, "--zones", c.zones, "--now", judgedAs, "-q", "--journal", "run.ndjson", "--resume")
	return append(args, outputs([]string{"md", "csv", "json"})...)
}

// TestPortfolioKills kills scans of a portfolio: every file of every organisation
// is the old or the new one, every journal holds what was seen in it, and the scan
// goes on to the same bytes.
func TestPortfolioKills(t *testing.T) {
	b, l := begin(t, "kill-portfolio", "SIGKILL at random moments of scans of three organisations")
	c, err := newCollection(l, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for want := l.rounds(4, 100); b.row.Figures["kills"] < float64(want); {
		if err := c.chain(b, t.TempDir()); err != nil {
			b.tried(err)
		}
	}
}

func (c *collection) chain(b *begun, dir string) error {
	defer os.RemoveAll(dir)
	for name := range c.files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("earlier\n"), 0o600); err != nil {
			return err
		}
	}
	seen := map[string][]string{}
	for range 1 + b.intn(6) {
		cmd, stdout, stderr := c.command(dir, c.args()...)
		start := time.Now()
		if err := cmd.Start(); err != nil {
			return err
		}
		time.Sleep(b.random(c.took + c.took/10))
		looked := c.look(dir, seen)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		e := endOf(cmd, stdout, stderr, start)
		if err := errors.Join(looked, c.look(dir, seen), c.whole(dir, false)); err != nil {
			return err
		}
		if e.signal != syscall.SIGKILL {
			break
		}
		b.count("kills", 1)
		b.tried(nil)
	}
	if o := c.run(dir, c.args()...); o.code != 0 {
		return fmt.Errorf("--resume ends with %d: %s", o.code, o.stderr)
	}
	b.count("portfolios_resumed_to_the_same_bytes", 1)
	return errors.Join(c.look(dir, seen), c.whole(dir, true))
}

// look holds the journals against what was seen in them.
func (c *collection) look(dir string, seen map[string][]string) error {
	for _, id := range []string{"one", "two", "three"} {
		name := "run-" + id + ".ndjson"
		now, err := keeps(filepath.Join(dir, name), seen[name])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		seen[name] = now
	}
	return nil
}

// whole checks every file; at the end all have to be new.
func (c *collection) whole(dir string, end bool) error {
	files, err := readAll(dir)
	if err != nil {
		return err
	}
	for name, want := range c.files {
		if now := files[name]; !bytes.Equal(now, want) && (end || string(now) != "earlier\n") {
			return fmt.Errorf("%s is neither the old nor the new one (at the end: %t): %s", name, end, firstDifference(want, now))
		}
	}
	for name, data := range files {
		if strings.HasSuffix(name, ".json") && string(data) != "earlier\n" && !json.Valid(data) {
			return fmt.Errorf("%s is torn", name)
		}
		if end && strings.HasSuffix(name, ".ndjson") {
			run, err := journal.Open(filepath.Join(dir, name))
			if err != nil {
				return err
			}
			if !run.End.Complete || run.Torn {
				return fmt.Errorf("%s is not complete", name)
			}
		}
	}
	return nil
}
