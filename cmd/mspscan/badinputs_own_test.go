package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ownBadInputs holds this project's own bad inputs; the head of cases.txt says
// how they are written.
const ownBadInputs = "../../testdata/badinputs"

// ownCase is a case of cases.txt.
type ownCase struct {
	name, file string
	exit       int
	whole      bool
	old        string
	text       []string
	must       []string
}

func TestOwnBadInputs(t *testing.T) {
	base, err := os.ReadFile(filepath.Join(ownBadInputs, "base.yaml"))
	require.NoError(t, err)
	cases := readOwnCases(t)
	require.Greater(t, len(cases), 100)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t)
			text, line := c.make(t, string(base))
			require.NoError(t, os.WriteFile(filepath.Join(p.cwd, c.file), []byte(text), 0o600))
			o := runBinary(t, p, "validate", c.file)
			holdsForEveryRun(t, o)
			require.Equal(t, c.exit, o.code, o.stderr)
			for _, pattern := range c.must {
				aLineMatches(t, o.stderr, strings.ReplaceAll(pattern, "{line}", strconv.Itoa(line)))
			}
		})
	}
}

// make gives the text of the case and the line that was changed.
func (c ownCase) make(t *testing.T, base string) (string, int) {
	text := strings.Join(c.text, "\n")
	if c.whole {
		return text + "\n", 1
	}
	at := strings.Index(base, c.old)
	require.GreaterOrEqual(t, at, 0, "base.yaml does not hold %q", c.old)
	return base[:at] + text + base[at+len(c.old):], 1 + strings.Count(base[:at], "\n")
}

func readOwnCases(t *testing.T) []ownCase {
	data, err := os.ReadFile(filepath.Join(ownBadInputs, "cases.txt"))
	require.NoError(t, err)
	var cases []ownCase
	for i, row := range strings.Split(string(data), "\n") {
		word, rest, _ := strings.Cut(row, " ")
		if word == "case" {
			name, exit, _ := strings.Cut(rest, " ")
			code, err := strconv.Atoi(exit)
			require.NoError(t, err, "line %d", i+1)
			cases = append(cases, ownCase{name: name, exit: code, file: "inventory.yaml"})
			continue
		}
		if row == "" || word == "#" || row == "#" {
			continue
		}
		c := &cases[len(cases)-1]
		switch word {
		case "-":
			c.old = unquoted(t, rest)
		case "+":
			c.text = append(c.text, unquoted(t, rest))
		case "=":
			c.must = append(c.must, rest)
		case "name":
			c.file = unquoted(t, rest)
		case "whole":
			c.whole = true
		default:
			require.Fail(t, "cases.txt cannot be read", "line %d: %s", i+1, row)
		}
	}
	return cases
}

func unquoted(t *testing.T, s string) string {
	if !strings.HasPrefix(s, `"`) {
		return s
	}
	out, err := strconv.Unquote(s)
	require.NoError(t, err, s)
	return out
}
