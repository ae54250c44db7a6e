package inventory

import (
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/questionnaire"
)

// ReadAnswers reads a filled-in questionnaire, an XLSX workbook or CSV by the
// ending of its name. Rows that are blank in the answer columns count too. The
// error is Diagnostics: with one, nothing of the file is to be used.
func ReadAnswers(f File) ([]questionnaire.Answer, error) {
	d := newDecoder([]File{f})
	var t table
	ok := false
	switch format(f.Name) {
	case "xlsx":
		t, ok = d.answerSheet(f)
	case "csv":
		d.sheets = []msp.Pos{{File: f.Name}}
		t, ok = d.csvFile(f, table{name: questionnaire.SheetQuestions})
	default:
		d.sheets = []msp.Pos{{File: f.Name}}
		d.errorf(node{line: 1, col: 1}, "%s", "name the file that came back", "a questionnaire is an .xlsx or .csv file")
	}
	var answers []questionnaire.Answer
	if ok && d.titles(t) {
		answers = d.answers(t)
	}
	if err := d.out.sorted().Err(); err != nil {
		return nil, err
	}
	return answers, nil
}

// answerSheet reads the sheet of the questions. The workbook is read as strictly
// as an inventory, and no cell may be calculated.
func (d *decoder) answerSheet(f File) (table, bool) {
	d.sheets = []msp.Pos{{File: f.Name}}
	t, err := d.readAnswerSheet(f)
	if err == nil {
		return t, true
	}
	what, want, _ := strings.Cut(err.Error(), "; ")
	d.errorf(node{line: 1, col: 1}, "%s", want, what)
	return table{}, false
}

func (d *decoder) readAnswerSheet(f File) (table, error) {
	b, err := openBook(f.Data)
	if err != nil {
		return table{}, err
	}
	listed, err := b.listed()
	if err != nil {
		return table{}, err
	}
	part := ""
	for _, s := range listed {
		switch s.name {
		case questionnaire.SheetQuestions:
			part = s.part
		case questionnaire.SheetStart:
		default:
			return table{}, fmt.Errorf("the sheet %s is none of a questionnaire; remove it: the sheets are %s and %s", quote(s.name), questionnaire.SheetStart, questionnaire.SheetQuestions)
		}
	}
	if part == "" {
		return table{}, fmt.Errorf("the workbook has no sheet %s; name the questionnaire that mspscan wrote", questionnaire.SheetQuestions)
	}
	x := &cellReader{plain: true}
	if err := x.shared(b); err != nil {
		return table{}, err
	}
	if err := x.styles(b); err != nil {
		return table{}, err
	}
	d.sheets = append(d.sheets, msp.Pos{File: f.Name, Sheet: questionnaire.SheetQuestions})
	return x.sheet(d, b, part, table{name: questionnaire.SheetQuestions, number: 1})
}

// titles holds the header against the columns of a questionnaire, which keep
// their places.
func (d *decoder) titles(t table) bool {
	want := questionnaire.Titles()
	ok := true
	for i, title := range want {
		cell := node{line: 1, col: int32(i + 1), sheet: t.number}
		if i < len(t.header) {
			cell = t.header[i]
		}
		if cell.text == title {
			continue
		}
		ok = false
		if at := slices.IndexFunc(t.header, func(n node) bool { return n.text == title }); at >= 0 {
			d.errorf(cell, "column %d is headed %s: the column %s was moved to place %d", "move the columns back", i+1, cell.what(), title, at+1)
			return false
		}
		d.errorf(cell, "column %d is headed %s, not %s", "leave the columns as they were sent", i+1, cell.what(), title)
	}
	for _, cell := range t.header[min(len(want), len(t.header)):] {
		if !cell.blank() {
			d.errorf(cell, "the column %s is none of a questionnaire", "remove it", cell.what())
			ok = false
		}
	}
	return ok
}

// answers reads the rows.
func (d *decoder) answers(t table) []questionnaire.Answer {
	var out []questionnaire.Answer
	for _, cells := range t.rows {
		var row [questionnaire.Columns]string
		at := node{line: cells[0].line, col: 1, sheet: t.number}
		stray := false
		for i, c := range cells {
			if i < len(row) {
				row[i] = unguarded(c.text)
			} else if !c.blank() {
				d.errorf(c, "a cell beyond the last column holds %s", "write it into the columns for answers", c.what())
				stray = true
			}
		}
		a := questionnaire.Answer{
			Key: row[questionnaire.ColumnKey], Answer: row[questionnaire.ColumnAnswer], Evidence: row[questionnaire.ColumnEvidence],
			Date: row[questionnaire.ColumnDate], Comment: row[questionnaire.ColumnComment], Pos: d.at(at),
		}
		check := questionnaire.Check(a.Key, row[questionnaire.ColumnAbout], row[questionnaire.ColumnQuestion])
		switch {
		case stray || strings.Join(row[:], "") == "":
		case a.Key == "":
			d.errorf(at, "a row without a key", "answer in the rows that were sent; add none")
		case row[questionnaire.ColumnCheck] != check:
			d.errorf(at, "the question does not belong to the key %s", "rows were sorted in part or a question was changed: answer in the sheet as it was sent", quote(a.Key))
		default:
			out = append(out, a)
		}
	}
	return out
}
