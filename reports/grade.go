package reports

import (
	"fmt"

	"mspscan/msp"
)

// A Band is a grade and the least score that earns it.
type Band struct {
	Grade string
	From  float64
}

// Bands lists the grades, worst first. The borders at 50 and 75 are those of the
// rule graph-blast-radius.
func Bands() []Band {
	return []Band{{"E", 75}, {"D", 50}, {"C", 25}, {"B", 10}, {"A", 0}}
}

// CapCritical and CapHigh are the best grades that a provider can have while a
// finding of that severity is open.
const (
	CapCritical = "D"
	CapHigh     = "C"
)

// grade gives the grade of a score with open findings, and why in words.
func grade(score *msp.Range, open Counts) (grade, why string) {
	if score == nil {
		return "", "Not graded: nobody declared its access, so nothing could be weighed."
	}
	for _, b := range Bands() {
		if score.Hi >= b.From {
			grade = b.Grade
			break
		}
	}
	switch {
	case open.Critical > 0 && grade < CapCritical:
		return CapCritical, fmt.Sprintf("Capped at %s: %s open. The score alone would give %s.", CapCritical, plural(open.Critical, "critical finding"), grade)
	case open.High > 0 && grade < CapHigh:
		return CapHigh, fmt.Sprintf("Capped at %s: %s open. The score alone would give %s.", CapHigh, plural(open.High, "high finding"), grade)
	}
	return grade, fmt.Sprintf("Score %.0f of 100: the share of all asset value that a compromise reaches.", score.Hi)
}

// plural gives "1 finding", "2 findings".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// add counts one finding.
func (c *Counts) add(s msp.Severity) {
	*c.of(s)++
}

// Of gives the count of a severity.
func (c Counts) Of(s msp.Severity) int { return *c.of(s) }

// Total gives the count of all severities.
func (c Counts) Total() int { return c.Critical + c.High + c.Medium + c.Low + c.Info }

func (c *Counts) of(s msp.Severity) *int {
	switch s {
	case msp.Critical:
		return &c.Critical
	case msp.High:
		return &c.High
	case msp.Medium:
		return &c.Medium
	case msp.Low:
		return &c.Low
	}
	return &c.Info
}

// withWaived says what the grade would be if the waived findings counted;
// nothing where they change nothing.
func withWaived(grade, all string) string {
	if grade == all {
		return ""
	}
	return "; with waived findings counted the grade is " + all
}
