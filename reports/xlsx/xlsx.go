// Package xlsx renders a report as the workbook that a consultant hands over:
// live formulas with right cached values, drop-downs for judgements, print
// set-up. Every row is streamed. The same report gives the same bytes.
//
// White cells come from the scan, yellow ones may be edited, grey ones are
// calculated. Text from outside is only ever a string cell: formulas are made
// from row numbers and the package's own constants.
package xlsx

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/xuri/excelize/v2"

	"mspscan/reports"
)

// Workbook renders reports as XLSX. The zero Workbook prints on A4.
type Workbook struct {
	Letter bool // print on US Letter instead of A4
	Brand  Brand
	Graph  []byte // picture of the exposure graph as SVG, for Access paths; nil = none
}

// Render implements reports.Renderer. An error of the own lint means a defect of
// this package; nothing is written then.
func (o Workbook) Render(w io.Writer, r *reports.Report) (err error) {
	b, err := newBook(o, r)
	if err != nil {
		return fmt.Errorf("make workbook: %w", err)
	}
	defer func() { err = errors.Join(err, b.f.Close()) }()
	for _, s := range b.sheets() {
		if err := s.write(b); err != nil {
			return fmt.Errorf("make sheet %s: %w", s.name, err)
		}
	}
	if err := b.finish(); err != nil {
		return fmt.Errorf("make workbook: %w", err)
	}
	if err := b.lint.check(); err != nil {
		return fmt.Errorf("check workbook: %w", err)
	}
	if err := b.save(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// book is a workbook in the making.
type book struct {
	o     Workbook
	f     *excelize.File
	r     *reports.Report
	style *styles
	lint  lint
	at    positions
	index string // the sheet that all others lead back to
	title string // in the properties
}

// sheet is one sheet and how it is written.
type sheet struct {
	name  string
	color string // of the tab
	write func(*book) error
}

// The sheets by name.
const (
	sheetCover     = "Cover"
	sheetSummary   = "Summary"
	sheetProviders = "Providers"
	sheetFindings  = "Findings"
	sheetMatrix    = "Risk matrix"
	sheetPaths     = "Access paths"
	sheetSupply    = "Supply chain"
	sheetLayers    = "Concentration"
	sheetShares    = "Shared parties"
	sheetControls  = "Controls"
	sheetDNS       = "DNS"
	sheetPlan      = "Action plan"
	sheetFixes     = "Fixes"
	sheetChanges   = "Changes"
	sheetWaivers   = "Waivers"
	sheetCrosswalk = "Crosswalk"
	sheetRules     = "Rules"
	sheetMethod    = "Method"

	sheetSensitivity = "Sensitivity"
	sheetRun         = "Run"
	sheetLists       = "Lists"
)

// sheets lists the sheets in their order.
func (b *book) sheets() []sheet {
	navy, accent := b.o.Brand.Navy, b.o.Brand.Accent
	list := []sheet{
		{sheetCover, navy, (*book).cover},
		{sheetSummary, navy, (*book).summary},
		{sheetProviders, accent, (*book).providers},
		{sheetFindings, accent, (*book).findings},
		{sheetMatrix, accent, (*book).matrix},
		{sheetPaths, accent, (*book).paths},
		{sheetSupply, accent, (*book).supply},
		{sheetLayers, accent, (*book).layers},
		{sheetShares, accent, (*book).shares},
		{sheetControls, accent, (*book).controls},
		{sheetDNS, accent, (*book).dns},
		{sheetPlan, accent, (*book).plan},
		{sheetChanges, grey, (*book).changes},
		{sheetWaivers, grey, (*book).waivers},
		{sheetCrosswalk, grey, (*book).crosswalk},
		{sheetRules, grey, (*book).rules},
		{sheetMethod, grey, (*book).method},
		{sheetSensitivity, grey, (*book).sensitivity},
		{sheetRun, grey, (*book).run},
		{sheetLists, grey, (*book).lists},
	}
	if b.r.Priced() {
		after := slices.IndexFunc(list, func(s sheet) bool { return s.name == sheetPlan })
		list = slices.Insert(list, after+1, sheet{sheetFixes, accent, (*book).fixes})
	}
	return list
}

// newBook starts the workbook of a report.
func newBook(o Workbook, r *reports.Report) (*book, error) {
	b, err := startBook(o, r, sheetCover, (*book).sheets)
	if err != nil {
		return nil, err
	}
	if err := b.begin(); err != nil {
		return nil, errors.Join(err, b.f.Close())
	}
	return b, nil
}

// startBook makes a workbook with empty sheets; index is the sheet that all
// others lead back to.
func startBook(o Workbook, r *reports.Report, index string, sheets func(*book) []sheet) (*book, error) {
	o.Brand = o.Brand.withDefaults(r.Organisation.Name)
	b := &book{o: o, f: excelize.NewFile(), r: r, index: index}
	b.at = place(r)
	var err error
	if b.style, err = newStyles(b.f, o.Brand, r.Organisation.Currency); err == nil {
		err = b.add(sheets(b))
	}
	if err != nil {
		return nil, errors.Join(err, b.f.Close())
	}
	return b, nil
}

// add makes the sheets in their order; the file's first sheet becomes the first
// of them.
func (b *book) add(sheets []sheet) error {
	var err error
	for i, s := range sheets {
		if i == 0 {
			err = b.f.SetSheetName("Sheet1", s.name)
		} else {
			_, err = b.f.NewSheet(s.name)
		}
		if err == nil {
			err = b.f.SetSheetProps(s.name, &excelize.SheetPropsOptions{TabColorRGB: ptr("FF" + s.color), FitToPage: ptr(true)})
		}
		if err != nil {
			return fmt.Errorf("add sheet %s: %w", s.name, err)
		}
		b.lint.sheet(s.name)
		b.lint.color("FF" + s.color)
	}
	return nil
}

// begin sets what must be set before rows are streamed: later the library would
// read every sheet back for it.
func (b *book) begin() error {
	if err := b.f.SetSheetVisible(sheetLists, false); err != nil {
		return fmt.Errorf("hide lists: %w", err)
	}
	b.f.SetActiveSheet(1)
	return b.defineNames()
}

// finish sets what belongs to the whole book.
func (b *book) finish() error {
	r := b.r
	title := cmp.Or(b.title, "Provider exposure of "+text(reports.Cut(r.Organisation.Name, 120)))
	if err := b.f.SetDocProps(&excelize.DocProperties{
		Title: title, Subject: "Exposure through managed service providers", Creator: "mspscan " + text(r.Tool.Version), LastModifiedBy: "mspscan",
		Created: stampOr(r.Run.Now), Modified: stampOr(r.Run.Now), Language: "en-AU", Category: text(b.o.Brand.Classification), Version: "1.0", Revision: "1",
	}); err != nil {
		return fmt.Errorf("set properties: %w", err)
	}
	if err := b.f.SetAppProps(&excelize.AppProperties{Application: "Microsoft Excel", AppVersion: "16.0300", Company: text(reports.Cut(r.Organisation.Name, 120))}); err != nil {
		return fmt.Errorf("set properties: %w", err)
	}
	if err := b.f.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: ptr(true)}); err != nil {
		return fmt.Errorf("set calculation: %w", err)
	}
	return nil
}

// stampOr gives a time for the properties; they need one.
func stampOr(s string) string { return cmp.Or(s, "1980-01-01T00:00:00Z") }

func ptr[T any](v T) *T { return &v }
