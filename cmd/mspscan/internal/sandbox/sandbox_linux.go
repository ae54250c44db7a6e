package sandbox

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// What the folders and files of a policy may be used for. Never to run a program,
// to make a device, a socket or a link.
const (
	inFolder = landlock.AccessFSSet(ll.AccessFSReadFile | ll.AccessFSReadDir | ll.AccessFSWriteFile | ll.AccessFSTruncate |
		ll.AccessFSMakeReg | ll.AccessFSMakeDir | ll.AccessFSRemoveFile)
	inTree = inFolder | landlock.AccessFSSet(ll.AccessFSRemoveDir|ll.AccessFSRefer)
	ofDir  = landlock.AccessFSSet(ll.AccessFSRemoveDir)
	ofFile = landlock.AccessFSSet(ll.AccessFSWriteFile)
	toRead = landlock.AccessFSSet(ll.AccessFSReadFile)
	toList = landlock.AccessFSSet(ll.AccessFSReadDir)
)

// The versions of Landlock from which files and TCP can be limited (kernels 5.13
// and 6.7), and from which a limit on files covers their truncation (6.2).
const (
	filesFrom    = 1
	truncateFrom = 3
	tcpFrom      = 4
)

// Enter puts the policy in force for the whole process, as far as the kernel
// knows how to. There is no way back. UDP is not limited: no kernel that is in
// wide use can.
func Enter(p Policy) (Status, error) {
	version, err := ll.LandlockGetABIVersion()
	if err != nil || version < filesFrom {
		return Status{Why: "this kernel has no Landlock, or it is switched off"}, nil //nolint:nilerr // there as on other systems
	}
	limits := landlock.V7
	if p.AnyTCP {
		limits.HandledAccessNet = 0
	}
	if err := limits.BestEffort().Restrict(p.rules()...); err != nil {
		return Status{}, fmt.Errorf("enter sandbox: %w", err)
	}
	s := Status{Files: true, TCP: version >= tcpFrom && !p.AnyTCP}
	switch {
	case version < truncateFrom:
		s.Why = "this kernel's Landlock is old: a file that can be named can be emptied, TCP is not limited"
	case version < tcpFrom:
		s.Why = "this kernel's Landlock is old: TCP is not limited"
	}
	return s, nil
}

// rules gives the policy in the words of Landlock.
func (p Policy) rules() []landlock.Rule {
	var rules []landlock.Rule
	for _, name := range p.Read {
		access := toRead
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			access |= toList
		}
		rules = append(rules, landlock.PathAccess(access, name).IgnoreIfMissing())
	}
	for _, dir := range p.Folders {
		rules = append(rules, landlock.PathAccess(inFolder, dir).IgnoreIfMissing())
	}
	for _, dir := range p.Trees {
		rules = append(rules, landlock.PathAccess(inTree, dir).IgnoreIfMissing())
	}
	for _, dir := range p.Empty {
		rules = append(rules, landlock.PathAccess(ofDir, dir).IgnoreIfMissing())
	}
	for _, name := range p.Files {
		if real, err := filepath.EvalSymlinks(name); err == nil { // a pipe without a name can't be refused, nor named
			rules = append(rules, landlock.PathAccess(ofFile, real))
		}
	}
	if !p.AnyTCP {
		for _, port := range p.TCP {
			rules = append(rules, landlock.ConnectTCP(port))
		}
		for _, port := range p.Listen {
			rules = append(rules, landlock.BindTCP(port))
		}
	}
	return rules
}
