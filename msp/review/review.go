// Package review holds what a person decided after the tool: another severity or
// grade with the reason for it, status, owner and due day. It reads these edits
// out of the workbook in which they were made and keeps them in YAML, so that the
// next run shows them again.
package review

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"mspscan/msp"
)

// Finding is what a person decided about a finding.
type Finding struct {
	ID       string
	Severity *msp.Severity // nil = as the tool judges
	Reason   string        // for the severity
	Status   string        // "" = open, StatusProgress, StatusFixed
	Owner    string
	Due      msp.Date
	About    string // rule and subject, for people who read the file
	Pos      msp.Pos
}

// Provider is what a person decided about a provider.
type Provider struct {
	ID     string
	Grade  string // "" = as the tool judges
	Reason string // for the grade
	Owner  string
	Pos    msp.Pos
}

// Set holds the decisions, each id once.
type Set struct {
	Findings  []Finding
	Providers []Provider
}

// The states of a finding that is not waived.
const (
	StatusProgress = "in_progress"
	StatusFixed    = "fixed"
)

// Status is a state of a finding as the workbook names it.
type Status struct {
	Word  string
	Key   string // in a review file; "" = open
	Waive string // the reason of the waiver that it stands for; "" = none
}

// Statuses lists the states that a person can choose. The first two count.
func Statuses() []Status {
	return []Status{
		{"Open", "", ""},
		{"In progress", StatusProgress, ""},
		{"Fixed", StatusFixed, ""},
		{"Risk accepted", "", "risk_accepted"},
		{"False positive", "", "false_positive"},
		{"Mitigated elsewhere", "", "mitigated_elsewhere"},
		{"Not applicable", "", "not_applicable"},
		{"Provider disputed", "", "provider_disputed"},
	}
}

// Grades lists the grades that a person can give, best first.
func Grades() []string { return []string{"A", "B", "C", "D", "E"} }

// Empty reports whether nothing was decided.
func (s Set) Empty() bool { return len(s.Findings)+len(s.Providers) == 0 }

// Finding gives what was decided about a finding.
func (s Set) Finding(id string) (Finding, bool) {
	i := slices.IndexFunc(s.Findings, func(f Finding) bool { return f.ID == id })
	if i < 0 {
		return Finding{}, false
	}
	return s.Findings[i], true
}

// Provider gives what was decided about a provider.
func (s Set) Provider(id string) (Provider, bool) {
	i := slices.IndexFunc(s.Providers, func(p Provider) bool { return p.ID == id })
	if i < 0 {
		return Provider{}, false
	}
	return s.Providers[i], true
}

// sorted orders the set by id.
func (s *Set) sorted() {
	slices.SortFunc(s.Findings, func(a, b Finding) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.Providers, func(a, b Provider) int { return cmp.Compare(a.ID, b.ID) })
}

// Trouble is a decision that a run cannot follow.
type Trouble struct {
	Pos        msp.Pos
	What, Want string
}

// Against names the decisions that a run overtakes: those about findings and
// providers that it does not have, and findings called fixed that are there.
func (s Set) Against(findings []msp.Finding, providers []string) []Trouble {
	var out []Trouble
	there := map[string]msp.FindingState{}
	for _, f := range findings {
		there[f.ID] = f.State
	}
	for _, f := range s.Findings {
		state, found := there[f.ID]
		switch {
		case !found && f.Status != StatusFixed:
			out = append(out, Trouble{f.Pos, "the review of finding " + f.ID + " matches nothing in this run", "remove it, or correct the id"})
		case found && f.Status == StatusFixed && state != msp.StateFixed:
			out = append(out, Trouble{f.Pos, "the review calls finding " + f.ID + " fixed, and it is still there: it counts", "fix it, or give it another status"})
		}
	}
	for _, p := range s.Providers {
		if !slices.Contains(providers, p.ID) {
			out = append(out, Trouble{p.Pos, "the review of provider " + p.ID + " matches nothing in this run", "remove it, or correct the id"})
		}
	}
	return out
}

// latest gives the last day on which a waiver of now may end.
func latest(now time.Time, days int) msp.Date {
	return msp.DateOf(msp.DateOf(now).Time().AddDate(0, 0, days))
}

// about names what a finding is about, for a comment.
func about(rule, subject string) string {
	if rule == "" && subject == "" {
		return ""
	}
	return fmt.Sprintf("%s on %s", rule, subject)
}
