package exposure

import (
	"cmp"
	"slices"

	"mspscan/msp"
)

// Narrow is an answer that is missing and what it is worth to ask.
type Narrow struct {
	Door     string
	Control  msp.Control // "" = what access there is at all
	Provider string      // for whose compromise it matters most
	Range    float64     // how far the high reading falls if the answer is yes (or: no access)
}

// Narrows ranks the unknown answers by the range that they remove, in currency:
// the high reading as it is minus the high reading with a yes. An answer is
// measured on the provider for which it matters most. Sorted by falling range,
// then door and control; answers that move nothing are left out, and in a model
// too large to try them all, those that move their door least.
func (m *Model) Narrows() []Narrow {
	open := m.unanswered()
	slices.SortStableFunc(open, func(a, b candidate) int { return cmp.Compare(m.moves(b), m.moves(a)) })
	open = open[:min(len(open), m.effort())]
	views := m.views()
	list := make([]Narrow, len(open))
	parallel(len(open), func(i int) { list[i] = m.narrow(views, open[i]) })
	list = slices.DeleteFunc(list, func(n Narrow) bool { return n.Range <= tiny*m.s.total })
	slices.SortFunc(list, func(a, b Narrow) int {
		return cmp.Or(cmp.Compare(b.Range, a.Range), cmp.Compare(a.Door, b.Door), cmp.Compare(a.Control, b.Control))
	})
	return list
}

// unanswered gives a change for each unknown answer, by door and control.
func (m *Model) unanswered() []candidate {
	var list []candidate
	for d, door := range m.doors {
		if door.assumed {
			list = append(list, candidate{door: int32(d)})
		}
		for _, c := range sortedKeys(door.controls) {
			if door.controls[c].Answer == msp.Unknown {
				list = append(list, candidate{door: int32(d), control: c, t: m.answeredYes(int32(d), c)})
			}
		}
	}
	return list
}

// moves says how far an answer moves its door.
func (m *Model) moves(c candidate) float64 { return m.hi.t[c.door] - c.t }

// Narrow gives the same for one control of a door, or for a control that the
// door does not list; 0 for what is answered.
func (m *Model) Narrow(id string, c msp.Control) (Narrow, error) {
	d, err := m.door(id)
	if err != nil {
		return Narrow{}, err
	}
	if _, known := m.tables.safeguard(c); m.doors[d].controls[c].Answer != msp.Unknown || c != "" && !known || c == "" && !m.doors[d].assumed {
		return Narrow{Door: id, Control: c}, nil
	}
	after := candidate{door: d, control: c}
	if c != "" {
		after.t = m.answeredYes(d, c)
	}
	if at := m.doors[d].from; slices.Contains(m.asked(), at) {
		return m.narrow([]*view{m.view(at)}, after), nil
	}
	return m.narrow(m.views(), after), nil
}

// narrow measures one answer. A door of a provider matters most once that
// provider itself is compromised: whoever reaches it holds at least as much, so
// wherever the door decides for them it decides for it. A door between assets
// is tried for every provider that comes so far.
func (m *Model) narrow(views []*view, c candidate) Narrow {
	n := Narrow{Door: m.doors[c.door].id, Control: c.control}
	if m.moves(c) <= 0 {
		return n
	}
	own := slices.IndexFunc(views, func(v *view) bool { return v.source == m.doors[c.door].from })
	if own >= 0 {
		views = views[own : own+1]
	}
	for _, v := range views {
		if !v.matters(c.door) {
			continue
		}
		if w := v.worth([]change{{c.door, c.t}}); w > n.Range*(1+tiny) {
			n.Range, n.Provider = w, m.s.nodes[v.source].id
		}
	}
	return n
}
