package xlsx

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// The rows of every table sheet: title, note, header, then data.
const (
	titleRow  = 1
	backRow   = 2
	noteRow   = 3
	headRow   = 4
	firstRow  = 5
	maxRows   = 1_048_576
	lineRoom  = 12.0 // points a line of text takes
	mostLines = 9    // of a row

	unprintedLines = 2 // that a column off the page may ask for
)

// column is one column of a table.
type column struct {
	title string
	width float64
	look  look
	list  string // defined name of the drop-down, "" = none
}

// table is a sheet that holds one table.
type table struct {
	sheet   string
	title   string
	note    string
	name    string // of the table
	columns []column
	n       int
	omitted int                    // further rows that the report does not have
	row     func(i, row int) []any // one value a column; row is the sheet's row
	freeze  int                    // columns that stay in sight
	printed string                 // title of the last column that is printed, "" = all
	tall    int                    // most lines of a row, 0 = mostLines; longer texts show when the cell is opened
	jump    string                 // words of a link to what stands below the table, "" = nothing
	below   func(s *stream) error  // writes it, from row t.last()+2 on; may be nil
	dress   func(s *stream) error  // conditional formats, links, …; may be nil
}

// stream is a sheet that is being written.
type stream struct {
	b     *book
	w     *excelize.StreamWriter
	t     *table
	sheet string
	links int
}

// live is a formula with the value that it has now.
type live struct {
	formula string
	value   any
}

// write streams the table and sets up its sheet.
func (t *table) write(b *book) error {
	s, err := b.open(t.sheet)
	if err != nil {
		return err
	}
	s.t = t
	if t.n > maxRows-headRow {
		return fmt.Errorf("%d rows do not fit one sheet", t.n)
	}
	if err := s.columns(t.columns); err != nil {
		return err
	}
	if err := s.panes(t.freeze); err != nil {
		return err
	}
	if err := s.top(); err != nil {
		return err
	}
	if err := s.data(); err != nil {
		return err
	}
	if t.below != nil {
		if err := t.below(s); err != nil {
			return err
		}
	}
	if err := s.setUp(); err != nil {
		return err
	}
	return s.close()
}

// open starts streaming a sheet.
func (b *book) open(name string) (*stream, error) {
	w, err := b.f.NewStreamWriter(name)
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	return &stream{b: b, w: w, sheet: name}, nil
}

func (s *stream) close() error {
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	return nil
}

func (s *stream) columns(list []column) error {
	for i, c := range list {
		if err := s.w.SetColWidth(i+1, i+1, c.width); err != nil {
			return fmt.Errorf("set width: %w", err)
		}
	}
	return nil
}

func (s *stream) panes(columns int) error {
	err := s.w.SetPanes(&excelize.Panes{
		Freeze: true, XSplit: columns, YSplit: headRow, TopLeftCell: cellName(columns+1, firstRow), ActivePane: "bottomRight",
		Selection: []excelize.Selection{{SQRef: cellName(columns+1, firstRow), ActiveCell: cellName(columns+1, firstRow), Pane: "bottomRight"}},
	})
	if err != nil {
		return fmt.Errorf("freeze header: %w", err)
	}
	return nil
}

// top writes title, note with the way back, and the header.
func (s *stream) top() error {
	st := s.b.style.id
	if err := s.set(titleRow, 24, excelize.Cell{StyleID: st[title], Value: s.t.title}); err != nil {
		return err
	}
	ways := []any{excelize.Cell{StyleID: st[back], Value: "← Index"}}
	if s.t.jump != "" {
		ways = append(ways, excelize.Cell{StyleID: st[back], Value: s.t.jump})
	}
	if err := s.set(backRow, 14, ways...); err != nil {
		return err
	}
	words := s.t.note
	if s.t.omitted > 0 {
		words = fmt.Sprintf("%d rows that matter least are left out. ", s.t.omitted) + words
	}
	if s.t.n == 0 {
		words = "Nothing to show here. " + words
	}
	if err := s.set(noteRow, 16, excelize.Cell{StyleID: st[note], Value: words}); err != nil {
		return err
	}
	cells := make([]any, len(s.t.columns))
	titles := make([]string, len(cells))
	lined := 1
	for i, c := range s.t.columns {
		cells[i], titles[i] = excelize.Cell{StyleID: st[headOf(c.look)], Value: c.title}, c.title
		lined = max(lined, wraps(c.title, c.width-1))
	}
	s.b.lint.table(s.t.name, titles)
	return s.set(headRow, float64(lined)*lineRoom+8, cells...)
}

// headOf gives the header of a column its colour: yellow over cells that may be
// edited, grey over calculated ones.
func headOf(l look) look {
	switch l {
	case number, decimal, hundredth, percent, money:
		return headR
	case numberC, decimalC, hundredthC, moneyC:
		return headRC
	case numberE, moneyE, smallE:
		return headE
	case plainE, wrappedE, dateE, centredE:
		return headE
	case plainC, dateC, centredC:
		return headC
	}
	return head
}

// set writes a row of cells from column A.
func (s *stream) set(row int, height float64, cells ...any) error {
	if err := s.w.SetRow(cellName(1, row), cells, excelize.RowOpts{Height: height}); err != nil {
		return fmt.Errorf("write row %d: %w", row, err)
	}
	return nil
}

// data writes the rows; a table without rows gets an empty one, since a table
// has at least one.
func (s *stream) data() error {
	t, cells, buffer := s.t, make([]excelize.Cell, len(s.t.columns)), make([]any, len(s.t.columns))
	for k := range buffer {
		buffer[k] = &cells[k] // filled anew for each row
	}
	most, shown := cmp.Or(t.tall, mostLines), t.shown()
	for i := range t.n {
		row := firstRow + i
		lined := 1
		for k, v := range t.row(i, row) {
			cells[k] = s.cell(v, t.columns[k].look)
			room := most
			if k >= shown {
				room = min(most, unprintedLines)
			}
			lined = max(lined, min(room, linesOf(v, t.columns[k])))
		}
		if err := s.set(row, float64(lined)*lineRoom+4, buffer...); err != nil {
			return err
		}
	}
	if t.n == 0 {
		for k := range cells {
			cells[k] = s.cell(nil, t.columns[k].look)
		}
		return s.set(firstRow, lineRoom+4, buffer...)
	}
	return nil
}

// cell dresses a value. Text goes in as string only.
func (s *stream) cell(v any, l look) excelize.Cell {
	id := s.b.style.id[l]
	if s.t == nil {
		id = s.b.style.middle[l]
	}
	if f, ok := v.(live); ok {
		return excelize.Cell{StyleID: id, Formula: f.formula, Value: f.value}
	}
	return excelize.Cell{StyleID: id, Value: v}
}

// linesOf gives how many lines a value takes in its column.
func linesOf(v any, c column) int {
	t, ok := v.(string)
	if !ok || c.look != wrapped && c.look != wrappedE && c.look != field {
		return 1
	}
	return wraps(t, c.width)
}

// narrow is the width of a usual letter of the cells' type in the unit of column
// widths, a digit of the standard type, with some reserve.
const narrow = 0.87

// wraps gives the lines that a text takes at a width of so many characters.
func wraps(t string, width float64) int {
	n := 0
	for line := range strings.SplitSeq(t, "\n") {
		if n++; n > mostLines {
			break
		}
		n += int(float64(max(utf8.RuneCountInString(line)-1, 0)) * narrow / math.Max(width, 4))
	}
	return n
}

// last gives the last data row, firstRow at least.
func (t *table) last() int { return max(firstRow, headRow+t.n) }

// insert adds columns behind the one with a title.
func (t *table) insert(after string, columns []column) {
	t.columns = slices.Insert(t.columns, t.col(after), columns...)
}

// shown gives how many columns are printed.
func (t *table) shown() int {
	if t.printed == "" {
		return len(t.columns)
	}
	return t.col(t.printed)
}

// The characters of column width that a landscape page takes while its letters
// stay readable.
const (
	perPage  = 248.0 // A4 or Letter
	perSheet = 345.0 // A3 or Tabloid
)

// onPaper gives whether the table needs the larger paper, and how many pages
// stand side by side.
func (t *table) onPaper() (large bool, wide int) {
	total := 0.0
	for _, c := range t.columns[:t.shown()] {
		total += c.width
	}
	if total <= perPage {
		return false, 1
	}
	return true, int(math.Ceil(total / perSheet))
}

// ref gives the range of a column's data.
func (t *table) ref(col int) string {
	return cellName(col, firstRow) + ":" + cellName(col, t.last())
}

// col gives the number of the column with a title, from 1.
func (t *table) col(title string) int {
	for i, c := range t.columns {
		if c.title == title {
			return i + 1
		}
	}
	return 0
}

// setUp adds filter, drop-downs, formats, link and print settings.
func (s *stream) setUp() error {
	t := s.t
	if err := s.w.AddTable(&excelize.Table{Range: cellName(1, headRow) + ":" + cellName(len(t.columns), t.last()), Name: t.name, ShowRowStripes: ptr(false)}); err != nil {
		return fmt.Errorf("add table: %w", err)
	}
	for i, c := range t.columns {
		if c.list == "" {
			continue
		}
		if err := s.dropDown(t.ref(i+1), c.list); err != nil {
			return err
		}
	}
	if err := s.link(cellName(1, backRow), "'"+s.b.index+"'!A1", "Back to the index"); err != nil {
		return err
	}
	if t.dress != nil {
		if err := t.dress(s); err != nil {
			return err
		}
	}
	large, wide := t.onPaper()
	l := layout{landscape: true, large: large, wide: wide, titles: s.titles(wide)}
	if t.printed != "" {
		l.area = fmt.Sprintf("$A$1:$%s$%d", colName(t.shown()), t.last())
	}
	return s.print(l)
}

// titles gives what repeats on each printed page: the header, and over several
// pages in width the columns that stay in sight.
func (s *stream) titles(wide int) string {
	rows := fmt.Sprintf("$%d:$%d", headRow, headRow)
	if wide < 2 {
		return rows
	}
	return fmt.Sprintf("$A:$%s,'%s'!%s", colName(s.t.freeze), s.sheet, rows)
}
