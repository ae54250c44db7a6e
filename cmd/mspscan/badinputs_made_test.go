package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMadeInputs runs inventories that are too large to keep: each must end
// fast, in little memory, with the right code.
func TestMadeInputs(t *testing.T) {
	const head = "version: 1\norganisation: {id: acme, name: Acme, domains: [acme.example]}\n"
	const serves = "providers: [{id: p, kind: msp}]\nrelationships:\n  - provider: p\n    service: s\n    access:\n"
	type part struct {
		text  string // %d is the number of the repetition
		times int
	}
	for _, tc := range []struct {
		name, file string
		parts      []part
		exit       int
		must       string
	}{
		{"a list of millions of letters", "i.yaml", []part{{head + "assets:\n", 1}, {"- a\n", 3_000_000}}, 2, "more than 1500000 values"},
		{"a list of 100,000 letters", "i.yaml", []part{{head + "assets:\n", 1}, {"- a\n", 100_000}}, 2, `i.yaml:4:3: an asset is "a"`},
		{"the rest is counted", "i.yaml", []part{{head + "assets:\n", 1}, {"- a\n", 100_000}}, 2, "more problems are not listed"},
		{"millions of values in brackets", "i.yaml", []part{{head + "assets: [", 1}, {"a,", 5_000_000}, {"a]\n", 1}}, 2, "more than 1500000 values"},
		{"400,000 values in brackets", "i.yaml", []part{{head + "assets: [", 1}, {"a,", 400_000}, {"a]\n", 1}}, 2, "more than 300000 values in one place"},
		{"a million objects in JSON", "i.json", []part{{`{"version":1,"assets":[`, 1}, {"{},", 1_000_000}, {"{}]}", 1}}, 2, "i.json:1:24: an asset has no id"},
		{"half a million keys", "i.yaml", []part{{head, 1}, {"k%d: 1\n", 500_000}}, 2, "more than 1000 keys"},
		{"one key a million times in JSON", "i.json", []part{{`{"version":1`, 1}, {`,"assets":[]`, 1_000_000}, {"}", 1}}, 2, "more than 1000 keys"},
		{"half pairs of surrogates", "i.json", []part{{`{"version":1,"organisation":{"id":"`, 1}, {`\ud800`, 1_000_000}, {`"}}`, 1}}, 2, "surrogate"},
		{"a tower of mappings", "i.yaml", []part{{head + "assets: ", 1}, {"\n" + strings.Repeat(" ", 200) + "a: ", 1}, {"{a: ", 100_000}}, 2, "deeper"},
		{"a tower of dashes", "i.yaml", []part{{head + "assets: \n", 1}, {"- ", 100_000}}, 2, "deeper"},
		{"millions of comments", "i.yaml", []part{{head, 1}, {"# comment\n", 1_500_000}}, 0, "0 providers"},
		{"millions of blank lines", "i.yaml", []part{{head, 1}, {"\n", 10_000_000}}, 0, "0 providers"},
		{"a text of 10 MB", "i.yaml", []part{{head + "assets:\n- id: a\n  kind: data\n  name: ", 1}, {"long ", 2_000_000}}, 2, "i.yaml:6:9: name has"},
		{"a key of a million letters", "i.yaml", []part{{head, 1}, {"k", 1_000_000}, {": 1\n", 1}}, 2, "i.yaml:3:1:"},
		{"an escape in every letter", "i.yaml", []part{{head + "assets: \"", 1}, {`\x61`, 2_000_000}, {"\"\n", 1}}, 2, "assets is"},
		{"one id 100,000 times", "i.yaml", []part{{head + "assets:\n", 1}, {"- {id: a, kind: data}\n", 100_000}}, 2, "i.yaml:5:8: asset id \"a\" is taken"},
		{"100,000 assets", "i.yaml", []part{{head + "assets:\n", 1}, {"- {id: a%d, kind: data}\n", 100_000}}, 0, "100000 assets"},
		{"100,000 dangling ids", "i.yaml", []part{{head + "assets:\n", 1}, {"- {id: a%d, kind: data}\n", 2_000}, {serves + "    - {id: x, kind: vpn, reaches: [a1", 1}, {",b%d", 100_000}, {"]}\n", 1}}, 2, `reaches names "b0"`},
		{"20,000 misspelt ids beside 20,000", "i.yaml", []part{{head + "assets:\n", 1}, {"- {id: server-number-%d, kind: data}\n", 20_000}, {serves, 1}, {"    - {id: d%d, kind: vpn, reaches: [serwer-nunber-%d]}\n", 20_000}}, 2, `"serwer-nunber-0".*server-number-0`},
		{"100,000 domains", "i.yaml", []part{{head + "providers:\n- id: p\n  kind: msp\n  domains:\n", 1}, {"  - d%d.example\n", 100_000}}, 0, "1 provider"},
		{"two control characters in three", "i.yaml", []part{{"a\x01\x02", 4_000_000}}, 2, "i.yaml:1:2: control character"},
		{"anchors only", "i.yaml", []part{{head, 1}, {"&a ", 2_000_000}}, 2, "i.yaml:3:1: an anchor"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlace(t)
			f, err := os.Create(filepath.Join(p.cwd, tc.file))
			require.NoError(t, err)
			w := bufio.NewWriter(f)
			for _, part := range tc.parts {
				counted := strings.Contains(part.text, "%d")
				for i := range part.times {
					text := part.text
					if counted {
						text = strings.ReplaceAll(text, "%d", strconv.Itoa(i))
					}
					if _, err := w.WriteString(text); err != nil {
						require.NoError(t, err)
					}
				}
			}
			require.NoError(t, w.Flush())
			require.NoError(t, f.Close())
			o := runBinary(t, p, "validate", tc.file)
			holdsForEveryRun(t, o)
			require.Equal(t, tc.exit, o.code, "%.1000s", o.stderr)
			aLineMatches(t, o.stderr, tc.must)
		})
	}
}
