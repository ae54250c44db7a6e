package inventory

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"mspscan/msp"
)

// Limits of sheets, CSV and XLSX alike.
const (
	maxRows    = 100_000
	maxColumns = 500
	maxLine    = 1 << 20 // bytes of a line of CSV
)

// csvFiles reads the CSV files (RFC 4180) of one inventory: each is the sheet
// that its name says.
func (d *decoder) csvFiles(files []File) {
	d.sheets = d.sheets[:0]
	var ts []table
	for i, f := range files {
		d.sheets = append(d.sheets, msp.Pos{File: f.Name})
		place := node{line: 1, col: 1, sheet: uint16(i)}
		base := path.Base(strings.ReplaceAll(f.Name, `\`, "/"))
		name, ok := d.sheetNamed(strings.TrimSuffix(base, path.Ext(base)), place)
		if !ok {
			continue
		}
		if t, ok := d.csvFile(f, table{name: name, number: uint16(i)}); ok {
			ts = append(ts, t)
		} else {
			d.lossy = true
		}
	}
	switch {
	case len(ts) > 0:
		d.tables(ts)
	case d.out.errs == 0:
		d.errorf(node{line: 1, col: 1}, "no sheet of an inventory", "name the files "+strings.Join(sheetNames(), ".csv, ")+".csv")
	}
}

// csvFile reads one file into t.
func (d *decoder) csvFile(f File, t table) (table, bool) {
	data := bytes.TrimPrefix(f.Data, utf8BOM)
	bad := checkText(data)
	if len(bad) == 0 {
		bad = longLines(data)
	}
	for _, p := range bad {
		d.errorf(node{line: int32(p.line), col: int32(p.col), sheet: t.number}, "%s", p.want, p.what)
	}
	if len(bad) > 0 {
		return t, false
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.FieldsPerRecord = separator(data), -1
	for {
		cells, err := record(r, t.number)
		switch {
		case errors.Is(err, io.EOF):
			return t, true
		case err != nil:
			d.csvError(err, t)
			return t, false
		case len(cells) > maxColumns || len(t.rows) >= maxRows:
			d.errorf(cells[0], "more than %d columns or %d rows", "split the inventory", maxColumns, maxRows)
			return t, false
		case t.header == nil:
			t.header = cells
		default:
			t.rows = append(t.rows, cells)
		}
	}
}

func longLines(data []byte) []problem {
	for line := 1; len(data) > 0; line++ {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			i = len(data) - 1
		}
		if i > maxLine {
			return []problem{{line, 1, "a line of more than a million bytes", "begin a new line for each row"}}
		}
		data = data[i+1:]
	}
	return nil
}

// separator finds what stands between the fields of the header: spreadsheets of
// some countries write semicolons or tabs.
func separator(data []byte) rune {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	best := ','
	for _, c := range ";\t" {
		if bytes.Count(line, []byte(string(c))) > bytes.Count(line, []byte(string(best))) {
			best = c
		}
	}
	return best
}

// record reads the next row; places are those of the text, so that editors find
// them.
func record(r *csv.Reader, sheet uint16) ([]node, error) {
	fields, err := r.Read()
	if err != nil {
		return nil, err
	}
	cells := make([]node, len(fields))
	for i, text := range fields {
		line, col := r.FieldPos(i)
		cells[i] = node{text: unguarded(strings.TrimSpace(text)), line: int32(line), col: int32(col), sheet: sheet}
	}
	return cells, nil
}

// unguarded removes the apostrophe that keeps spreadsheets from reading a text
// as a formula.
func unguarded(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.IndexByte("=+-@\t\r", s[1]) >= 0 {
		return s[1:]
	}
	return s
}

func (d *decoder) csvError(err error, t table) {
	var pe *csv.ParseError
	place := node{line: 1, col: 1, sheet: t.number}
	what := err.Error()
	if errors.As(err, &pe) {
		place.line, place.col, what = int32(pe.Line), int32(max(pe.Column, 1)), pe.Err.Error()
	}
	want := "put a field with quotes, commas or line ends in quotes, and double the quotes in it"
	if !utf8.ValidString(what) {
		what = "not readable as CSV"
	}
	d.errorf(place, "%s", want, "not readable as CSV: "+what)
}
