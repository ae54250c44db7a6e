//go:build torture && linux

package torture

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDiskFull sweeps the size of a disk from nothing to plenty, in memory and on
// ext4: a run ends with 0 and all of its files, or with 4 and the name of the file
// that could not be written, the old reports as they were and no temporary file
// left; with more room it goes on to the same bytes.
func TestDiskFull(t *testing.T) {
	b, l := begin(t, "disk-full", "64 sizes of tmpfs, and of ext4 behind a loop device")
	b.mountable(t, "mkfs.ext4", "mount")
	sizes := l.rounds(6, 64)
	for i := range sizes {
		kib := 16 + i*4096/sizes
		t.Run(strconv.Itoa(kib), func(t *testing.T) {
			b.tried(fullRound(b, l, t, kib, false))
			if i%2 == 0 {
				b.tried(fullRound(b, l, t, kib, true))
			}
		})
	}
}

func fullRound(b *begun, l *lab, t *testing.T, kib int, ext4 bool) (err error) {
	var dir string
	var grow func() error
	if ext4 {
		d, err := newDisk(t, 8<<10)
		if err != nil {
			return err
		}
		dir = d.dir
		ballast := filepath.Join(dir, "ballast")
		if err := fill(dir, ballast, kib); err != nil {
			return err
		}
		grow = func() error { return os.Remove(ballast) }
	} else {
		if dir, err = tmpfs(t, kib); err != nil {
			return err
		}
		grow = func() error {
			return exec.Command("mount", "-o", "remount,size=32m", dir).Run()
		}
	}
	formats := []string{"json", "md", "csv", "html", "xlsx"}
	bench, err := l.newBench(dir, "run.ndjson", formats...)
	if errors.Is(err, syscall.ENOSPC) {
		return nil // not even the old reports have room
	}
	if err != nil {
		return err
	}
	o := l.run(dir, bench.scanArgs("run.ndjson", formats...)...)
	if err := bench.afterFull(b, o); err != nil {
		return fmt.Errorf("%d KiB, ext4 %t: %w", kib, ext4, err)
	}
	if err := grow(); err != nil {
		return err
	}
	if err := bench.finish(); err != nil {
		return fmt.Errorf("%d KiB, ext4 %t, then more: %w", kib, ext4, err)
	}
	return nil
}

// fill leaves about that many KiB free.
func fill(dir, name string, kib int) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return err
	}
	room := int64(s.Bavail)*s.Bsize - int64(kib)<<10
	return os.WriteFile(name, bytes.Repeat([]byte{1}, int(max(room, 0))), 0o600)
}

func (b *bench) afterFull(c *begun, o ended) error {
	if err := o.calm(); err != nil {
		return err
	}
	renewed, temps, err := b.whole()
	if err != nil {
		return err
	}
	switch {
	case o.code == 0 && renewed == len(b.formats):
		c.count("room_enough", 1)
		return b.complete()
	case o.code == 4:
		c.count("exit_4", 1)
	default:
		return fmt.Errorf("exit %d with %d new reports: %s", o.code, renewed, o.stderr)
	}
	if !strings.Contains(o.stderr, "no space left") || !strings.Contains(o.stderr, "run.ndjson") && !strings.Contains(o.stderr, "r.") {
		return fmt.Errorf("exit 4 and no word of which file had no room: %s", o.stderr)
	}
	if renewed != 0 || temps != 0 {
		return fmt.Errorf("exit 4 with %d new reports and %d temporary files", renewed, temps)
	}
	return nil
}

// TestReadOnly mounts folders read-only, before a run and within: exit 4 before
// anything is asked, the old reports as they were.
func TestReadOnly(t *testing.T) {
	b, l := begin(t, "read-only", "read-only folders of reports and journal, from the start and suddenly")
	b.mountable(t)
	for i := range l.rounds(3, 30) {
		t.Run(strconv.Itoa(i), func(t *testing.T) { b.tried(readOnlyRound(b, l, t, i)) })
	}
}

func readOnlyRound(b *begun, l *lab, t *testing.T, i int) error {
	dir, err := tmpfs(t, 32<<10)
	if err != nil {
		return err
	}
	bench, err := l.newBench(dir, "run.ndjson", "json", "md", "html")
	if err != nil {
		return err
	}
	args := bench.scanArgs("run.ndjson", bench.formats...)
	switch i % 3 {
	case 0: // all
		err = remount(dir, "ro")
	case 1: // the journal only
		args = bench.scanArgs(filepath.Join(dir, "run.ndjson"))
		err = remount(dir, "ro")
	default:
	}
	if err != nil {
		return err
	}
	var o ended
	if i%3 == 2 { // while the reports are written: the lock of a file keeps the mount busy, so it is tried again and again
		stop := make(chan struct{})
		go func() {
			time.Sleep(b.random(l.scanTime))
			for {
				select {
				case <-stop:
					return
				default:
					if remount(dir, "ro") == nil {
						return
					}
				}
			}
		}()
		o = l.run(dir, args...)
		close(stop)
	} else {
		o = l.run(dir, args...)
		if o.code != 4 || !strings.Contains(o.stderr, "read-only file system") {
			return fmt.Errorf("exit %d: %s", o.code, o.stderr)
		}
	}
	if err := o.calm(); err != nil {
		return err
	}
	if o.code != 0 && o.code != 4 {
		return fmt.Errorf("exit %d: %s", o.code, o.stderr)
	}
	if _, _, err := bench.whole(); err != nil {
		return err
	}
	b.count(fmt.Sprintf("exit_%d", o.code), 1)
	if err := remount(dir, "rw"); err != nil {
		return err
	}
	return bench.finish()
}

func remount(dir, how string) error {
	return exec.Command("mount", "-o", "remount,"+how, dir).Run()
}
