package reports_test

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"mspscan/reports"
	"mspscan/reports/internal/sample"
)

// harmless holds what no output for people may contain, apart from the line
// ends and colours that the renderer itself wrote.
func harmless(t *testing.T, name, out string) {
	t.Helper()
	require.True(t, utf8.ValidString(out), name)
	for i, r := range out {
		if r == '\n' {
			continue
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			t.Fatalf("%s: U+%04X at byte %d: %q", name, r, i, out[max(0, i-20):min(len(out), i+20)])
		}
	}
}

func TestTerminalText(t *testing.T) {
	for _, s := range hostileTexts(t) {
		out := reports.TerminalText(s)
		harmless(t, s[:min(20, len(s))], out)
		require.NotContains(t, out, "\n")
		trimmed := strings.TrimSpace(out)
		require.False(t, strings.HasPrefix(trimmed, "::") || strings.Contains(trimmed, "##"), "%q is no CI command", trimmed)
	}
	require.Equal(t, "Southern Cross", reports.TerminalText("Southern Cross"))
}

func TestMarkdownText(t *testing.T) {
	for in, want := range map[string]string{
		"Southern Cross Managed IT": "Southern Cross Managed IT",
		"a|b":                       `a\|b`,
		"*b*":                       `\*b\*`,
		"[x](y)":                    `\[x\](y)`,
		"1. x":                      `1\. x`,
		"12) x":                     `12\) x`,
		".5 litres":                 ".5 litres",
		") x":                       ") x",
		"24":                        "24",
		"- x":                       `\- x`,
		"No active probe: none.":    "No active probe: none.",
		"a :smile: b":               "`a :smile: b`",
		"Let's Encrypt (CA)":        "Let's Encrypt (CA)",
		"@user":                     "`@user`",
		"<b>":                       "`<b>`",
		"`a`":                       "`` `a` ``",
		"":                          "",
		"www.evil.example":          "`www.evil.example`",
	} {
		require.Equal(t, want, reports.MarkdownText(in))
	}
	for _, s := range hostileTexts(t) {
		out := reports.MarkdownText(s)
		harmless(t, s[:min(20, len(s))], out)
		outside := outsideCode(out)
		require.NotRegexp(t, `(^|[^\\])[<>\[\]*_|~$]|https?:|www\.|@|(^|[^\\])#`, outside, "from %.40q", s)
	}
}

// outsideCode takes the code spans of a text away.
func outsideCode(s string) string {
	return regexp.MustCompile("(?s)(`+)(?:[^`]|[^`].*?[^`])(`+)").ReplaceAllStringFunc(s, func(span string) string {
		return ""
	})
}

func TestCSVCell(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+61 2": "'+61 2", "-x": "'-x", "@SUM(1)": "'@SUM(1)", "\t=1": `'\t=1`, "\n=1": `'\n=1`, "plain": "plain", "": "", "a=b": "a=b", "\u200b=1": `'\u200b=1`, `"=1+1`: `'"=1+1`,
	} {
		require.Equal(t, want, reports.CSVCell(in), "%q", in)
	}
	for _, s := range hostileTexts(t) {
		out := reports.CSVCell(s)
		harmless(t, s[:min(20, len(s))], out)
		require.False(t, out != "" && strings.ContainsRune("=+-@\t\r", rune(out[0])), "%.40q", out)
	}
}

func TestMarkdownOfHostileReport(t *testing.T) {
	in, err := sample.Hostile(hostileTexts(t))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, reports.Markdown{}.Render(&b, reports.Build(in)))
	harmless(t, "markdown", b.String())
	require.LessOrEqual(t, b.Len(), reports.MarkdownLimit)
	for _, line := range strings.Split(b.String(), "\n") {
		require.NotRegexp(t, `(^|[^\\\x60])(<img|<svg|<script|\]\(javascript|!\[)`, outsideCode(line))
		if strings.HasPrefix(line, "|") {
			require.True(t, strings.HasSuffix(line, "|"), "a row stays on its line: %.80q", line)
		}
	}
}

func TestMarkdownKeepsItsLimit(t *testing.T) {
	in, err := sample.Many(200, 5)
	require.NoError(t, err)
	r := reports.Build(in)
	for _, limit := range []int{6_000, 20_000} {
		var b bytes.Buffer
		require.NoError(t, reports.Markdown{Limit: limit}.Render(&b, r))
		require.LessOrEqual(t, b.Len(), limit)
		require.Contains(t, b.String(), "more: see the workbook")
		require.Contains(t, b.String(), "## Coverage", "the coverage is never cut")
	}
}

func TestSummaryOfHostileReport(t *testing.T) {
	in, err := sample.Hostile(hostileTexts(t))
	require.NoError(t, err)
	r := reports.Build(in)
	for _, width := range []int{0, 40, 80, 200} {
		var b bytes.Buffer
		require.NoError(t, reports.Summary(&b, r, reports.Terminal{Width: width, Files: hostileTexts(t)[:5]}))
		harmless(t, "summary", b.String())
		for _, line := range strings.Split(b.String(), "\n") {
			require.LessOrEqual(t, utf8.RuneCountInString(line), max(width, 40)+60*b2i(width == 0))
			require.False(t, strings.HasPrefix(strings.TrimSpace(line), "::"), "%q", line)
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestSummaryTellsWhatMatters(t *testing.T) {
	r := mining(t)
	var plain, coloured bytes.Buffer
	v := reports.Verdict{Code: 1, Reasons: []string{"3 open findings of severity critical or worse"}}
	require.NoError(t, reports.Summary(&plain, r, reports.Terminal{Files: []string{"report.xlsx"}, Verdict: &v}))
	require.NoError(t, reports.Summary(&coloured, r, reports.Terminal{Color: true, Files: []string{"report.xlsx"}, Verdict: &v}))
	stripped := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(coloured.String(), "")
	require.Equal(t, plain.String(), stripped, "colour is never the only signal")
	lines := strings.Split(strings.TrimSpace(plain.String()), "\n")
	require.LessOrEqual(t, len(lines), 15)
	require.Contains(t, lines[2], "Southern Cross Managed IT")
	require.Contains(t, plain.String(), "cuts AUD 14.5M")
	require.Contains(t, plain.String(), "report.xlsx")
	t.Log(plain.String())
}

func FuzzEscape(f *testing.F) {
	seeds := hostileTexts(f)
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add(s[:min(len(s), 200)])
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, out := range map[string]string{"terminal": reports.TerminalText(s), "markdown": reports.MarkdownText(s), "code": reports.MarkdownCode(s), "csv": reports.CSVCell(s)} {
			for _, r := range out {
				if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
					t.Fatalf("%s lets U+%04X of %q through", name, r, s)
				}
			}
		}
	})
}

func TestCSV(t *testing.T) {
	in, err := sample.Hostile(hostileTexts(t))
	require.NoError(t, err)
	r := reports.Build(in)
	var guarded, raw bytes.Buffer
	require.NoError(t, reports.CSV{}.Render(&guarded, r))
	require.NoError(t, reports.CSV{Raw: true}.Render(&raw, r))
	rows, err := csv.NewReader(&guarded).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+len(r.Findings))
	for _, row := range rows {
		for _, cell := range row {
			harmless(t, "csv", cell)
			require.False(t, cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])), "%.40q", cell)
		}
	}
	require.Contains(t, raw.String(), ",=1+1,", "raw is raw")
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"äöüß", 4, "äöüß"},
		{"äöüß", 3, "äö…"},
		{"abc", 1, "…"},
		{"abc", 0, ""},
		{"", 0, ""},
		{"abc", -1, ""},
	} {
		require.Equal(t, c.want, reports.Cut(c.in, c.n), "%q %d", c.in, c.n)
	}
}
