package reports

import (
	"fmt"
	"strings"

	"mspscan/msp"
)

// Money gives an amount short enough for a headline: AUD 8.53M, AUD 920k.
func Money(currency string, v float64) string { return msp.Amount(currency, v) }

// PerCost gives what a unit of cost takes off: AUD 36.4.
func PerCost(currency string, v float64) string { return msp.AmountPerUnit(currency, v) }

// Often gives a frequency as people say it: 0.053 compromises a year (one in 19
// years).
func Often(perYear float64) string {
	switch {
	case perYear <= 0:
		return "no compromise"
	case perYear < 1:
		return fmt.Sprintf("%.2g compromises a year (one in %.0f years)", perYear, 1/perYear)
	case perYear == 1:
		return "one compromise a year"
	}
	return fmt.Sprintf("%.3g compromises a year", perYear)
}

// AnnualWords says what a provider's compromise is expected to cost a year.
func AnnualWords(currency string, a Annual) string {
	text := fmt.Sprintf("At %s, as the inventory judges it, that is %s a year", Often(a.Frequency.Mean), Money(currency, a.Loss.Hi))
	if short(a.Least) != short(a.Most) {
		text += fmt.Sprintf(", from %s to %s", Money(currency, a.Least), Money(currency, a.Most))
	}
	return text
}

// CostWords says what a fix costs and takes off for it; "" in a report without
// costs.
func CostWords(currency string, f msp.Fix) string {
	switch {
	case f.PerCost != nil:
		return fmt.Sprintf("costs %s: %s off for each %s spent", Money(currency, *f.Cost), PerCost(currency, *f.PerCost), Money(currency, 1))
	case f.Cost != nil:
		return "costs nothing"
	case len(f.NoCost) > 0:
		return "no cost is given for it"
	}
	return ""
}

func short(v float64) string { return msp.ShortAmount(v) }

// Score gives a score with its range: "85 (78-85)", or "9" where both readings
// agree.
func Score(r msp.Range) string {
	hi, lo := fmt.Sprintf("%.0f", r.Hi), fmt.Sprintf("%.0f", r.Lo)
	if hi == lo {
		return hi
	}
	return fmt.Sprintf("%s (%s-%s)", hi, lo, hi)
}

// SeverityMark gives the sign that stands for a severity beside its word, so
// that colour is never the only signal.
func SeverityMark(s msp.Severity) string {
	switch s {
	case msp.Critical:
		return "◆"
	case msp.High:
		return "▲"
	case msp.Medium:
		return "●"
	case msp.Low:
		return "▽"
	}
	return "○"
}

// day gives the date of an RFC 3339 time.
func day(stamp string) string {
	d, _, _ := strings.Cut(stamp, "T")
	return d
}
