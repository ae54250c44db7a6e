package inventory

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// cellReader turns cells into text: shared strings, inline strings, numbers,
// dates by their style, booleans.
type cellReader struct {
	strings []string
	dates   []bool              // by style: the number is a date
	date4   bool                // days count from 1904
	rows    int                 // most rows of a sheet; 0 = maxRows
	odd     map[[2]int32]string // by row and column: what is wrong with a cell; nil = an error at once
	plain   bool                // a cell with a formula is refused, whatever its result
}

// cell reads the cell whose start is at hand and adds it to the row.
func (c *cellReader) cell(d *decoder, x *xmlReader, start xml.StartElement, cells []node, at node) ([]node, error) {
	col, err := columnNumber(attr(start, "r"), int(at.line), len(cells))
	if err != nil {
		return nil, err
	}
	if col > maxColumns || col <= len(cells) && !cells[col-1].blank() {
		return nil, fmt.Errorf("the cell %s is too far right or there twice; save the workbook again", quote(attr(start, "r")))
	}
	for len(cells) < col {
		cells = append(cells, node{line: at.line, col: int32(len(cells) + 1), sheet: at.sheet})
	}
	at.col = int32(col)
	raw, err := rawCell(x)
	if err != nil {
		return nil, err
	}
	text, what, want := c.value(start, raw)
	switch {
	case what != "" && c.odd != nil:
		c.odd[[2]int32{at.line, at.col}] = what
	case what != "":
		d.errorf(at, "%s", want, what)
		d.lossy = true
	}
	at.text = strings.TrimSpace(text)
	cells[col-1] = at
	return cells, nil
}

// raw is what stands inside a cell.
type raw struct {
	value, inline string
	formula, has  bool // has a formula, has a value
}

func rawCell(x *xmlReader) (raw, error) {
	var r raw
	var path []string
	for {
		tok, err := x.next()
		if err != nil {
			return r, x.broken()
		}
		switch t := tok.(type) {
		case xml.StartElement:
			path = append(path, t.Name.Local)
			r.formula = r.formula || t.Name.Local == "f"
		case xml.EndElement:
			if len(path) == 0 {
				return r, nil
			}
			path = path[:len(path)-1]
		case xml.CharData:
			switch last(path) {
			case "v":
				r.value, r.has = r.value+string(t), true
			case "t":
				if !contains(path, "rPh") { // the reading of a word, not the word
					r.inline += string(t)
				}
			}
		}
	}
}

func last(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return path[len(path)-1]
}

func contains(path []string, name string) bool {
	for _, p := range path {
		if p == name {
			return true
		}
	}
	return false
}

// value gives the text of a cell, or what is wrong with it.
func (c *cellReader) value(start xml.StartElement, r raw) (text, what, want string) {
	kind := attr(start, "t")
	switch {
	case kind == "e":
		return "", "the cell holds the error " + r.value, "correct the formula, or write the value"
	case c.plain && r.formula:
		return "", "the cell holds a formula", "write the value"
	case r.formula && !r.has:
		return "", "the cell holds a formula without a result", "write the value"
	case kind == "inlineStr":
		return unescape(r.inline), "", ""
	case kind == "s":
		n, err := strconv.Atoi(strings.TrimSpace(r.value))
		if err != nil || n < 0 || n >= len(c.strings) {
			return "", "the cell refers to the text " + quote(r.value) + ", which is not there", "save the workbook again"
		}
		return c.strings[n], "", ""
	case kind == "str":
		return unescape(r.value), "", ""
	case kind == "b":
		return map[bool]string{true: "true", false: "false"}[strings.TrimSpace(r.value) == "1"], "", ""
	case kind == "d":
		day, _, _ := strings.Cut(r.value, "T")
		return day, "", ""
	}
	return c.number(strings.TrimSpace(r.value), attr(start, "s")), "", ""
}

// number gives a number as people write it, or a date by the style of its cell.
func (c *cellReader) number(s, style string) string {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return s
	}
	if n, err := strconv.Atoi(style); err == nil && n >= 0 && n < len(c.dates) && c.dates[n] && v >= 1 && v < 2_958_466 {
		epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC) // ECMA-376 part 1, 18.17.4.1
		if c.date4 {
			epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		return epoch.AddDate(0, 0, int(v)).Format(time.DateOnly)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// unescape turns _xHHHH_ into the UTF-16 unit that it stands for (ECMA-376 part
// 1, 22.9.2.19).
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var units []uint16
	for i := 0; i < len(s); {
		if n, err := strconv.ParseUint(hexOf(s[i:]), 16, 16); err == nil {
			units = append(units, uint16(n))
			i += 7
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		units = utf16.AppendRune(units, r)
		i += size
	}
	return string(utf16.Decode(units))
}

func hexOf(s string) string {
	if len(s) < 7 || s[:2] != "_x" || s[6] != '_' {
		return ""
	}
	return s[2:6]
}

// shared reads the shared strings.
func (c *cellReader) shared(b *book) error {
	const name = "xl/sharedStrings.xml"
	if _, ok := b.parts[name]; !ok {
		return nil
	}
	x, err := b.part(name)
	if err != nil {
		return err
	}
	for {
		tok, err := x.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if t, ok := tok.(xml.StartElement); ok && t.Name.Local == "si" {
			r, err := rawCell(x)
			if err != nil {
				return err
			}
			c.strings = append(c.strings, unescape(r.inline))
		}
	}
}

// styles finds which cell styles show a number as a date, and from which year
// days count.
func (c *cellReader) styles(b *book) error {
	c.date4 = strings.Contains(string(b.parts["xl/workbook.xml"]), `date1904="1"`) || strings.Contains(string(b.parts["xl/workbook.xml"]), `date1904="true"`)
	if _, ok := b.parts["xl/styles.xml"]; !ok {
		return nil
	}
	x, err := b.part("xl/styles.xml")
	if err != nil {
		return err
	}
	own := map[string]bool{}
	inCells := false
	for {
		tok, err := x.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "numFmt":
				own[attr(t, "numFmtId")] = dateFormat(attr(t, "formatCode"))
			case "cellXfs":
				inCells = true
			case "xf":
				if inCells {
					id := attr(t, "numFmtId")
					n, err := strconv.Atoi(id)
					c.dates = append(c.dates, own[id] || err == nil && (n >= 14 && n <= 17 || n == 22))
				}
			}
		case xml.EndElement:
			inCells = inCells && t.Name.Local != "cellXfs"
		}
	}
}

// dateFormat reports whether a number format shows a day.
func dateFormat(code string) bool {
	var b strings.Builder
	inQuote, inBracket := false, false
	for i := 0; i < len(code); i++ {
		switch ch := code[i]; {
		case ch == '"':
			inQuote = !inQuote
		case ch == '\\':
			i++
		case ch == '[':
			inBracket = true
		case ch == ']':
			inBracket = false
		case !inQuote && !inBracket:
			b.WriteByte(ch | 0x20)
		}
	}
	return strings.ContainsAny(b.String(), "yd")
}
