package html_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/reports"
	"mspscan/reports/html"
	"mspscan/reports/internal/sample"
)

func render(t *testing.T, r *reports.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, html.Page{}.Render(&b, r))
	return b.String()
}

func mining(t *testing.T) *reports.Report {
	t.Helper()
	in, err := sample.Mining()
	require.NoError(t, err)
	return reports.Build(in)
}

// TestWrite leaves the pages in the folder that MSPSCAN_PAGES names, for
// .ci/page.sh.
func TestWrite(t *testing.T) {
	dir := os.Getenv("MSPSCAN_PAGES")
	if dir == "" {
		t.Skip("MSPSCAN_PAGES names no folder to write the pages to")
	}
	for name, r := range cases(t) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".html"), []byte(render(t, r)), 0o600))
		ids := []string{}
		for _, f := range r.Findings {
			ids = append(ids, f.ID)
		}
		data, err := json.Marshal(map[string]any{"findings": ids, "providers": len(r.Providers), "title": r.Organisation.Name})
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".json"), data, 0o600))
	}
}

// cases gives the reports that the page must carry.
func cases(t *testing.T) map[string]*reports.Report {
	t.Helper()
	out := map[string]*reports.Report{"mining": mining(t)}
	for name, make := range map[string]func() (reports.Input, error){
		"empty":   sample.Empty,
		"one":     func() (reports.Input, error) { return sample.Many(1, 3) },
		"large":   func() (reports.Input, error) { return sample.Many(200, 25) },
		"hostile": func() (reports.Input, error) { return sample.Hostile(hostileTexts(t)) },
	} {
		in, err := make()
		require.NoError(t, err)
		out[name] = reports.Build(in)
	}
	return out
}

// hostileTexts gives texts that must stay text: those of the test and, where it
// is there, those of the shared list.
func hostileTexts(t *testing.T) []string {
	t.Helper()
	list := []string{
		"<img src=x onerror=document.title='PWNED'>", "\"><svg onload=document.title='PWNED'>", "'><script>document.title='PWNED'</script>",
		"</script><script>document.title='PWNED'</script>", "</title><script>document.title='PWNED'</script>", "</style><script>document.title='PWNED'</script>",
		"</textarea></option></select><b>x</b>", "<!--<script>", "-->", "]]>", "&lt;b&gt;", "&#60;b&#62;", "javascript:document.title='PWNED'", "http://evil.example/", "//evil.example/x",
		"data:text/html,<script>1</script>", "{{.}}", "${1}", "`x`", "\x1b[31mred", "\u202egnp.exe", "a\x00b", "\u2028x", "<base href=http://evil.example/>", "<meta http-equiv=refresh content=0;url=http://evil.example>",
		"x' onmouseover='document.title=1", "<a href=http://evil.example>x</a>", "\xff\xfe", strings.Repeat("x", 65000),
	}
	data, err := os.ReadFile("../../../shared/badinputs/hostile_strings.json")
	if err != nil {
		t.Logf("suite not here: %v; the test's own texts are used", err)
		return list
	}
	var items []any
	require.NoError(t, json.Unmarshal(data, &items))
	for _, it := range items {
		switch v := it.(type) {
		case string:
			list = append(list, v)
		case map[string]any:
			list = append(list, strings.Repeat(v["text"].(string), int(v["times"].(float64))))
		}
	}
	return list
}

var _ = regexp.MustCompile
