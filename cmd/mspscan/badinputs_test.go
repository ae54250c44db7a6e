package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// badInputs is the pack of bad and unusual inventories; its README says what
// the columns of index.csv mean.
const badInputs = "../../../shared/badinputs"

// badCase is a row of index.csv.
type badCase struct {
	id, expect, title, file string
	exits                   []int
	recipe                  *recipe
	must, mustNot           []string
	rows                    []changed
}

// changed is a row that a recipe changed, and the one that it copies.
type changed struct{ row, like int }

// row gives a regular expression for the changed rows, or for those copied.
func (c badCase) row(which int) string {
	var out []string
	for _, r := range c.rows {
		out = append(out, strconv.Itoa([]int{r.row, r.like}[which]))
	}
	return "(?:" + strings.Join(out, "|") + ")"
}

// recipe says how the files of a case are made at run time.
type recipe struct {
	Files map[string]spec   `json:"files"`
	Args  []string          `json:"args"`
	CSV   []json.RawMessage `json:"csv"`
	isCSV bool
}

// spec says how one file is made.
type spec struct {
	Text    []json.RawMessage `json:"text"`
	Good    int               `json:"good"`
	Missing int               `json:"missing"`
	Path    string            `json:"path"`
	Book    []json.RawMessage `json:"book"`
	isBook  bool
}

func (s *spec) UnmarshalJSON(data []byte) error {
	type plain spec
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		return err
	}
	_, s.isBook = keys["book"]
	return json.Unmarshal(data, (*plain)(s))
}

// TestBadInputs runs the whole pack, each case as a process of its own.
func TestBadInputs(t *testing.T) {
	cases := readBadCases(t)
	scans := knows("scan")
	for i := range cases {
		c := &cases[i]
		t.Run(c.id, func(t *testing.T) {
			p := newPlace(t)
			args, names, ok := c.prepare(t, p)
			if !ok {
				t.Skip("cannot be made here: " + c.title)
			}
			o := runBinary(t, p, args...)
			c.check(t, o, names)
			if c.expect == "reject" && scans && args[0] == "validate" && len(names) > 0 {
				c.checkScan(t, p, args[1:])
			}
		})
	}
}

func knows(command string) bool {
	for _, c := range commands() {
		if c.Name() == command {
			return true
		}
	}
	return false
}

func readBadCases(t *testing.T) []badCase {
	f, err := os.Open(filepath.Join(badInputs, "index.csv"))
	if err != nil {
		t.Skip("pack of bad inputs not here: " + err.Error())
	}
	defer func() { require.NoError(t, f.Close()) }()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	var cases []badCase
	for _, row := range rows[1:] {
		cell := map[string]string{}
		for i, name := range rows[0] {
			cell[name] = row[i]
		}
		c := badCase{
			id: cell["id"], expect: cell["expect"], title: cell["title"], file: cell["file"],
			must: linesOf(cell["stderr_must_match"]), mustNot: linesOf(cell["must_not_match"]),
		}
		for _, e := range strings.Split(cell["exit"], "|") {
			code, err := strconv.Atoi(e)
			require.NoError(t, err)
			c.exits = append(c.exits, code)
		}
		if cell["recipe"] != "" {
			c.recipe = &recipe{}
			require.NoError(t, json.Unmarshal([]byte(cell["recipe"]), c.recipe))
			c.recipe.isCSV = strings.HasPrefix(cell["recipe"], `{"csv"`)
		}
		cases = append(cases, c)
	}
	require.Greater(t, len(cases), 200)
	return cases
}

func linesOf(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// prepare puts the files of a case into the working folder and gives the
// arguments and the names by which they are given; false if the case cannot be
// made here.
func (c *badCase) prepare(t *testing.T, p place) (args, names []string, ok bool) {
	if c.file != "" {
		copyFile(t, filepath.Join(badInputs, c.file), filepath.Join(p.cwd, c.file))
		return []string{"validate", c.file}, []string{c.file}, true
	}
	if c.recipe.isCSV {
		names = c.writeCSV(t, p)
		return append([]string{"validate"}, names...), names, true
	}
	for _, name := range slices.Sorted(maps.Keys(c.recipe.Files)) {
		s := c.recipe.Files[name]
		path := filepath.Join(p.cwd, name)
		switch {
		case s.isBook:
			b := sampleBook(t)
			for _, raw := range s.Book {
				if !b.step(t, raw) {
					return nil, nil, false
				}
			}
			c.rows = append(c.rows, b.rows...)
			b.write(t, path)
		case s.Path != "":
			name = s.Path
		case s.Good != 0:
			copyFile(t, filepath.Join(badInputs, "v001.yaml"), path)
		case s.Missing == 0:
			s.write(t, path)
		}
		names = append(names, name)
	}
	if c.recipe.Args != nil {
		return c.recipe.Args, names, true
	}
	return append([]string{"validate"}, names...), names, true
}

func copyFile(t *testing.T, from, to string) {
	data, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, data, 0o600))
}

// write makes the file of a text: pieces that are repeated or counted. It is
// streamed, because the memory of the parent counts as that of the child until
// the child has started.
func (s spec) write(t *testing.T, path string) {
	f, err := os.Create(path)
	require.NoError(t, err)
	w := bufio.NewWriter(f)
	for _, raw := range s.Text {
		var counted struct {
			Fmt string
			N   int
		}
		if json.Unmarshal(raw, &counted) == nil && counted.Fmt != "" {
			for i := range counted.N {
				_, err := w.WriteString(strings.ReplaceAll(counted.Fmt, "%d", strconv.Itoa(i)))
				require.NoError(t, err)
			}
			continue
		}
		var repeated [2]any
		require.NoError(t, json.Unmarshal(raw, &repeated))
		for range int(repeated[1].(float64)) {
			if _, err := w.WriteString(repeated[0].(string)); err != nil {
				require.NoError(t, err)
			}
		}
	}
	require.NoError(t, w.Flush())
	require.NoError(t, f.Close())
}

// check holds an outcome against the case.
func (c badCase) check(t *testing.T, o outcome, names []string) {
	t.Helper()
	holdsForEveryRun(t, o)
	require.Contains(t, c.exits, o.code, "%s\n%.3000s", c.title, o.stderr)
	if o.code == exitOK && c.expect == "either" {
		return
	}
	for _, pattern := range c.must {
		file := "(?:" + strings.Join(quoteAll(names), "|") + ")"
		rows := strings.NewReplacer("{file}", file, "{row}", c.row(0), "{row1}", c.row(1))
		aLineMatches(t, o.stderr, rows.Replace(pattern))
	}
	for _, pattern := range c.mustNot {
		require.NotRegexp(t, pattern, o.stdout+o.stderr)
	}
}

func quoteAll(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = regexp.QuoteMeta(n)
	}
	return out
}

// checkScan holds that what validate refuses, scan refuses too, and writes
// nothing.
func (c badCase) checkScan(t *testing.T, p place, inventories []string) {
	t.Helper()
	zones := filepath.Join(filepath.Dir(p.cwd), "zones")
	require.NoError(t, os.Mkdir(zones, 0o700))
	o := runBinary(t, p, append(append([]string{"scan"}, inventories...), "--zones", zones, "-o", "json=out.json")...)
	holdsForEveryRun(t, o)
	require.Equal(t, exitUsage, o.code, "%.3000s", o.stderr)
	require.NoFileExists(t, filepath.Join(p.cwd, "out.json"))
}

// TestHostileStrings puts each text of the pack into names and descriptions:
// it is refused with its place, or taken; either way the output is harmless.
func TestHostileStrings(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(badInputs, "hostile_strings.json"))
	if err != nil {
		t.Skip("pack of bad inputs not here: " + err.Error())
	}
	var list []any
	require.NoError(t, json.Unmarshal(data, &list))
	require.NotEmpty(t, list)
	for i, item := range list {
		text, ok := item.(string)
		if m, repeated := item.(map[string]any); repeated {
			text, ok = strings.Repeat(m["text"].(string), int(m["times"].(float64))), true
		}
		require.True(t, ok)
		p := newPlace(t)
		inv := map[string]any{
			"version": 1, "organisation": map[string]any{"id": "acme", "name": text, "domains": []string{"acme.example"}},
			"providers":     []any{map[string]any{"id": "north", "kind": "msp", "name": text}},
			"relationships": []any{map[string]any{"provider": "north", "service": text, "purpose": text}},
		}
		file, err := json.Marshal(inv)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(p.cwd, "i.json"), file, 0o600))
		o := runBinary(t, p, "validate", "i.json")
		holdsForEveryRun(t, o)
		require.Contains(t, []int{exitOK, exitUsage}, o.code, "%d %q", i, text)
		if o.code == exitUsage {
			aLineMatches(t, o.stderr, `^i\.json:1:\d+: `)
		}
	}
}
