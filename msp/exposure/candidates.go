package exposure

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"mspscan/msp"
)

// candidate is one change that a fix can be made of: close a door (control "")
// or have a control answered yes, verified.
type candidate struct {
	door    int32
	control msp.Control
	family  Family
	t       float64 // of the door afterwards
	guess   float64 // what it is worth alone, by the straight line between as is and closed
	bound   float64 // most that it can add to any set
}

// id gives the form of a fix's ids.
func (c candidate) id(m *Model) string {
	if c.control == "" {
		return closePrefix + m.doors[c.door].id
	}
	return m.doors[c.door].id + "." + string(c.control) + yesSuffix
}

const (
	closePrefix = "close:"
	yesSuffix   = "=yes"
)

// candidates gives every change that can help against a provider, sorted by id.
// An assumed door is no candidate: what it calls for is a question.
func (v *view) candidates() []candidate {
	var list []candidate
	for d := range v.m.doors {
		if v.m.doors[d].assumed || v.open.t[d] <= 0 || !v.matters(int32(d)) {
			continue
		}
		worth := v.money() - v.with([]change{{int32(d), 0}}).money()
		for _, c := range v.m.changesOf(int32(d)) {
			c.guess = worth * (1 - c.t/v.open.t[d])
			c.bound = v.bound(c)
			list = append(list, c)
		}
	}
	return list
}

// changesOf gives the changes that make a door less open in the high reading:
// closing it, then the controls by name.
func (m *Model) changesOf(d int32) []candidate {
	list := []candidate{{door: d}}
	controls := slices.Clone(m.tables.Controls)
	slices.SortFunc(controls, func(a, b Safeguard) int { return strings.Compare(string(a.Control), string(b.Control)) })
	for _, s := range controls {
		if m.doors[d].controls[s.Control].Answer == msp.NA {
			continue
		}
		c := candidate{door: d, control: s.Control, family: s.Family}
		if c.t = m.answeredYes(d, s.Control); c.t < m.hi.t[d] {
			list = append(list, c)
		}
	}
	return list
}

// answeredYes gives the transmission of a door, high reading, with controls
// answered yes and verified.
func (m *Model) answeredYes(d int32, controls ...msp.Control) float64 {
	after := m.doors[d]
	changed := map[msp.Control]msp.Reply{}
	for _, c := range controls {
		changed[c] = msp.Reply{Answer: msp.Yes, Evidence: msp.Verified}
	}
	after.controls = answered(after.controls, changed)
	return m.tables.transmission(after, m.now, high)
}

// bound gives the most that a candidate can take off E in any set: an asset is
// only saved by it where the door's node is held and the door is open before
// and shut after, and never more than it was exposed.
func (v *view) bound(c candidate) float64 {
	exact, sampled, sum := v.band(c), 0.0, 0.0
	if v.flood != nil {
		sampled = v.sampledBand(c)
	}
	for i, a := range v.m.s.assets {
		share := exact
		if v.m.sampled[v.source][i] {
			share = sampled
		}
		if v.parts[i].touched([]change{{c.door, c.t}}) {
			sum += a.value * min(share, v.p[i])
		}
	}
	return sum
}

// band gives the probability that the door's node is held while the door is
// open before the change and shut after it. Holding the node takes no luck at
// the door itself, so the two are independent unless the door shares its draw.
func (v *view) band(c candidate) float64 {
	d := v.m.doors[c.door]
	band, held := v.open.t[c.door]-c.t, 1.0
	if d.from != v.source {
		held = v.held(d.from)
	}
	if d.shares != "" {
		return min(band, held)
	}
	return band * held
}

// held gives the probability that a node is reached, 1 where that is too much
// to factor.
func (v *view) held(n int32) float64 {
	fwd := forward(v.m.s, v.m.doors, v.open.t, v.source)
	p := trimmed(v.m.s, v.m.doors, v.open.t, fwd, v.source, n).compile()
	if p.tooBig || len(p.draws) > v.m.tables.ExactDoors {
		return 1
	}
	return p.solve().value(v.open.t)
}

// sampledBand is band as the trials have it.
func (v *view) sampledBand(c candidate) float64 {
	control := v.flood.control[v.m.doors[c.door].from]
	if control == nil {
		return 0
	}
	before, after, n := v.open.lanes[c.door], v.m.sampler.lanes(v.m.doors[c.door], c.t), 0
	for w := range control {
		n += bits.OnesCount64(control[w] & before[w] &^ after[w])
	}
	return float64(n) / float64(len(control)*word)
}

// poolSize is how many candidates the search for sets looks at.
const poolSize = 30

// closing and hardening are the two kinds of candidates that sets are made of.
// Closing a door is worth at least as much as any controls on it, so the best
// set of all is one of closings; the best that leaves the doors in use is one of
// controls.
func closing(c candidate) bool   { return c.control == "" }
func hardening(c candidate) bool { return c.control != "" }

// pool picks the candidates of a kind for the search of sets. Of several
// controls of one family on one door only the strongest stays: it is worth as
// much as all. Where more than poolSize are left, half go by what they are worth
// alone and half by what they could add at most, for two certain doors to one
// asset are worth nothing alone.
func pool(list []candidate, kind func(candidate) bool) []candidate {
	best := map[candidate]candidate{}
	for _, c := range list {
		key := candidate{door: c.door, family: c.family}
		if old, seen := best[key]; !seen || c.t < old.t {
			best[key] = c
		}
	}
	list = slices.DeleteFunc(slices.Clone(list), func(c candidate) bool {
		return !kind(c) || best[candidate{door: c.door, family: c.family}] != c
	})
	if len(list) <= poolSize {
		return list
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(b.guess, a.guess) })
	slices.SortStableFunc(list[poolSize/2:], func(a, b candidate) int { return cmp.Compare(b.bound, a.bound) })
	return list[:poolSize]
}

// changes gives what a set of candidates makes of the doors, sorted by door.
func (m *Model) changes(set []candidate) []change {
	shut, controls := map[int32]bool{}, map[int32][]msp.Control{}
	for _, c := range set {
		shut[c.door] = shut[c.door] || c.control == ""
		controls[c.door] = append(controls[c.door], c.control)
	}
	list := make([]change, 0, len(shut))
	for d, closed := range shut {
		t := 0.0
		if !closed {
			t = m.answeredYes(d, controls[d]...)
		}
		list = append(list, change{d, t})
	}
	slices.SortFunc(list, func(a, b change) int { return cmp.Compare(a.door, b.door) })
	return list
}
