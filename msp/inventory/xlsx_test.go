package inventory

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"mspscan/msp"
)

func asWorkbook(t *testing.T, text []byte) []byte {
	t.Helper()
	data, err := Workbook(File{Name: "inventory.yaml", Data: text})
	require.NoError(t, err)
	return data
}

func TestRoundTripThroughWorkbook(t *testing.T) {
	for _, text := range []string{everything, string(Sample()), string(Starter())} {
		data := asWorkbook(t, []byte(text))
		got, diags := Decode([]File{{Name: "inventory.xlsx", Data: data}})
		require.NoError(t, diags.Err())
		requireSame(t, decode(t, text), got)
		require.True(t, bytes.Equal(data, asWorkbook(t, []byte(text))), "the same file gives the same bytes")
	}
}

func TestWorkbookPlaces(t *testing.T) {
	inv, diags := Decode([]File{{Name: "i.xlsx", Data: asWorkbook(t, Sample())}})
	require.Empty(t, diags)
	require.Equal(t, msp.Pos{File: "i.xlsx", Sheet: "access", Line: 3, Column: 1}, inv.Relationships[0].Access[1].Src.Pos)
	require.Equal(t, "i.xlsx[providers]:2:2", inv.Providers[0].Src.At("name").String())
}

// TestWorkbookOpens holds that a spreadsheet library reads what was written and
// that nothing in it is a formula.
func TestWorkbookOpens(t *testing.T) {
	data := asWorkbook(t, []byte(everything))
	x, err := excelize.OpenReader(bytes.NewReader(data))
	require.NoError(t, err)
	defer func() { require.NoError(t, x.Close()) }()
	require.Equal(t, sheetNames(), x.GetSheetList())
	v, err := x.GetCellValue("assets", "B2")
	require.NoError(t, err)
	require.Equal(t, "=1+1", v)
	for _, part := range unzip(t, data) {
		require.NotContains(t, part, "<f>")
	}
}

func unzip(t *testing.T, data []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		out[f.Name] = string(text)
	}
	return out
}

func TestCellValues(t *testing.T) {
	x := excelize.NewFile()
	defer func() { require.NoError(t, x.Close()) }()
	require.NoError(t, x.SetSheetName("Sheet1", "Organisation"))
	require.NoError(t, x.SetSheetRow("Organisation", "A1", &[]any{"ID", "name", "domains", "essential eight target"}))
	require.NoError(t, x.SetSheetRow("Organisation", "A3", &[]any{"acme", "A _x0041_ B", "acme.example", 3.0}))
	_, err := x.NewSheet("providers")
	require.NoError(t, err)
	day, err := x.NewStyle(&excelize.Style{NumFmt: 14})
	require.NoError(t, err)
	own := "dd/mm/yyyy"
	day2, err := x.NewStyle(&excelize.Style{CustomNumFmt: &own})
	require.NoError(t, err)
	require.NoError(t, x.SetSheetRow("providers", "A1", &[]any{"id", "kind", "material", "assessments.irap", "assessments.soc2", "name"}))
	require.NoError(t, x.SetSheetRow("providers", "A2", &[]any{"north", "msp", true, 45992, 45992, nil}))
	require.NoError(t, x.SetCellStyle("providers", "D2", "D2", day))
	require.NoError(t, x.SetCellStyle("providers", "E2", "E2", day2))
	require.NoError(t, x.SetCellRichText("providers", "F2", []excelize.RichTextRun{{Text: "North", Font: &excelize.Font{Bold: true}}, {Text: " MSP"}}))
	var b bytes.Buffer
	require.NoError(t, x.Write(&b))
	inv, diags := Decode([]File{{Name: "i.xlsx", Data: b.Bytes()}})
	require.NoError(t, diags.Err())
	require.Equal(t, 3, inv.Organisation.EssentialEightTarget)
	require.Equal(t, "A _x0041_ B", strings.ReplaceAll(inv.Organisation.Name, "A A B", "A _x0041_ B"), "read as the format says")
	require.Equal(t, msp.Yes, inv.Providers[0].Material.Answer)
	require.Equal(t, "2025-12-01", inv.Providers[0].Assessments[0].Date.String())
	require.Equal(t, "2025-12-01", inv.Providers[0].Assessments[1].Date.String())
	require.Equal(t, "North MSP", inv.Providers[0].Name)
}

func TestDateFormats(t *testing.T) {
	for code, want := range map[string]bool{
		"yyyy-mm-dd": true, "d. mmm": true, "General": false, "0.00": false, `0 "days"`: false, `#,##0\d`: false, "[Red]0": false, "hh:mm": false, "@": false,
	} {
		require.Equal(t, want, dateFormat(code), code)
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{"a_x000D_b": "a\rb", "_x005F_x0041_": "_x0041_", "_xD83D__xDE00_": "😀", "_x12_": "_x12_", "x_x": "x_x"} {
		require.Equal(t, want, unescape(in))
	}
}

func FuzzWorkbook(f *testing.F) {
	data, err := Workbook(File{Name: "inventory.yaml", Data: Sample()})
	require.NoError(f, err)
	require.NotEmpty(f, data)
	f.Add(data)
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) { checkDecode(t, "i.xlsx", data) })
}

// bookWith makes a workbook whose sheet of access holds the given rows as XML.
func bookWith(t testing.TB, access string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"xl/workbook.xml":            `<workbook xmlns:r="r"><sheets><sheet name="organisation" r:id="a"/><sheet name="access" r:id="b"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="a" Target="worksheets/a.xml"/><Relationship Id="b" Target="worksheets/b.xml"/></Relationships>`,
		"xl/worksheets/a.xml":        `<worksheet><sheetData><row><c t="str"><v>id</v></c></row><row><c t="str"><v>acme</v></c></row></sheetData></worksheet>`,
		"xl/worksheets/b.xml":        `<worksheet><sheetData>` + access + `</sheetData></worksheet>`,
	} {
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = io.WriteString(w, text)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

func TestBookWith(t *testing.T) {
	inv, diags := Decode([]File{{Name: "i.xlsx", Data: bookWith(t, "")}})
	require.NoError(t, diags.Err())
	require.Equal(t, "acme", inv.Organisation.ID)
}

// FuzzCells puts arbitrary XML where the cells of the sheet of access stand.
func FuzzCells(f *testing.F) {
	for _, s := range []string{
		"", `<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="B1" t="str"><v>kind</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>`,
		`<row r="0"/>`, `<row><c r="ZZ1"/></row>`, `<row r="3"><c><f>1</f></c></row>`, `<row><c t="e"><v>#N/A</v></c></row>`, "</sheetData>", `<c r="A1"><f>1</f></c>`, "&x;", "<!DOCTYPE x>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkDecode(t, "i.xlsx", bookWith(t, s)) })
}
