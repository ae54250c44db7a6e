package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// asBinary makes the test binary behave as mspscan, so that a test can run the
// program as a process of its own.
const asBinary = "MSPSCAN_TEST_AS_BINARY"

// TestAsBinary is no test: it is the program in a child process.
func TestAsBinary(t *testing.T) {
	if os.Getenv(asBinary) == "" {
		t.Skip("runs in a child process only")
	}
	args := os.Args
	for i, a := range args {
		if a == "--" {
			args = args[i+1:]
			break
		}
	}
	os.Exit(program(nil, args))
}

// outcome is how a run of the program ended.
type outcome struct {
	code           int
	stdout, stderr string
	cpu            time.Duration
	rss            int64 // KiB, the most that was resident
	left           []string
}

// place is where the program runs: its working folder, $HOME and $TMPDIR.
type place struct{ cwd, home, tmp string }

func newPlace(t *testing.T) place {
	root := t.TempDir()
	p := place{filepath.Join(root, "cwd"), filepath.Join(root, "home"), filepath.Join(root, "tmp")}
	for _, dir := range []string{p.cwd, p.home, p.tmp} {
		require.NoError(t, os.Mkdir(dir, 0o700))
	}
	return p
}

// runBinary runs the program with args at p.
func runBinary(t *testing.T, p place, args ...string) outcome {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return runProgram(t, p, []string{self, "-test.run=^TestAsBinary$", "--"}, args...)
}

// runProgram runs a command line, and args behind it, at p.
func runProgram(t *testing.T, p place, line []string, args ...string) outcome {
	t.Helper()
	before := listAll(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	line = append(line[:len(line):len(line)], args...)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Dir = p.cwd
	cmd.Env = append(os.Environ(), asBinary+"=1", "HOME="+p.home, "TMPDIR="+p.tmp, "XDG_CACHE_HOME=", "XDG_STATE_HOME=", "XDG_CONFIG_HOME=")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return outcome{
		code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String(),
		cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), rss: maxResident(cmd.ProcessState), left: added(before, listAll(t, p)),
	}
}

func listAll(t *testing.T, p place) map[string]bool {
	seen := map[string]bool{}
	for _, dir := range []string{p.cwd, p.home, p.tmp} {
		require.NoError(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			seen[path] = true
			return err
		}))
	}
	return seen
}

func added(before, after map[string]bool) []string {
	var out []string
	for path := range after {
		if !before[path] {
			out = append(out, path)
		}
	}
	return out
}

// limits of every run on bad input.
const (
	maxCPU = 2 * time.Second
	maxRSS = 200 << 10 // KiB
)

// holdsForEveryRun checks what must be true whatever the input is.
func holdsForEveryRun(t *testing.T, o outcome) {
	t.Helper()
	for _, text := range []string{o.stdout, o.stderr} {
		require.True(t, utf8.ValidString(text), "output is not UTF-8: %q", text)
		require.NotContains(t, text, "panic:")
		require.NotRegexp(t, `(?m)^goroutine \d+`, text)
		for _, r := range text {
			require.False(t, unicode.IsControl(r) && r != '\n' && r != '\t', "control character %U in %q", r, text)
		}
		require.NotRegexp(t, `(?m)^(::|##)`, text)
	}
	require.Less(t, o.cpu, maxCPU*slowdown, "CPU time")
	if slowdown == 1 {
		require.Less(t, o.rss, int64(maxRSS), "KiB resident")
	}
	if o.code == exitUsage {
		require.Empty(t, o.left, "left behind")
	}
}

// aLineMatches checks that one line of text matches all parts of pattern, which
// stand with && between.
func aLineMatches(t *testing.T, text, pattern string) {
	t.Helper()
	var parts []*regexp.Regexp
	for _, p := range strings.Split(pattern, " && ") {
		re, err := regexp.Compile("(?i)" + p)
		require.NoError(t, err)
		parts = append(parts, re)
	}
lines:
	for _, line := range strings.Split(text, "\n") {
		for _, re := range parts {
			if !re.MatchString(line) {
				continue lines
			}
		}
		return
	}
	shown := text
	if len(shown) > 3000 {
		shown = shown[:3000] + "…"
	}
	require.Fail(t, "no line matches", "%s\nin:\n%s", pattern, shown)
}
