package pipeline

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"mspscan/msp"
	"mspscan/reports"
)

// isPortfolio tells the report of a portfolio by its first bytes. What cannot be
// read is for its reader to say.
func isPortfolio(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // only read
	start := make([]byte, 256)
	n, err := io.ReadFull(f, start)
	return (err == nil || n > 0) && bytes.Contains(start[:n], []byte(`"`+reports.PortfolioSchema+`"`))
}

// diffPortfolios compares two reports of portfolios.
func diffPortfolios(cfg Config, s Streams, oldFile, newFile string) error {
	if cfg.Gate.New {
		return usage("--fail-on-new needs findings, and a portfolio holds counts: compare the organisations' own reports")
	}
	before, err := openPortfolio(oldFile)
	if err != nil {
		return err
	}
	after, err := openPortfolio(newFile)
	if err != nil {
		return err
	}
	if !cfg.Quiet && before.Now > after.Now { // RFC 3339 in UTC
		fmt.Fprintf(s.Err, "%s (%s) is of a later time than %s (%s): did you mean them the other way round?\n",
			msp.Visible(oldFile), msp.Visible(before.Now), msp.Visible(newFile), msp.Visible(after.Now))
	}
	d := reports.ComparePortfolios(before, after)
	outs := cfg.Outputs
	if len(outs) == 0 {
		outs = []Output{{Format: "table", File: "-"}}
	}
	return coded(CodeInternal, writeAll(outs, s.Out, func(o Output, w io.Writer) error {
		if o.Format == "json" {
			return d.WriteJSON(w)
		}
		return d.WriteTable(w)
	}))
}

func openPortfolio(file string) (*reports.Portfolio, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, usage("open portfolio: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	p, err := reports.ReadPortfolio(f)
	if err != nil {
		return nil, usage("read %s: %w", file, err)
	}
	return p, nil
}
