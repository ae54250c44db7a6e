//go:build torture && linux && amd64

package torture

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// call is a system call of the program at its entry, before it is made.
type call struct {
	name string
	nth  int    // of such calls of the whole process, from 1
	file string // what it is about; "" = no file that is open
	size int64  // octets of a write
}

// what is done at a call.
type act struct {
	kill  bool          // the process dies before the call is made
	tear  bool          // of a write half is made, then the process dies
	errno syscall.Errno // the call is not made and fails
	do    func() error  // done first, while the whole thread stands still
}

// callNames are the calls that are counted, by number.
var callNames = map[uint64]string{
	unix.SYS_WRITE: "write", unix.SYS_FSYNC: "fsync", unix.SYS_RENAMEAT: "rename", unix.SYS_RENAMEAT2: "rename", unix.SYS_OPENAT: "open",
	unix.SYS_FCHMOD: "chmod", unix.SYS_UNLINKAT: "unlink", unix.SYS_FLOCK: "flock", unix.SYS_FTRUNCATE: "truncate", unix.SYS_LSEEK: "seek",
	unix.SYS_GETDENTS64: "list", unix.SYS_CLOSE: "close", unix.SYS_READ: "read", unix.SYS_NEWFSTATAT: "stat", unix.SYS_PREAD64: "pread",
}

// ofFiles are the calls that count only where they are about a file below the
// folder of the run, and not about a socket.
var ofFiles = map[string]bool{"write": true, "close": true, "read": true}

// tracer runs one process and sees its calls.
type tracer struct {
	dir     string // files below it count
	decide  func(call) act
	result  func(c call, value int64) // told of each call that was counted and made; nil = nobody
	counts  map[string]int
	within  map[int]call // threads within a counted call
	failing map[int]syscall.Errno
	tearing map[int]bool
	err     error
}

// traced runs a command line below a tracer. It stays on one thread, as the
// kernel wants it.
func traced(dir string, line []string, decide func(call) act, result func(call, int64)) (ended, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd, _, _ := commandIn(dir, line...)
	var texts [2]*os.File
	for i := range texts {
		f, err := os.CreateTemp("", "torture-text-")
		if err != nil {
			return ended{}, err
		}
		defer os.Remove(f.Name())
		defer f.Close()
		texts[i] = f
	}
	cmd.Stdout, cmd.Stderr = texts[0], texts[1]
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return ended{}, err
	}
	t := &tracer{dir: dir, decide: decide, result: result, counts: map[string]int{}, within: map[int]call{}, failing: map[int]syscall.Errno{}, tearing: map[int]bool{}}
	end, err := t.loop(cmd.Process.Pid)
	_ = cmd.Process.Release()
	if err != nil {
		return ended{}, errors.Join(err, syscall.Kill(cmd.Process.Pid, syscall.SIGKILL))
	}
	e := ended{code: end.ExitStatus(), took: time.Since(start)}
	if end.Signaled() {
		e.code, e.signal = -1, end.Signal()
	}
	for i, to := range []*string{&e.stdout, &e.stderr} {
		text, err := os.ReadFile(texts[i].Name())
		if err != nil {
			return e, err
		}
		*to = string(text)
	}
	return e, t.err
}

// loop follows all threads until the process is over.
func (t *tracer) loop(pid int) (end syscall.WaitStatus, err error) {
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &ws, syscall.WALL, nil); err != nil {
		return ws, fmt.Errorf("wait for start: %w", err)
	}
	const options = syscall.PTRACE_O_TRACESYSGOOD | syscall.PTRACE_O_TRACECLONE | unix.PTRACE_O_EXITKILL
	if err := syscall.PtraceSetOptions(pid, options); err != nil {
		return ws, fmt.Errorf("ptrace: %w", err)
	}
	_ = syscall.PtraceSyscall(pid, 0)
	for until := time.Now().Add(2 * time.Minute); ; {
		tid, err := syscall.Wait4(-pid, &ws, syscall.WALL, nil) // its process group: nobody else's child
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			return ws, fmt.Errorf("wait: %w", err)
		case ws.Exited() || ws.Signaled():
			if tid == pid {
				return ws, nil
			}
			continue
		case time.Now().After(until):
			return ws, errors.New("the program did not end within two minutes")
		}
		_ = syscall.PtraceSyscall(tid, t.stopped(pid, tid, ws)) // it may be dead by now
	}
}

// stopped handles a stop and gives the signal to go on with.
func (t *tracer) stopped(pid, tid int, ws syscall.WaitStatus) int {
	switch sig := ws.StopSignal(); {
	case sig == syscall.SIGTRAP|0x80:
		t.called(pid, tid)
	case sig == syscall.SIGTRAP, sig == syscall.SIGSTOP: // a new thread
	default:
		return int(sig)
	}
	return 0
}

// callInfo is struct ptrace_syscall_info.
type callInfo struct {
	op   uint8
	_    [3]uint8
	arch uint32
	_    [2]uint64
	a    [8]uint64 // at entry the number and the arguments, at exit the result
}

func (t *tracer) called(pid, tid int) {
	const getInfo = 0x420e
	var info callInfo
	if _, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, getInfo, uintptr(tid), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0); errno != 0 {
		return
	}
	switch info.op {
	case 1:
		t.entry(pid, tid, info)
	case 2:
		t.exit(pid, tid, int64(info.a[0]))
	}
}

func (t *tracer) entry(pid, tid int, info callInfo) {
	name, ok := callNames[info.a[0]]
	if !ok {
		return
	}
	c := call{name: name, size: int64(info.a[3])}
	if name != "open" && name != "rename" && name != "unlink" && name != "stat" {
		c.file, _ = os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, int32(info.a[1])))
	}
	if ofFiles[name] && !strings.HasPrefix(c.file, t.dir+"/") {
		return
	}
	t.counts[name]++
	c.nth = t.counts[name]
	t.within[tid] = c
	a := t.decide(c)
	if a.do != nil {
		t.err = errors.Join(t.err, a.do())
	}
	switch {
	case a.kill:
		t.err = errors.Join(t.err, syscall.Kill(pid, syscall.SIGKILL))
	case a.tear:
		t.tearing[tid] = true
		t.registers(tid, func(r *syscall.PtraceRegs) { r.Rdx /= 2 })
	case a.errno != 0:
		t.failing[tid] = a.errno
		t.registers(tid, func(r *syscall.PtraceRegs) { r.Orig_rax = ^uint64(0) })
	}
}

func (t *tracer) exit(pid, tid int, value int64) {
	c, ok := t.within[tid]
	if !ok {
		return
	}
	delete(t.within, tid)
	if errno, ok := t.failing[tid]; ok {
		delete(t.failing, tid)
		t.registers(tid, func(r *syscall.PtraceRegs) { r.Rax = uint64(-int64(errno)) })
		return
	}
	if t.tearing[tid] {
		t.err = errors.Join(t.err, syscall.Kill(pid, syscall.SIGKILL))
	}
	if t.result != nil {
		t.result(c, value)
	}
}

// registers changes the registers of a thread that stands still.
func (t *tracer) registers(tid int, change func(*syscall.PtraceRegs)) {
	var r syscall.PtraceRegs
	err := syscall.PtraceGetRegs(tid, &r)
	if err == nil {
		change(&r)
		err = syscall.PtraceSetRegs(tid, &r)
	}
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		t.err = errors.Join(t.err, fmt.Errorf("registers: %w", err))
	}
}
