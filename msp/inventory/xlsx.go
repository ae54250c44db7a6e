package inventory

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"mspscan/msp"
)

// workbook reads an XLSX inventory (ECMA-376 part 1). It is read by this package
// alone and strictly: a library that repairs what it can would hide errors.
func (d *decoder) workbook(f File) {
	d.sheets = []msp.Pos{{File: f.Name}}
	b, err := openBook(f.Data)
	if err == nil {
		err = d.readBook(f, b)
	}
	if err != nil {
		what, want, _ := strings.Cut(err.Error(), "; ")
		if want == "" {
			want = "save the workbook again"
		}
		d.errorf(node{line: 1, col: 1}, "%s", want, what)
	}
}

func (d *decoder) readBook(f File, b *book) error {
	listed, err := b.listed()
	if err != nil {
		return err
	}
	x := &cellReader{}
	if err := x.shared(b); err != nil {
		return err
	}
	if err := x.styles(b); err != nil {
		return err
	}
	var ts []table
	for _, s := range listed {
		d.sheets = append(d.sheets, msp.Pos{File: f.Name, Sheet: s.name})
		number := uint16(len(d.sheets) - 1)
		name, ok := d.sheetNamed(s.name, node{line: 1, col: 1, sheet: number})
		if !ok {
			continue
		}
		t, err := x.sheet(d, b, s.part, table{name: name, number: number})
		if err != nil {
			return fmt.Errorf("%w", err)
		}
		ts = append(ts, t)
	}
	if len(ts) == 0 {
		return fmt.Errorf("the workbook has no sheet of an inventory; the sheets are %s", someOf(sheetNames()))
	}
	d.tables(ts)
	return nil
}

// listedSheet is a sheet that the workbook part lists.
type listedSheet struct{ name, part string }

// listed gives the sheets in order, each with its part.
func (b *book) listed() ([]listedSheet, error) {
	targets, err := b.relations()
	if err != nil {
		return nil, err
	}
	x, err := b.part("xl/workbook.xml")
	if err != nil {
		return nil, err
	}
	var out []listedSheet
	seen := map[string]bool{}
	for {
		tok, err := x.next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		t, ok := tok.(xml.StartElement)
		if !ok || t.Name.Local != "sheet" {
			continue
		}
		s := listedSheet{attr(t, "name"), targets[relationID(t)]}
		folded := strings.ToLower(s.name)
		if _, there := b.parts[s.part]; !there || seen[folded] || len(out) == maxSheets {
			return nil, fmt.Errorf("the sheet %s cannot be found in the workbook, or it is there twice; save it again", quote(s.name))
		}
		seen[folded] = true
		out = append(out, s)
	}
}

// relationID gives the attribute r:id; sheetId is another one.
func relationID(t xml.StartElement) string {
	for _, a := range t.Attr {
		if a.Name.Local == "id" && a.Name.Space != "" {
			return a.Value
		}
	}
	return ""
}

// relations gives the parts that the workbook part refers to, by id. Targets
// outside of the container come to nothing.
func (b *book) relations() (map[string]string, error) {
	x, err := b.part("xl/_rels/workbook.xml.rels")
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for {
		tok, err := x.next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if t, ok := tok.(xml.StartElement); ok && t.Name.Local == "Relationship" && attr(t, "TargetMode") != "External" {
			target := attr(t, "Target")
			if !strings.HasPrefix(target, "/") {
				target = path.Join("xl", target)
			}
			out[attr(t, "Id")] = strings.TrimPrefix(path.Clean(target), "/")
		}
	}
}

// sheet reads the rows of a sheet.
func (c *cellReader) sheet(d *decoder, b *book, part string, t table) (table, error) {
	x, err := b.part(part)
	if err != nil {
		return t, err
	}
	row, rows, inRow := 0, 0, false
	var cells []node
	for {
		tok, err := x.next()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return t, err
		}
		switch e := tok.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "row":
				if row, err = rowNumber(attr(e, "r"), row); err != nil {
					return t, err
				}
				if rows++; rows > cmp.Or(c.rows, maxRows) {
					return t, fmt.Errorf("the sheet %s has more than %d rows; split it", t.name, cmp.Or(c.rows, maxRows))
				}
				cells, inRow = nil, true
			case "c":
				if !inRow {
					return t, x.broken()
				}
				if cells, err = c.cell(d, x, e, cells, node{line: int32(row), sheet: t.number}); err != nil {
					return t, err
				}
			}
		case xml.EndElement:
			if e.Name.Local == "row" {
				t.keep(cells)
				inRow = false
			}
		}
	}
}

// keep takes the first row with text as header, the others as rows.
func (t *table) keep(cells []node) {
	filled := false
	for _, c := range cells {
		filled = filled || !c.blank()
	}
	switch {
	case !filled:
	case t.header == nil:
		t.header = cells
	default:
		t.rows = append(t.rows, cells)
	}
}

const lastRow, lastColumn = 1 << 20, 1 << 14 // of the format

// rowNumber reads the number of a row, which may be left out.
func rowNumber(s string, before int) (int, error) {
	if s == "" {
		return before + 1, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n <= before || n > lastRow {
		return 0, fmt.Errorf("a row has the number %s after row %d; save the workbook again", quote(s), before)
	}
	return n, nil
}

// columnNumber reads the letters of a cell's reference; the number behind them
// must be the row's.
func columnNumber(ref string, row, before int) (int, error) {
	if ref == "" {
		return before + 1, nil
	}
	n, i := 0, 0
	for ; i < len(ref) && i < 4 && ref[i] >= 'A' && ref[i] <= 'Z'; i++ {
		n = n*26 + int(ref[i]-'A') + 1
	}
	if n == 0 || n > lastColumn || ref[i:] != strconv.Itoa(row) {
		return 0, fmt.Errorf("a cell of row %d has the reference %s; save the workbook again", row, quote(ref))
	}
	return n, nil
}
