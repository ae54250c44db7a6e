//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// maxResident gives the KiB of memory that a child had resident at most.
func maxResident(s *os.ProcessState) int64 {
	usage, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" { // bytes there
		return int64(usage.Maxrss) >> 10 //nolint:unconvert // 32 bits on some //nolint:unconvert // 32 bits wide on some systems
	}
	return int64(usage.Maxrss) //nolint:unconvert // 32 bits wide on some systems
}
