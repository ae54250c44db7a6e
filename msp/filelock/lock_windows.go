package filelock

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// Lock takes an open file for this process until it is closed. It does not wait.
// What cannot be locked, such as a folder, is no error: nothing is held then.
func Lock(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var locked error
	err = raw.Control(func(fd uintptr) {
		// Windows keeps others from reading what is locked: an octet far behind
		// the end stands for the whole.
		at := &windows.Overlapped{OffsetHigh: 1 << 30}
		locked = windows.LockFileEx(windows.Handle(fd), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	})
	if err == nil && errors.Is(locked, windows.ERROR_LOCK_VIOLATION) {
		return ErrLocked
	}
	return err
}
