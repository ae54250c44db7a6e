package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp/inventory"
)

// call runs the program in process.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func TestInitThenValidate(t *testing.T) {
	for _, tc := range []struct{ flag, summary string }{
		{"--sample", "3 providers, 3 relationships, 4 doors, 3 assets; 90 answers unknown\n"},
		{"--sample=false", "1 provider, 1 relationship, 1 door, 2 assets; 36 answers unknown\n"},
	} {
		dir := filepath.Join(t.TempDir(), "new", "folder")
		code, stdout, stderr := call(t, "init", dir, tc.flag)
		require.Equal(t, exitOK, code, stderr)
		require.Empty(t, stdout)
		file := filepath.Join(dir, "inventory.yaml")
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(text, []byte("# yaml-language-server: $schema="+inventory.SchemaFile+"\n")))
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

		code, stdout, stderr = call(t, "validate", file)
		require.Equal(t, exitOK, code)
		require.Empty(t, stdout)
		require.Equal(t, file+": "+tc.summary, stderr)
		code, _, stderr = call(t, "validate", dir)
		require.Equal(t, exitOK, code, "a folder stands for the inventories in it, the schema is none: %s", stderr)
		require.Equal(t, file+": "+tc.summary, stderr)

		code, _, stderr = call(t, "init", dir, tc.flag)
		require.Equal(t, exitUsage, code)
		require.Contains(t, stderr, "inventory.yaml exists; nothing was written")
	}
}

func TestInitWorkbookThenValidate(t *testing.T) {
	for flag, summary := range map[string]string{"--sample": "3 providers", "--sample=false": "1 provider,"} {
		dir := t.TempDir()
		code, stdout, stderr := call(t, "init", dir, "--xlsx", flag)
		require.Equal(t, exitOK, code, stderr)
		require.Empty(t, stdout)
		file := filepath.Join(dir, "inventory.xlsx")
		code, _, stderr = call(t, "validate", file)
		require.Equal(t, exitOK, code, stderr)
		require.Contains(t, stderr, file+": "+summary)
		code, _, stderr = call(t, "init", dir, "--xlsx")
		require.Equal(t, exitUsage, code)
		require.Contains(t, stderr, "inventory.xlsx exists")
	}
}

// TestValidateCSV gives the sheets side by side and as a folder.
func TestValidateCSV(t *testing.T) {
	dir := t.TempDir()
	sheets, err := inventory.Sheets(inventory.File{Name: "inventory.yaml", Data: inventory.Sample()})
	require.NoError(t, err)
	args := []string{"validate"}
	for _, s := range sheets {
		name := filepath.Join(dir, s.Name+".csv")
		require.NoError(t, os.WriteFile(name, csvText(t, s.Rows, false), 0o600))
		args = append(args, name)
	}
	for _, a := range [][]string{args, {"validate", dir}} {
		code, _, stderr := call(t, a...)
		require.Equal(t, exitOK, code, stderr)
		require.Contains(t, stderr, ": 3 providers, 3 relationships, 4 doors, 3 assets; 90 answers unknown\n")
	}
}

func TestInitNeverOverwrites(t *testing.T) {
	dir := t.TempDir()
	schema := filepath.Join(dir, inventory.SchemaFile)
	require.NoError(t, os.WriteFile(schema, []byte("mine"), 0o600))
	code, _, stderr := call(t, "init", dir)
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, inventory.SchemaFile+" exists")
	require.NoFileExists(t, filepath.Join(dir, "inventory.yaml"))
	text, err := os.ReadFile(schema)
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))

	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "inventory.yaml")))
	code, _, stderr = call(t, "init", dir)
	require.Equal(t, exitUsage, code, stderr)
}

func TestInitWhereNothingCanBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	code, _, stderr := call(t, "init", file)
	require.Contains(t, []int{exitUsage, exitInternal}, code)
	require.Contains(t, stderr, "not a directory")
}

func TestSchemaCommand(t *testing.T) {
	code, stdout, stderr := call(t, "schema")
	require.Equal(t, exitOK, code, stderr)
	require.True(t, json.Valid([]byte(stdout)))
	code, again, _ := call(t, "schema", "inventory")
	require.Equal(t, exitOK, code)
	require.Equal(t, stdout, again)
	code, stdout, stderr = call(t, "schema", "inventry")
	require.Equal(t, exitUsage, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, `unknown schema "inventry"; known: `)
}

func TestValidateSeveral(t *testing.T) {
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good.yaml"), filepath.Join(dir, "bad.yaml")
	require.NoError(t, os.WriteFile(good, inventory.Sample(), 0o600))
	require.NoError(t, os.WriteFile(bad, []byte("version: 2\n"), 0o600))
	code, _, stderr := call(t, "validate", bad, good, filepath.Join(dir, "none.yaml"))
	require.Equal(t, exitUsage, code)
	for _, want := range []string{bad + ":1:10: version is", good + ": 3 providers", "none.yaml:1:1: cannot be read: no such file"} {
		require.Contains(t, stderr, want)
	}
	code, _, stderr = call(t, "validate", t.TempDir())
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "folder without an inventory")
}

func TestUsageErrors(t *testing.T) {
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"validate"}, "no argument given; the form is: mspscan validate INVENTORY"},
		{[]string{"vaildate", "x"}, `unknown command "vaildate"; did you mean validate?`},
		{[]string{"zzz"}, "see mspscan --help"},
		{[]string{"validate", "--nope", "x"}, "unknown flag: --nope"},
		{[]string{"--\x1b[31m\n::error::x"}, `\x1b[31m\n::error::x`},
		{[]string{"init", "a", "b"}, "2 arguments given; the form is: mspscan init"},
		{[]string{"init", "--sample=maybe"}, "invalid argument"},
	} {
		code, stdout, stderr := call(t, tc.args...)
		require.Equal(t, exitUsage, code, tc.args)
		require.Empty(t, stdout)
		require.Contains(t, stderr, tc.want)
		require.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %q", stderr)
	}
}

func TestHelpGoesToStdout(t *testing.T) {
	code, stdout, stderr := call(t, "--help")
	require.Equal(t, exitOK, code)
	require.Contains(t, stdout, "validate")
	require.Empty(t, stderr)
}

func TestExitCodes(t *testing.T) {
	require.Equal(t, exitOK, exitCode(nil))
	require.Equal(t, exitInternal, exitCode(os.ErrClosed))
	require.Equal(t, exitInterrupted, exitCode(context.Canceled))
	require.Equal(t, exitGate, exitCode(exitWith(exitGate, os.ErrClosed)))
	require.NoError(t, exitWith(exitGate, nil))
}
