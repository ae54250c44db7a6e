// Package history compares two runs: which findings are new, the same, fixed,
// reopened or were not looked at. A finding closes on fresh evidence only: what
// the new run could not judge, or did not look at, stays as it was.
package history

import (
	"cmp"
	"slices"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// Run is what a comparison needs to know of a run. The order of the lists does
// not matter.
type Run struct {
	Findings []msp.Finding
	Subjects []msp.Subject // everything that rules were asked about
	Unjudged []Unjudged    // rules that could not be judged on a subject
	Rules    []string      // rules that were judged at all
	Off      []string      // rules of these that lacked what they work on, such as a previous run
	Checks   []Check       // the questions put to DNS
}

// Unjudged is a rule whose verdict on a subject is unknown. Why says what was
// missing.
type Unjudged struct {
	Rule    string
	Subject msp.Subject
	Why     string
}

// Check is a question put to DNS. Key names the question in any run, as the
// evidence of a finding does; Fact is the id of this run's answer.
type Check struct {
	Key     string
	Fact    string
	Outcome fact.Outcome
}

// Change is a finding with what became of it. Finding is that of the new run, or
// of the old one for what is fixed or was not looked at; its State is State.
// Before is the old finding where there are both. Why says why a finding that is
// gone does not count as fixed.
type Change struct {
	State   msp.FindingState
	Finding msp.Finding
	Before  *msp.Finding
	Why     string
}

// Compare says what became of each finding of two runs. The result has every
// finding of the new run, and those of the old one that are gone; it is sorted
// by rule, subject and id. A finding that the old run held as fixed is reopened
// if it is back, and left out otherwise.
func Compare(old, new Run) []Change {
	before := byID(old.Findings)
	now := byID(new.Findings)
	v := newView(old, new)
	var list []Change
	for id, f := range now {
		list = append(list, present(f, before[id]))
	}
	for id, f := range before {
		if now[id] == nil && f.State != msp.StateFixed {
			list = append(list, v.gone(*f))
		}
	}
	slices.SortFunc(list, compareChanges)
	return list
}

// byID indexes findings. Ids are unique in a run; of doubles that a damaged
// report may hold, the worst counts.
func byID(list []msp.Finding) map[string]*msp.Finding {
	m := make(map[string]*msp.Finding, len(list))
	for i := range list {
		f := &list[i]
		if old := m[f.ID]; old == nil || compareFindings(*f, *old) < 0 {
			m[f.ID] = f
		}
	}
	return m
}

func compareFindings(a, b msp.Finding) int {
	return cmp.Or(
		cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Subject.Kind, b.Subject.Kind),
		cmp.Compare(a.Subject.ID, b.Subject.ID), cmp.Compare(a.State, b.State), cmp.Compare(a.Message, b.Message),
	)
}

func compareChanges(a, b Change) int {
	x, y := a.Finding, b.Finding
	return cmp.Or(
		cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Subject.Kind, y.Subject.Kind),
		cmp.Compare(x.Subject.ID, y.Subject.ID), cmp.Compare(x.ID, y.ID),
	)
}

// present gives the change of a finding of the new run.
func present(f, before *msp.Finding) Change {
	c := Change{State: msp.StateSame, Finding: *f, Before: before}
	switch {
	case before == nil:
		c.State = msp.StateNew
	case before.State == msp.StateFixed:
		c.State = msp.StateReopened
	}
	c.Finding.State = c.State
	return c
}

// Findings gives the findings of a comparison, those that are gone among them,
// with their states.
func Findings(changes []Change) []msp.Finding {
	list := make([]msp.Finding, len(changes))
	for i, c := range changes {
		list[i] = c.Finding
	}
	return list
}
