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
