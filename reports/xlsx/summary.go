package xlsx

import (
	"fmt"
	"strings"

	"mspscan/reports"
)

// The columns of the summary: one wide for words, seven for numbers.
const (
	wideColumn   = 42
	numberColumn = 11.8
	lastColumn   = 8
	topN         = 5
)

// page writes a sheet that is laid out by hand, row after row.
type page struct {
	*stream
	row int
}

// summary writes the page that is read first: one printed page.
func (b *book) summary() error {
	s, err := b.open(sheetSummary)
	if err != nil {
		return err
	}
	p := &page{stream: s}
	widths := []column{{width: wideColumn}}
	for range lastColumn - 1 {
		widths = append(widths, column{width: numberColumn})
	}
	if err := s.columns(widths); err != nil {
		return err
	}
	for _, part := range []func() error{p.title, p.headline, p.words, p.severityTable, p.gradeTable, p.topProviders, p.topActions, p.coverage} {
		if err := part(); err != nil {
			return err
		}
	}
	if err := s.print(layout{one: true, area: fmt.Sprintf("$A$1:$%s$%d", colName(lastColumn), p.row)}); err != nil {
		return err
	}
	return s.close()
}

// next writes a row of cells below the last one.
func (p *page) next(height float64, cells ...any) error {
	p.row++
	return p.set(p.row, height, cells...)
}

// gap leaves a narrow row free.
func (p *page) gap() error { return p.next(7) }

// heading writes a section's name with its line over so many columns.
func (p *page) heading(name string, columns int) error {
	if err := p.gap(); err != nil {
		return err
	}
	cells := []any{p.cell(name, section)}
	for range columns - 1 {
		cells = append(cells, p.cell(nil, section))
	}
	return p.next(18, cells...)
}

// heads writes the header of a small table. A name that begins with > stands to
// the right, as numbers do, with ^ in the middle.
func (p *page) heads(names ...string) error {
	cells := make([]any, len(names))
	for i, n := range names {
		cells[i] = p.cell(strings.TrimLeft(n, "<>^"), headLook(n))
	}
	return p.next(17, cells...)
}

func headLook(name string) look {
	switch {
	case strings.HasPrefix(name, ">"):
		return headR
	case strings.HasPrefix(name, "^"):
		return headM
	}
	return head
}

// say writes a paragraph over the whole width. It is the only kind of cell that
// is merged, and holds words, no data.
func (p *page) say(words string) error {
	const perLine = 132
	n := wraps(words, perLine)
	if err := p.next(float64(min(n, 6))*lineRoom+4, p.cell(words, prose)); err != nil {
		return err
	}
	if err := p.w.MergeCell(cellName(1, p.row), cellName(lastColumn, p.row)); err != nil {
		return fmt.Errorf("join paragraph: %w", err)
	}
	return nil
}

func (p *page) title() error {
	r := p.b.r
	if err := p.next(26, p.cell("Provider exposure of "+text(reports.Cut(r.Organisation.Name, 90)), title)); err != nil {
		return err
	}
	asOf, _, _ := strings.Cut(r.Run.Now, "T")
	words := "As of " + asOf
	if !r.Run.Complete {
		words += " · THE RUN DID NOT END: figures are partial"
	}
	if err := p.next(15, p.cell("← Index", back), p.cell(text(words), note)); err != nil {
		return err
	}
	return p.link(cellName(1, p.row), "'"+sheetCover+"'!A1", "Back to the index")
}

// headline writes the figures that matter in big type.
func (p *page) headline() error {
	if err := p.gap(); err != nil {
		return err
	}
	labels := []any{"IF THE WORST PROVIDER IS COMPROMISED", "SCORE", nil, "GRADE", nil, "CRITICAL", nil, "HIGH"}
	values, notes := make([]any, lastColumn), make([]any, lastColumn)
	p.headlineValues(values, notes)
	for i, l := range []look{kpiLabel, kpiNumber, kpiNote} {
		source := [][]any{labels, values, notes}[i]
		cells := make([]any, lastColumn)
		for k := range cells {
			dress := l
			if l == kpiNumber && k == 0 {
				dress = kpiMoney
			}
			cells[k] = p.cell(source[k], dress)
		}
		if err := p.next([]float64{18, 30, 18}[i], cells...); err != nil {
			return err
		}
	}
	return nil
}

func (p *page) headlineValues(values, notes []any) {
	b, open := p.b, p.b.r.Summary.Open
	at := p.firstSeverityRow()
	values[5], values[7] = live{cellName(2, at), open.Critical}, live{cellName(2, at+1), open.High}
	notes[5], notes[7] = "findings open", "findings open"
	notes[0], values[0], values[1], values[3] = "no declared provider could be weighed", "–", "–", "–"
	if w := b.r.Summary.Before; w != nil {
		notes[5], notes[7] = fmt.Sprintf("before: %d", w.Open.Critical), fmt.Sprintf("before: %d", w.Open.High)
	}
	if len(b.r.Providers) == 0 || b.r.Providers[0].Exposure == nil {
		return
	}
	w, t := &b.r.Providers[0], b.providersTable()
	ref := func(title string) string { return "'" + sheetProviders + "'!" + cellName(t.col(title), firstRow) }
	money := func(v float64) string { return reports.Money(text(b.r.Organisation.Currency), v) }
	values[0], values[1] = live{ref("Exposure hi"), w.Exposure.Hi}, live{ref("Score hi"), w.Score.Hi}
	values[3] = live{ref("Effective grade"), w.Grade}
	notes[0] = fmt.Sprintf("of %s in assets; at best %s", money(b.r.Organisation.Value), money(w.Exposure.Lo))
	notes[1], notes[3] = fmt.Sprintf("of 100; at best %.0f", w.Score.Lo), "A best, E worst"
	if old := b.r.Summary.Before; old != nil {
		notes[0] = fmt.Sprintf("of %s in assets; before: %s", money(b.r.Organisation.Value), money(old.Exposure.Hi))
		notes[1] = fmt.Sprintf("of 100; before: %.0f", old.Score.Hi)
	}
}

// words says in sentences what the figures mean.
func (p *page) words() error {
	r := p.b.r
	list := []string{}
	if len(r.Providers) > 0 && r.Providers[0].Exposure != nil {
		w := r.Providers[0]
		list = append(list, text(reports.Cut(w.Name, 120))+" is the costliest to lose. "+w.GradeWhy)
	}
	if f := r.Summary.BestFix; f != nil {
		share := ""
		if f.Before > 0 {
			share = fmt.Sprintf(" (%.0f %%)", 100*f.Reduction/f.Before)
		}
		if c, ok := r.Closing(*f); ok {
			share += fmt.Sprintf("; closing it outright would cut %s", reports.Money(text(r.Organisation.Currency), c.Reduction))
		}
		list = append(list, fmt.Sprintf("The one change worth most: %s. It cuts %s%s.", strings.TrimRight(text(reports.Cut(f.Text, 240)), ". "), reports.Money(text(r.Organisation.Currency), f.Reduction), share))
	}
	list = append(list, p.b.moneyWords()...)
	if n := len(r.Summary.Undeclared); n > 0 {
		names := make([]string, 0, topN+1)
		for _, id := range r.Summary.Undeclared[:min(n, topN)] {
			_, name := p.b.partyOf(id)
			names = append(names, reports.Cut(name, 40))
		}
		if n > topN {
			names = append(names, fmt.Sprintf("%d more", n-topN))
		}
		list = append(list, fmt.Sprintf("Seen in DNS and declared by nobody: %s.", strings.Join(names, ", ")))
	}
	for _, n := range r.Run.Notes {
		list = append(list, "Note: "+text(reports.Cut(n, 300)))
	}
	if err := p.gap(); err != nil {
		return err
	}
	for _, words := range list {
		if err := p.say(words); err != nil {
			return err
		}
	}
	return nil
}
