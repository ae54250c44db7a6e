//go:build torture && linux && amd64

package torture

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
)

// TestPowerLoss takes the power from a disk before the n-th write, fsync or rename
// of scans, resumed scans and reports, and just after they ended: what fsync
// acknowledged is there after the next start, a run that ended with 0 has left its
// reports, and no report is torn.
func TestPowerLoss(t *testing.T) {
	b, l := begin(t, "power", "power lost before the n-th write, fsync and rename, on ext4 behind a loop device (EXT4_IOC_SHUTDOWN), then mounted again")
	b.mountable(t, "mkfs.ext4", "fsck.ext4", "mount")
	rounds := 0
	for _, s := range l.situations(t) {
		for _, packed := range []bool{false, true} {
			for _, n := range append([]int{0}, l.moments()...) {
				over := false
				t.Run(fmt.Sprintf("%s/%t/%d", s.name, packed, n), func(t *testing.T) { // each frees its disk
					hit, err := powerRound(b, l, t, powerLoss{s, packed, n, logFlushed + uint32(rounds%2)})
					b.tried(err)
					over = !hit
				})
				if rounds++; over && n > 0 {
					break
				}
				if !l.long && n >= 7 {
					break
				}
			}
		}
	}
}

// powerLoss is one loss: in which run, before which call (0 = after its end).
type powerLoss struct {
	situation
	packed bool
	n      int
	how    uint32
}

// zipped packs a journal, without an end if it was cut.
func zipped(data []byte) ([]byte, error) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write(data)
	err = errors.Join(err, z.Flush())
	if bytes.HasSuffix(data, []byte("\n")) {
		err = errors.Join(err, z.Close())
	}
	return out.Bytes(), err
}

func powerRound(c *begun, l *lab, t *testing.T, p powerLoss) (hit bool, err error) {
	d, err := newDisk(t, 24<<10)
	if err != nil {
		return false, err
	}
	b, err := p.setOn(l, d)
	if err != nil {
		return false, err
	}
	events := 0
	acked := b.seen
	e, err := traced(d.dir, append([]string{l.exe}, p.args(b)...), func(k call) act {
		if k.name != "write" && k.name != "fsync" && k.name != "rename" {
			return act{}
		}
		if events++; events != p.n {
			return act{}
		}
		hit, b.seen = true, acked
		return act{do: func() error { return d.lose(p.how) }}
	}, func(k call, value int64) {
		if !hit && k.name == "fsync" && k.file == b.path() && value == 0 {
			acked, _ = wholeLines(b.path())
		}
	})
	if err != nil {
		return hit, err
	}
	if !hit {
		b.seen = acked
		if err := d.lose(p.how); err != nil {
			return false, err
		}
	}
	if err := errors.Join(e.calm(), d.again()); err != nil {
		return hit, err
	}
	return hit, b.afterLoss(c, d, e)
}

// setOn makes the situation on a disk and makes it durable.
func (p powerLoss) setOn(l *lab, d *disk) (*bench, error) {
	b, err := l.newBench(d.dir, "run.ndjson", "json", "md", "csv", "html")
	if err != nil {
		return nil, err
	}
	data := p.data
	if p.packed {
		b.record = "run.ndjson.gz"
		if data, err = zipped(data); err != nil {
			return nil, err
		}
	}
	if p.data != nil {
		err = os.WriteFile(b.path(), data, 0o600)
	}
	syscall.Sync()
	return b, errors.Join(err, b.look())
}

// afterLoss checks what stands after the next start, and goes on. What b has seen
// are the records that were there when fsync returned.
func (b *bench) afterLoss(c *begun, d *disk, e ended) error {
	was := float64(len(b.seen))
	c.count("records_acknowledged", was)
	renewed, _, err := b.whole()
	if err != nil {
		return err
	}
	c.count("records_beyond", float64(len(b.seen))-was)
	c.count("reports_found_new", float64(renewed))
	if e.code == 0 {
		c.count("had_ended", 1)
		if renewed != len(b.formats) {
			return fmt.Errorf("the run had ended with 0, and %d of %d reports are there", renewed, len(b.formats))
		}
		if err := b.complete(); err != nil {
			return fmt.Errorf("the run had ended with 0: %w", err)
		}
	}
	if err := b.finish(); err != nil {
		return err
	}
	return d.checked()
}
