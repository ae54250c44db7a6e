package inventory_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"mspscan/msp"
	"mspscan/msp/inventory"
)

// saved gives a workbook with the cells of a sheet Findings.
func saved(t *testing.T, cells map[string]any, formulas map[string]string) inventory.File {
	t.Helper()
	f := excelize.NewFile()
	require.NoError(t, f.SetSheetName("Sheet1", "Findings"))
	for cell, v := range cells {
		require.NoError(t, f.SetCellValue("Findings", cell, v))
	}
	for cell, v := range formulas {
		require.NoError(t, f.SetCellFormula("Findings", cell, v))
	}
	var b bytes.Buffer
	require.NoError(t, f.Write(&b))
	require.NoError(t, f.Close())
	return inventory.File{Name: "r.xlsx", Data: b.Bytes()}
}

func TestReadSheets(t *testing.T) {
	f := saved(t, map[string]any{"A1": "Findings", "B4": "Rule", "A4": "Finding", "A7": "f1", "C7": 3.5}, nil)
	got, err := inventory.ReadSheets(f, []string{"Findings"})
	require.NoError(t, err)
	rows := got["Findings"]
	require.Len(t, rows, 3, "blank rows are left out")
	require.Equal(t, inventory.Cell{Text: "Rule", Pos: msp.Pos{File: "r.xlsx", Sheet: "Findings", Line: 4, Column: 2}}, rows[1][1])
	require.Equal(t, "3.5", rows[2][2].Text)
	require.Equal(t, 7, rows[2][0].Pos.Line)
}

func TestReadSheetsNamesOddCells(t *testing.T) {
	got, err := inventory.ReadSheets(saved(t, map[string]any{"A1": "x", "B2": "y"}, map[string]string{"A2": "1+1"}), []string{"Findings"})
	require.NoError(t, err)
	require.Equal(t, "the cell holds a formula without a result", got["Findings"][1][0].Odd)
	require.Empty(t, got["Findings"][1][1].Odd)
}

func TestReadSheetsRefuses(t *testing.T) {
	good := saved(t, map[string]any{"A1": "x"}, nil)
	for want, f := range map[string]inventory.File{
		"has no sheet Providers":  good,
		"the file is no workbook": {Name: "r.xlsx", Data: []byte("hello")},
		"is damaged":              {Name: "r.xlsx", Data: broken(good.Data)},
	} {
		_, err := inventory.ReadSheets(f, []string{"Findings", "Providers"})
		var list inventory.Diagnostics
		require.ErrorAs(t, err, &list, want)
		require.ErrorContains(t, err, want)
	}
}

// broken flips a byte inside of the first part.
func broken(data []byte) []byte {
	out := bytes.Clone(data)
	out[120] ^= 0xff
	return out
}
