package pipeline

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"mspscan/msp"
	"mspscan/msp/graph"
	"mspscan/msp/review"
	"mspscan/reports"
	"mspscan/reports/graphout"
	"mspscan/reports/xlsx"
)

// BookOptions are the flags about workbooks.
type BookOptions struct {
	Brand       string // file; "" = mspscan's own look
	Paper       string // a4, letter; "" = as the brand file says, else A4
	PerProvider string // folder of the hand-outs; "" = none
	Money       bool   // hand-outs name the exposure
	Reviews     string // file of a reviewer's decisions; "" = none
}

// Books is what goes into workbooks beside the report. The zero Books is plain.
type Books struct {
	options BookOptions
	brand   xlsx.Brand
	letter  bool
	reviews review.Set
}

// Load reads the files that the options name, before anything is sent.
func (o BookOptions) Load() (Books, error) {
	b := Books{options: o}
	if o.Money && o.PerProvider == "" {
		return b, usage("--per-provider-money needs --per-provider DIR")
	}
	if o.Brand != "" {
		f, err := loadBrand(o.Brand)
		if err != nil {
			return b, err
		}
		b.brand, b.letter = f.brand, f.paper == "Letter"
	}
	switch o.Paper {
	case "":
	case "a4", "letter":
		b.letter = o.Paper == "letter"
	default:
		return b, usage("--paper %q: a4 or letter", o.Paper)
	}
	var err error
	b.reviews, err = loadReviews(o.Reviews)
	return b, err
}

// validateBooks refuses what can't be meant together.
func (c Config) validateBooks() error {
	if c.Books.options.PerProvider != "" && c.redacts() {
		return usage("--per-provider and --redact exclude each other: a hand-out names its provider")
	}
	return nil
}

// workbook gives the renderer of a report's workbook. A redacted one has no
// picture of the graph and does not name the client of the brand.
func (b Books) workbook(g *graph.Graph, weigh weigher, redacted bool) (xlsx.Workbook, error) {
	w := xlsx.Workbook{Letter: b.letter, Brand: b.brand}
	if redacted || g == nil {
		w.Brand.Client = ""
		return w, nil
	}
	m, err := weigh()
	if err != nil {
		return w, fmt.Errorf("draw graph: %w", err)
	}
	var svg bytes.Buffer
	if err := graphout.SVG(&svg, graphout.Input{Graph: g, Model: m}); err != nil {
		return w, fmt.Errorf("draw graph: %w", err)
	}
	w.Graph = svg.Bytes()
	return w, nil
}

// redacts reports whether some names are to be hidden.
func (c Config) redacts() bool { return c.Redact != "" && c.Redact != string(reports.RedactNone) }

// bookOf gives what writes a workbook of a format; nil for any other format.
func (c Config) bookOf(format string, r *reports.Report, g *graph.Graph, weigh weigher) func(io.Writer) error {
	switch {
	case strings.HasPrefix(format, handoutFormat):
		return func(w io.Writer) error { return c.Books.handout(format, w, r) }
	case format == "xlsx":
		return func(w io.Writer) error {
			book, err := c.Books.workbook(g, weigh, c.redacts())
			if err != nil {
				return err
			}
			return book.Render(w, r)
		}
	}
	return nil
}

// portfolio gives the renderer of a portfolio's workbook.
func (b Books) portfolio() xlsx.Portfolio { return xlsx.Portfolio{Letter: b.letter, Brand: b.brand} }

// handoutFormat begins the format of a hand-out, before the provider's id.
const handoutFormat = "provider "

// handouts gives an output for each declared provider, and makes their folder.
func (b Books) handouts(r *reports.Report) ([]Output, error) {
	if b.options.PerProvider == "" {
		return nil, nil
	}
	if err := os.MkdirAll(b.options.PerProvider, 0o700); err != nil {
		return nil, coded(CodeInternal, fmt.Errorf("make folder: %w", err))
	}
	var outs []Output
	for _, p := range r.Providers {
		if p.Declared {
			outs = append(outs, Output{handoutFormat + p.ID, filepath.Join(b.options.PerProvider, "provider-"+msp.Slug(p.ID)+".xlsx")})
		}
	}
	return outs, nil
}

// handout writes the hand-out of a format that handouts gave.
func (b Books) handout(format string, w io.Writer, r *reports.Report) error {
	o := xlsx.Handout{Letter: b.letter, Brand: b.brand, Money: b.options.Money}
	return o.Render(w, r, strings.TrimPrefix(format, handoutFormat))
}

// of gives the options of one organisation of a portfolio: hand-outs go to a
// folder of its own.
func (b Books) of(organisation string) Books {
	if b.options.PerProvider != "" {
		b.options.PerProvider = filepath.Join(b.options.PerProvider, organisation)
	}
	return b
}
