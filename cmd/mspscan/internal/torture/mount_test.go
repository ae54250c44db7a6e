//go:build torture && linux

package torture

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tmpfs mounts a file system of that many KiB in memory; it is gone with the test.
func tmpfs(t *testing.T, kib int) (string, error) {
	dir := t.TempDir()
	if err := unix.Mount("torture", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, fmt.Sprintf("size=%dk,mode=0700", kib)); err != nil {
		return "", fmt.Errorf("mount tmpfs: %w", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir, nil
}

// disk is an ext4 on a file behind a loop device.
type disk struct{ image, dir string }

// newDisk makes one of that many KiB, mounted.
func newDisk(t *testing.T, kib int) (*disk, error) {
	d := &disk{image: filepath.Join(t.TempDir(), "disk"), dir: t.TempDir()}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		return nil, err
	}
	if err := os.Truncate(d.image, int64(kib)<<10); err != nil {
		return nil, err
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-m", "0", d.image).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mkfs.ext4: %w: %s", err, out)
	}
	t.Cleanup(func() { _ = unix.Unmount(d.dir, unix.MNT_DETACH) })
	return d, d.mount()
}

// mount mounts the disk; the loop device goes away with the mount.
func (d *disk) mount() error {
	if out, err := exec.Command("mount", "-o", "loop", d.image, d.dir).CombinedOutput(); err != nil {
		return fmt.Errorf("mount: %w: %s", err, out)
	}
	return nil
}

// goingDown is the ioctl EXT4_IOC_SHUTDOWN, and how the file system goes down.
const (
	goingDown   = 0x8004587d
	logFlushed  = 1 // the journal of ext4 is written out first
	logNotFlush = 2 // nothing is written any more
)

// lose takes the power away: what is not on the disk is lost.
func (d *disk) lose(how uint32) error {
	f, err := os.Open(d.dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), goingDown, uintptr(unsafe.Pointer(&how))); errno != 0 {
		return fmt.Errorf("EXT4_IOC_SHUTDOWN: %w", errno)
	}
	return nil
}

// again takes the dead file system away and mounts the disk anew, as after a
// start of the machine.
func (d *disk) again() error {
	for try := 0; ; try++ {
		err := unix.Unmount(d.dir, 0)
		if err == nil {
			return d.mount()
		}
		if try == 100 {
			return fmt.Errorf("unmount: %w", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// checked runs fsck over the disk without changing it.
func (d *disk) checked() error {
	if err := unix.Unmount(d.dir, 0); err != nil {
		return err
	}
	if out, err := exec.Command("fsck.ext4", "-fn", d.image).CombinedOutput(); err != nil {
		return fmt.Errorf("fsck: %w: %s", err, out)
	}
	return d.mount()
}

// mountable skips a case where nothing can be mounted.
func (b *begun) mountable(t *testing.T, tools ...string) {
	t.Helper()
	b.needs(true, tools...)
	if _, err := tmpfs(t, 64); err != nil {
		b.notRun("%v", err)
	}
	if len(tools) == 0 {
		return
	}
	if _, err := newDisk(t, 16<<10); err != nil {
		b.notRun("no ext4 on a loop device: %s", strings.ReplaceAll(err.Error(), "\n", " "))
	}
}
