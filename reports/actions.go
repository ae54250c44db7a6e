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

// actions makes the plan: first the changes that cut most and keep the service,
// then what the remaining findings ask for, then smaller changes and doors that
// could be closed, then the questions.
func (b *builder) actions() []Action {
	major, minor := orderFixes(b.r.Fixes)
	closed := map[string]bool{}
	var plan []Action
	for _, f := range major {
		a := b.fixAction(f)
		for _, id := range a.Closes {
			closed[id] = true
		}
		plan = append(plan, a)
	}
	cumulate(plan, major, b.r.Fixes)
	plan = append(plan, b.remedies(closed)...)
	for _, f := range minor {
		a := b.fixAction(f)
		a.Horizon = 90
		plan = append(plan, a)
	}
	return append(plan, b.asks()...)
}

// majorShare is the share of the exposure that a change must cut to stand at the head
// of the plan.
const majorShare = 0.05

// orderFixes parts the single fixes into those for the head of the plan and the
// rest. The members of the best set come first, so that the lines add up to a
// set that was computed whole. Closing a door ends a service: it is never at the
// head while there is a control to put on it.
func orderFixes(all []msp.Fix) (major, minor []msp.Fix) {
	set := bestSet(all)
	seen := map[string]bool{}
	inSet := func(f msp.Fix) bool { return slices.Contains(set.IDs, f.IDs[0]) }
	for _, f := range all {
		if len(f.IDs) != 1 || f.Reduction <= 0 || seen[f.IDs[0]] {
			continue
		}
		seen[f.IDs[0]] = true
		if inSet(f) || !closes(f) && f.Reduction >= majorShare*f.Before {
			major = append(major, f)
		} else {
			minor = append(minor, f)
		}
	}
	byWorth := func(x, y msp.Fix) int {
		return cmp.Or(cmp.Compare(y.Reduction, x.Reduction), cmp.Compare(x.IDs[0], y.IDs[0]))
	}
	slices.SortStableFunc(major, func(x, y msp.Fix) int {
		if inSet(x) != inSet(y) {
			return order(inSet(x))
		}
		return byWorth(x, y)
	})
	slices.SortStableFunc(minor, func(x, y msp.Fix) int {
		if closes(x) != closes(y) {
			return order(closes(y))
		}
		return byWorth(x, y)
	})
	return major, minor
}

// order gives -1 if the first of two comes first, else 1.
func order(first bool) int {
	if first {
		return -1
	}
	return 1
}

// bestSet gives the set of changes worth most, of those that close no door if
// there are any.
func bestSet(all []msp.Fix) msp.Fix {
	var best msp.Fix
	for _, f := range all {
		if len(f.IDs) < 2 {
			continue
		}
		better := f.Reduction > best.Reduction
		if len(best.IDs) > 0 && closes(f) != closes(best) {
			better = closes(best)
		}
		if better {
			best = f
		}
	}
	return best
}

// closes reports whether a fix closes a door.
func closes(f msp.Fix) bool {
	return slices.ContainsFunc(f.IDs, func(id string) bool { return strings.HasPrefix(id, "close:") })
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

// rulesOf gives the rules that a fix answers: those of its control, or every
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
	a.Cost, a.PerCost, a.RankByCost = f.Cost, f.PerCost, f.RankByCost
	for _, n := range b.r.Findings {
		if n.Open() && n.Subject.Kind == msp.SubjectAccess && n.Subject.ID == id && (all || slices.Contains(rules, n.Rule)) {
			a.Closes = append(a.Closes, n.ID)
			a.Severity = max(a.Severity, n.Effective())
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

// questionFor gives the open question of a rule on a subject.
func (b *builder) questionFor(subject string, rules []string) string {
	for _, q := range b.r.Questions {
		if q.Subject.ID == subject && q.Kind != "observation" && slices.Contains(rules, q.Rule) {
			return q.Text
		}
	}
	return ""
}

// remedies groups the open findings that no fix closes by rule and provider.
func (b *builder) remedies(closed map[string]bool) []Action {
	type key struct{ rule, provider string }
	groups := map[key]*Action{}
	var order []key
	for _, f := range b.r.Findings {
		if !f.Open() || closed[f.ID] || f.Effective() == msp.Info {
			continue
		}
		k := key{f.Rule, f.Provider}
		a := groups[k]
		if a == nil {
			a = &Action{Kind: ActionRemedy, Text: f.Title + ": " + f.Remediation, Effort: cmp.Or(f.Effort, "medium"), Providers: []string{b.name(cmp.Or(f.Provider, b.inv.Organisation.ID))}}
			groups[k], order = a, append(order, k)
		}
		a.Closes = append(a.Closes, f.ID)
		a.Severity = max(a.Severity, f.Effective())
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
