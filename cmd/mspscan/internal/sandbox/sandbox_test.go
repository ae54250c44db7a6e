package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// inSandbox makes the test binary enter a sandbox and say what it may do there.
const inSandbox = "MSPSCAN_TEST_IN_SANDBOX"

// trial is what the child is to do, and what came of it.
type trial struct {
	Policy
	Refused, Open, Closed string // a folder; addresses of two listeners
	Free                  string // address at which nobody listens
	Status                Status
	Results               map[string]string
}

func TestMain(m *testing.M) {
	if os.Getenv(inSandbox) == "" {
		os.Exit(m.Run())
	}
	var t trial
	if json.Unmarshal([]byte(os.Getenv(inSandbox)), &t) != nil {
		os.Exit(3)
	}
	t.try()
	if json.NewEncoder(os.Stdout).Encode(t) != nil {
		os.Exit(3)
	}
}

func (t *trial) try() {
	status, err := Enter(t.Policy)
	t.Status, t.Results = status, map[string]string{"enter": word(err)}
	say := func(what string, err error) { t.Results[what] = word(err) }
	read, write := Proof(t.Refused)
	t.Results["proof"] = strconv.FormatBool(read) + " " + strconv.FormatBool(write)
	_, err = os.ReadFile(filepath.Join(t.Refused, "secret"))
	say("read outside", err)
	_, err = os.ReadFile(filepath.Join(t.Read[0], "secret"))
	say("read", err)
	_, err = os.ReadDir(t.Read[0])
	say("list", err)
	say("write what is read", os.WriteFile(filepath.Join(t.Read[0], "secret"), nil, 0o600))
	say("truncate outside", os.Truncate(filepath.Join(t.Refused, "secret"), 0))
	say("remove outside", os.Remove(filepath.Join(t.Refused, "secret")))
	say("write outside", os.WriteFile(filepath.Join(t.Refused, "new"), nil, 0o600))
	dir := t.Folders[0]
	say("write", os.WriteFile(filepath.Join(dir, "a"), []byte("#!/bin/sh\n"), 0o700)) //nolint:gosec // it is to be run
	say("rename", os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "b")))
	say("run", exec.Command(filepath.Join(dir, "b")).Run()) //nolint:gosec // a file of the test
	say("symlink", os.Symlink("b", filepath.Join(dir, "c")))
	say("rename outside", os.Rename(filepath.Join(dir, "b"), filepath.Join(t.Refused, "b")))
	say("run a shell", exec.Command("/bin/sh", "-c", "true").Run())
	say("connect", dial(t.Open))
	say("connect elsewhere", dial(t.Closed))
	say("listen", listen("127.0.0.1:0"))
	say("listen where allowed", listen(t.Free))
	for _, dir := range []string{dir, t.Trees[0]} {
		where := map[bool]string{true: " in a tree"}[dir == t.Trees[0]]
		say("make folder"+where, os.Mkdir(filepath.Join(dir, "d"), 0o700))
		say("make folder within"+where, os.Mkdir(filepath.Join(dir, "d", "e"), 0o700))
		say("move folder"+where, os.Rename(filepath.Join(dir, "d", "e"), filepath.Join(dir, "f")))
		say("remove folder"+where, os.RemoveAll(filepath.Join(dir, "d")))
	}
	say("remove empty folder", os.Remove(filepath.Join(t.Empty[0], "empty")))
	say("remove full folder", os.RemoveAll(filepath.Join(t.Empty[0], "full")))
	done := make(chan error)
	go func() { // on a thread that was there before
		runtime.LockOSThread()
		_, err := os.ReadDir(t.Refused)
		done <- err
	}()
	say("read on another thread", <-done)
}

func word(err error) string {
	switch {
	case err == nil:
		return "done"
	case errors.Is(err, fs.ErrPermission):
		return "refused"
	}
	return err.Error()
}

func listen(addr string) error {
	var plain net.ListenConfig
	plain.SetMultipathTCP(false) // which Landlock does not know
	l, err := plain.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return err
	}
	return l.Close()
}

func dial(addr string) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	return c.Close()
}

// TestEnter runs a process in a sandbox: out of the policy's folders nothing is
// read or written, nothing is run at all, and only the policy's ports answer.
func TestEnter(t *testing.T) {
	for name, anyTCP := range map[string]bool{"ports": false, "any port": true} {
		t.Run(name, func(t *testing.T) {
			got := runTrial(t, anyTCP)
			require.Equal(t, "done", got.Results["enter"])
			if !got.Status.Files {
				require.NotEmpty(t, got.Status.Why)
				t.Skip(got.Status.Why)
			}
			tcp := map[bool]string{true: "refused", false: "done"}[got.Status.TCP]
			if got.Status.Why == "" {
				require.Equal(t, !anyTCP, got.Status.TCP)
			}
			require.Equal(t, map[string]string{
				"enter": "done", "proof": "true true", "read outside": "refused", "truncate outside": "refused",
				"remove outside": "refused", "write outside": "refused", "write": "done", "rename": "done", "run": "refused", "symlink": "refused",
				"rename outside": got.Results["rename outside"], "run a shell": "refused", "connect": "done", "connect elsewhere": tcp, "listen": tcp,
				"read": "done", "list": "done", "write what is read": "refused",
				"read on another thread": "refused", "listen where allowed": "done",
				"make folder": "done", "make folder within": "done", "move folder": got.Results["move folder"], "remove folder": "refused",
				"make folder in a tree": "done", "make folder within in a tree": "done", "move folder in a tree": "done", "remove folder in a tree": "done",
				"remove empty folder": "done", "remove full folder": "refused",
			}, got.Results)
			require.NotEqual(t, "done", got.Results["rename outside"])
			require.NotEqual(t, "done", got.Results["move folder"])
		})
	}
}

func runTrial(t *testing.T, anyTCP bool) trial {
	in := trial{Refused: t.TempDir(), Policy: Policy{
		Read: []string{t.TempDir(), "/none"}, Folders: []string{t.TempDir(), "/none"}, Trees: []string{t.TempDir(), "/none"}, Empty: []string{t.TempDir(), "/none"}, Files: []string{"/dev/null", "/dev/stdout", "/none"}, AnyTCP: anyTCP,
	}}
	for _, dir := range []string{in.Refused, in.Read[0]} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600))
	}
	for _, to := range []*string{&in.Open, &in.Closed, &in.Free} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		*to = l.Addr().String()
		if to != &in.Free {
			t.Cleanup(func() { l.Close() })
			continue
		}
		require.NoError(t, l.Close())
		in.Listen = []uint16{uint16(l.Addr().(*net.TCPAddr).Port)} //nolint:gosec,forcetypeassert // a port of TCP
	}
	require.NoError(t, os.Mkdir(filepath.Join(in.Empty[0], "empty"), 0o700))
	require.NoError(t, os.Mkdir(filepath.Join(in.Empty[0], "full"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(in.Empty[0], "full", "secret"), []byte("x"), 0o600))
	open, err := net.ResolveTCPAddr("tcp", in.Open)
	require.NoError(t, err)
	in.TCP = []uint16{uint16(open.Port)} //nolint:gosec // a port
	text, err := json.Marshal(in)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self) //nolint:gosec // this test
	cmd.Env = append(os.Environ(), inSandbox+"="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var got trial
	require.NoError(t, json.Unmarshal(out, &got), string(out))
	return got
}
