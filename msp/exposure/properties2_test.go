package exposure

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

func TestP8AssetsAddUp(t *testing.T) {
	bothWays(t, func(m method) property {
		return func(inv *msp.Inventory, _ *rand.Rand) error {
			model, err := m.model(inv)
			if err != nil {
				return err
			}
			for _, p := range model.asked() {
				e := model.exposure(p)
				sum := msp.Range{}
				for _, a := range e.Assets {
					sum.Hi += a.Money.Hi
					sum.Lo += a.Money.Lo
				}
				if sum != e.Money {
					return fmt.Errorf("assets of %s add up to %v, not %v", e.Provider, sum, e.Money)
				}
			}
			return nil
		}
	})
}

func TestP9Fixes(t *testing.T) {
	bothWays(t, func(m method) property {
		return func(inv *msp.Inventory, r *rand.Rand) error {
			model, err := m.model(inv)
			if err != nil {
				return err
			}
			worst, ok := model.worst()
			if !ok {
				return nil
			}
			v := model.look(worst, model.hi)
			all := v.candidates().list
			if len(all) == 0 {
				return nil
			}
			set := []candidate{all[r.IntN(len(all))], all[r.IntN(len(all))], all[r.IntN(len(all))]}
			whole := v.money() - v.with(model.changes(set)).money()
			rounding := m.slack * (1 + model.Value())
			for _, c := range set {
				one := v.money() - v.with(model.changes([]candidate{c})).money()
				if one < -rounding || one > whole+rounding {
					return fmt.Errorf("%s is worth %v, the set %v", c.id(model), one, whole)
				}
				if one > c.bound+slack*(1+model.Value()) {
					return fmt.Errorf("%s is worth %v, above its bound %v", c.id(model), one, c.bound)
				}
			}
			return whatIfAgrees(model, v, set, rounding)
		}
	})
}

// whatIfAgrees holds the quick way to weigh a change against a model that was
// really changed.
func whatIfAgrees(m *Model, v *view, set []candidate, rounding float64) error {
	changed := m
	for _, c := range set {
		var err error
		if c.control == "" {
			changed, err = changed.Close(m.doors[c.door].id)
		} else {
			changed, err = changed.Set(m.doors[c.door].id, c.control, msp.Yes)
		}
		if err != nil {
			return err
		}
	}
	quick, real := v.with(m.changes(set)).money(), changed.look(v.source, changed.hi).money()
	if math.Abs(quick-real) > rounding {
		return fmt.Errorf("quick says %v, the changed model %v", quick, real)
	}
	return nil
}

// P10: the trials obey P2 to P6 to the bit (above), and come out near the exact
// value: four standard errors, but for as many as the normal law leaves outside.
func TestP10TrialsNearExact(t *testing.T) {
	t.Parallel()
	tables := DefaultTables()
	tables.ExactDoors = 0
	sampled := method{tables, 0}
	outside, all := 0, 0
	for i := range models() / 5 {
		inv := random(rand.New(rand.NewPCG(uint64(i), 13)))
		sampled.tables.Seed = uint64(i)
		a, err := exactly().model(inv)
		require.NoError(t, err)
		b, err := sampled.model(inv)
		require.NoError(t, err)
		exact := readings(a)
		for name, v := range readings(b) {
			if !strings.HasPrefix(name, "p ") {
				continue
			}
			p := exact[name].Hi
			se := math.Sqrt(p*(1-p)/float64(tables.Trials)) + 1e-9
			all++
			if math.Abs(v.Hi-p) > 4*se {
				outside++
			}
			require.LessOrEqual(t, math.Abs(v.Hi-p), 6*se, "%s of model %d: %v for %v\n%s", name, i, v.Hi, p, yaml(inv))
		}
	}
	require.Greater(t, all, models()/5)
	require.LessOrEqual(t, float64(outside), 3+4e-4*float64(all))
}

func TestP11Names(t *testing.T) {
	t.Parallel()
	hold(t, func(inv *msp.Inventory, r *rand.Rand) error {
		m := exactly()
		names := map[string]string{}
		name := func(id string) string {
			if names[id] == "" {
				names[id] = fmt.Sprintf("n%d-%d", r.IntN(1000), len(names))
			}
			return names[id]
		}
		a, err := m.model(inv)
		if err != nil {
			return err
		}
		b, err := m.model(renamed(inv, name))
		if err != nil {
			return err
		}
		after := readings(b)
		for key, v := range readings(a) {
			kind, ids, _ := strings.Cut(key, " ")
			from, to, asset := strings.Cut(ids, ">")
			other := kind + " " + name(from)
			if asset {
				other += ">" + name(to)
			}
			if w := after[other]; math.Abs(v.Hi-w.Hi) > slack || math.Abs(v.Lo-w.Lo) > slack {
				return fmt.Errorf("%s was %v and is %v", key, v, w)
			}
		}
		return nil
	})
}

func renamed(inv *msp.Inventory, name func(string) string) *msp.Inventory {
	c := copyOf(inv)
	c.Organisation.ID = name(c.Organisation.ID)
	for i := range c.Assets {
		c.Assets[i].ID = name(c.Assets[i].ID)
	}
	for i := range c.Providers {
		c.Providers[i].ID = name(c.Providers[i].ID)
	}
	for i := range c.Relationships {
		rel := &c.Relationships[i]
		rel.Provider, rel.Customer = name(rel.Provider), name(rel.Customer)
		for j := range rel.Access {
			rel.Access[j].ID = name(rel.Access[j].ID)
		}
	}
	for i := range c.Internal {
		c.Internal[i].ID, c.Internal[i].From = name(c.Internal[i].ID), name(c.Internal[i].From)
	}
	for _, row := range rowsOf(c) {
		for j, to := range *row.reaches {
			(*row.reaches)[j] = name(to)
		}
	}
	return c
}

func TestP12SubProvider(t *testing.T) {
	bothWays(t, func(m method) property {
		return func(inv *msp.Inventory, r *rand.Rand) error {
			x := inv.Providers[r.IntN(len(inv.Providers))].ID
			c := copyOf(inv)
			c.Providers = append(c.Providers, msp.Provider{ID: "sub"})
			c.Relationships = append(c.Relationships, msp.Relationship{
				Provider: "sub", Customer: x, AccessStated: true, Access: []msp.Access{access(r, inv, x, "sub-door")},
			})
			model, err := m.model(c)
			if err != nil {
				return err
			}
			score := map[string]msp.Range{}
			for _, e := range model.Exposures() {
				score[e.Provider] = e.Score
			}
			if score["sub"].Hi > score[x].Hi+100*m.slack || score["sub"].Lo > score[x].Lo+100*m.slack {
				return fmt.Errorf("S of the sub-provider is %v, that of %s %v", score["sub"], x, score[x])
			}
			return nil
		}
	})
}

func TestP13NoDoors(t *testing.T) {
	bothWays(t, func(m method) property {
		return func(inv *msp.Inventory, r *rand.Rand) error {
			x := inv.Providers[r.IntN(len(inv.Providers))].ID
			c := copyOf(inv)
			c.Relationships = slices.DeleteFunc(c.Relationships, func(rel msp.Relationship) bool { return rel.Provider == x })
			model, err := m.model(c)
			if err != nil {
				return err
			}
			for _, e := range model.Exposures() {
				if e.Provider == x && (e.Money != msp.Range{} || e.Score != msp.Range{}) {
					return fmt.Errorf("without a door %s has %v", x, e.Money)
				}
			}
			return nil
		}
	})
}

func TestP14Cut(t *testing.T) {
	t.Parallel()
	hold(t, func(inv *msp.Inventory, r *rand.Rand) error {
		m, err := exactly().model(inv)
		if err != nil {
			return err
		}
		x := inv.Providers[r.IntN(len(inv.Providers))].ID
		var jewels []string
		for _, a := range inv.Assets {
			if r.IntN(2) == 0 || len(jewels) == 0 {
				jewels = append(jewels, a.ID)
			}
		}
		cut, err := m.Cut(x, jewels...)
		if err != nil {
			return err
		}
		left, err := reachedOf(m, x, jewels, cut)
		if err != nil || left {
			return fmt.Errorf("cut %v of %s leaves %v reached: %w", cut, x, jewels, err)
		}
		for i := range cut {
			less := slices.Delete(slices.Clone(cut), i, i+1)
			if left, err := reachedOf(m, x, jewels, less); err != nil || !left {
				return fmt.Errorf("a part %v of the cut %v of %s is enough for %v: %w", less, cut, x, jewels, err)
			}
		}
		return nil
	})
}

func reachedOf(m *Model, provider string, jewels, closed []string) (bool, error) {
	c, err := m.Close(closed...)
	if err != nil {
		return false, err
	}
	p, err := c.provider(provider)
	if err != nil {
		return false, err
	}
	for i, x := range c.look(p, c.hi).p {
		if x > 0 && slices.Contains(jewels, m.s.assets[i].id) {
			return true, nil
		}
	}
	return false, nil
}

func TestP15Redundancy(t *testing.T) {
	t.Parallel()
	for i := range models() {
		r := rand.New(rand.NewPCG(uint64(i), 15))
		var list []Use
		ids := []string{"u0", "u1", "u2", "s0", "s1", "s2"}
		for range 1 + r.IntN(8) {
			list = append(list, Use{User: ids[r.IntN(6)], Layer: []string{"dns", "mail"}[r.IntN(2)], Providers: []string{ids[3+r.IntN(3)]}})
		}
		before := Concentrations(list, ids)
		at := r.IntN(len(list))
		list[at].Providers = []string{list[at].Providers[0], ids[3+r.IntN(3)]}
		after := Concentrations(list, ids)
		for _, b := range before {
			n := slices.IndexFunc(after, func(a Concentration) bool { return a.Provider == b.Provider && a.Layer == b.Layer })
			require.GreaterOrEqual(t, n, 0)
			require.LessOrEqual(t, after[n].I, b.I, "case %d: redundancy raised I: %v", i, list)
			require.GreaterOrEqual(t, after[n].C, b.C, "case %d: redundancy lowered C: %v", i, list)
			require.LessOrEqual(t, b.I, b.C)
		}
	}
}

// TestP15Inventory asks the same of inventories: a named alternative saves from
// outages and opens nothing, a second provider of a service never makes a
// compromise rarer.
func TestP15Inventory(t *testing.T) {
	t.Parallel()
	hold(t, func(inv *msp.Inventory, r *rand.Rand) error {
		if len(inv.Relationships) == 0 {
			return nil
		}
		users := []string{inv.Organisation.ID}
		for i := range inv.Providers {
			inv.Providers[i].Kind = msp.ProviderKinds()[i%3]
			users = append(users, inv.Providers[i].ID)
		}
		before := Concentrations(Uses(graphOf(t, inv)), users)
		more, at := copyOf(inv), r.IntN(len(inv.Relationships))
		other := inv.Providers[r.IntN(len(inv.Providers))].ID
		spare := r.IntN(2) == 0
		if rel := &more.Relationships[at]; spare {
			rel.Alternatives = msp.OptList{Known: true, Values: append(slices.Clone(rel.Alternatives.Values), other)}
		} else {
			extra := *rel
			extra.Provider, extra.Service = other, "extra"
			more.Relationships = append(more.Relationships, extra)
		}
		after := Concentrations(Uses(graphOf(t, more)), users)
		for _, b := range before {
			n := slices.IndexFunc(after, func(a Concentration) bool { return a.Provider == b.Provider && a.Layer == b.Layer })
			if n < 0 || after[n].C < b.C || spare && (after[n].I > b.I || after[n].C != b.C) {
				return fmt.Errorf("%+v became %+v", b, after)
			}
		}
		return nil
	})
}

func TestP16BlankNeverBeatsFilled(t *testing.T) {
	bothWays(t, func(m method) property {
		return func(inv *msp.Inventory, r *rand.Rand) error {
			blank := copyOf(inv)
			for _, row := range rowsOf(blank) {
				for _, c := range msp.AllControls() {
					switch rep := row.controls[c]; {
					case r.IntN(2) == 0:
						delete(row.controls, c)
					case rep.Answer != msp.NA:
						row.controls[c] = msp.Reply{}
					}
				}
			}
			for i := range blank.Relationships {
				if r.IntN(2) == 0 {
					blank.Relationships[i].AccessStated, blank.Relationships[i].Access = false, nil
				}
			}
			return m.notAbove(inv, blank, sides{hi: true})
		}
	})
}
