package exposure

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

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
		lists, _ := m.paths(many, func(asset) bool { return true })
		for p, list := range lists {
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
