// Package waiver reads who accepted which finding, why and until when, and marks
// the findings. A waived finding stays in every output; a waiver ends by itself.
package waiver

import (
	"slices"
	"time"

	"mspscan/msp"
)

// MaxDays is how far off the expiry of a waiver may be, in days.
const MaxDays = 365

// Waiver accepts the findings of a rule on a subject up to and including the day
// Expires.
type Waiver struct {
	Rule          string
	Subject       string // the finding's subject.id, letter for letter
	Finding       string // id of the only finding meant; "" = all of the rule on the subject
	Reason        string // one of Reasons
	Justification string
	ApprovedBy    string
	Expires       msp.Date
	Pos           msp.Pos
	expiresAt     msp.Pos
	ruleAt        msp.Pos
}

// Reasons lists why a finding can be waived.
func Reasons() []string {
	return []string{"false_positive", "risk_accepted", "mitigated_elsewhere", "not_applicable", "provider_disputed"}
}

// Expired reports whether the waiver's last day lies before now's.
func (w Waiver) Expired(now time.Time) bool { return w.Expires.Before(msp.DateOf(now)) }

func (w Waiver) matches(f *msp.Finding) bool {
	return w.Rule == f.Rule && w.Subject == f.Subject.ID && (w.Finding == "" || w.Finding == f.ID)
}

// State says what a waiver does in a run.
type State string

// The states.
const (
	Active    State = "active"     // it waives at least one finding
	Expired   State = "expired"    // it would, but its time is over: the findings are active again
	Unmatched State = "unmatched"  // there is no such finding
	Unjudged  State = "not_judged" // the rule could not be judged on the subject
)

// Outcome is a waiver and the ids of the findings that it matches, sorted. For
// an expired waiver these are the ones that no other waiver holds.
type Outcome struct {
	Waiver
	State    State
	Findings []string
}

// Apply gives copies of the findings, the waived ones marked, and what came of
// each waiver, in the order of the file. questions tell a finding that is gone
// from one that could not be judged.
func Apply(list []Waiver, findings []msp.Finding, questions []msp.Question, now time.Time) ([]msp.Finding, []Outcome) {
	out := slices.Clone(findings)
	matched := make([][]string, len(list))
	by := index(list)
	for i := range out {
		f := &out[i]
		holder := -1
		for _, at := range by[key{f.Rule, f.Subject.ID}] {
			if w := list[at]; w.matches(f) && !w.Expired(now) && (holder < 0 || w.Finding != "") {
				holder = at
			}
		}
		if holder >= 0 {
			w := list[holder]
			f.Waived = &msp.Waived{Reason: w.Reason, Justification: w.Justification, ApprovedBy: w.ApprovedBy, Expires: w.Expires}
			matched[holder] = append(matched[holder], f.ID)
			continue
		}
		for _, at := range by[key{f.Rule, f.Subject.ID}] {
			if list[at].matches(f) {
				matched[at] = append(matched[at], f.ID)
			}
		}
	}
	return out, outcomes(list, matched, asked(questions), now)
}

type key struct{ rule, subject string }

func index(list []Waiver) map[key][]int {
	by := map[key][]int{}
	for i, w := range list {
		k := key{w.Rule, w.Subject}
		by[k] = append(by[k], i)
	}
	return by
}

func asked(questions []msp.Question) map[key]bool {
	out := map[key]bool{}
	for _, q := range questions {
		out[key{q.Rule, q.Subject.ID}] = true
	}
	return out
}

func outcomes(list []Waiver, matched [][]string, open map[key]bool, now time.Time) []Outcome {
	out := make([]Outcome, len(list))
	for i, w := range list {
		slices.Sort(matched[i])
		o := Outcome{Waiver: w, State: Unmatched, Findings: matched[i]}
		switch {
		case w.Expired(now):
			o.State = Expired
		case len(matched[i]) > 0:
			o.State = Active
		case open[key{w.Rule, w.Subject}]:
			o.State = Unjudged
		}
		out[i] = o
	}
	return out
}
