package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/exposure"
)

// Model holds the numbers that exposures were made with: expert judgement, open
// to change by a file of one's own.
type Model struct {
	Version    string         `json:"version"`
	SHA256     string         `json:"sha256"`
	BuiltIn    bool           `json:"built_in"`
	Base       []ModelShare   `json:"base"`     // how far a door of a kind is open without controls; by share, most first
	Controls   []ModelControl `json:"controls"` // by family, then share, most first
	Verified   float64        `json:"verified"` // what of a control counts, by its evidence
	Attested   float64        `json:"attested"`
	Expired    float64        `json:"expired"`
	Values     []ModelValue   `json:"values"`      // of assets without a value
	ExactDoors int            `json:"exact_doors"` // most uncertain doors for the exact method
	Trials     int            `json:"trials"`      // of the Monte Carlo method
}

// ModelShare is a share that differs by the kind of door.
type ModelShare struct {
	Kind  string  `json:"kind"`
	Share float64 `json:"share"`
}

// ModelControl is what a control takes off a door: of one family only the
// strongest counts.
type ModelControl struct {
	Control string       `json:"control"`
	Family  string       `json:"family"`
	Share   float64      `json:"share"`
	ByKind  []ModelShare `json:"by_kind"` // where it differs
}

// ModelValue is what an asset without a value counts; "" = without criticality.
type ModelValue struct {
	Criticality string  `json:"criticality"`
	Value       float64 `json:"value"`
}

// Sensitivity is the ranking of providers beside what it would be if the numbers
// of the model were wrong.
type Sensitivity struct {
	Share     float64          `json:"share"`     // by which they are changed, down and up
	Providers []SensitivityRow `json:"providers"` // by exposure, worst first
	Runs      int              `json:"runs"`      // in each, one number was changed
	Held      int              `json:"held"`      // runs that kept the ranking
	First     int              `json:"first"`     // how many are looked at first
	FirstHeld int              `json:"first_held"`
	Down      bool             `json:"down_changes"` // every number down at once changes the order of the first
	Up        bool             `json:"up_changes"`
	Swings    []Swing          `json:"swings"`   // the runs that changed the ranking
	LeftOut   int              `json:"left_out"` // providers of small exposure in a very large organisation
	Words     []string         `json:"words"`
}

// SensitivityRow is one provider under the runs. Providers of the same exposure
// share a rank.
type SensitivityRow struct {
	Provider  string  `json:"provider"`
	Rank      int     `json:"rank"`
	Exposure  float64 `json:"exposure"`
	RankDown  int     `json:"rank_down"` // every number down by the share
	Down      float64 `json:"exposure_down"`
	RankUp    int     `json:"rank_up"` // every number up
	Up        float64 `json:"exposure_up"`
	BestRank  int     `json:"best_rank"` // over the runs of one number; the largest is the best
	WorstRank int     `json:"worst_rank"`
	Least     float64 `json:"exposure_least"`
	Most      float64 `json:"exposure_most"`
}

// Swing is a run that changed the ranking.
type Swing struct {
	Entry string   `json:"entry"` // such as b(rmm_agent) or r(mfa)
	Was   float64  `json:"was"`
	Is    float64  `json:"is"`
	First bool     `json:"first"` // it changed the order of the first
	Order []string `json:"order"` // of the first then
}

func tablesOf(t exposure.Tables) Tables {
	if t.Version == "" {
		return Tables{}
	}
	return Tables{Version: t.Version, SHA256: t.Hash(), BuiltIn: t.BuiltIn()}
}

func modelOf(t exposure.Tables) Model {
	if t.Version == "" {
		return Model{}
	}
	m := Model{
		Version: t.Version, SHA256: t.Hash(), BuiltIn: t.BuiltIn(), Verified: t.Verified, Attested: t.Attested, Expired: t.Expired,
		ExactDoors: t.ExactDoors, Trials: t.Trials, Base: modelShares(t.Base),
	}
	for _, s := range t.Controls {
		m.Controls = append(m.Controls, ModelControl{Control: string(s.Control), Family: string(s.Family), Share: s.R, ByKind: modelShares(s.ByKind)})
	}
	families := []string{string(exposure.Auth), string(exposure.Path), string(exposure.Detect)}
	slices.SortFunc(m.Controls, func(x, y ModelControl) int {
		return cmp.Or(cmp.Compare(slices.Index(families, x.Family), slices.Index(families, y.Family)), cmp.Compare(y.Share, x.Share), strings.Compare(x.Control, y.Control))
	})
	for _, c := range append(msp.Criticalities(), "") {
		m.Values = append(m.Values, ModelValue{c, cents(t.Values[c])})
	}
	return m
}

func modelShares(shares map[msp.AccessKind]float64) []ModelShare {
	list := make([]ModelShare, 0, len(shares))
	for k, v := range shares {
		list = append(list, ModelShare{string(k), v})
	}
	slices.SortFunc(list, func(x, y ModelShare) int {
		return cmp.Or(cmp.Compare(y.Share, x.Share), strings.Compare(x.Kind, y.Kind))
	})
	return list
}

func annual(a *msp.Annual, own bool) *Annual {
	if a == nil {
		return nil
	}
	out := &Annual{Annual: *a, Own: own}
	out.Loss, out.Least, out.Most = rounded(a.Loss, cents), cents(a.Least), cents(a.Most)
	return out
}

func (b *builder) sensitivity() Sensitivity {
	s := &b.in.Sensitivity
	out := Sensitivity{
		Share: s.Share, Runs: len(s.Swings), Held: s.Held, First: s.First, FirstHeld: s.TopHeld, LeftOut: s.Left,
		Down: s.Down.Top, Up: s.Up.Top,
	}
	for _, p := range s.Spreads {
		out.Providers = append(out.Providers, SensitivityRow{
			Provider: p.Provider, Rank: p.Rank, Exposure: cents(p.Money), RankDown: p.RankDown, Down: cents(p.Down), RankUp: p.RankUp, Up: cents(p.Up),
			BestRank: p.Best, WorstRank: p.Worst, Least: cents(p.Least), Most: cents(p.Most),
		})
	}
	for _, w := range s.Swings {
		if w.Changed {
			out.Swings = append(out.Swings, Swing{Entry: w.Entry, Was: w.Was, Is: w.Is, First: w.Top, Order: slices.Clone(w.Ranking[:s.First])})
		}
	}
	out.Words = b.sensitivityWords(out)
	return out
}

// sensitivityWords says whether the ranking hangs on the numbers.
func (b *builder) sensitivityWords(s Sensitivity) []string {
	if len(s.Providers) == 0 {
		return nil
	}
	share := fmt.Sprintf("%.0f %%", 100*s.Share)
	if s.Providers[0].Exposure <= 0 {
		return []string{"No provider reaches an asset with a value, whatever the numbers of the tables."}
	}
	if len(s.Providers) == 1 {
		return []string{fmt.Sprintf("There is one provider, so there is no order that the numbers of the tables could change. If any one of them were wrong by %s, its exposure would lie between %s and %s.",
			share, b.amount(s.Providers[0].Least), b.amount(s.Providers[0].Most))}
	}
	var list []string
	switch {
	case s.FirstHeld == s.Runs && s.Held == s.Runs:
		list = append(list, fmt.Sprintf("Changing any one number of the tables by %s, up or down, changes no place in the ranking (%d runs).", share, s.Runs))
	case s.FirstHeld == s.Runs:
		list = append(list, fmt.Sprintf("Changing any one number of the tables by %s, up or down, leaves the first %s in their order; further down, places change in %d of %d runs.", share, b.firstWords(s), s.Runs-s.Held, s.Runs))
	default:
		list = append(list, fmt.Sprintf("Changing any one number of the tables by %s, up or down, changes the order of the first %s in %d of %d runs: %s.", share, b.firstWords(s), s.Runs-s.FirstHeld, s.Runs, entries(s.Swings)))
	}
	for _, all := range []struct {
		word    string
		changed bool
		rank    func(SensitivityRow) int
	}{
		{"lower", s.Down, func(p SensitivityRow) int { return p.RankDown }},
		{"higher", s.Up, func(p SensitivityRow) int { return p.RankUp }},
	} {
		text := fmt.Sprintf("With every number %s %s at once, the first %s keep their order.", share, all.word, b.firstWords(s))
		if all.changed {
			text = fmt.Sprintf("With every number %s %s at once, the first are %s.", share, all.word, b.orderBy(s, all.rank))
		}
		list = append(list, text)
	}
	first := s.Providers[0]
	text := fmt.Sprintf("In no run is another provider costlier than %s", b.name(first.Provider))
	if first.WorstRank > 1 || first.RankDown > 1 || first.RankUp > 1 {
		text = fmt.Sprintf("%s is the costliest by the tables as they are, not in every run", b.name(first.Provider))
	}
	return append(list, fmt.Sprintf("%s; its exposure lies between %s and %s.", text, b.amount(min(first.Least, first.Down, first.Up)), b.amount(max(first.Most, first.Down, first.Up))))
}

func (b *builder) amount(v float64) string { return Money(b.inv.Organisation.Currency, v) }

// firstWords counts the first in words.
func (b *builder) firstWords(s Sensitivity) string {
	return []string{"none", "one", "two", "three", "four", "five"}[min(s.First, 5)]
}

// orderBy names the first providers in another order.
func (b *builder) orderBy(s Sensitivity, rank func(SensitivityRow) int) string {
	rows := slices.Clone(s.Providers)
	slices.SortStableFunc(rows, func(x, y SensitivityRow) int { return cmp.Compare(rank(x), rank(y)) })
	var list []string
	for _, p := range rows[:min(s.First, len(rows))] {
		list = append(list, b.name(p.Provider))
	}
	return strings.Join(list, ", ")
}

// entries names the numbers whose change matters, the first few of them.
func entries(swings []Swing) string {
	var list []string
	for _, w := range swings {
		if w.First {
			list = append(list, w.Words())
		}
	}
	if n := len(list); n > 4 {
		list = append(list[:3], fmt.Sprintf("%d more", n-3))
	}
	return strings.Join(list, ", ")
}

// Words says what number was changed, such as "rmm agent doors at 0.76 instead of
// 0.95".
func (w Swing) Words() string {
	name := strings.NewReplacer("_", " ", ")", "").Replace(w.Entry)
	what, of, _ := strings.Cut(name, "(")
	of, kind, byKind := strings.Cut(of, ", ")
	switch what {
	case "b":
		what = "doors of kind " + of
	case "r":
		what = "the control " + of
		if byKind {
			what += " on doors of kind " + kind
		}
	case "e":
		what = of + " evidence"
	}
	return fmt.Sprintf("%s at %.3g instead of %.3g", what, w.Is, w.Was)
}

// Priced reports whether the cost of some fix is known.
func (r *Report) Priced() bool {
	return slices.ContainsFunc(r.Fixes, func(f msp.Fix) bool { return f.Cost != nil || len(f.NoCost) > 0 })
}

// FixesByCost gives the fixes with a cost by what they take off for it: single
// changes, or sets.
func (r *Report) FixesByCost(sets bool) []msp.Fix {
	var list []msp.Fix
	for _, f := range r.Fixes {
		if f.RankByCost > 0 && len(f.IDs) > 1 == sets {
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(x, y msp.Fix) int { return cmp.Compare(x.RankByCost, y.RankByCost) })
	return list
}

// HasAnnual reports whether somebody gave a frequency for some provider.
func (r *Report) HasAnnual() bool {
	return slices.ContainsFunc(r.Providers, func(p Provider) bool { return p.Annual != nil })
}
