// Package filelock keeps a file for one process at a time. The system frees the
// lock when the process ends, however it ends.
package filelock

import "errors"

// ErrLocked is the error of Lock when another process has the file.
var ErrLocked = errors.New("another process is using it")
