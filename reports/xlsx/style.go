package xlsx

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"mspscan/msp"
	"mspscan/reports"
)

// The palette: one accent, the rest calm. Contrast of text is 4.5 or more.
const (
	navy    = "1F2A44"
	accent  = "0F6E6E"
	grey    = "8A94A6"
	ink     = "1F2933"
	faint   = "5B6675"
	rule    = "D5DAE1"
	paper   = "FFFFFF"
	band    = "F3F5F8"
	edit    = "FFF8D6"
	calc    = "E9EDF2"
	alarm   = "FBE0E0"
	alarmed = "8C1D1D"
)

// tone is how a severity looks: fill and text of cells, and the chart's colour.
type tone struct{ fill, text, chart string }

func toneOf(s msp.Severity) tone {
	switch s {
	case msp.Critical:
		return tone{"F6D5D5", "7F1616", "8C1D1D"}
	case msp.High:
		return tone{"FCE3CF", "843C00", "D9722E"}
	case msp.Medium:
		return tone{"FBF0C4", "6A5200", "E3B93C"}
	case msp.Low:
		return tone{"DDEBF3", "1D4E6B", "7FA8BF"}
	}
	return tone{"ECEFF3", "4A5563", "C3CAD4"}
}

// severityWord gives a severity as cells show it: sign and word.
func severityWord(s msp.Severity) string {
	return reports.SeverityMark(s) + " " + sentence(s.String())
}

// look is how a cell is dressed.
type look int

// The looks. Suffixes: E may be edited, C is calculated.
const (
	plain look = iota
	wrapped
	strong
	number
	decimal
	percent
	chance   // percent with two decimals
	fraction // of one, with three
	money
	dateOf
	timeOf
	centred
	plainE
	wrappedE
	numberE
	decimalE
	dateE
	centredE
	plainC
	numberC
	decimalC
	moneyC
	moneyE
	smallE    // a small number such as a frequency
	hundredth // a number of two decimals
	hundredthC
	dateC
	centredC
	linked
	head
	headC
	headE
	headR  // over numbers
	headRC // over calculated numbers
	headM  // over what is centred
	title
	note
	back
	section
	kpiLabel
	kpiMoney
	kpiNumber
	kpiWord
	kpiNote
	bigTitle
	prose
	label
	field
	fieldE
	fieldDate
	fieldDateE
	plainFree
	shortMoney
	shortMoney0
	matrixCount
	matrixMoney
	small
	looks // how many
)

type styles struct {
	navy   string // of the brand
	accent string
	code   string     // of the currency, quoted, with a blank
	id     [looks]int // text at the top of the cell, for tables
	middle [looks]int // text in the middle, for pages
	money  string     // number format
	short  string     // … in millions or thousands
}

// moneyFormat writes amounts with the currency's code: text in quotes, so that
// no letter of it is a format code.
func moneyFormat(currency string) string { return currencyCode(currency) + `#,##0` }

// shortFormat writes them in millions or thousands.
func shortFormat(currency string) string {
	c := currencyCode(currency)
	return `[>=999500]` + c + `#,##0.0,,"M";[>=1000]` + c + `#,##0,"k";` + c + `#,##0`
}

func currencyCode(currency string) string {
	code := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, currency)
	if code == "" {
		return ""
	}
	return `"` + code + `" `
}

func newStyles(f *excelize.File, brand Brand, currency string) (*styles, error) {
	s := &styles{navy: brand.Navy, accent: brand.Accent, code: currencyCode(currency), money: moneyFormat(currency), short: shortFormat(currency)}
	for l := range looks {
		st := s.dress(l)
		id, err := f.NewStyle(st)
		if err != nil {
			return nil, fmt.Errorf("make style %d: %w", l, err)
		}
		st.Alignment.Vertical = "center"
		middle, err := f.NewStyle(st)
		if err != nil {
			return nil, fmt.Errorf("make style %d: %w", l, err)
		}
		s.id[l], s.middle[l] = id, middle
	}
	return s, nil
}

// dress makes the style of a look.
func (s *styles) dress(l look) *excelize.Style {
	st := &excelize.Style{
		Font:      &excelize.Font{Family: "Arial", Size: 9, Color: ink},
		Alignment: &excelize.Alignment{Vertical: "top"},
		Border:    []excelize.Border{{Type: "bottom", Color: rule, Style: 1}},
	}
	s.shape(l, st)
	s.format(l, st)
	switch l {
	case plainE, wrappedE, numberE, decimalE, moneyE, smallE, dateE, centredE, fieldE, fieldDateE:
		fillWith(st, edit)
	case plainC, numberC, decimalC, hundredthC, moneyC, dateC, centredC, shortMoney, matrixCount, matrixMoney:
		fillWith(st, calc)
	}
	return st
}

func fillWith(st *excelize.Style, color string) {
	st.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
}

// shape sets font, fill and alignment.
func (s *styles) shape(l look, st *excelize.Style) {
	switch l {
	case wrapped, wrappedE, prose, small:
		st.Alignment.WrapText = true
	case strong, label:
		st.Font.Bold = true
	case centred, centredE, centredC, matrixCount, matrixMoney:
		st.Alignment.Horizontal = "center"
	case linked, back:
		st.Font.Color, st.Font.Underline = s.accent, "single"
	case head, headC, headE, headR, headRC, headM:
		s.dressHead(l, st)
	case bigTitle:
		st.Font.Size, st.Font.Bold, st.Font.Color = 22, true, s.navy
	case title:
		st.Font.Size, st.Font.Bold, st.Font.Color = 16, true, s.navy
	case section:
		st.Font.Size, st.Font.Bold, st.Font.Color = 11, true, s.navy
		st.Border = []excelize.Border{{Type: "bottom", Color: s.accent, Style: 2}}
	case kpiLabel, kpiMoney, kpiNumber, kpiWord, kpiNote:
		s.dressKPI(l, st)
	}
	switch l {
	case title, bigTitle, note, back, prose, small, plainFree, label:
		st.Border = nil
	case field, fieldE, fieldDate, fieldDateE:
		st.Alignment.WrapText, st.Alignment.Horizontal = true, "left"
	}
	if l == note || l == small {
		st.Font.Color = faint
	}
	if l == small {
		st.Font.Size = 8
	}
}

func (s *styles) dressHead(l look, st *excelize.Style) {
	st.Font.Bold, st.Font.Color = true, paper
	st.Alignment.WrapText, st.Alignment.Vertical = true, "center"
	st.Border = nil
	switch l {
	case headR, headRC:
		st.Alignment.Horizontal, st.Alignment.Indent = "right", 1
	case headM:
		st.Alignment.Horizontal = "center"
	}
	switch l {
	case headE:
		fillWith(st, "F2D65C")
		st.Font.Color = ink
	case headC, headRC:
		fillWith(st, "5B6675")
	default:
		fillWith(st, s.navy)
	}
}

func (s *styles) dressKPI(l look, st *excelize.Style) {
	fillWith(st, band)
	st.Border, st.Alignment.Vertical, st.Alignment.Horizontal = nil, "center", "left"
	st.Alignment.Indent = 1
	switch l {
	case kpiLabel:
		st.Font.Color, st.Font.Bold = faint, true
	case kpiNote:
		st.Font.Color, st.Font.Size = faint, 8
	default:
		st.Font.Size, st.Font.Bold, st.Font.Color = 18, true, s.navy
	}
}

// padding keeps numbers off the right edge of a cell, by the width of a letter.
// It stands in the format and not in the indent, which some programs forget.
const padding = "_W"

// format sets number formats. Dates are ISO 8601, which no reader mistakes.
func (s *styles) format(l look, st *excelize.Style) {
	code := ""
	switch l {
	case number, numberC, numberE:
		code = `#,##0`
	case matrixCount:
		code = `0;-0;"–"`
	case matrixMoney:
		code = `[=0]"–";[>=999500]` + s.code + `#,##0.0,,"M";` + s.code + `#,##0,"k"`
	case kpiNumber:
		code = `0`
	case decimal, decimalC, decimalE:
		code = `0.0`
	case percent:
		code = `0.0%`
	case chance:
		code = `0.00%`
	case fraction:
		code = `0.000`
	case money, moneyC, moneyE:
		code = s.money
	case hundredth, hundredthC:
		code = `#,##0.00`
	case smallE:
		code = `0.0###`
	case shortMoney, shortMoney0, kpiMoney:
		code = s.short
	case dateOf, dateE, dateC:
		code = `yyyy-mm-dd`
		st.Alignment.Horizontal = "center"
	case fieldDate, fieldDateE:
		code = `yyyy-mm-dd`
	case timeOf:
		code = `yyyy-mm-dd hh:mm:ss`
	case plain, wrapped, strong, plainE, wrappedE:
		return
	}
	switch l {
	case number, numberC, numberE, decimal, decimalC, decimalE, percent, chance, fraction, money, moneyC, moneyE, smallE, hundredth, hundredthC, shortMoney, shortMoney0:
		st.Alignment.Horizontal = "right"
		code = strings.ReplaceAll(code, ";", padding+";") + padding
	}
	if code != "" {
		st.CustomNumFmt = &code
	}
}
