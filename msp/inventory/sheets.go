package inventory

import (
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
)

// The limits of a workbook that is no inventory.
const (
	MaxBook     = 128 << 20 // bytes of the file
	maxBookSize = 1 << 30   // bytes of all parts together
)

// Cell is a cell of a workbook as text, with its place. Odd says why it has no
// text that counts: it holds an error, or a formula without a result.
type Cell struct {
	Text string
	Odd  string
	Pos  msp.Pos
}

// ReadSheets reads sheets of a workbook of ours that is no inventory: the cells
// of each row that is not blank, by the name of the sheet. The workbook is read
// as strictly as an inventory; of a formula the stored value counts. Every named
// sheet must be there. The error is Diagnostics: with one, nothing is to be used.
func ReadSheets(f File, names []string) (map[string][][]Cell, error) {
	d := newDecoder([]File{f})
	d.sheets = []msp.Pos{{File: f.Name}}
	out, err := d.readSheets(f, names)
	if err != nil {
		what, want, _ := strings.Cut(err.Error(), "; ")
		d.errorf(node{line: 1, col: 1}, "%s", want, what)
	}
	if err := d.out.sorted().Err(); err != nil {
		return nil, err
	}
	return out, nil
}

func (d *decoder) readSheets(f File, names []string) (map[string][][]Cell, error) {
	b, err := openBookUpTo(f.Data, maxBookSize)
	if err != nil {
		return nil, err
	}
	listed, err := b.listed()
	if err != nil {
		return nil, err
	}
	x := &cellReader{rows: lastRow, odd: map[[2]int32]string{}}
	if err := x.shared(b); err != nil {
		return nil, err
	}
	if err := x.styles(b); err != nil {
		return nil, err
	}
	out := map[string][][]Cell{}
	for _, s := range listed {
		if !slices.Contains(names, s.name) {
			continue
		}
		d.sheets = append(d.sheets, msp.Pos{File: f.Name, Sheet: s.name})
		t, err := x.sheet(d, b, s.part, table{name: s.name, number: uint16(len(d.sheets) - 1)})
		if err != nil {
			return nil, err
		}
		out[s.name] = d.cellsOf(t, x.odd)
		clear(x.odd)
	}
	for _, name := range names {
		if out[name] == nil {
			return nil, fmt.Errorf("the workbook has no sheet %s, or it is empty; name a report that mspscan wrote", name)
		}
	}
	return out, nil
}

// cellsOf gives the rows of a table, its header first.
func (d *decoder) cellsOf(t table, odd map[[2]int32]string) [][]Cell {
	var out [][]Cell
	for _, row := range append([][]node{t.header}, t.rows...) {
		cells := make([]Cell, len(row))
		for i, n := range row {
			cells[i] = Cell{Text: n.text, Odd: odd[[2]int32{n.line, n.col}], Pos: d.at(n)}
		}
		if len(cells) > 0 {
			out = append(out, cells)
		}
	}
	return out
}
