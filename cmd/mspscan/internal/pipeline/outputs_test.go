package pipeline

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseOutput(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Output
		err  string
	}{
		{"json=a.json", Output{"json", "a.json"}, ""},
		{"json=a=b.json", Output{"json", "a=b.json"}, ""},
		{"json", Output{"json", "-"}, ""},
		{"json=-", Output{"json", "-"}, ""},
		{"json=/dev/stdout", Output{"json", "-"}, ""},
		{"json=", Output{}, "names no file"},
		{"pdf=a.pdf", Output{}, `unknown format "pdf"; known: json, md`},
	} {
		got, err := ParseOutput(c.in, []string{"json", "md"})
		if c.err != "" {
			require.ErrorContains(t, err, c.err, c.in)
			continue
		}
		require.NoError(t, err, c.in)
		require.Equal(t, c.want, got)
	}
}

func put(text string) func(Output, io.Writer) error {
	return func(o Output, w io.Writer) error {
		if o.Format == "bad" {
			_, _ = io.WriteString(w, "half")
			return errors.New("it broke")
		}
		_, err := io.WriteString(w, text+o.Format)
		return err
	}
}

// All outputs change or none does, and no temporary file stays.
func TestWriteAllIsWhole(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	var stdout strings.Builder
	require.NoError(t, writeAll([]Output{{"x", a}, {"y", "-"}}, &stdout, put("one ")))
	require.Equal(t, "one y", stdout.String())
	err := writeAll([]Output{{"x", a}, {"bad", b}}, &stdout, put("two "))
	require.ErrorContains(t, err, "it broke")
	data, err := os.ReadFile(a)
	require.NoError(t, err)
	require.Equal(t, "one x", string(data), "the old file stays")
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, list, 1, "no temporary file stays")
	info, err := os.Stat(a)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestCheckWritable(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, checkWritable([]Output{{"x", filepath.Join(dir, "a")}, {"x", "-"}}))
	require.ErrorContains(t, checkWritable([]Output{{"x", dir}}), "is a folder")
	require.ErrorContains(t, checkWritable([]Output{{"x", filepath.Join(dir, "no", "a")}}), "no such file")
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, list)
}

func TestParseResolver(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.53": "192.0.2.53:53", "192.0.2.53:5353": "192.0.2.53:5353",
		"2001:db8::53": "[2001:db8::53]:53", "[2001:db8::53]:5353": "[2001:db8::53]:5353",
	} {
		got, err := parseResolver(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got.String())
	}
	for _, in := range []string{"", "dns.example", "192.0.2.53:0", "192.0.2.53:x"} {
		_, err := parseResolver(in)
		require.ErrorContains(t, err, "--resolver", in)
	}
}

func TestSystemResolvers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "resolv.conf")
	require.NoError(t, os.WriteFile(file, []byte("# x\nsearch a.example\nnameserver 192.0.2.1\nnameserver bogus\nnameserver 2001:db8::1\n"), 0o600))
	list, err := systemResolvers(file)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.NoError(t, os.WriteFile(file, []byte("search a.example\n"), 0o600))
	_, err = systemResolvers(file)
	require.ErrorContains(t, err, "names no resolver")
}

func TestConfigRefuses(t *testing.T) {
	for want, c := range map[string]Config{
		"exclude each other": {Ranks: 2, Passive: true, Active: true},
		"needs --journal":    {Ranks: 2, Resume: true},
		"--zones and":        {Ranks: 2, Zones: "z", Resolvers: []string{"192.0.2.1"}},
		"--ranks 0":          {},
		"positive":           {Ranks: 2, Rate: -1},
		"--fail-on":          {Ranks: 2, Gate: Gate{FailOn: "bad"}},
		"--max-unknown":      {Ranks: 2, Gate: Gate{MaxUnknown: "lots"}},
	} {
		err := c.Validate()
		require.ErrorContains(t, err, want)
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, CodeUsage, e.Code)
	}
	require.NoError(t, Config{Ranks: 2}.Validate())
}

// A reader that goes away costs no file: files are shown before anything goes to
// stdout or into a pipe.
func TestStreamsComeLast(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a")
	err := writeAll([]Output{{"bad", "-"}, {"x", file}}, io.Discard, put("one "))
	require.ErrorContains(t, err, "it broke")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "one x", string(data))
}

// What a run that was killed left is cleared away by a later one; what another
// run writes just now is not.
func TestSweepTemps(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	ages := map[string]time.Duration{".mspscan-1.tmp": 2 * time.Hour, ".mspscan-2.tmp": time.Minute, ".mspscan-3.txt": 2 * time.Hour, "mspscan-4.tmp": 2 * time.Hour, ".mspscan-5.tmp": -time.Hour}
	for name, age := range ages {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Chtimes(path, now.Add(-age), now.Add(-age)))
	}
	require.NoError(t, writeAll([]Output{{"x", filepath.Join(dir, "a")}}, io.Discard, put("")))
	require.NoFileExists(t, filepath.Join(dir, ".mspscan-1.tmp"))
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, list, len(ages))
}

// Two runs into one folder leave the files of one of them, never of both.
func TestTwoRunsDoNotMix(t *testing.T) {
	dir := t.TempDir()
	var outs []Output
	for _, name := range []string{"a", "b", "c", "d"} {
		outs = append(outs, Output{"x", filepath.Join(dir, name)})
	}
	for round := range 20 {
		var wg sync.WaitGroup
		for run := range 4 {
			text := fmt.Sprintf("round %d run %d ", round, run)
			wg.Go(func() { assert.NoError(t, writeAll(outs, io.Discard, put(text))) })
		}
		wg.Wait()
		seen := map[string]bool{}
		for _, o := range outs {
			data, err := os.ReadFile(o.File)
			require.NoError(t, err)
			seen[string(data)] = true
		}
		require.Len(t, seen, 1)
	}
}
