package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGoldenDocs runs the commands of the page on exposure on the worked example and
// holds their output against the page. -update writes it anew.
func TestGoldenDocs(t *testing.T) {
	page := repoPath(t, ".github", "docs", "exposure.md")
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	typed(t, "init", ".", "--sample")
	blocks := 0
	got := regexp.MustCompile("(?s)```console\n\\$ mspscan ([^\n]*)\n.*?```\n").ReplaceAllStringFunc(string(text), func(block string) string {
		blocks++
		line, _, _ := strings.Cut(strings.TrimPrefix(block, "```console\n$ mspscan "), "\n")
		return "```console\n$ mspscan " + line + "\n" + typed(t, strings.Fields(line)...) + "```\n"
	})
	require.Equal(t, 3, blocks)
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(got), 0o644))
		return
	}
	sameLines(t, ".github/docs/exposure.md", string(text), got)
}

// typed gives what a command prints.
func typed(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.Equal(t, 0, run(context.Background(), args, strings.NewReader(""), &stdout, &stderr), stderr.String())
	return stdout.String()
}
