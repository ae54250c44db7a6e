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
// then door and control; answers that move nothing are left out.
func (m *Model) Narrows() []Narrow {
	var list []Narrow
	views := m.lazyViews()
	for d, door := range m.doors {
		if door.assumed {
			list = append(list, m.narrow(views, int32(d), ""))
		}
		for c, r := range door.controls {
			if r.Answer == msp.Unknown {
				list = append(list, m.narrow(views, int32(d), c))
			}
		}
	}
	list = slices.DeleteFunc(list, func(n Narrow) bool { return n.Range <= tiny*m.s.total })
	slices.SortFunc(list, func(a, b Narrow) int {
		return cmp.Or(cmp.Compare(b.Range, a.Range), cmp.Compare(a.Door, b.Door), cmp.Compare(a.Control, b.Control))
	})
	return list
}

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
	return m.narrow(m.lazyViews(), d, c), nil
}

// narrow measures one answer. A door of a provider matters most once that
// provider itself is compromised: whoever reaches it holds at least as much, so
// wherever the door decides for them it decides for it. A door between assets
// is tried for every provider that comes so far.
func (m *Model) narrow(views func(int32) *view, d int32, c msp.Control) Narrow {
	n := Narrow{Door: m.doors[d].id, Control: c}
	after := change{door: d}
	if c != "" {
		after.t = m.answeredYes(d, c)
	}
	if after.t >= m.hi.t[d] {
		return n
	}
	from := []int32{m.doors[d].from}
	if !slices.Contains(m.asked(), from[0]) {
		from = m.asked()
	}
	for _, p := range from {
		v := views(p)
		if !v.matters(d) {
			continue
		}
		if w := v.worth([]change{after}); w > n.Range*(1+tiny) {
			n.Range, n.Provider = w, m.s.nodes[p].id
		}
	}
	return n
}

// lazyViews gives the high reading of a provider, looked at once.
func (m *Model) lazyViews() func(int32) *view {
	seen := map[int32]*view{}
	return func(p int32) *view {
		if seen[p] == nil {
			seen[p] = m.look(p, m.hi)
		}
		return seen[p]
	}
}
