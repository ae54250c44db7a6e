package exposure

import (
	"cmp"
	"math/bits"
	"slices"

	"mspscan/msp"
)

// candidate is one change that a fix can be made of: close a door (control "")
// or have a control answered yes, verified.
type candidate struct {
	door    int32
	control msp.Control
	family  Family
	t       float64 // of the door afterwards
	guess   float64 // what it is worth alone; where nothing is sampled, by the straight line between as is and closed
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

// listed is the changes of the doors that were looked at.
type listed struct {
	list     []candidate
	searched Searched // doors
}

// candidates gives the changes that can help against a provider, sorted by id.
// An assumed door is no candidate: what it calls for is a question. Of more
// doors than there is work for, those are looked at that could bring most.
func (v *view) candidates() listed {
	seen := v.m.seen
	seen.mu.Lock()
	l, known := seen.candidates[v.source]
	seen.mu.Unlock()
	if known {
		return l
	}
	l = v.awake().changesOn()
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if seen.candidates == nil {
		seen.candidates = map[int32]listed{}
	}
	seen.candidates[v.source] = l
	return l
}

// changesOn weighs the changes of the doors.
func (v *view) changesOn() listed {
	var doors []candidate
	own := *v // what it remembers is not for others
	v = &own
	for d := range v.m.doors {
		if v.m.stopped() || v.m.doors[d].assumed || v.open.t[d] <= 0 || !v.matters(int32(d)) {
			continue
		}
		v.remember(v.m.doors[d].from)
		c := candidate{door: int32(d)}
		c.bound = v.bound(c)
		doors = append(doors, c)
	}
	searched := Searched{len(doors), len(doors)}
	if most := v.looks(); len(doors) > most {
		slices.SortStableFunc(doors, func(a, b candidate) int { return cmp.Compare(b.bound, a.bound) })
		doors, searched.Looked = doors[:most], most
		slices.SortFunc(doors, func(a, b candidate) int { return cmp.Compare(a.door, b.door) })
	}
	lists := make([][]candidate, len(doors))
	v.m.parallel(len(doors), func(i int) { lists[i] = v.changesAt(doors[i]) })
	return listed{slices.Concat(lists...), searched}
}

// changesAt weighs the changes of one door; shut is its closing. Where nothing is
// shared and nothing sampled the worth of a change grows in a straight line with
// what it shuts.
func (v *view) changesAt(shut candidate) []candidate {
	r := v.m.sampler.borrow()
	defer v.m.sampler.giveBack(r)
	c := v.doorway(shut.door, r)
	worth := c.worth(0)
	list := v.m.changesOf(shut.door)
	for i := range list {
		if list[i].guess = worth * (1 - list[i].t/v.open.t[shut.door]); c.flood != nil {
			list[i].guess = c.worth(list[i].t)
		}
		list[i].bound = v.bound(list[i])
	}
	return list
}

// changesOf gives the changes that make a door less open in the high reading:
// closing it, then the controls by name.
func (m *Model) changesOf(d int32) []candidate {
	list := []candidate{{door: d}}
	for _, s := range m.controls {
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
	matters := v.sampledMatters(c.door)
	for i, a := range v.m.s.assets {
		switch {
		case v.parts[i].diagram == nil && matters:
			sum += a.value * min(sampled, v.p[i])
		case has(v.parts[i].doors, c.door):
			sum += a.value * min(exact, v.p[i])
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

// remember keeps held of a node for all candidates there.
func (v *view) remember(n int32) {
	if v.heldBy == nil {
		v.heldBy = map[int32]float64{}
	}
	if _, known := v.heldBy[n]; !known {
		v.heldBy[n] = v.held(n)
	}
}

// held gives the probability that a node is reached, 1 where that is too much
// to factor.
func (v *view) held(n int32) float64 {
	if p, known := v.heldBy[n]; known {
		return p
	}
	if v.by == nil {
		v.by = newTrimmer(v.m.s, v.m.doors, v.open.t, v.source, v.fwd)
	}
	if !v.by.trim(n, v.m.tables.ExactDoors) {
		return 1
	}
	c := v.by.compile()
	if c.tooBig {
		return 1
	}
	return c.solve().value(v.open.t)
}

// sampledBand is band as the trials have it.
func (v *view) sampledBand(c candidate) float64 {
	at, known := v.flood.local[v.m.doors[c.door].from]
	if !known {
		return 0
	}
	before, after, n := v.open.lanes[c.door], v.m.sampler.remembered(v.m.doors[c.door], change{c.door, c.t}), 0
	for b := range v.flood.blocks {
		for w, held := range v.flood.control[b*len(v.flood.nodes)+int(at)] {
			n += bits.OnesCount64(held & before[b*block+w] &^ after[b*block+w])
		}
	}
	return v.m.share(n)
}

// poolSize is how many candidates the search for sets looks at; fewer where a
// model is so large that all their sets of three are more than its effort.
const poolSize = 30

// sets gives the size of the pool.
func (v *view) sets() int {
	n := poolSize
	for n > 5 && n*(n-1)/2+n*(n-1)*(n-2)/6 > v.looks() {
		n--
	}
	return n
}

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
func (v *view) pool(list []candidate, kind func(candidate) bool) ([]candidate, Searched) {
	size := v.sets()
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
	if len(list) <= size {
		return list, Searched{len(list), len(list)}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(b.guess, a.guess) })
	slices.SortStableFunc(list[size/2:], func(a, b candidate) int { return cmp.Compare(b.bound, a.bound) })
	return list[:size], Searched{size, len(list)}
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
