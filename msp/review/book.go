package review

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mspscan/msp"
	"mspscan/msp/inventory"
	"mspscan/msp/waiver"
)

// The sheets of the workbook that hold decisions.
const (
	SheetFindings  = "Findings"
	SheetProviders = "Providers"
	SheetWaivers   = "Waivers"
)

// Book is what a person decided in a workbook: the set, the findings accepted
// there that no waiver of the run covers yet, and what could not be taken up.
type Book struct {
	Set
	Waivers []waiver.Waiver
	Notes   []Trouble
}

// ReadBook reads the yellow cells of a report's workbook. now bounds the expiry
// of waivers. The error is inventory.Diagnostics, all of them: an override
// without its reason, an accepted finding without what a waiver needs, a word
// that no list has, a row twice.
func ReadBook(f inventory.File, now time.Time) (Book, error) {
	sheets, err := inventory.ReadSheets(f, []string{SheetFindings, SheetProviders, SheetWaivers})
	if err != nil {
		return Book{}, err
	}
	b := &bookReader{now: now, waived: map[string]waiver.Waiver{}}
	for _, row := range b.rows(sheets[SheetWaivers], "Rule", "Subject", "State", "Findings", "Reason", "Justification", "Approved by", "Expires") {
		b.waiver(row)
	}
	seen := map[string]bool{}
	for _, row := range b.rows(sheets[SheetFindings], findingTitles()...) {
		if b.once(row, "Finding", seen, "Override", "Reason", "Owner", "Due") {
			b.finding(row)
		}
	}
	seen = map[string]bool{}
	for _, row := range b.rows(sheets[SheetProviders], "Id", "Name", "Override grade", "Reason", "Owner") {
		if b.once(row, "Id", seen, "Override grade", "Reason", "Owner") {
			b.provider(row)
		}
	}
	b.out.sorted()
	if len(b.problems) > 0 {
		return Book{}, b.problems
	}
	return b.out, nil
}

func findingTitles() []string {
	return []string{"Finding", "Rule", "Subject", "State", "Override", "Reason", "Status", "Owner", "Due", "Waived until", "Approved by", "Justification"}
}

type bookReader struct {
	now      time.Time
	out      Book
	waived   map[string]waiver.Waiver // by finding: the waivers of the run
	problems inventory.Diagnostics
}

// row is a row of a table: its cells by the title of the column.
type row map[string]inventory.Cell

// rows finds the header of a sheet's table by the first of the titles, and gives
// the rows below. Columns may stand in any order, with others between.
func (b *bookReader) rows(cells [][]inventory.Cell, titles ...string) []row {
	at := slices.IndexFunc(cells, func(r []inventory.Cell) bool { return len(r) > 1 && has(r, titles[0]) && has(r, titles[1]) })
	if at < 0 {
		b.errorf(cells[0][0], "use the workbook as mspscan wrote it", "the sheet has no header with %s and %s", titles[0], titles[1])
		return nil
	}
	columns := map[string]int{}
	for _, want := range titles {
		for i, c := range cells[at] {
			if c.Text != want {
				continue
			}
			if _, twice := columns[want]; twice {
				b.errorf(c, "keep one", "the column %s stands twice", want)
			}
			columns[want] = i
		}
		if _, ok := columns[want]; !ok {
			b.errorf(cells[at][0], "leave the columns as they were", "the column %s is missing", want)
			return nil
		}
	}
	var out []row
	for _, r := range cells[at+1:] {
		named := row{}
		for title, i := range columns {
			named[title] = inventory.Cell{Pos: msp.Pos{File: r[0].Pos.File, Sheet: r[0].Pos.Sheet, Line: r[0].Pos.Line, Column: i + 1}}
			if i < len(r) {
				named[title] = r[i]
			}
			if c := named[title]; c.Odd != "" {
				b.errorf(c, "write the value", "%s", c.Odd)
			}
		}
		out = append(out, named)
	}
	return out
}

func has(r []inventory.Cell, title string) bool {
	return slices.ContainsFunc(r, func(c inventory.Cell) bool { return c.Text == title })
}

// once reports whether a row is one of the tool's: it has an id, which no other
// row has. A row that somebody added and filled in is an error.
func (b *bookReader) once(r row, key string, seen map[string]bool, edits ...string) bool {
	id := r[key]
	if id.Text == "" {
		for _, e := range edits {
			if r[e].Text != "" {
				b.errorf(r[e], "edit the rows that are there; add none", "%s is filled in a row without an id", cellName(r[e].Pos))
			}
		}
		return false
	}
	if seen[id.Text] {
		b.errorf(id, "keep one row", "%s stands twice", id.Text)
		return false
	}
	seen[id.Text] = true
	return true
}

// waiver remembers which findings a waiver of the run covers.
func (b *bookReader) waiver(r row) {
	if r["State"].Text != "Active" {
		return
	}
	for id := range strings.SplitSeq(r["Findings"].Text, "\n") {
		b.waived[id] = waiver.Waiver{
			Reason: reasonKey(r["Reason"].Text), Justification: b.long(r["Justification"]), ApprovedBy: b.short(r["Approved by"]), Expires: b.day(r["Expires"]),
		}
	}
}

// reasonKey gives the reason of a waiver as its file names it.
func reasonKey(word string) string {
	for _, s := range Statuses() {
		if s.Word == word {
			return s.Waive
		}
	}
	return ""
}

func (b *bookReader) finding(r row) {
	f := Finding{ID: r["Finding"].Text, About: about(r["Rule"].Text, r["Subject"].Text), Owner: b.short(r["Owner"]), Due: b.day(r["Due"]), Pos: r["Finding"].Pos}
	if word := r["Override"]; word.Text != "" {
		if s, ok := severity(word.Text); ok {
			f.Severity = &s
		} else {
			b.errorf(word, "choose one of the list", "%s holds %q, which is no severity", cellName(word.Pos), word.Text)
		}
	}
	f.Reason = b.reason(r, "Override", "severity")
	b.status(r, &f)
	if f.Severity != nil || f.Status != "" || f.Owner != "" || f.Due.Known() {
		b.out.Findings = append(b.out.Findings, f)
	}
}

// severity reads "▽ Low", or the word alone.
func severity(text string) (msp.Severity, bool) {
	_, word, marked := strings.Cut(text, " ")
	if !marked {
		word = text
	}
	s, err := msp.ParseSeverity(word)
	return s, err == nil
}

// reason reads why a judgement was overruled.
func (b *bookReader) reason(r row, override, what string) string {
	over, why := r[override], r["Reason"]
	switch {
	case over.Text != "" && why.Text == "":
		b.errorf(why, "say why in "+cellName(why.Pos), "the override in %s has no reason", cellName(over.Pos))
	case over.Text == "" && why.Text != "":
		b.notef(why, "override the "+what+" too, or clear the reason", "the reason in %s belongs to no override and is left out", cellName(why.Pos))
		return ""
	}
	return b.long(why)
}

// status reads the state of a finding; an accepted one is a waiver.
func (b *bookReader) status(r row, f *Finding) {
	cell := r["Status"]
	i := slices.IndexFunc(Statuses(), func(s Status) bool { return s.Word == cell.Text })
	held, covered := b.waived[f.ID]
	switch {
	case cell.Text != "" && i < 0:
		b.errorf(cell, "choose one of the list", "%s holds %q, which is no status", cellName(cell.Pos), cell.Text)
	case i >= 0 && Statuses()[i].Waive != "":
		b.accepted(r, f.ID, Statuses()[i].Waive, held)
	case covered:
		b.notef(cell, "remove the waiver from its file", "%s says that finding %s counts, and a waiver of the run still covers it", cellName(cell.Pos), f.ID)
	case i >= 0 && (Statuses()[i].Key != StatusFixed || r["State"].Text != "Fixed"):
		f.Status = Statuses()[i].Key
	}
}

// accepted makes the waiver that a status stands for.
func (b *bookReader) accepted(r row, id, reason string, held waiver.Waiver) {
	w := waiver.Waiver{
		Rule: r["Rule"].Text, Subject: r["Subject"].Text, Finding: id, Reason: reason,
		Justification: b.long(r["Justification"]), ApprovedBy: b.short(r["Approved by"]), Expires: b.day(r["Waived until"]), Pos: r["Finding"].Pos,
	}
	same := w
	same.Rule, same.Subject, same.Finding, same.Pos = "", "", "", msp.Pos{}
	if same == held {
		return
	}
	for _, title := range []string{"Justification", "Approved by", "Waived until"} {
		if c := r[title]; c.Text == "" {
			b.errorf(c, "fill in "+cellName(c.Pos), "%s says %s, and %s is empty", cellName(r["Status"].Pos), r["Status"].Text, strings.ToLower(title))
		}
	}
	if last := latest(b.now, waiver.MaxDays); last.Before(w.Expires) {
		b.errorf(r["Waived until"], "write "+last.String()+" or earlier and look again then", "%s is more than %d days off", cellName(r["Waived until"].Pos), waiver.MaxDays)
	}
	b.out.Waivers = append(b.out.Waivers, w)
}

func (b *bookReader) provider(r row) {
	p := Provider{ID: r["Id"].Text, Grade: r["Override grade"].Text, Reason: b.reason(r, "Override grade", "grade"), Owner: b.short(r["Owner"]), Pos: r["Id"].Pos}
	if c := r["Override grade"]; c.Text != "" && !slices.Contains(Grades(), c.Text) {
		b.errorf(c, "choose one of the list", "%s holds %q, which is no grade", cellName(c.Pos), c.Text)
	}
	if p.Grade != "" || p.Owner != "" {
		b.out.Providers = append(b.out.Providers, p)
	}
}

// short reads a text of one line.
func (b *bookReader) short(c inventory.Cell) string {
	s := strings.Join(strings.Fields(b.clean(c)), " ")
	return b.bounded(c, s, maxShort)
}

// long reads a text that may have several lines.
func (b *bookReader) long(c inventory.Cell) string { return b.bounded(c, b.clean(c), maxText) }

// clean makes line ends alike and control characters visible.
func (b *bookReader) clean(c inventory.Cell) string {
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(c.Text, "\r\n", "\n"), "\r", "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(msp.Visible(strings.ReplaceAll(l, "\t", " ")))
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func (b *bookReader) bounded(c inventory.Cell, s string, most int) string {
	if n := utf8.RuneCountInString(s); n > most {
		b.errorf(c, "shorten it", "%s holds %d characters; at most %d are kept", cellName(c.Pos), n, most)
	}
	return s
}

func (b *bookReader) day(c inventory.Cell) msp.Date {
	if c.Text == "" {
		return msp.Date{}
	}
	day, _, _ := strings.Cut(c.Text, " ")
	d, err := msp.ParseDate(day)
	if err != nil {
		b.errorf(c, "write a day as YYYY-MM-DD", "%s holds %q, which is no day", cellName(c.Pos), c.Text)
	}
	return d
}

func (b *bookReader) errorf(c inventory.Cell, want, what string, args ...any) {
	b.problems = append(b.problems, inventory.Diagnostic{Pos: c.Pos, Problem: fmt.Sprintf(what, args...), Want: want})
}

func (b *bookReader) notef(c inventory.Cell, want, what string, args ...any) {
	b.out.Notes = append(b.out.Notes, Trouble{c.Pos, fmt.Sprintf(what, args...), want})
}

// cellName gives "H12" for a place in a sheet.
func cellName(p msp.Pos) string {
	name := ""
	for col := p.Column; col > 0; col = (col - 1) / 26 {
		name = string(rune('A'+(col-1)%26)) + name
	}
	return fmt.Sprintf("%s%d", name, p.Line)
}
