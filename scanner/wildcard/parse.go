// Package wildcard asks whether names that nobody made resolve under a zone
// (RFC 4592): a wildcard hides dangling names and blurs other checks.
package wildcard

import (
	"slices"

	"mspscan/msp/fact"
	"mspscan/scanner"
)

// types are the record types a random label is asked for; the first that stands
// decides.
func types() []string { return []string{"A", "AAAA", "MX"} }

// resolves joins the answers for one random label: Present as soon as one type
// stands or an alias leads to a clean end, Absent if all types are denied, else
// Unknown.
func resolves(answers []scanner.Answer) (outcome fact.Outcome, reason string, targets []string) {
	outcome = fact.Absent
	for _, a := range answers {
		switch {
		case len(a.Chain) > 0 && (a.Outcome == fact.Present || a.Outcome == fact.Absent):
			return fact.Present, "", []string{string(a.Chain[0].To)}
		case a.Outcome == fact.Present:
			for _, r := range a.Records {
				targets = append(targets, r.Text())
			}
			return fact.Present, "", targets
		case a.Outcome != fact.Absent && outcome == fact.Absent:
			outcome, reason = fact.Unknown, a.Reason
		}
	}
	return outcome, reason, nil
}

// judge joins the labels: Present if any resolves (Resolved says how many),
// Absent if none does, Unknown if a label that is not known could change that.
func judge(data *fact.Wildcard, labels [][]scanner.Answer) (fact.Outcome, string) {
	unknown := ""
	for _, answers := range labels {
		outcome, reason, targets := resolves(answers)
		switch outcome {
		case fact.Present:
			data.Resolved++
			data.Targets = append(data.Targets, targets...)
		case fact.Unknown:
			unknown = reason
		}
	}
	slices.Sort(data.Targets)
	data.Targets = slices.Compact(data.Targets)
	switch {
	case unknown != "":
		return fact.Unknown, unknown
	case data.Resolved > 0:
		return fact.Present, ""
	}
	return fact.Absent, ""
}
