package reports

import (
	"cmp"
	"slices"
	"strings"

	"mspscan/msp"
)

// The kinds of an Action.
const (
	ActionFix    = "fix"    // one change of the exposure model, with what it is worth
	ActionRemedy = "remedy" // the remediation of a rule, over all subjects of a provider
	ActionAsk    = "ask"    // a question whose answer narrows the range
)

// actions makes the plan: first the fixes worth most, then what the remaining
// findings ask for, then the questions.
func (b *builder) actions() []Action {
	fixes := orderFixes(b.r.Fixes)
	closed := map[string]bool{}
	var plan []Action
	for _, f := range fixes {
		a := b.fixAction(f)
		for _, id := range a.Closes {
			closed[id] = true
		}
		plan = append(plan, a)
	}
	cumulate(plan, fixes, b.r.Fixes)
	plan = append(plan, b.remedies(closed)...)
	return append(plan, b.asks()...)
}

// orderFixes gives the single fixes, worth first, with the members of the best
// larger set ahead, so that the lines add up to a set that was computed whole.
func orderFixes(all []msp.Fix) []msp.Fix {
	var single []msp.Fix
	var set msp.Fix
	seen := map[string]bool{}
	for _, f := range all {
		if len(f.IDs) == 1 && f.Reduction > 0 && !seen[f.IDs[0]] {
			seen[f.IDs[0]] = true
			single = append(single, f)
		}
		if len(f.IDs) > 1 && f.Reduction > set.Reduction {
			set = f
		}
	}
	slices.SortStableFunc(single, func(x, y msp.Fix) int {
		inX, inY := slices.Contains(set.IDs, x.IDs[0]), slices.Contains(set.IDs, y.IDs[0])
		if inX != inY {
			if inX {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(y.Reduction, x.Reduction), cmp.Compare(x.IDs[0], y.IDs[0]))
	})
	return single
}

// cumulate fills in what the first lines remove together, where the exposure
// model computed that very set. Reductions of single fixes do not add up.
func cumulate(plan []Action, fixes, all []msp.Fix) {
	var ids []string
	for i := range plan {
		ids = append(ids, fixes[i].IDs...)
		want := unique(ids)
		for _, f := range all {
			if slices.Equal(unique(f.IDs), want) {
				plan[i].Cumulative = f.Reduction
				break
			}
		}
	}
}

// door gives the access or internal id that a fix changes:
// "close:<door>" or "<door>.<control>=yes".
func door(fix string) string {
	if id, ok := strings.CutPrefix(fix, "close:"); ok {
		return id
	}
	id, _, _ := strings.Cut(fix, ".")
	return id
}

// ruleOf gives the rules that a fix answers: those of its control, or every
// access rule where the door is closed.
func rulesOf(fix string) (rules []string, all bool) {
	if strings.HasPrefix(fix, "close:") {
		return nil, true
	}
	_, rest, _ := strings.Cut(fix, ".")
	control, _, _ := strings.Cut(rest, "=")
	for _, q := range accessQuestions() {
		if q.id == control {
			rules = append(rules, q.rule)
		}
	}
	return rules, false
}

func (b *builder) fixAction(f msp.Fix) Action {
	id := door(f.IDs[0])
	rules, all := rulesOf(f.IDs[0])
	a := Action{Kind: ActionFix, Text: cmp.Or(f.Text, f.IDs[0]), Gain: f.Reduction, Providers: b.ownersOfDoor(id), Effort: "medium", Horizon: 60}
	for _, n := range b.r.Findings {
		if n.Open() && n.Subject.Kind == msp.SubjectAccess && n.Subject.ID == id && (all || slices.Contains(rules, n.Rule)) {
			a.Closes = append(a.Closes, n.ID)
			a.Severity = max(a.Severity, n.Severity)
			a.Effort = cmp.Or(n.Effort, a.Effort)
		}
	}
	a.Question = b.questionFor(id, rules)
	if a.Severity >= msp.High || f.Reduction >= 0.1*f.Before {
		a.Horizon = 30
	}
	return a
}

// ownersOfDoor gives the name of the provider that holds a door.
func (b *builder) ownersOfDoor(id string) []string {
	for _, d := range b.g.Doors() {
		if d.ID == id && d.Relationship >= 0 {
			return []string{b.name(b.inv.Relationships[d.Relationship].Provider)}
		}
	}
	return []string{b.name(b.inv.Organisation.ID)}
}

// questionFor gives the open question on a subject, preferring the given rules.
func (b *builder) questionFor(subject string, rules []string) string {
	text := ""
	for _, q := range b.r.Questions {
		if q.Subject.ID != subject || q.Kind == "observation" {
			continue
		}
		if slices.Contains(rules, q.Rule) {
			return q.Text
		}
		text = cmp.Or(text, q.Text)
	}
	return text
}

// remedies groups the open findings that no fix closes by rule and provider.
func (b *builder) remedies(closed map[string]bool) []Action {
	type key struct{ rule, provider string }
	groups := map[key]*Action{}
	var order []key
	for _, f := range b.r.Findings {
		if !f.Open() || closed[f.ID] || f.Severity == msp.Info {
			continue
		}
		k := key{f.Rule, f.Provider}
		a := groups[k]
		if a == nil {
			a = &Action{Kind: ActionRemedy, Text: f.Title + ": " + f.Remediation, Effort: cmp.Or(f.Effort, "medium"), Providers: []string{b.name(cmp.Or(f.Provider, b.inv.Organisation.ID))}}
			groups[k], order = a, append(order, k)
		}
		a.Closes = append(a.Closes, f.ID)
		a.Severity = max(a.Severity, f.Severity)
	}
	plan := make([]Action, 0, len(order))
	for _, k := range order {
		a := groups[k]
		a.Horizon = horizon(a.Severity, a.Effort)
		plan = append(plan, *a)
	}
	slices.SortStableFunc(plan, func(x, y Action) int {
		return cmp.Or(cmp.Compare(y.Severity, x.Severity), cmp.Compare(len(y.Closes), len(x.Closes)), cmp.Compare(x.Text, y.Text), strings.Compare(joined(x.Providers), joined(y.Providers)))
	})
	return plan
}

// horizon gives the days within which to act.
func horizon(s msp.Severity, effort string) int {
	switch {
	case s == msp.Critical, s == msp.High && effort == "low":
		return 30
	case s == msp.High, s == msp.Medium && effort == "low":
		return 60
	}
	return 90
}

// asks gives the questions that somebody can answer, worth first.
func (b *builder) asks() []Action {
	var plan []Action
	for _, q := range b.r.Questions {
		if q.Kind == "observation" {
			continue
		}
		plan = append(plan, Action{
			Kind: ActionAsk, Text: "Ask about " + q.Subject.ID, Providers: []string{b.name(cmp.Or(q.Provider, b.inv.Organisation.ID))},
			Severity: q.WouldBeFinding, Effort: "low", Narrows: q.Narrows, Horizon: 30, Question: q.Text,
		})
	}
	return plan
}
