package exposure

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
)

// The sixteen properties of the model, each on thousands of random models with
// cycles, shared credentials and unstated access. Where a property is about
// order, it is tried with the exact method, to rounding, and with the coupled
// trials, to the bit.

// slack is what rounding may do to an exact probability.
const slack = 1e-12

// method is a way to compute and how exactly its order must hold.
type method struct {
	tables Tables
	slack  float64
}

func exactly() method { return method{DefaultTables(), slack} }

// byTrials samples whatever is uncertain at all.
func byTrials() method {
	t := DefaultTables()
	t.ExactDoors, t.Trials = 0, 256
	return method{t, 0}
}

// bothWays tries a property with either method.
func bothWays(t *testing.T, holds func(m method) property) {
	t.Run("exact", func(t *testing.T) { t.Parallel(); hold(t, holds(exactly())) })
	t.Run("trials", func(t *testing.T) { t.Parallel(); hold(t, holds(byTrials())) })
}

func (m method) model(inv *msp.Inventory) (*Model, error) {
	return Build(inputOf(inv, day()), m.tables, day())
}

// readings gives hi and lo of every p, E and S by name.
func readings(m *Model) map[string]msp.Range {
	out := map[string]msp.Range{}
	for _, p := range m.asked() {
		e := m.exposure(p)
		for _, a := range e.Assets {
			out["p "+e.Provider+">"+a.Asset] = a.P
		}
		scale := 1 + m.Value()
		out["E "+e.Provider] = msp.Range{Hi: e.Money.Hi / scale, Lo: e.Money.Lo / scale}
		out["S "+e.Provider] = msp.Range{Hi: e.Score.Hi / 100, Lo: e.Score.Lo / 100}
	}
	return out
}

// sides picks the readings in which an order must hold.
type sides struct{ hi, lo bool }

// notAbove reports the first value of less that lies above more.
func (m method) notAbove(less, more *msp.Inventory, in sides) error {
	a, err := m.model(less)
	if err != nil {
		return err
	}
	b, err := m.model(more)
	if err != nil {
		return err
	}
	for _, p := range a.asked() {
		q, known := b.s.index[a.s.nodes[p].id]
		if !known {
			continue
		}
		if err := m.below(a.exposure(p), b.exposure(q), in); err != nil {
			return err
		}
	}
	return nil
}

// below holds two exposures of one provider, over the same assets, in order.
func (m method) below(less, more msp.Exposure, in sides) error {
	check := func(what string, v, w msp.Range, unit float64) error {
		if in.hi && v.Hi > w.Hi+m.slack*unit || in.lo && v.Lo > w.Lo+m.slack*unit {
			return fmt.Errorf("%s of %s: %v is above %v", what, less.Provider, v, w)
		}
		return nil
	}
	for i, a := range less.Assets {
		if a.Asset != more.Assets[i].Asset {
			return fmt.Errorf("asset %s beside %s", a.Asset, more.Assets[i].Asset)
		}
		if err := check("p("+a.Asset+")", a.P, more.Assets[i].P, 1); err != nil {
			return err
		}
	}
	return errors.Join(check("S", less.Score, more.Score, 100), check("E", less.Money, more.Money, 1e9))
}

func TestP1Bounds(t *testing.T) {
	bothWays(t, func(m method) property {
		return func(inv *msp.Inventory, _ *rand.Rand) error {
			model, err := m.model(inv)
			if err != nil {
				return err
			}
			for _, p := range model.asked() {
				e := model.exposure(p)
				for _, v := range []float64{e.Score.Hi, e.Score.Lo} {
					if !(v >= 0 && v <= 100) {
						return fmt.Errorf("S of %s is %v", e.Provider, v)
					}
				}
				if !(e.Money.Lo >= 0 && e.Money.Lo <= e.Money.Hi*(1+m.slack) && e.Money.Hi <= model.Value()*(1+m.slack)) {
					return fmt.Errorf("E of %s is %v of %v", e.Provider, e.Money, model.Value())
				}
			}
			return nil
		}
	})
}

func TestP2Controls(t *testing.T) {
	bothWays(t, func(m method) property {
		return func(inv *msp.Inventory, r *rand.Rand) error {
			rows := rowsOf(inv)
			if len(rows) == 0 {
				return nil
			}
			stronger := copyOf(inv)
			at := rowsOf(stronger)[r.IntN(len(rows))]
			c := msp.AllControls()[r.IntN(12)]
			was := at.controls[c]
			_, stated := at.controls[c]
			at.controls[c] = msp.Reply{Answer: msp.Yes, Evidence: msp.Verified}
			if was.Answer != msp.Yes && r.IntN(2) == 0 {
				at.controls[c] = msp.Reply{Answer: msp.Yes, Evidence: msp.Attested}
			}
			// Of an unknown answer only the high reading must fall: the low one
			// had counted it as yes and verified.
			return m.notAbove(stronger, inv, sides{hi: true, lo: !stated || was.Answer != msp.Unknown})
		}
	})
}

func TestP3DoorsAndTargets(t *testing.T) {
	bothWays(t, func(m method) property {
		return func(inv *msp.Inventory, r *rand.Rand) error {
			more := copyOf(inv)
			rows := rowsOf(more)
			switch i := r.IntN(3); {
			case i == 0 && len(rows) > 0:
				to := rows[r.IntN(len(rows))].reaches
				if len(*to) > 0 {
					*to = append(*to, inv.Assets[r.IntN(len(inv.Assets))].ID)
				}
			case i == 1:
				more.Internal = append(more.Internal, internal(r, inv, "new"))
			default:
				more.Relationships = append(more.Relationships, msp.Relationship{
					Provider: inv.Providers[0].ID, Customer: "org", AccessStated: true,
					Access: []msp.Access{access(r, inv, "org", "new")},
				})
			}
			return m.notAbove(inv, more, sides{true, true})
		}
	})
}

// everything is all that a model says, for comparing to the bit.
func everything(m *Model) []any {
	all := []any{m.Exposures(), m.Paths(3), m.Fixes(4), m.Narrows(), m.Sensitivity(.2), m.Defaulted(), m.Value()}
	for _, p := range m.asked() {
		id := m.s.nodes[p].id
		chokes, err := m.Chokes(id)
		cut, err2 := m.Cut(id)
		shares, err3 := m.ByDoor(id)
		words, err4 := m.Explain(id)
		all = append(all, chokes, cut, shares, words, errors.Join(err, err2, err3, err4))
	}
	return all
}

// same holds two inventories to one result to the bit: of most models the
// exposures, of some everything.
func (m method) same(a, b *msp.Inventory, whole bool) error {
	x, err := m.model(a)
	if err != nil {
		return err
	}
	y, err := m.model(b)
	if err != nil {
		return err
	}
	ex, ey := []any{x.Exposures()}, []any{y.Exposures()}
	if whole {
		ex, ey = everything(x), everything(y)
	}
	for i := range ex {
		if !reflect.DeepEqual(ex[i], ey[i]) {
			return fmt.Errorf("part %d differs:\n%v\n%v", i, ex[i], ey[i])
		}
	}
	return nil
}

func TestP4Order(t *testing.T) {
	bothWays(t, func(m method) property {
		return func(inv *msp.Inventory, r *rand.Rand) error {
			c := copyOf(inv)
			shuffle(r, c.Assets)
			shuffle(r, c.Providers)
			shuffle(r, c.Relationships)
			shuffle(r, c.Internal)
			for _, rel := range c.Relationships {
				shuffle(r, rel.Access)
			}
			for _, row := range rowsOf(c) {
				shuffle(r, *row.reaches)
			}
			return m.same(inv, c, r.IntN(25) == 0)
		}
	})
}

func shuffle[T any](r *rand.Rand, list []T) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

func TestP5Duplicates(t *testing.T) {
	bothWays(t, func(m method) property {
		return func(inv *msp.Inventory, r *rand.Rand) error {
			c := copyOf(inv)
			c.Assets = append(c.Assets, c.Assets[r.IntN(len(c.Assets))])
			c.Providers = append(c.Providers, c.Providers[r.IntN(len(c.Providers))])
			for i := range c.Relationships {
				rel := &c.Relationships[i]
				if n := len(rel.Access); n > 0 {
					rel.Access = append(rel.Access, rel.Access[r.IntN(n)])
				}
			}
			if n := len(c.Internal); n > 0 {
				c.Internal = append(c.Internal, c.Internal[r.IntN(n)])
			}
			for _, row := range rowsOf(c) {
				if n := len(*row.reaches); n > 0 {
					*row.reaches = append(*row.reaches, (*row.reaches)[r.IntN(n)])
				}
			}
			return m.same(inv, c, r.IntN(25) == 0)
		}
	})
}

func TestP6AnyAnswerLiesBetween(t *testing.T) {
	bothWays(t, func(m method) property {
		return func(inv *msp.Inventory, r *rand.Rand) error {
			c := copyOf(inv)
			for _, row := range rowsOf(c) {
				for _, control := range msp.AllControls() {
					if rep, stated := row.controls[control]; stated && rep.Answer == msp.Unknown {
						row.controls[control] = reply(r, msp.Answer(1+r.IntN(3)))
					}
				}
			}
			for i := range c.Relationships {
				if rel := &c.Relationships[i]; !rel.AccessStated && rel.Customer == "org" {
					rel.AccessStated = true
					rel.Access = []msp.Access{access(r, inv, "org", fmt.Sprintf("now%d", i))}
					clear(rel.Access[0].Controls)
				}
			}
			if err := m.notAbove(c, inv, sides{hi: true}); err != nil {
				return err
			}
			return m.notAbove(inv, c, sides{lo: true})
		}
	})
}

func TestP7PathsBracketExact(t *testing.T) {
	t.Parallel()
	hold(t, func(inv *msp.Inventory, _ *rand.Rand) error {
		m, err := exactly().model(inv)
		if err != nil {
			return err
		}
		const many = 400
		for p, list := range m.paths(many, func(asset) bool { return true }) {
			union, cut := map[string]float64{}, map[string]bool{}
			best := map[string]float64{}
			for _, path := range list {
				if _, seen := union[path.Asset]; !seen {
					union[path.Asset] = 1
				}
				union[path.Asset] *= 1 - path.Probability.Hi
				best[path.Asset] = max(best[path.Asset], path.Probability.Hi)
				cut[path.Asset] = cut[path.Asset] || path.More
			}
			for i, x := range m.look(p, m.hi).p {
				a := m.s.assets[i].id
				if best[a] > x+slack {
					return fmt.Errorf("%s > %s: best path %v is above %v", m.s.nodes[p].id, a, best[a], x)
				}
				if u, reached := union[a]; reached && !cut[a] && x > 1-u+slack || !reached && x > 0 {
					return fmt.Errorf("%s > %s: %v is above the noisy-or %v", m.s.nodes[p].id, a, x, 1-u)
				}
			}
		}
		return nil
	})
}

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
			all := v.candidates()
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
