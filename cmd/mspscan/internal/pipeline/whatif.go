package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"mspscan/msp"
	"mspscan/msp/exposure"
	"mspscan/msp/graph"
	"mspscan/msp/inventory"
	"mspscan/msp/journal"
	"mspscan/reports"
)

// WhatIf is what is asked of the exposure model.
type WhatIf struct {
	File       string // inventory or journal
	Close      []string
	Set        []string // <access>.<control>=yes|no|unknown
	Compromise []string // providers; none = each
	Best       int      // sets of at most so many changes; 0 = none asked
	Provider   string   // whom Best is measured on; "" = the one that costs most
	Model      string   // file of transmission tables; "" = those built in
	Now        time.Time
	JSON       bool
}

// whatIfResult is the answer, in JSON as it is here.
type whatIfResult struct {
	Organisation string         `json:"organisation"`
	Currency     string         `json:"currency"`
	Value        float64        `json:"value"`
	Tables       reports.Tables `json:"tables"`
	Changes      []string       `json:"changes"`
	Cost         *float64       `json:"cost,omitempty"`         // of the changes, where each has one
	NoCost       []string       `json:"without_cost,omitempty"` // changes whose cost is not known, where some fix has one
	Providers    []whatIfChange `json:"providers"`
	Best         []msp.Fix      `json:"best"`
	Hardening    []msp.Fix      `json:"best_hardening"`          // the same of controls alone: every door stays in use
	BestForCost  []msp.Fix      `json:"best_for_cost,omitempty"` // sets of exactly 1, 2, … changes that take off most for their cost
	Why          []string       `json:"why"`
}

type whatIfChange struct {
	Provider string    `json:"provider"`
	Before   msp.Range `json:"exposure_before"`
	After    msp.Range `json:"exposure_after"`
	ScoreWas msp.Range `json:"score_before"`
	Score    msp.Range `json:"score_after"`

	AnnualWas *msp.Annual `json:"annual_before,omitempty"`
	Annual    *msp.Annual `json:"annual_after,omitempty"`
}

// Run answers the question and prints it.
func (q WhatIf) Run(ctx context.Context, w io.Writer) error {
	g, started, err := q.load()
	if err != nil {
		return err
	}
	if q.Now.IsZero() {
		q.Now = started
	}
	tables, err := loadTables(q.Model)
	if err != nil {
		return err
	}
	before, err := exposure.New(ctx, g, tables, q.Now)
	if err != nil {
		return coded(CodeUsage, err)
	}
	res, err := q.ask(g, before)
	if ctx.Err() != nil {
		return coded(CodeInternal, ctx.Err())
	}
	if err != nil {
		return coded(CodeUsage, err)
	}
	if q.JSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return coded(CodeInternal, enc.Encode(res))
	}
	return coded(CodeInternal, res.print(w))
}

// load gives the graph and the time to judge by: the start of a journal's run,
// else the clock's.
func (q WhatIf) load() (*graph.Graph, time.Time, error) {
	g, err := loadGraph(q.File)
	if err != nil || !isJournal(q.File) {
		return g, time.Now().UTC(), err
	}
	run, err := journal.Open(q.File)
	if err != nil {
		return nil, time.Time{}, coded(CodeUsage, err)
	}
	return g, run.Header.Started, nil
}

func (q WhatIf) ask(g *graph.Graph, before *exposure.Model) (whatIfResult, error) {
	org := g.Inventory().Organisation
	if err := q.names(g); err != nil {
		return whatIfResult{}, err
	}
	res := whatIfResult{Organisation: org.Name, Currency: org.Currency, Value: before.Value(), Changes: []string{}, Best: []msp.Fix{}, Hardening: []msp.Fix{}, Why: []string{}}
	t := before.Tables()
	res.Tables = reports.Tables{Version: t.Version, SHA256: t.Hash(), BuiltIn: t.BuiltIn()}
	res.Cost, res.NoCost = before.Costs(q.changes()...)
	after, err := q.apply(before, &res)
	if err != nil {
		return res, err
	}
	if len(q.Compromise) > 0 {
		if before, err = before.Compromise(q.Compromise...); err != nil {
			return res, err
		}
		if after, err = after.Compromise(q.Compromise...); err != nil {
			return res, err
		}
	}
	now := after.Exposures()
	for i, was := range before.Exposures() {
		res.Providers = append(res.Providers, whatIfChange{was.Provider, was.Money, now[i].Money, was.Score, now[i].Score, was.Annual, now[i].Annual})
	}
	slices.SortStableFunc(res.Providers, func(a, b whatIfChange) int {
		switch {
		case a.Before.Hi > b.Before.Hi:
			return -1
		case a.Before.Hi < b.Before.Hi:
			return 1
		}
		return strings.Compare(a.Provider, b.Provider)
	})
	return res, q.best(after, &res)
}

// names refuses what is not in the inventory and names the nearest that is.
func (q WhatIf) names(g *graph.Graph) error {
	var doors, providers, controls []string
	for _, d := range slices.Concat(g.Doors(), g.Discovered()) {
		doors = append(doors, d.ID)
	}
	for _, p := range g.Inventory().Providers {
		providers = append(providers, p.ID)
	}
	for _, c := range msp.AllControls() {
		controls = append(controls, string(c))
	}
	asked := append(append([]string{}, q.Compromise...), q.Provider)
	errs := []error{known("access", q.Close, doors), known("provider", asked, providers)}
	for _, s := range q.Set {
		door, control, _, err := parseSet(s)
		errs = append(errs, err, known("access", []string{door}, doors), known("control", []string{string(control)}, controls))
	}
	return errors.Join(errs...)
}

// known refuses the first of ids that is not in the list.
func known(what string, ids, list []string) error {
	for _, id := range ids {
		if id == "" || slices.Contains(list, id) {
			continue
		}
		if near, ok := inventory.Nearest(id, list); ok {
			return fmt.Errorf("%s %q is not in the inventory; did you mean %q?", what, id, near)
		}
		return fmt.Errorf("%s %q is not in the inventory", what, id)
	}
	return nil
}

// apply makes the changes one after another.
func (q WhatIf) apply(m *exposure.Model, res *whatIfResult) (*exposure.Model, error) {
	m, err := m.Close(q.Close...)
	if err != nil {
		return nil, err
	}
	for _, id := range q.Close {
		res.Changes = append(res.Changes, "close:"+id)
	}
	for _, change := range q.Set {
		door, control, answer, err := parseSet(change)
		if err != nil {
			return nil, err
		}
		if m, err = m.Set(door, control, answer); err != nil {
			return nil, err
		}
		res.Changes = append(res.Changes, change)
	}
	return m, nil
}

// parseSet reads ACCESS.CONTROL=ANSWER.
func parseSet(s string) (door string, c msp.Control, a msp.Answer, err error) {
	left, word, ok := strings.Cut(s, "=")
	dot := strings.LastIndexByte(left, '.')
	if !ok || dot < 1 {
		return "", "", 0, fmt.Errorf("--set %q: write ACCESS.CONTROL=yes, such as north-rmm.mfa=yes", s)
	}
	for _, a := range []msp.Answer{msp.Yes, msp.No, msp.Unknown} {
		if a.String() == word {
			return left[:dot], msp.Control(left[dot+1:]), a, nil
		}
	}
	return "", "", 0, fmt.Errorf("--set %q: the answer is yes, no or unknown", s)
}

// best adds the sets of changes worth most and the words behind them.
func (q WhatIf) best(m *exposure.Model, res *whatIfResult) error {
	if q.Best == 0 || len(res.Providers) == 0 {
		return nil
	}
	provider := q.Provider
	if provider == "" {
		provider = res.Providers[0].Provider
	}
	var err error
	if res.Best, err = growing(q.Best, provider, m.BestSet); err != nil {
		return err
	}
	if res.Hardening, err = growing(q.Best, provider, m.BestHardening); err != nil {
		return err
	}
	for k := 1; k <= q.Best; k++ {
		fix, ok, err := m.BestForCost(provider, k)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		res.BestForCost = append(res.BestForCost, fix)
	}
	why, err := m.Explain(provider)
	if err != nil {
		return err
	}
	res.Why = append(res.Why, why...)
	return nil
}

// growing gives the best sets of up to 1, 2, … n changes, as long as more changes
// bring more.
func growing(n int, provider string, best func(string, int) (msp.Fix, error)) ([]msp.Fix, error) {
	list := []msp.Fix{}
	for k := 1; k <= n; k++ {
		fix, err := best(provider, k)
		if err != nil {
			return nil, err
		}
		if len(fix.IDs) == 0 || len(list) > 0 && fix.Reduction <= list[len(list)-1].Reduction {
			break
		}
		list = append(list, fix)
	}
	return list, nil
}
