package domain

import (
	"bufio"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

// suite opens a file of the shared suites, which lie beside the project.
func suite(t *testing.T, name string) []string {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "suites", name))
	if err != nil {
		t.Skipf("suite not here: %v", err)
	}
	defer file.Close()
	var lines []string
	for s := bufio.NewScanner(file); s.Scan(); {
		lines = append(lines, s.Text())
	}
	require.NotEmpty(t, lines)
	return lines
}

// TestConformancePublicSuffixList runs the list's own tests. They count its private section
// as suffixes too, which our Registrable does not: the rows under uk.com are the
// only ones, and are checked by the tenant's suffix instead.
func TestConformancePublicSuffixList(t *testing.T) {
	var passed, rows, private int
	for _, line := range suite(t, "psl/tests.txt") {
		in, want, ok := strings.Cut(line, " ")
		if !ok || strings.HasPrefix(line, "//") {
			continue
		}
		rows++
		got := "null"
		if strings.HasSuffix(in, "uk.com") {
			private++
			got = belowTenant(in)
		} else if n, ok := registrable(in); ok {
			got = string(n)
		}
		if want != "null" {
			n, err := Parse(want)
			require.NoError(t, err)
			want = string(n)
		}
		require.Equal(t, want, got, "%s", in)
		passed++
	}
	require.Equal(t, 4, private)
	t.Logf("psl: %d of %d; %d of them by Tenant: the private section names no owner", passed, rows, private)
}

func registrable(s string) (msp.Name, bool) {
	n, err := Parse(s)
	if err != nil {
		return "", false
	}
	return Registrable(n)
}

// belowTenant gives the name one label below the private suffix of s.
func belowTenant(s string) string {
	n, err := Parse(s)
	if err != nil {
		return "null"
	}
	suffix, ok := Tenant(n)
	if !ok {
		return "null"
	}
	for n.Parent() != suffix {
		n = n.Parent()
	}
	return string(n)
}

// TestConformanceIDNA runs the test file of UTS 46. Parse refuses more than the standard on
// purpose, and takes two things that the file calls errors: a final dot, and
// hyphens in the third and fourth place. What is left is characters newer than
// the tables of the library, which are refused.
func TestConformanceIDNA(t *testing.T) {
	counts, rows := map[string]int{}, 0
	section := ""
	for _, line := range suite(t, "rust-url-idna/IdnaTestV2.txt") {
		if title, ok := strings.CutPrefix(line, "# "); ok && strings.HasSuffix(title, "TESTS") {
			section = title
		}
		row, ok := idnaRow(line)
		if !ok {
			continue
		}
		rows++
		verdict := compareIDNA(row)
		if strings.HasPrefix(verdict, "differs") {
			t.Errorf("%s: %+q: %s", section, row.source, verdict)
		}
		if strings.HasPrefix(verdict, "unknown") {
			verdict += " (" + section + ")"
		}
		counts[verdict]++
	}
	require.Greater(t, rows, 6000)
	require.Greater(t, counts["equal"], 300)
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		if k != "equal" && k != "refused by both" {
			t.Logf("rust-url-idna differs in %d cases: %s", counts[k], k)
		}
	}
	t.Logf("rust-url-idna: %d of %d; the rest differs as said", counts["equal"]+counts["refused by both"], rows)
}

// row is a line of the test file: the source, what ToASCII makes of it without
// transitional processing, and the status codes of errors.
type row struct {
	source, ascii string
	status        []string
}

func idnaRow(line string) (row, bool) {
	line, _, _ = strings.Cut(line, "#")
	f := strings.Split(line, ";")
	if len(f) < 6 {
		return row{}, false
	}
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	source := unescapeIDNA(f[0])
	unicode, status := orElse(f[1], f[0]), f[2]
	ascii, asciiStatus := orElse(f[3], unicode), orElse(f[4], status)
	asciiStatus = strings.Trim(asciiStatus, "[]")
	r := row{source: source, ascii: unescapeIDNA(ascii)}
	if asciiStatus != "" {
		r.status = strings.Split(asciiStatus, ", ")
	}
	return r, true
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// unescapeIDNA reads "" as empty and \uXXXX, surrogate pairs included.
func unescapeIDNA(s string) string {
	if s == `""` {
		return ""
	}
	var units []uint16
	for len(s) > 0 {
		if n, err := strconv.ParseUint(s[min(2, len(s)):min(6, len(s))], 16, 16); err == nil && strings.HasPrefix(s, `\u`) && len(s) >= 6 {
			units, s = append(units, uint16(n)), s[6:]
			continue
		}
		r := []rune(s)[0]
		units, s = utf16.AppendRune(units, r), s[len(string(r)):]
	}
	return string(utf16.Decode(units))
}

func compareIDNA(r row) string {
	n, why := parse(r.source)
	status := strings.Join(r.status, " ")
	switch {
	case why != "" && status != "":
		return "refused by both"
	case why != "":
		return refusal(why)
	case string(n) != strings.TrimSuffix(r.ascii, "."):
		return "differs: " + string(n) + " instead of " + r.ascii
	case status == "":
		return "equal"
	case status == "A4_2" && strings.HasSuffix(r.ascii, "."):
		return "taken on purpose: final dot"
	case status == "V2":
		return "taken on purpose: hyphens in third and fourth place"
	}
	return "differs: taken, " + status + " says refuse"
}

// refusal tells what Parse refuses on purpose from what it cannot read.
func refusal(why string) string {
	for _, part := range []string{"single label", "cannot be seen"} {
		if strings.Contains(why, part) {
			return "refused on purpose: " + part
		}
	}
	if strings.HasPrefix(why, "disallowed rune") || strings.HasPrefix(why, "invalid label") {
		return "unknown to the library's tables"
	}
	return "differs: refused, " + why
}
