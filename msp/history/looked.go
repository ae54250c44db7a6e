package history

import (
	"cmp"
	"strings"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// view holds what the new run looked at.
type view struct {
	subjects map[msp.Subject]bool
	ids      map[string]bool // of organisations, providers and assets
	unjudged map[judged]string
	rules    map[string]bool
	off      map[string]bool
	asked    map[string]string       // fact of the old run -> question
	outcomes map[string]fact.Outcome // question -> outcome in the new run
}

type judged struct {
	rule    string
	subject msp.Subject
}

func newView(old, new Run) *view {
	v := &view{
		subjects: map[msp.Subject]bool{}, ids: map[string]bool{}, unjudged: map[judged]string{},
		rules: set(new.Rules), off: set(new.Off),
		asked: map[string]string{}, outcomes: map[string]fact.Outcome{},
	}
	for _, s := range new.Subjects {
		v.subjects[s] = true
		switch s.Kind {
		case msp.SubjectOrganisation, msp.SubjectProvider, msp.SubjectAsset:
			v.ids[s.ID] = true
		}
	}
	for _, u := range new.Unjudged {
		key := judged{u.Rule, u.Subject}
		if why, seen := v.unjudged[key]; !seen || u.Why < why {
			v.unjudged[key] = u.Why
		}
	}
	for _, c := range old.Checks {
		v.asked[c.Fact] = c.Key
	}
	for _, c := range new.Checks {
		if was, seen := v.outcomes[c.Key]; !seen || was != fact.Unknown {
			v.outcomes[c.Key] = c.Outcome // of doubles the unknown one counts
		}
	}
	return v
}

func set(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, s := range list {
		m[s] = true
	}
	return m
}

// gone says what became of a finding that the new run does not have.
func (v *view) gone(f msp.Finding) Change {
	c := Change{State: msp.StateFixed, Finding: f}
	if why := v.notLooked(f); why != "" {
		c.State, c.Why = msp.StateNotLookedAt, why
	}
	c.Finding.State = c.State
	return c
}

// notLooked says why the new run could not have closed a finding; "" if it
// could.
func (v *view) notLooked(f msp.Finding) string {
	why, unjudged := v.unjudged[judged{f.Rule, f.Subject}]
	switch {
	case !v.rules[f.Rule]:
		return "the rule was not judged"
	case v.off[f.Rule]:
		return "the rule had nothing to work on"
	case !v.inScope(f.Subject):
		return "the " + string(f.Subject.Kind) + " is not in the inventory any more; that is no proof"
	case unjudged && why != "":
		return "unknown: " + why
	case unjudged:
		return "unknown"
	}
	return v.stale(f)
}

// inScope reports whether the new run looked at a subject. A path is looked at
// if both its ends are there: that it is gone is what closing it means.
func (v *view) inScope(s msp.Subject) bool {
	if s.Kind != msp.SubjectPath {
		return v.subjects[s]
	}
	nodes := strings.Split(s.ID, ">")
	return v.ids[nodes[0]] && v.ids[nodes[len(nodes)-1]]
}

// stale says which of the questions behind a finding went without a clean
// answer. A question that the new run had no reason to ask counts neither way,
// as long as one was asked again.
func (v *view) stale(f msp.Finding) string {
	observed, fresh := false, false
	for _, e := range f.Evidence {
		if e.Fact == "" {
			continue
		}
		observed = true
		key := cmp.Or(e.Check, v.asked[e.Fact])
		outcome, again := v.outcomes[key]
		switch {
		case key == "" || !again:
		case outcome == fact.Unknown:
			return "no clean answer: " + key
		default:
			fresh = true
		}
	}
	if observed && !fresh {
		return "nothing that it rests on was asked again"
	}
	return ""
}
