package reports

import (
	"fmt"
	"math"
	"strings"

	"mspscan/msp"
)

// Money gives an amount short enough for a headline: AUD 8.53M, AUD 920k.
func Money(currency string, v float64) string {
	return strings.TrimSpace(currency + " " + short(v))
}

// PerCost gives what a unit of cost takes off: AUD 36.35.
func PerCost(currency string, v float64) string {
	switch {
	case v >= 1000:
		return Money(currency, v)
	case v >= 100:
		return strings.TrimSpace(fmt.Sprintf("%s %.0f", currency, v))
	case v >= 10:
		return strings.TrimSpace(fmt.Sprintf("%s %.1f", currency, v))
	}
	return strings.TrimSpace(fmt.Sprintf("%s %.2f", currency, v))
}

// Often gives a number of events a year as people say it: 0.053 times a year (once
// in 19 years).
func Often(perYear float64) string {
	switch {
	case perYear <= 0:
		return "never"
	case perYear < 1:
		return fmt.Sprintf("%.2g times a year (once in %.0f years)", perYear, 1/perYear)
	case perYear == 1:
		return "once a year"
	}
	return fmt.Sprintf("%.3g times a year", perYear)
}

// AnnualWords says what a provider's compromise is expected to cost a year.
func AnnualWords(currency string, a Annual) string {
	text := fmt.Sprintf("%s a year is expected if that happens %s", Money(currency, a.Loss.Hi), Often(a.Frequency.Mean))
	if short(a.Least) != short(a.Most) {
		text += fmt.Sprintf("; between %s and %s by the ends of what was judged", short(a.Least), short(a.Most))
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

func short(v float64) string {
	switch a := math.Abs(v); {
	case a >= 999_500_000:
		return fmt.Sprintf("%.2fB", v/1e9)
	case a >= 9_995_000:
		return fmt.Sprintf("%.1fM", v/1e6)
	case a >= 999_500:
		return fmt.Sprintf("%.2fM", v/1e6)
	case a >= 1_000:
		return fmt.Sprintf("%.0fk", v/1e3)
	}
	return fmt.Sprintf("%.0f", v)
}

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
