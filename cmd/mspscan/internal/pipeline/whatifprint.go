package pipeline

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"mspscan/msp"
	"mspscan/msp/exposure"
	"mspscan/reports"
)

// changes gives the ids of what is asked to be changed, as fixes have them.
func (q WhatIf) changes() []string {
	var list []string
	for _, id := range q.Close {
		list = append(list, "close:"+id)
	}
	for _, change := range q.Set {
		if strings.HasSuffix(change, "=yes") {
			list = append(list, change)
		}
	}
	return list
}

// print writes the answer for a person: money first.
func (r whatIfResult) print(w io.Writer) error {
	fmt.Fprintf(w, "%s: %s of assets\n", reports.TerminalText(r.Organisation), r.money(r.Value))
	if !r.Tables.BuiltIn {
		fmt.Fprintf(w, "weighed with the exposure tables %s in place of the built-in %s\n", reports.TerminalText(r.Tables.Version), exposure.TablesV1)
	}
	for _, c := range r.Changes {
		fmt.Fprintf(w, "change: %s\n", reports.TerminalText(c))
	}
	switch {
	case r.Cost != nil:
		fmt.Fprintf(w, "cost of the changes: %s\n", r.money(*r.Cost))
	case len(r.NoCost) > 0:
		fmt.Fprintf(w, "no cost is given for: %s\n", reports.TerminalText(strings.Join(r.NoCost, ", ")))
	}
	if err := r.printProviders(w); err != nil {
		return err
	}
	r.printBest(w)
	if len(r.Why) > 0 {
		fmt.Fprintln(w)
	}
	for _, line := range r.Why {
		fmt.Fprintln(w, reports.TerminalText(line))
	}
	return nil
}

func (r whatIfResult) money(v float64) string {
	return reports.TerminalText(reports.Money(r.Currency, v))
}

// printProviders lists the providers; the loss a year stands where somebody gave a
// frequency.
func (r whatIfResult) printProviders(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	annual := false
	for _, p := range r.Providers {
		annual = annual || p.AnnualWas != nil
	}
	head := "\nIF COMPROMISED\tREACHED NOW\tAFTER\tCHANGE\tSCORE NOW\tAFTER"
	if annual {
		head += "\tA YEAR NOW\tAFTER"
	}
	fmt.Fprintln(t, head)
	for _, p := range r.Providers {
		line := fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s", reports.TerminalText(p.Provider), r.money(p.Before.Hi), r.money(p.After.Hi),
			delta(p.Before.Hi, p.After.Hi, r.money), reports.Score(p.ScoreWas), reports.Score(p.Score))
		switch {
		case p.AnnualWas != nil:
			line += fmt.Sprintf("\t%s\t%s", r.money(p.AnnualWas.Loss.Hi), r.money(p.Annual.Loss.Hi))
		case annual:
			line += "\t–\t–"
		}
		fmt.Fprintln(t, line)
	}
	return t.Flush()
}

// printBest lists the sets of changes worth most, and those worth most for their
// cost where costs are known.
func (r whatIfResult) printBest(w io.Writer) {
	if len(r.BestForCost) > 0 {
		fmt.Fprintln(w, "\nMost off, whatever it costs")
	}
	for i, f := range r.Best {
		r.printFix(w, fmt.Sprintf("Best of %d", i+1), f)
	}
	if len(r.BestForCost) > 0 {
		fmt.Fprintln(w, "\nMost off for what it costs, of the changes whose cost is given")
	}
	for _, f := range r.BestForCost {
		r.printFix(w, fmt.Sprintf("Best %d for the cost", len(f.IDs)), f)
	}
}

func (r whatIfResult) printFix(w io.Writer, label string, f msp.Fix) {
	if f.Heuristic {
		label += " (heuristic)"
	}
	fmt.Fprintf(w, "\n%s: %s\n  cuts %s (%.1f %%) of what %s reaches: %s left\n", label,
		reports.TerminalText(strings.Join(f.IDs, ", ")), r.money(f.Reduction), share(f), reports.TerminalText(f.Provider), r.money(f.After))
	switch {
	case f.PerCost != nil:
		fmt.Fprintf(w, "  costs %s: %s off for each %s\n", r.money(*f.Cost), reports.TerminalText(reports.PerCost(r.Currency, *f.PerCost)), r.money(1))
	case f.Cost != nil:
		fmt.Fprintln(w, "  costs nothing")
	case len(f.NoCost) > 0:
		fmt.Fprintf(w, "  no cost is given for %s\n", reports.TerminalText(strings.Join(f.NoCost, ", ")))
	}
}

func share(f msp.Fix) float64 {
	if f.Before == 0 {
		return 0
	}
	return 100 * f.Reduction / f.Before
}

func delta(before, after float64, money func(float64) string) string {
	switch {
	case before == after:
		return "same"
	case after < before:
		return "-" + money(before-after)
	}
	return "+" + money(after-before)
}
