package questionnaire

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
)

// Cells gives the row as texts, numbered n; the answer cells are blank.
func (r Row) Cells(n int) []string {
	cells := make([]string, Columns)
	cells[ColumnKey], cells[ColumnCheck], cells[ColumnNumber] = r.Key, r.Check, strconv.Itoa(n)
	cells[ColumnAbout], cells[ColumnQuestion], cells[ColumnWhy] = r.About, r.Question, r.Why
	cells[ColumnSource], cells[ColumnGuidance] = r.Source, r.Guidance
	return cells
}

// WriteCSV writes the sheet as CSV (RFC 4180) in UTF-8 with a byte order mark,
// by which spreadsheets know it. guard makes a text harmless in a spreadsheet.
func WriteCSV(w io.Writer, s Sheet, guard func(string) string) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("write questionnaire: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(Titles()); err != nil {
		return fmt.Errorf("write questionnaire: %w", err)
	}
	for i, r := range s.Rows {
		cells := r.Cells(i + 1)
		for k := range cells {
			cells[k] = guard(cells[k])
		}
		if err := out.Write(cells); err != nil {
			return fmt.Errorf("write questionnaire: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write questionnaire: %w", err)
	}
	return nil
}
