package pipeline

import (
	"fmt"
	"io"
	"slices"
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

// printProviders lists the providers: as they are, or before and after the changes.
// The loss a year stands where somebody gave a frequency.
func (r whatIfResult) printProviders(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	head, row := "\nIF COMPROMISED\tREACHED\tAT BEST\tSCORE", r.asIs
	yearly, years := "\tA YEAR\tFROM\tTO", r.yearAsIs
	if len(r.Changes) > 0 {
		head, row = "\nIF COMPROMISED\tREACHED NOW\tAFTER\tCHANGE\tSCORE NOW\tAFTER", r.beforeAndAfter
		yearly, years = "\tA YEAR NOW\tAFTER", r.yearBeforeAndAfter
	}
	annual := slices.ContainsFunc(r.Providers, func(p whatIfChange) bool { return p.AnnualWas != nil })
	if annual {
		head += yearly
	}
	fmt.Fprintln(t, head)
	for _, p := range r.Providers {
		line := reports.TerminalText(p.Provider) + "\t" + row(p)
		switch {
		case p.AnnualWas != nil:
			line += "\t" + years(p)
		case annual:
			line += "\tno frequency"
		}
		fmt.Fprintln(t, line)
	}
	return t.Flush()
}

func (r whatIfResult) asIs(p whatIfChange) string {
	return fmt.Sprintf("%s\t%s\t%s", r.money(p.Before.Hi), r.money(p.Before.Lo), reports.Score(p.ScoreWas))
}

func (r whatIfResult) yearAsIs(p whatIfChange) string {
	a := p.AnnualWas
	return fmt.Sprintf("%s\t%s\t%s", r.money(a.Loss.Hi), r.money(a.Least), r.money(a.Most))
}

func (r whatIfResult) beforeAndAfter(p whatIfChange) string {
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%s", r.money(p.Before.Hi), r.money(p.After.Hi), delta(p.Before.Hi, p.After.Hi, r.money), reports.Score(p.ScoreWas), reports.Score(p.Score))
}

func (r whatIfResult) yearBeforeAndAfter(p whatIfChange) string {
	return fmt.Sprintf("%s\t%s", r.money(p.AnnualWas.Loss.Hi), r.money(p.Annual.Loss.Hi))
}

// printBest lists the sets of changes worth most, those that leave every door in
// use, and those worth most for their cost where costs are known.
func (r whatIfResult) printBest(w io.Writer) {
	most := ""
	if slices.ContainsFunc(r.Best, func(f msp.Fix) bool { return f.Cost != nil || len(f.NoCost) > 0 }) {
		most = ", whatever it costs"
	}
	for _, ranking := range []struct {
		title, label string
		fixes        []msp.Fix
	}{
		{"Most off" + most + "; closing a door ends what it is for", "Best of %d", r.Best},
		{"Most off with every door left in use" + most, "Best of %d", r.Hardening},
		{"Most off for what it costs, of the changes whose cost is given", "Best %d for the cost", r.BestForCost},
	} {
		for i, f := range ranking.fixes {
			if i == 0 {
				fmt.Fprintf(w, "\n%s\n", reports.TerminalText(ranking.title))
			}
			r.printFix(w, fmt.Sprintf(ranking.label, i+1), f)
		}
	}
}

func (r whatIfResult) printFix(w io.Writer, label string, f msp.Fix) {
	if f.Heuristic {
		label += " (heuristic)"
	}
	fmt.Fprintf(w, "  %s: %s\n    cuts %s (%.1f %%) of what %s reaches: %s left\n", label,
		reports.TerminalText(strings.Join(f.IDs, ", ")), r.money(f.Reduction), share(f), reports.TerminalText(f.Provider), r.money(f.After))
	switch {
	case f.PerCost != nil:
		fmt.Fprintf(w, "    costs %s: %s off for each %s\n", r.money(*f.Cost), reports.TerminalText(reports.PerCost(r.Currency, *f.PerCost)), r.money(1))
	case f.Cost != nil:
		fmt.Fprintln(w, "    costs nothing")
	case len(f.NoCost) > 0:
		fmt.Fprintf(w, "    no cost is given for %s\n", reports.TerminalText(strings.Join(f.NoCost, ", ")))
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
