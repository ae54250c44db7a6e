package exposure

import (
	"context"
	"fmt"
)

// Searched says how far a search went: the most promising Looked of Of.
type Searched struct {
	Looked, Of int
}

// All reports whether nothing was left out.
func (s Searched) All() bool { return s.Looked >= s.Of }

// The work that a search may take is counted, never timed, so that the same model
// always gets the same answer. The unit is 512 trials passed through one door;
// in a model of 300 assets and 600 doors a look at one change takes some 10,000.
const (
	workLimit = 250_000_000 // units for one question to the model
	fewest    = 30          // changes that are looked at whatever they cost
)

// work gives the units that one question may take.
func (m *Model) work() int { return m.limit }

// cost gives the units that one look at a change on a view takes.
func (v *view) cost() int {
	return 1 + v.passes + len(v.parts) + len(v.m.doors)/block
}

// looks gives how many looks at a view one question may take.
func (v *view) looks() int { return max(fewest, v.m.work()/v.cost()) }

// Under gives the same model for questions that end early, with what they have
// by then, once the context is done. The answers are then worth nothing: look at
// the context before using them.
func (m *Model) Under(ctx context.Context) *Model {
	n := *m
	n.done = ctx.Done()
	n.seen = &seen{}
	return &n
}

// stopped reports whether the context is done.
func (m *Model) stopped() bool {
	select {
	case <-m.done:
		return true
	default:
		return false
	}
}

// parallel is parallel that leaves out what is left once the context is done.
func (m *Model) parallel(n int, do func(i int)) {
	parallel(n, func(i int) {
		if !m.stopped() {
			do(i)
		}
	})
}

// Limits says in words what the searches left out, one sentence each; nothing in
// a model of common size. Ask after the searches: it uses what they found.
func (m *Model) Limits() []string {
	var list []string
	worst, ok := m.worst()
	if !ok {
		return nil
	}
	v := m.view(worst)
	if s := v.candidates().searched; !s.All() {
		list = append(list, fmt.Sprintf("Fixes: the %d most promising of %d doors were tried.", s.Looked, s.Of))
	}
	if n := v.sets(); n < poolSize {
		list = append(list, fmt.Sprintf("Sets of fixes: tried among the %d most promising changes.", n))
	}
	views := m.views()
	if kept, left := m.dearest(views, m.work()/summedFixes); left > 0 {
		list = append(list, fmt.Sprintf("Fixes: what they take off over all providers is added up over the %d costliest of %d.", len(kept), len(views)))
	}
	if s := m.Answers().Searched(); !s.All() {
		list = append(list, fmt.Sprintf("Questions: the answers at the %d most promising of %d doors were weighed; the rest count 0.", s.Looked, s.Of))
	}
	return list
}
