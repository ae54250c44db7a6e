package xlsx

import (
	"fmt"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

func (s *stream) dropDown(ref, list string) error {
	dv := excelize.NewDataValidation(true)
	dv.Sqref = ref
	dv.SetSqrefDropList(list)
	dv.SetError(excelize.DataValidationErrorStyleStop, "Not in the list", "Choose one of the values of the list, or clear the cell.")
	s.b.lint.uses(list)
	if err := s.b.f.AddDataValidation(s.sheet, dv); err != nil {
		return fmt.Errorf("add drop-down: %w", err)
	}
	return nil
}

// link adds a link within the book; no other kind is ever made.
func (s *stream) link(cell, target, tip string) error {
	s.links++
	s.b.lint.link(s.sheet, target, s.links)
	if err := s.b.f.SetCellHyperLink(s.sheet, cell, target, "Location", excelize.HyperlinkOpts{Tooltip: &tip}); err != nil {
		return fmt.Errorf("add link: %w", err)
	}
	return nil
}

// mark adds a conditional format by a formula or a value.
func (s *stream) mark(ref, criteria, value, fill, color string) error {
	s.b.lint.color(fill)
	s.b.lint.color(color)
	format, err := s.b.f.NewConditionalStyle(&excelize.Style{
		Font: &excelize.Font{Color: color, Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{fill}},
	})
	if err != nil {
		return fmt.Errorf("make format: %w", err)
	}
	o := excelize.ConditionalFormatOptions{Type: "formula", Criteria: value, Format: &format}
	if criteria != "" {
		o = excelize.ConditionalFormatOptions{Type: "cell", Criteria: criteria, Value: value, Format: &format}
	}
	if err := s.b.f.SetConditionalFormat(s.sheet, ref, []excelize.ConditionalFormatOptions{o}); err != nil {
		return fmt.Errorf("add format: %w", err)
	}
	return nil
}

// cellName gives "B7" for column 2, row 7.
func cellName(col, row int) string {
	return colName(col) + strconv.Itoa(row)
}

// colName gives the letters of a column, from 1.
func colName(col int) string {
	name := ""
	for ; col > 0; col = (col - 1) / 26 {
		name = string(rune('A'+(col-1)%26)) + name
	}
	return name
}

// fixed gives "Sheet!$B$7".
func fixed(sheet string, col, row int) string {
	return fmt.Sprintf("'%s'!$%s$%d", sheet, colName(col), row)
}

// excelDay gives the serial number of a day, as cells keep it.
func excelDay(t time.Time) float64 {
	return t.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24
}
