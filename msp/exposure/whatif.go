package exposure

import (
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
)

// derive copies the model with other doors; the structure, the draws and the
// choice of method stay.
func (m *Model) derive(change func(doors []door)) *Model {
	n := *m
	n.doors = slices.Clone(m.doors)
	change(n.doors)
	n.hi, n.lo = slices.Clone(m.hi), slices.Clone(m.lo)
	return &n
}

// door finds a door by id.
func (m *Model) door(id string) (int32, error) {
	i, ok := slices.BinarySearchFunc(m.doors, id, func(d door, id string) int { return strings.Compare(d.id, id) })
	if !ok {
		return 0, fmt.Errorf("find door: %q is not in the model", id)
	}
	return int32(i), nil
}

// Close gives the model with doors closed for good. An id that is no door is an
// error.
func (m *Model) Close(ids ...string) (*Model, error) {
	n := m.derive(func([]door) {})
	for _, id := range ids {
		d, err := m.door(id)
		if err != nil {
			return nil, err
		}
		n.hi[d], n.lo[d] = 0, 0
		n.closed = append(slices.Clone(n.closed), d)
	}
	return n, nil
}

// Set gives the model with a control of a door answered; a yes counts as
// verified.
func (m *Model) Set(id string, c msp.Control, a msp.Answer) (*Model, error) {
	if _, known := m.tables.safeguard(c); !known {
		return nil, fmt.Errorf("set control: %q is not in tables %s", c, m.tables.Version)
	}
	d, err := m.door(id)
	if err != nil {
		return nil, err
	}
	n := m.derive(func(doors []door) {
		doors[d].controls = answered(doors[d].controls, c, msp.Reply{Answer: a, Evidence: msp.Verified})
	})
	if !slices.Contains(m.closed, d) {
		n.hi[d] = n.tables.transmission(n.doors[d], n.now, high)
		n.lo[d] = n.tables.transmission(n.doors[d], n.now, low)
	}
	return n, nil
}

// answered copies the replies with one changed.
func answered(replies map[msp.Control]msp.Reply, c msp.Control, r msp.Reply) map[msp.Control]msp.Reply {
	out := make(map[msp.Control]msp.Reply, len(replies)+1)
	for k, v := range replies {
		out[k] = v
	}
	out[c] = r
	return out
}

// Compromise gives the model that asks for these providers only.
func (m *Model) Compromise(ids ...string) (*Model, error) {
	n := m.derive(func([]door) {})
	n.only = []int32{}
	for _, id := range ids {
		p, ok := m.s.index[id]
		if !ok || !m.s.nodes[p].party {
			return nil, fmt.Errorf("find provider: %q is not in the model", id)
		}
		n.only = append(n.only, p)
	}
	n.only = sorted(n.only)
	return n, nil
}
