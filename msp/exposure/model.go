package exposure

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"mspscan/msp"
)

const fullControl = msp.FullControl

// Model answers what a compromised provider reaches. It never changes: Close,
// Set and Compromise give another one. It is safe for use by several
// goroutines.
type Model struct {
	tables  Tables
	now     time.Time
	s       *structure
	doors   []door
	hi, lo  openness
	sampler *sampler
	sampled map[int32][]bool // by provider, then asset: too many uncertain doors to factor
	only    []int32          // providers asked for; nil = all
	closed  []int32          // doors shut by Close
	seen    *seen
	done    <-chan struct{} // ends questions early; nil = never
	limit   int             // work for one question
	// controls of the tables, sorted by name
	controls []Safeguard
}

// Build makes the model of an input. A value below 0, an id that names nothing
// or two things, and a kind that the tables don't know are errors.
func Build(in Input, t Tables, now time.Time) (*Model, error) {
	return BuildUnder(context.Background(), in, t, now)
}

// BuildUnder is Build for a model whose questions end early once the context is
// done, see Under.
func BuildUnder(ctx context.Context, in Input, t Tables, now time.Time) (*Model, error) {
	if err := t.Validate(); err != nil {
		return nil, fmt.Errorf("weigh model: %w", err)
	}
	m := &Model{tables: t.clone(), now: now, s: &structure{org: in.Organisation, currency: in.Currency}, sampler: newSampler(t), seen: &seen{}, limit: workLimit, done: ctx.Done()}
	m.controls = slices.Clone(m.tables.Controls)
	slices.SortFunc(m.controls, func(a, b Safeguard) int { return strings.Compare(string(a.Control), string(b.Control)) })
	if err := m.s.addAssets(in.Assets, m.tables); err != nil {
		return nil, err
	}
	if err := m.s.addNodes(in); err != nil {
		return nil, err
	}
	doors, err := m.s.newDoors(in, m.tables, now)
	if err != nil {
		return nil, err
	}
	m.doors = doors
	m.hi.t = m.tables.transmissions(doors, now, high)
	m.lo.t = m.tables.transmissions(doors, now, low)
	m.choose()
	return m, nil
}

// openness is how far each door is open in one reading, with the trials in
// which it is; lanes are nil where nothing is sampled.
type openness struct {
	t     []float64
	lanes [][]uint64
}

// choose decides for every provider and asset how to compute: exactly if at
// most ExactDoors uncertain draws remain after trimming in either reading. All
// models made from this one keep the decision, so that a difference between two
// of them is never a difference between two methods.
func (m *Model) choose() {
	lists := make([][]bool, len(m.s.providers))
	parallel(len(lists), func(i int) { lists[i] = m.tooMany(m.s.providers[i]) })
	m.sampled = map[int32][]bool{}
	needed := false
	for i, p := range m.s.providers {
		m.sampled[p] = lists[i]
		needed = needed || slices.Contains(lists[i], true)
	}
	if needed {
		m.hi.lanes = m.sampler.allLanes(m.doors, m.hi.t)
		m.lo.lanes = m.sampler.allLanes(m.doors, m.lo.t)
	}
}

// tooMany says for each asset whether too many uncertain draws decide for it.
func (m *Model) tooMany(p int32) []bool {
	list := make([]bool, len(m.s.assets))
	for _, t := range [][]float64{m.hi.t, m.lo.t} {
		if m.stopped() {
			break
		}
		held := forward(m.s, t, p)
		near := beside(m.s, t, held)
		r := newTrimmer(m.s, m.doors, t, p, held)
		for i, a := range m.s.assets {
			list[i] = list[i] || near[a.node] && !r.trim(a.node, m.tables.ExactDoors)
		}
	}
	return list
}

// money gives E = Σ v p, in the order of assets.
func (m *Model) money(p []float64) float64 {
	e := 0.0
	for i, a := range m.s.assets {
		e += a.value * p[i]
	}
	return e
}

// score gives S = 100 E / V; 0 if nothing has a value.
func (m *Model) score(e float64) float64 {
	if m.s.total <= 0 {
		return 0
	}
	return 100 * min(1, e/m.s.total)
}

// Value gives V, the sum of all assets' values in the organisation's currency.
func (m *Model) Value() float64 { return m.s.total }

// Currency gives the organisation's currency.
func (m *Model) Currency() string { return m.s.currency }

// Tables gives the tables that the model was made with.
func (m *Model) Tables() Tables { return m.tables.clone() }

// Defaulted gives the ids of the assets whose value is a default by
// criticality, sorted.
func (m *Model) Defaulted() []string {
	var ids []string
	for _, a := range m.s.assets {
		if a.defaulted {
			ids = append(ids, a.id)
		}
	}
	return ids
}

// asked gives the providers whose compromise is asked for, sorted by id.
func (m *Model) asked() []int32 {
	if m.only != nil {
		return m.only
	}
	return m.s.providers
}

// Values gives what each asset is worth by id, defaults included.
func (m *Model) Values() map[string]float64 {
	out := make(map[string]float64, len(m.s.assets))
	for _, a := range m.s.assets {
		out[a.id] = a.value
	}
	return out
}
