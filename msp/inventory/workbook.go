package inventory

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// formRows is how many rows the drop-downs of a workbook reach.
const formRows = 1_000

// Workbook gives a YAML or JSON inventory as an XLSX workbook to fill in: a
// sheet each for organisation, assets, providers, relationships, access and
// internal, columns named by the path of the value, drop-downs and explanations
// on the cells. The same file gives the same bytes.
func Workbook(f File) ([]byte, error) {
	sheets, err := Sheets(f)
	if err != nil {
		return nil, err
	}
	x := excelize.NewFile()
	defer func() { _ = x.Close() }()
	w := &bookWriter{file: x}
	for i, s := range sheets {
		if err := w.sheet(s, i == 0); err != nil {
			return nil, fmt.Errorf("write sheet %s: %w", s.Name, err)
		}
	}
	err = x.SetDocProps(&excelize.DocProperties{
		Creator: "mspscan", Title: "Inventory", Created: "2026-01-01T00:00:00Z", Modified: "2026-01-01T00:00:00Z",
	})
	var out bytes.Buffer
	if err := errors.Join(err, x.Write(&out)); err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	return inOrder(out.Bytes())
}

// inOrder writes the parts of a workbook by name and without times: the library
// writes them in any order.
func inOrder(data []byte) ([]byte, error) {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("order workbook: %w", err)
	}
	slices.SortFunc(r.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		if err := copyPart(w, f); err != nil {
			return nil, fmt.Errorf("order workbook: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("order workbook: %w", err)
	}
	return out.Bytes(), nil
}

func copyPart(w *zip.Writer, f *zip.File) error {
	from, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	to, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate})
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from) //nolint:gosec // the workbook is our own
	return err
}

// bookWriter writes sheets into a workbook.
type bookWriter struct {
	file       *excelize.File
	head, text int // styles
}

func (w *bookWriter) sheet(s Sheet, first bool) error {
	if first {
		if err := errors.Join(w.styles(), w.file.SetSheetName("Sheet1", s.Name)); err != nil {
			return err
		}
	} else if _, err := w.file.NewSheet(s.Name); err != nil {
		return err
	}
	for i, c := range s.cols {
		if err := w.help(s.Name, i+1, c); err != nil {
			return err
		}
	}
	return w.rows(s)
}

// styles makes the header bold on grey and every other cell text, so that a
// date or a version that somebody types stays as it was typed.
func (w *bookWriter) styles() error {
	var err, err2 error
	w.head, err = w.file.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"D9D9D9"}}, NumFmt: 49, //nolint:misspell // the library spells it so
	})
	w.text, err2 = w.file.NewStyle(&excelize.Style{NumFmt: 49})
	return errors.Join(err, err2)
}

// help puts the explanation of a column, and its vocabulary, on its cells.
func (w *bookWriter) help(sheet string, col int, c column) error {
	letters, err := excelize.ColumnNumberToName(col)
	if err != nil {
		return err
	}
	v := excelize.NewDataValidation(true)
	v.Sqref = fmt.Sprintf("%s2:%s%d", letters, letters, formRows)
	v.SetInput(cutTo(c.path, 32), cutTo(c.doc, 250))
	if len(c.words) > 0 && len(strings.Join(c.words, ",")) <= 255 {
		if err := v.SetDropList(c.words); err != nil {
			return err
		}
		v.SetError(excelize.DataValidationErrorStyleWarning, "not in the list", "mspscan validate refuses other words")
	} else if ids := referredSheet(c.path); ids != "" {
		v.SetSqrefDropList(fmt.Sprintf("%s!$A$2:$A$%d", ids, formRows))
		v.SetError(excelize.DataValidationErrorStyleWarning, "not an id", "write an id of the sheet "+ids)
	}
	return w.file.AddDataValidation(sheet, v)
}

// referredSheet says whose ids a column takes one of.
func referredSheet(path string) string {
	switch path {
	case "provider":
		return "providers"
	case "from":
		return "assets"
	}
	return ""
}

func cutTo(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func (w *bookWriter) rows(s Sheet) error {
	sw, err := w.file.NewStreamWriter(s.Name)
	if err != nil {
		return err
	}
	err = errors.Join(
		sw.SetPanes(&excelize.Panes{Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight"}),
		sw.SetColWidth(1, len(s.cols), 20),
		sw.SetColStyle(1, len(s.cols), w.text),
	)
	for i, row := range s.Rows {
		cells := make([]any, len(row))
		for j, text := range row {
			cells[j] = w.cell(text, s.cols[j], i == 0)
		}
		err = errors.Join(err, sw.SetRow("A"+strconv.Itoa(i+1), cells))
	}
	return errors.Join(err, sw.Flush())
}

// cell gives text as text, never as a formula, and numbers as numbers.
func (w *bookWriter) cell(text string, c column, header bool) any {
	style := w.text
	if header {
		style = w.head
	}
	if v, err := strconv.ParseFloat(text, 64); err == nil && c.form == cellNumber && !header {
		return excelize.Cell{StyleID: style, Value: v}
	}
	if text == "" {
		return excelize.Cell{StyleID: style}
	}
	return excelize.Cell{StyleID: style, Value: text}
}
