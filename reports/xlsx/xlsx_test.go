package xlsx_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"mspscan/msp"
	"mspscan/reports"
	"mspscan/reports/internal/sample"
	"mspscan/reports/xlsx"
)

// book is a report and its workbook.
type book struct {
	report *reports.Report
	bytes  []byte
}

// books gives the workbooks that every check runs over.
func books(t testing.TB) map[string]book {
	t.Helper()
	made := map[string]book{}
	add := func(name string, in reports.Input, err error) {
		require.NoError(t, err, name)
		r := reports.Build(in)
		made[name] = book{r, render(t, r)}
	}
	in, err := sample.Mining()
	add("mining", in, err)
	in.Previous = made["mining"].report
	in.Header.Notes = []string{"Passive mode: only the resolver was asked."}
	add("second", in, nil)
	in.Reviews = decided(made["mining"].report)
	add("reviewed", in, nil)
	scored := reports.Build(in)
	for i := range scored.Providers {
		if p := &scored.Providers[i]; !p.Declared { // DNS alone shows what it carries
			p.Exposure, p.Score = &msp.Range{Hi: 1e6, Lo: 1e6}, &msp.Range{Hi: 12, Lo: 12}
		}
	}
	made["scored"] = book{scored, render(t, scored)}
	in, err = sample.Priced()
	add("priced", in, err)
	in, err = sample.Empty()
	add("empty", in, err)
	in, err = sample.Many(1, 3)
	add("one", in, err)
	in, err = sample.Many(200, 4)
	add("many", in, err)
	in, err = sample.Hostile(hostileTexts(t))
	add("hostile", in, err)
	return made
}

func render(t testing.TB, r *reports.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, xlsx.Workbook{}.Render(&b, r))
	return b.Bytes()
}

func open(t testing.TB, raw []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func TestSheets(t *testing.T) {
	want := []string{"Cover", "Summary", "Providers", "Findings", "Risk matrix", "Access paths", "Supply chain", "Concentration", "Shared parties", "Controls", "DNS", "Action plan", "Changes", "Waivers", "Crosswalk", "Rules", "Method", "Sensitivity", "Run", "Lists"}
	for name, b := range books(t) {
		f, want := open(t, b.bytes), want
		if b.report.Priced() {
			want = slices.Insert(slices.Clone(want), slices.Index(want, "Changes"), "Fixes")
		}
		require.Equal(t, want, f.GetSheetList(), name)
		visible, err := f.GetSheetVisible("Lists")
		require.NoError(t, err)
		require.False(t, visible)
		for _, s := range want[:18] {
			a1, err := f.GetCellValue(s, "A1")
			require.NoError(t, err)
			require.NotEmpty(t, a1, "%s: A1 of %s says what it is", name, s)
		}
		props, err := f.GetDocProps()
		require.NoError(t, err)
		require.Equal(t, "2026-06-01T09:00:00Z", props.Created)
		require.Equal(t, "en-AU", props.Language)
		require.True(t, strings.HasPrefix(props.Title, "Provider exposure of "))
	}
}

func TestSameReportSameBytes(t *testing.T) {
	in, err := sample.Mining()
	require.NoError(t, err)
	first := render(t, reports.Build(in))
	for range 5 {
		require.True(t, bytes.Equal(first, render(t, reports.Build(in))))
	}
	for i, j := 0, len(in.Findings)-1; i < j; i, j = i+1, j-1 {
		in.Findings[i], in.Findings[j] = in.Findings[j], in.Findings[i]
	}
	require.True(t, bytes.Equal(first, render(t, reports.Build(in))), "the order of findings does not matter")
}

// TestFormulasAreOurs holds that no formula contains anything but row numbers
// and constants of the package, whatever the data say.
func TestFormulasAreOurs(t *testing.T) {
	ours := regexp.MustCompile(`^(?:[A-Z]{1,3}[0-9]+|\$[A-Z]+\$?[0-9]+|[0-9.]+|"[◆▲●▽○A-Za-z–>=0-9 ]*"|'(?:Providers|Findings|Summary)'!|(?:IF|AND|OR|LEN|SUM|SUMIFS|COUNTIFS|COUNTIF|RANK|_xlfn\.MAXIFS)\(|[fpc]_[a-z]+|band_[BCDE]|cap_[a-z]+|worth_[a-z]+|run_date|[-+*/<>=,:()])+$`)
	checked := 0
	for name, b := range books(t) {
		for sheet, cells := range formulas(t, b.bytes) {
			for cell, f := range cells {
				require.Regexp(t, ours, f.text, "%s %s!%s", name, sheet, cell)
				require.NotEmpty(t, f.value, "%s %s!%s has its value", name, sheet, cell)
				checked++
			}
		}
	}
	require.Greater(t, checked, 2000)
}

type formula struct{ text, value, kind string }

// formulas reads every formula with its cached value from the parts themselves.
func formulas(t testing.TB, raw []byte) map[string]map[string]formula {
	t.Helper()
	f := open(t, raw)
	found := map[string]map[string]formula{}
	one := regexp.MustCompile(`(?s)<c r="([A-Z]+[0-9]+)"([^>]*)><f>(.*?)</f>(?:<v>(.*?)</v>)?</c>`)
	unescape := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&quot;", `"`, "&#39;", "'", "&apos;", "'", "&amp;", "&")
	for i, s := range f.GetSheetList() {
		part := partOf(t, raw, "xl/worksheets/sheet"+itoa(i+1)+".xml")
		found[s] = map[string]formula{}
		for _, m := range one.FindAllStringSubmatch(part, -1) {
			found[s][m[1]] = formula{unescape.Replace(m[3]), unescape.Replace(m[4]), m[2]}
		}
		require.Equal(t, strings.Count(part, "<f>"), len(found[s]), "every formula of %s is read", s)
	}
	return found
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func partOf(t testing.TB, raw []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	require.NoError(t, err)
	p, err := z.Open(name)
	require.NoError(t, err)
	text, err := io.ReadAll(p)
	require.NoError(t, err)
	require.NoError(t, p.Close())
	return string(text)
}

// TestHostileText holds what no cell may do, and that outside text that looks
// like an escape comes back as it was.
func TestHostileText(t *testing.T) {
	b := books(t)["hostile"]
	f := open(t, b.bytes)
	cells, escapes := 0, 0
	for _, s := range f.GetSheetList() {
		rows, err := f.GetRows(s)
		require.NoError(t, err)
		for _, row := range rows {
			for _, v := range row {
				cells++
				require.LessOrEqual(t, len(utf16.Encode([]rune(v))), 32_767)
				for _, r := range v {
					if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
						t.Fatalf("%s holds U+%04X: %.60q", s, r, v)
					}
				}
				if strings.Contains(v, "_x000D_") {
					escapes++
				}
			}
		}
	}
	require.Greater(t, cells, 3000)
	require.Positive(t, escapes, "_x000D_ stays as it was written")
	require.NotContains(t, partsText(t, b.bytes), "TargetMode=\"External\"", "no link leads out of the book")
	found := false
	rows, err := f.GetRows("Findings")
	require.NoError(t, err)
	for _, row := range rows {
		found = found || len(row) > 3 && strings.HasSuffix(row[3], "the JSON report has all of it")
	}
	require.True(t, found, "a text that was cut says so")
}

// partsText joins all XML parts.
func partsText(t testing.TB, raw []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	require.NoError(t, err)
	var all strings.Builder
	for _, p := range z.File {
		all.WriteString(partOf(t, raw, p.Name))
	}
	return all.String()
}

func TestOverridesHaveLists(t *testing.T) {
	f := open(t, books(t)["mining"].bytes)
	lists := map[string]int{}
	for _, s := range []string{"Providers", "Findings", "Controls", "Action plan"} {
		dvs, err := f.GetDataValidations(s)
		require.NoError(t, err)
		for _, v := range dvs {
			lists[v.Formula1]++
		}
	}
	for _, want := range []string{"list_severity", "list_status", "list_grade", "list_criticality", "list_answer", "list_evidence", "list_yesno", "list_horizon", "list_progress"} {
		require.Positive(t, lists[want], want)
	}
}

func TestChartsHaveAltText(t *testing.T) {
	all := partsText(t, books(t)["mining"].bytes)
	charts := regexp.MustCompile(`<xdr:cNvPr[^>]*descr="([^"]*)"`).FindAllStringSubmatch(all, -1)
	require.Len(t, charts, 2)
	require.Contains(t, charts[0][1]+charts[1][1], "Southern Cross Managed IT")
}

func TestLetter(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, xlsx.Workbook{Letter: true, Brand: xlsx.Brand{Classification: "A & B"}}.Render(&b, books(t)["mining"].report))
	f := open(t, b.Bytes())
	for sheet, size := range map[string]int{"DNS": 1, "Cover": 1, "Findings": 3} { // Letter, and Tabloid for wide tables
		l, err := f.GetPageLayout(sheet)
		require.NoError(t, err)
		require.Equal(t, size, *l.Size, sheet)
	}
	h, err := f.GetHeaderFooter("Findings")
	require.NoError(t, err)
	require.Contains(t, h.OddHeader, "A && B")
	require.Contains(t, h.OddFooter, "Page &P of &N")
}

// TestSheetsAgreeWithTheReport compares the live counts with the model.
func TestSheetsAgreeWithTheReport(t *testing.T) {
	b := books(t)["mining"]
	f := open(t, b.bytes)
	rows, err := f.GetRows("Findings", excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	require.Len(t, rows, 4+len(b.report.Findings))
	counted := 0
	for _, row := range rows[4:] {
		if row[14] == "yes" {
			counted++
		}
		require.Equal(t, row[4], row[7], "without an override the effective severity is the scanned one")
	}
	require.Equal(t, b.report.Summary.Open.Total(), counted)
	summary, err := f.GetRows("Summary", excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	for _, row := range summary {
		if len(row) > 1 && row[0] == "◆ Critical" {
			require.Equal(t, itoa(b.report.Summary.Open.Of(msp.Critical)), row[1])
			return
		}
	}
	t.Fatal("the summary counts critical findings")
}

// hostileTexts gives the texts of the shared pack, if it is here, and our own.
func hostileTexts(t testing.TB) []string {
	t.Helper()
	texts := []string{
		"=1+1", "+1", "-1", "@x", "\tx", "\r=1", "\x1b[31mred\x1b[0m", "a\u202eb", "\u200b=1", "&A&P&\"Arial\"", "_x000D_", "_x005F_x000D_", "line\nline", "\xff\xfe", "nul\x00nul",
		strings.Repeat("x", 70_000), strings.Repeat("𝒳", 20_000), strings.Repeat("\x01", 20_000), "", " ", "'=1", "<b>&amp;</b>]]>", "\ufffe\uffff", "yes", "◆ Critical", "*", "?", ">0",
	}
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "badinputs", "hostile_strings.json"))
	if err != nil {
		t.Log("the shared pack of hostile texts is not here; using the own list alone")
		return texts
	}
	var items []any
	require.NoError(t, json.Unmarshal(raw, &items))
	for _, it := range items {
		switch v := it.(type) {
		case string:
			texts = append(texts, v)
		case map[string]any:
			texts = append(texts, strings.Repeat(v["text"].(string), int(v["times"].(float64))))
		}
	}
	return texts
}
