package xlsx

import (
	"fmt"

	"github.com/xuri/excelize/v2"

	"mspscan/reports"
)

// layout is how a sheet comes out on paper.
type layout struct {
	landscape bool
	large     bool   // A3 or Tabloid instead of A4 or Letter
	wide      int    // pages in width
	one       bool   // all of it on one page
	titles    string // what repeats on each page
	area      string // "" = all
}

// print sets page, margins, header, footer, titles and area.
func (s *stream) print(l layout) error {
	f := s.b.f
	orientation, tall := "portrait", 0
	size := paperSize(s.b.o.Letter, l.large)
	if l.landscape {
		orientation = "landscape"
	}
	if l.one {
		tall = 1
	}
	wide := max(l.wide, 1)
	if err := f.SetPageLayout(s.sheet, &excelize.PageLayoutOptions{Size: &size, Orientation: &orientation, FitToWidth: &wide, FitToHeight: &tall, PageOrder: ptr("overThenDown")}); err != nil {
		return fmt.Errorf("set page: %w", err)
	}
	if err := f.SetPageMargins(s.sheet, &excelize.PageLayoutMarginsOptions{Left: ptr(0.5), Right: ptr(0.5), Top: ptr(0.75), Bottom: ptr(0.65), Header: ptr(0.3), Footer: ptr(0.3), Horizontally: ptr(true)}); err != nil {
		return fmt.Errorf("set margins: %w", err)
	}
	if err := f.SetHeaderFooter(s.sheet, s.b.headerFooter()); err != nil {
		return fmt.Errorf("set header: %w", err)
	}
	if l.titles != "" {
		if err := s.define("_xlnm.Print_Titles", "'"+s.sheet+"'!"+l.titles, s.sheet); err != nil {
			return err
		}
	}
	if l.area != "" {
		if err := s.define("_xlnm.Print_Area", "'"+s.sheet+"'!"+l.area, s.sheet); err != nil {
			return err
		}
	}
	return f.SetSheetView(s.sheet, 0, &excelize.ViewOptions{ShowGridLines: ptr(false), ZoomScale: ptr(100.0)})
}

// paperSize gives the code of a paper (ECMA-376 part 1, 18.3.1.63).
func paperSize(letter, large bool) int {
	switch {
	case letter && large:
		return 3 // Tabloid
	case letter:
		return 1
	case large:
		return 8 // A3
	}
	return 9 // A4
}

func (b *book) headerFooter() *excelize.HeaderFooterOptions {
	footer := headerText(b.o.Brand.Footer, 80)
	if footer != "" {
		footer += " · "
	}
	return &excelize.HeaderFooterOptions{
		ScaleWithDoc: ptr(false), AlignWithMargins: ptr(true),
		OddHeader: "&L " + headerText(b.o.Brand.Client, 80) + "&R " + headerText(b.o.Brand.Classification, 40),
		OddFooter: "&L " + footer + "mspscan " + headerText(b.r.Tool.Version, 30) + "&C &A&RPage &P of &N",
	}
}

func (s *stream) define(name, ref, scope string) error { return s.b.define(name, ref, scope) }

// define names a cell or a range; scope "" = the whole book.
func (b *book) define(name, ref, scope string) error {
	b.lint.defined(name, ref)
	if err := b.f.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: ref, Scope: scope}); err != nil {
		return fmt.Errorf("define %s: %w", name, err)
	}
	return nil
}

// positions says where other sheets find what they count.
type positions struct {
	first  map[string]int        // provider id -> row of its first finding
	rowOf  map[string]int        // provider id -> row in Providers
	points map[string][2]float64 // provider id -> points of its controls, earned and possible
}

func place(r *reports.Report) positions {
	p := positions{first: map[string]int{}, rowOf: map[string]int{}, points: map[string][2]float64{}}
	for _, c := range r.Controls {
		sum := p.points[c.Provider]
		p.points[c.Provider] = [2]float64{sum[0] + c.Points, sum[1] + possible(c)}
	}
	for i, f := range r.Findings {
		if _, seen := p.first[f.Provider]; !seen {
			p.first[f.Provider] = firstRow + i
		}
	}
	for i, v := range r.Providers {
		p.rowOf[v.ID] = firstRow + i
	}
	return p
}

// bar draws bars behind scores of 0 to 100.
func (s *stream) bar(ref string) error { return s.bars(ref, "100") }

// bar01 draws bars behind probabilities.
func (s *stream) bar01(ref string) error { return s.bars(ref, "1") }

func (s *stream) bars(ref, most string) error {
	s.b.lint.color("9CC5C5")
	err := s.b.f.SetConditionalFormat(s.sheet, ref, []excelize.ConditionalFormatOptions{{
		Type: "data_bar", Criteria: "=", MinType: "num", MaxType: "num", MinValue: "0", MaxValue: most, BarColor: "#9CC5C5",
	}})
	if err != nil {
		return fmt.Errorf("add bars: %w", err)
	}
	return nil
}
