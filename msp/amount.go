package msp

import (
	"fmt"
	"math"
	"strings"
)

// Amount writes money short enough for a headline: AUD 8.53M, AUD 920k.
func Amount(currency string, v float64) string {
	return strings.TrimSpace(currency + " " + ShortAmount(v))
}

// ShortAmount is Amount without the currency.
func ShortAmount(v float64) string {
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

// AmountPerUnit writes what a unit of money brings, with a digit or two behind
// the point where they tell: AUD 36.4, AUD 5.91.
func AmountPerUnit(currency string, v float64) string {
	digits := 2
	switch {
	case v >= 1000:
		return Amount(currency, v)
	case v >= 100:
		digits = 0
	case v >= 10:
		digits = 1
	}
	return strings.TrimSpace(fmt.Sprintf("%s %.*f", currency, digits, v))
}
