//go:build unix

package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPermissions: what mspscan writes is for its owner only, whatever the umask
// lets through.
func TestPermissions(t *testing.T) {
	sample, err := filepath.Abs(filepath.Join("..", "..", "testdata", "ridgeline"))
	require.NoError(t, err)
	dir := t.TempDir()
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	in := func(name string) string { return filepath.Join(dir, name) }
	inventory, zones, run1 := filepath.Join(sample, "inventory.yaml"), filepath.Join(sample, "zones"), in("run.ndjson")
	for _, line := range [][]string{
		{"scan", inventory, "--zones", zones, "--journal", run1, "--per-provider", in("sheets"), "-o", "json=" + in("r.json"), "-o", "xlsx=" + in("r.xlsx"), "-o", "html=" + in("r.html"), "-o", "svg=" + in("g.svg")},
		{"report", run1, "-o", "md=" + in("r.md"), "-o", "csv=" + in("r.csv")},
		{"discover", "ridgeline.example", "--zones", zones, "-o", in("draft.yaml")},
		{"init", in("new"), "--sample"},
		{"questionnaire", "export", inventory, "-o", in("questions")},
		{"register", "export", inventory, "--format", "dora", "-o", in("dora.csv")},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), line, strings.NewReader(""), &out, &errs)
		require.Contains(t, []int{0, 1}, code, "%s: %s", line, errs.String())
	}
	files := 0
	require.NoError(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := os.Lstat(name)
		require.NoError(t, err)
		if name != dir {
			require.Zero(t, info.Mode().Perm()&0o077, "%s: %s", name, info.Mode())
		}
		files++
		return nil
	}))
	require.Greater(t, files, 15)
}
