package html

import (
	"cmp"
	"slices"
	"strings"

	"mspscan/msp"
)

// data is what the scripts compute with. It holds places in lists rather than
// texts: those are in the tables already.
type data struct {
	Currency string       `json:"currency"`
	Findings [][4]int     `json:"findings"` // severity, provider, rule, state: places in the choices of the filters
	Anchors  []string     `json:"anchors"`  // of the providers, in their places; "" = has no row
	Groups   []simulation `json:"groups"`
	Packed   string       `json:"packed"` // the lines under each finding, where the rows do not hold them
	Choices  choices      `json:"-"`
}

// choices are what the filters of the findings offer.
type choices struct {
	Providers []choice
	Rules     []choice
	States    []choice
}

type choice struct{ ID, Name string }

// simulation is the changes that were computed for the compromise of one
// provider, and what each set of them leaves.
type simulation struct {
	Provider string   `json:"-"` // "" = over all providers
	Before   float64  `json:"before"`
	Changes  []change `json:"-"`
	Sets     []fixSet `json:"sets"`
}

// change is one line to tick.
type change struct {
	ID, Text string
	Single   *msp.Fix // nil where it was computed in a set only
}

// fixSet is a set of changes by their places, with the exposure after it.
type fixSet struct {
	Changes []int   `json:"changes"`
	After   float64 `json:"after"`
	Sum     float64 `json:"sum"` // reduction over all providers
}

// simulations groups the fixes by the provider that they are measured on, in
// the order of the report.
func simulations(v *view) []simulation {
	var groups []simulation
	at := map[string]int{}
	for _, f := range v.Fixes {
		if _, ok := at[f.Provider]; !ok {
			at[f.Provider] = len(groups)
			groups = append(groups, simulation{Provider: f.Provider, Before: f.Before})
		}
		groups[at[f.Provider]].add(f)
	}
	return groups
}

// add takes a fix into the group. Sets for which a change has no line yet give
// it one.
func (s *simulation) add(f msp.Fix) {
	set := fixSet{After: f.After, Sum: f.Sum}
	for _, id := range f.IDs {
		at := slices.IndexFunc(s.Changes, func(c change) bool { return c.ID == id })
		if at < 0 {
			at = len(s.Changes)
			s.Changes = append(s.Changes, change{ID: id, Text: words(id)})
		}
		set.Changes = append(set.Changes, at)
		if len(f.IDs) == 1 && s.Changes[at].Single == nil {
			s.Changes[at].Text, s.Changes[at].Single = cmp.Or(f.Text, words(id)), &f
		}
	}
	slices.Sort(set.Changes)
	s.Sets = append(s.Sets, set)
}

// Sets gives the fixes of more than one change.
func (v *view) Sets() []msp.Fix {
	var list []msp.Fix
	for _, f := range v.Fixes {
		if len(f.IDs) > 1 {
			list = append(list, f)
		}
	}
	return list
}

func words(id string) string { return strings.ReplaceAll(id, "_", " ") }

// scriptData makes the data of the scripts.
func scriptData(v *view) data {
	d := data{Currency: v.Organisation.Currency, Groups: slices.Clone(v.Groups), Findings: [][4]int{}, Anchors: []string{}}
	if d.Groups == nil {
		d.Groups = []simulation{}
	}
	c := &d.Choices
	place := map[choice]int{}
	index := func(list *[]choice, kind, id, name string) int {
		key := choice{kind, id}
		if _, ok := place[key]; !ok {
			place[key] = len(*list)
			*list = append(*list, choice{id, name})
		}
		return place[key]
	}
	for _, p := range v.providersWithFindings() {
		index(&c.Providers, "provider", p, v.Owner(p))
		d.Anchors = append(d.Anchors, "")
		if v.Listed(p) {
			d.Anchors[len(d.Anchors)-1] = anchor("provider", p)
		}
	}
	for _, id := range v.rulesWithFindings() {
		index(&c.Rules, "rule", id, id)
	}
	for _, f := range v.Findings {
		d.Findings = append(d.Findings, [4]int{
			int(f.Effective()), index(&c.Providers, "provider", f.Provider, v.Owner(f.Provider)), index(&c.Rules, "rule", f.Rule, f.Rule),
			index(&c.States, "state", stateWord(f), sentence(stateWord(f))),
		})
	}
	return d
}

// providersWithFindings lists them as the table of providers does, the
// organisation itself first.
func (v *view) providersWithFindings() []string {
	has := map[string]bool{}
	for _, f := range v.Findings {
		has[f.Provider] = true
	}
	var list []string
	if has[""] {
		list = append(list, "")
	}
	for _, p := range v.Providers {
		if has[p.ID] {
			list = append(list, p.ID)
		}
	}
	return list
}

func (v *view) rulesWithFindings() []string {
	var list []string
	for _, f := range v.Findings {
		list = append(list, f.Rule)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
