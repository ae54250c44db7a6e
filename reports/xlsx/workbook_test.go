//go:build workbook

// These checks need LibreOffice. .ci/workbook.sh installs it, runs them and
// hands the books that they leave in MSPSCAN_BOOKS to the Open XML SDK.

package xlsx_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"mspscan/msp/inventory"
	"mspscan/reports/internal/sample"
)

// profile makes a LibreOffice profile that recalculates every book on loading.
func profile(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "user"), 0o700))
	const settings = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "user", "registrymodifications.xcu"), []byte(settings), 0o600))
	return dir
}

// recalculate lets LibreOffice read a book, calculate it anew and save it.
func recalculate(t *testing.T, profile string, raw []byte) *excelize.File {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "book.xlsx"), filepath.Join(dir, "out")
	require.NoError(t, os.WriteFile(in, raw, 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "soffice", "-env:UserInstallation=file://"+profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", out, in)
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, string(said))
	f, err := excelize.OpenFile(filepath.Join(out, "book.xlsx"))
	require.NoError(t, err, string(said))
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

// extra gives further books to check, such as the one of a real scan.
func extra(t *testing.T) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, name := range strings.Fields(os.Getenv("MSPSCAN_EXTRA_BOOKS")) {
		raw, err := os.ReadFile(name)
		require.NoError(t, err)
		found["file "+filepath.Base(name)] = raw
	}
	return found
}

func all(t *testing.T) map[string][]byte {
	t.Helper()
	list := extra(t)
	for name, b := range books(t) {
		list["report "+name] = b.bytes
	}
	for name, p := range portfolios(t) {
		list[name] = renderPortfolio(t, p)
	}
	in, err := sample.Mining()
	require.NoError(t, err)
	list["report graph"], list["report brand"] = drawnGraph(t, in), branded(t)
	return list
}

// plainBooks gives the books without formulas, of every other kind.
func plainBooks(t *testing.T) map[string][]byte {
	t.Helper()
	list := map[string][]byte{"questionnaire": renderQuestions(t)}
	r := gossip(t)
	for _, p := range r.Providers {
		if p.Declared {
			list["provider "+p.ID] = handout(t, r, p.ID, false)
		}
	}
	hostile := books(t)["hostile"].report
	list["provider hostile"] = handout(t, hostile, hostile.Providers[0].ID, true)
	for name, data := range map[string][]byte{"sample": inventory.Sample(), "starter": inventory.Starter()} {
		book, err := inventory.Workbook(inventory.File{Name: "inventory.yaml", Data: data})
		require.NoError(t, err)
		list["init "+name] = book
	}
	return list
}

// keep leaves a book for the other readers, if they are asked for.
func keep(t *testing.T, name string, raw []byte) {
	t.Helper()
	if dir := os.Getenv("MSPSCAN_BOOKS"); dir != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, " ", "_")+".xlsx"), raw, 0o600))
	}
}

// TestWorkbookPlain holds that books without formulas stay so and that
// LibreOffice finds no error in them.
func TestWorkbookPlain(t *testing.T) {
	home := profile(t)
	for name, raw := range plainBooks(t) {
		t.Run(name, func(t *testing.T) { // each closes what it opened
			keep(t, name, raw)
			for sheet, cells := range formulas(t, raw) {
				require.Empty(t, cells, "%s %s", name, sheet)
			}
			noErrors(t, name, recalculate(t, home, raw))
		})
	}
}

// TestWorkbookParity holds that every formula's stored value is what
// LibreOffice calculates, and that no cell is an error.
func TestWorkbookParity(t *testing.T) {
	home := profile(t)
	total := 0
	for name, raw := range all(t) {
		t.Run(name, func(t *testing.T) {
			keep(t, name, raw)
			n := agree(t, name, raw, recalculate(t, home, raw))
			require.Positive(t, n, name)
			total += n
		})
	}
	t.Logf("%d formulas agree", total)
}

// agree holds each formula's stored value against the one calculated again.
func agree(t *testing.T, name string, raw []byte, again *excelize.File) int {
	t.Helper()
	noErrors(t, name, again)
	checked := 0
	for sheet, cells := range formulas(t, raw) {
		for cell, f := range cells {
			got, err := again.GetCellValue(sheet, cell, excelize.Options{RawCellValue: true})
			require.NoError(t, err)
			require.True(t, same(f.value, got), "%s %s!%s =%s: stored %q, calculated %q", name, sheet, cell, f.text, f.value, got)
			checked++
		}
	}
	return checked
}

func same(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && math.Abs(x-y) <= 1e-6*math.Max(1, math.Abs(x))
}

func noErrors(t *testing.T, name string, f *excelize.File) {
	t.Helper()
	for _, s := range f.GetSheetList() {
		rows, err := f.GetRows(s, excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		for i, row := range rows {
			for k, v := range row {
				for _, bad := range []string{"#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#N/A", "#NUM!", "#NULL!", "Err:"} {
					require.False(t, strings.HasPrefix(v, bad), "%s %s row %d column %d: %s", name, s, i+1, k+1, v)
				}
			}
		}
	}
}

// TestWorkbookOverride edits the book as a consultant does and watches what
// follows: a lower severity, then an answer.
func TestWorkbookOverride(t *testing.T) {
	home, b := profile(t), books(t)["mining"]
	f := open(t, b.bytes)
	row := 0
	for i, v := range b.report.Findings {
		if v.Provider == "southern" && v.Severity.String() == "critical" {
			row = 5 + i
			break
		}
	}
	require.Positive(t, row)
	require.NoError(t, f.SetCellStr("Findings", "F"+itoa(row), "▽ Low"))
	require.NoError(t, f.SetCellStr("Findings", "G"+itoa(row), "isolated by a separate tenant"))
	answer, weight := controlRow(t, f, "southern", "Unknown")
	require.NoError(t, f.SetCellStr("Controls", answer, "Yes"))
	var edited bytes.Buffer
	require.NoError(t, f.Write(&edited))
	was, now := recalculate(t, home, b.bytes), recalculate(t, home, edited.Bytes())
	at := func(f *excelize.File, sheet, cell string) string {
		v, err := f.GetCellValue(sheet, cell, excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		return v
	}
	number := func(s string) float64 { v, err := strconv.ParseFloat(s, 64); require.NoError(t, err, s); return v }
	require.Equal(t, "▽ Low", at(now, "Findings", "H"+itoa(row)), "the effective severity")
	critical, low, strength := header(t, now, "Critical"), header(t, now, "Low"), header(t, now, "Controls")
	require.InDelta(t, number(at(was, "Providers", critical+"5"))-1, number(at(now, "Providers", critical+"5")), 0, "the provider's critical findings")
	require.InDelta(t, number(at(was, "Providers", low+"5"))+1, number(at(now, "Providers", low+"5")), 0)
	require.Greater(t, number(at(now, "Providers", strength+"5")), number(at(was, "Providers", strength+"5")), "a yes of weight %v", weight)
	require.InDelta(t, number(at(was, "Summary", "F5"))-1, number(at(now, "Summary", "F5")), 0, "the headline of the summary")
	changed := []string{}
	for _, s := range []string{"Findings", "Providers", "Summary", "Risk matrix", "Controls", "Method"} {
		changed = append(changed, fmt.Sprintf("%s %d", s, differ(t, was, now, s)))
	}
	sort.Strings(changed)
	t.Log("cells that followed: ", strings.Join(changed, ", "))
	require.Positive(t, differ(t, was, now, "Risk matrix"), "the matrix follows")
	noErrors(t, "edited", now)
}

// controlRow gives the answer cell and the weight of a provider's first control
// with an answer.
func controlRow(t *testing.T, f *excelize.File, provider, answer string) (cell, weight string) {
	t.Helper()
	rows, err := f.GetRows("Controls", excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	for i, row := range rows {
		if len(row) > 10 && row[2] == provider && row[6] == answer {
			return "G" + itoa(i+1), row[10]
		}
	}
	t.Fatal("the provider has an unknown answer")
	return "", ""
}

// header gives the column of Providers with a title.
func header(t *testing.T, f *excelize.File, title string) string {
	t.Helper()
	rows, err := f.GetRows("Providers")
	require.NoError(t, err)
	for i, v := range rows[3] {
		if v == title {
			name, err := excelize.ColumnNumberToName(i + 1)
			require.NoError(t, err)
			return name
		}
	}
	t.Fatalf("Providers has no column %s", title)
	return ""
}

// differ counts the cells of a sheet that differ.
func differ(t *testing.T, a, b *excelize.File, sheet string) int {
	t.Helper()
	x, err := a.GetRows(sheet, excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	y, err := b.GetRows(sheet, excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	n := 0
	for i := range x {
		for k := range x[i] {
			if i >= len(y) || k >= len(y[i]) || x[i][k] != y[i][k] {
				n++
			}
		}
	}
	return n
}

// TestWorkbookReview edits the book, lets LibreOffice save it in its own way and
// reads the decisions back.
func TestWorkbookReview(t *testing.T) {
	b := books(t)["mining"]
	var saved bytes.Buffer
	require.NoError(t, recalculate(t, profile(t), edited(t, b.bytes)).Write(&saved))
	checkEdited(t, b.report, reviewIn(t, saved.Bytes()))
}
