//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package filelock

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Lock takes an open file or folder for this process until it is closed. It does
// not wait. A file system that knows no locks is no error: nothing is held then.
func Lock(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var locked error
	err = raw.Control(func(fd uintptr) { locked = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB) })
	if err == nil && errors.Is(locked, unix.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}
