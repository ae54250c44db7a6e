// Package sandbox takes from the process what it does not need once it has
// started, so that a flaw in the parser of something hostile stays small: on
// Linux with Landlock, for good and for every thread. Other systems, and kernels
// without Landlock, take away nothing and say so.
package sandbox

import (
	"errors"
	"io/fs"
	"os"
)

// Policy is what a process still needs. Whatever is not named is refused: reading
// and writing of files, making of sockets and devices, running of programs. Names
// of what is not there are left out.
type Policy struct {
	Read    []string // files, and folders with all that is below, that are read
	Folders []string // read and written, with all that is below
	Trees   []string // as Folders, and the folders below may be made, moved and removed
	Empty   []string // folders from below which empty folders may be removed
	Files   []string // devices and pipes that are written
	TCP     []uint16 // ports that may be connected to, at any address
	Listen  []uint16 // ports at which others may connect to this process; none = nobody may
	AnyTCP  bool     // no limit on TCP: the servers of zone files have ports of their own
}

// Status is what is in force.
type Status struct {
	Files bool   // files out of the policy's are refused, and all programs
	TCP   bool   // ports out of the policy's are refused
	Why   string // why not all of it; "" = all
}

// Proof tries what a sandbox refuses: reading a folder and making a file in it. It
// reports whether each was refused for lack of rights.
func Proof(folder string) (read, write bool) {
	_, err := os.ReadDir(folder)
	read = errors.Is(err, fs.ErrPermission)
	f, err := os.CreateTemp(folder, ".mspscan-*.tmp")
	write = errors.Is(err, fs.ErrPermission)
	if err == nil {
		_ = f.Close() // nothing was written
		_ = os.Remove(f.Name())
	}
	return read, write
}
