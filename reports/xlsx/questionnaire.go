package xlsx

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/xuri/excelize/v2"

	"mspscan/msp"
	"mspscan/msp/questionnaire"
)

// Questionnaire writes a sheet of questions as a workbook: what it is for, and a
// protected table in which only the answers can be edited. The same sheet gives
// the same bytes. Letter prints on US Letter instead of A4.
type Questionnaire struct {
	Letter bool
}

// Render writes the workbook.
func (o Questionnaire) Render(w io.Writer, s questionnaire.Sheet) (err error) {
	q := &form{o: o, book: &book{f: excelize.NewFile(), o: Workbook{Letter: o.Letter}}, s: s}
	defer func() { err = errors.Join(err, q.f.Close()) }()
	for _, step := range []func() error{q.sheets, q.styles, q.start, q.questions, q.choices, q.protect, q.page} {
		if err := step(); err != nil {
			return fmt.Errorf("make questionnaire: %w", err)
		}
	}
	if err := q.lint.check(); err != nil {
		return fmt.Errorf("check questionnaire: %w", err)
	}
	if err := q.save(w); err != nil {
		return fmt.Errorf("write questionnaire: %w", err)
	}
	return nil
}

// form is a questionnaire in the making.
type form struct {
	*book
	o     Questionnaire
	s     questionnaire.Sheet
	looks [formLooks]int
}

// formLook is how a cell of a questionnaire is dressed.
type formLook int

const (
	formPlain   formLook = iota // locked text
	formStrong                  // locked, bold
	formHead                    // over what is given
	formHeadE                   // over what is answered
	formText                    // answer as text, so that nothing becomes a formula
	formGeneral                 // answer as number
	formDay                     // answer as a day
	formShut                    // an answer cell that this question has no use for
	formTitle
	formNote
	formLooks // how many
)

func (q *form) sheets() error {
	if err := q.f.SetSheetName("Sheet1", questionnaire.SheetStart); err != nil {
		return err
	}
	if _, err := q.f.NewSheet(questionnaire.SheetQuestions); err != nil {
		return err
	}
	q.lint.sheet(questionnaire.SheetStart)
	q.lint.sheet(questionnaire.SheetQuestions)
	day := q.s.Prepared.String() + "T00:00:00Z"
	if !q.s.Prepared.Known() {
		day = stampOr("")
	}
	return q.f.SetDocProps(&excelize.DocProperties{
		Title: "Security questions to " + text(q.s.PartyName), Creator: "mspscan", LastModifiedBy: "mspscan",
		Created: day, Modified: day, Language: "en-AU", Version: "1.0", Revision: "1",
	})
}

func (q *form) styles() error {
	line := excelize.Border{Type: "bottom", Color: rule, Style: 1}
	at := func(size float64, bold bool, color string) *excelize.Font {
		return &excelize.Font{Family: "Arial", Size: size, Bold: bold, Color: color}
	}
	wrap := &excelize.Alignment{Vertical: "top", WrapText: true}
	open := &excelize.Protection{Locked: false}
	for i, s := range []excelize.Style{ // in the order of the looks
		{Font: at(9, false, ink), Alignment: wrap, Border: []excelize.Border{line}},
		{Font: at(9, true, ink), Alignment: wrap, Border: []excelize.Border{line}},
		{Font: at(9, true, paper), Fill: solid(navy), Alignment: wrap},
		{Font: at(9, true, ink), Fill: solid("F2DE8A"), Alignment: wrap},
		{Font: at(9, false, ink), Fill: solid(edit), Alignment: wrap, Border: []excelize.Border{line}, Protection: open, NumFmt: 49},
		{Font: at(9, false, ink), Fill: solid(edit), Alignment: wrap, Border: []excelize.Border{line}, Protection: open},
		{Font: at(9, false, ink), Fill: solid(edit), Alignment: wrap, Border: []excelize.Border{line}, Protection: open, CustomNumFmt: ptr("yyyy-mm-dd")},
		{Font: at(9, false, faint), Fill: solid(calc), Border: []excelize.Border{line}},
		{Font: at(16, true, navy)},
		{Font: at(10, false, ink), Alignment: wrap},
	} {
		id, err := q.f.NewStyle(&s)
		if err != nil {
			return fmt.Errorf("add style: %w", err)
		}
		q.looks[i] = id
	}
	return nil
}

// put writes a text cell.
func (q *form) put(sheet string, column, row int, look formLook, s string) error {
	cell := cellName(column, row)
	if err := q.f.SetCellStyle(sheet, cell, cell, q.looks[look]); err != nil {
		return fmt.Errorf("dress %s: %w", cell, err)
	}
	if s == "" {
		return nil
	}
	if err := q.f.SetCellStr(sheet, cell, literal(text(s))); err != nil {
		return fmt.Errorf("write %s: %w", cell, err)
	}
	return nil
}

// literal keeps what looks like an escape of ECMA-376 part 1, 22.9.2.19 as it is:
// only the streams of the library do so by themselves.
func literal(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	escape := regexp.MustCompile(`^_x[0-9A-Fa-f]{4}_`)
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '_' && escape.MatchString(s[i:]) {
			b.WriteString("_x005F")
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// start writes who asks, about whom, until when and how to answer.
func (q *form) start() error {
	s := q.s
	heading, about := "Security questions to "+s.PartyName, s.PartyName+", as a provider of services"
	if s.Own {
		heading, about = "Security questions that only "+s.PartyName+" can answer", "its providers, as it sees them itself"
	}
	rows := [][2]string{
		{"Asked by", s.Organisation},
		{"About", about},
		{"Prepared on", s.Prepared.String()},
		{"Please answer by", s.Due.String()},
		{"Questions", fmt.Sprint(len(s.Rows)) + ", those that tell most first"},
	}
	if err := q.put(questionnaire.SheetStart, 1, 1, formTitle, heading); err != nil {
		return err
	}
	for i, r := range rows {
		if err := q.put(questionnaire.SheetStart, 1, 3+i, formStrong, r[0]); err != nil {
			return err
		}
		if err := q.put(questionnaire.SheetStart, 2, 3+i, formPlain, r[1]); err != nil {
			return err
		}
	}
	return q.howTo(4 + len(rows))
}

func (q *form) howTo(row int) error {
	for i, s := range []string{
		"How to answer",
		"1. Open the sheet Questions and fill in the yellow cells. The other cells are protected, so that the answers can be read back.",
		"2. Answer yes or no where you know, na where the question does not apply (say why), unknown where you do not know. An honest unknown is better than a guess: it is never counted as a yes.",
		"3. Evidence: attested means that you say so; verified means that a record shows it. Give its day and where it lies. Evidence counts for 24 months.",
		"4. Leave blank what you cannot answer yet. Do not sort, move or add columns, rows or sheets, and write no formulas.",
		"5. Send this file back, in this format, over a channel that is fit for what it says.",
	} {
		look, height := formNote, 30.0
		if i == 0 {
			look, height = formStrong, 18
		}
		first, last := cellName(1, row+i), cellName(2, row+i)
		if err := q.f.MergeCell(questionnaire.SheetStart, first, last); err != nil {
			return fmt.Errorf("join %s: %w", first, err)
		}
		if err := q.put(questionnaire.SheetStart, 1, row+i, look, s); err != nil {
			return err
		}
		if err := q.f.SetRowHeight(questionnaire.SheetStart, row+i, height); err != nil {
			return fmt.Errorf("set height: %w", err)
		}
	}
	if err := q.f.SetColWidth(questionnaire.SheetStart, "A", "A", 22); err != nil {
		return err
	}
	return q.f.SetColWidth(questionnaire.SheetStart, "B", "B", 78)
}

// formWidths gives the width of each column.
func formWidths() [questionnaire.Columns]float64 {
	return [questionnaire.Columns]float64{10, 10, 5, 24, 40, 38, 26, 30, 14, 11, 12, 30}
}

// questions writes the table.
func (q *form) questions() error {
	const sheet = questionnaire.SheetQuestions
	for i, title := range questionnaire.Titles() {
		look := formHead
		if i >= questionnaire.ColumnAnswer {
			look = formHeadE
		}
		if err := q.put(sheet, i+1, 1, look, title); err != nil {
			return err
		}
		name, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		if err := q.f.SetColWidth(sheet, name, name, formWidths()[i]); err != nil {
			return err
		}
	}
	if err := q.f.SetRowHeight(sheet, 1, 2*lineRoom+6); err != nil {
		return fmt.Errorf("set height: %w", err)
	}
	for i := range q.s.Rows {
		if err := q.question(i); err != nil {
			return err
		}
	}
	return q.f.SetSheetDimension(sheet, "A1:"+cellName(questionnaire.Columns, len(q.s.Rows)+1))
}

func (q *form) question(i int) error {
	const sheet = questionnaire.SheetQuestions
	r, row, lined := q.s.Rows[i], i+2, 1
	for c, s := range r.Cells(i + 1) {
		if err := q.put(sheet, c+1, row, answerLook(c, r.Field), s); err != nil {
			return err
		}
		if c > questionnaire.ColumnNumber {
			lined = max(lined, wraps(s, formWidths()[c]-1))
		}
	}
	if err := q.f.SetRowHeight(sheet, row, min(float64(lined)*lineRoom+6, 400)); err != nil {
		return fmt.Errorf("set height: %w", err)
	}
	return nil
}

// answerLook says which cells of a row are open: those that its form has a use
// for.
func answerLook(column int, f questionnaire.Field) formLook {
	switch {
	case column == questionnaire.ColumnQuestion:
		return formStrong
	case column < questionnaire.ColumnAnswer:
		return formPlain
	case !f.Open(column):
		return formShut
	case column == questionnaire.ColumnDate, column == questionnaire.ColumnAnswer && f.Form == questionnaire.FormDate:
		return formDay
	case column == questionnaire.ColumnAnswer && f.Form == questionnaire.FormCount:
		return formGeneral
	}
	return formText
}

// choices adds the drop-downs and the checks of days.
func (q *form) choices() error {
	for i, r := range q.s.Rows {
		row := i + 2
		if words := r.Field.Answers(); words != nil {
			if err := q.dropDown(questionnaire.ColumnAnswer, row, words); err != nil {
				return err
			}
		}
		if r.Field.Form == questionnaire.FormReply {
			if err := q.dropDown(questionnaire.ColumnEvidence, row, []string{msp.Attested.String(), msp.Verified.String()}); err != nil {
				return err
			}
			if err := q.day(questionnaire.ColumnDate, row); err != nil {
				return err
			}
		}
		if r.Field.Form == questionnaire.FormDate {
			if err := q.day(questionnaire.ColumnAnswer, row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (q *form) dropDown(column, row int, words []string) error {
	v := excelize.NewDataValidation(true)
	v.SetSqref(cellName(column+1, row))
	if err := v.SetDropList(words); err != nil {
		return fmt.Errorf("add drop-down: %w", err)
	}
	v.SetError(excelize.DataValidationErrorStyleStop, "Not one of the answers", "Choose one of the list.")
	return q.f.AddDataValidation(questionnaire.SheetQuestions, v)
}

// day lets only days in, from 1970 to 2100.
func (q *form) day(column, row int) error {
	v := excelize.NewDataValidation(true)
	v.SetSqref(cellName(column+1, row))
	if err := v.SetRange(25_569, 73_415, excelize.DataValidationTypeDate, excelize.DataValidationOperatorBetween); err != nil {
		return fmt.Errorf("add check: %w", err)
	}
	v.SetError(excelize.DataValidationErrorStyleStop, "Not a day", "Write the day as YYYY-MM-DD.")
	return q.f.AddDataValidation(questionnaire.SheetQuestions, v)
}

// protect locks all but the answers and hides the keys.
func (q *form) protect() error {
	if err := q.f.SetColVisible(questionnaire.SheetQuestions, "A:B", false); err != nil {
		return fmt.Errorf("hide keys: %w", err)
	}
	for _, sheet := range []string{questionnaire.SheetStart, questionnaire.SheetQuestions} {
		err := q.f.ProtectSheet(sheet, &excelize.SheetProtectionOptions{SelectLockedCells: true, SelectUnlockedCells: true, FormatRows: true})
		if err != nil {
			return fmt.Errorf("protect %s: %w", sheet, err)
		}
	}
	return nil
}

// page sets the view and the print-out.
func (q *form) page() error {
	const sheet = questionnaire.SheetQuestions
	err := q.f.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	if err != nil {
		return fmt.Errorf("freeze header: %w", err)
	}
	if err := q.define("_xlnm.Print_Titles", "'"+sheet+"'!$1:$1", sheet); err != nil {
		return err
	}
	size := 9 // A4
	if q.o.Letter {
		size = 1
	}
	for _, p := range [][2]string{{questionnaire.SheetStart, "portrait"}, {sheet, "landscape"}} {
		name, orientation := p[0], p[1]
		if err := q.f.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: ptr(true)}); err != nil {
			return fmt.Errorf("set page: %w", err)
		}
		if err := q.f.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &size, Orientation: &orientation, FitToWidth: ptr(1), FitToHeight: ptr(0)}); err != nil {
			return fmt.Errorf("set page: %w", err)
		}
		footer := "&L" + headerText(q.s.Organisation, 60) + "&C" + headerText(q.s.PartyName, 60) + "&RPage &P of &N"
		if err := q.f.SetHeaderFooter(name, &excelize.HeaderFooterOptions{OddFooter: footer}); err != nil {
			return fmt.Errorf("set footer: %w", err)
		}
		if err := q.f.SetSheetView(name, 0, &excelize.ViewOptions{ShowGridLines: ptr(false)}); err != nil {
			return fmt.Errorf("set view: %w", err)
		}
	}
	return nil
}
