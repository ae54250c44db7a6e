package exposure

import (
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
)

// derive copies the model with some doors changed in both readings; the
// structure, the draws and the choice of method stay.
func (m *Model) derive(hi, lo []change) *Model {
	n := *m
	n.hi, n.lo, n.seen = m.hi.with(m, hi), m.lo.with(m, lo), &seen{}
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
	var shut []change
	closed := slices.Clone(m.closed)
	for _, id := range ids {
		d, err := m.door(id)
		if err != nil {
			return nil, err
		}
		shut, closed = append(shut, change{d, 0}), append(closed, d)
	}
	n := m.derive(shut, shut)
	n.closed = closed
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
	after := m.doors[d]
	after.controls = answered(after.controls, map[msp.Control]msp.Reply{c: {Answer: a, Evidence: msp.Verified}})
	var hi, lo []change
	if !slices.Contains(m.closed, d) {
		hi = []change{{d, m.tables.transmission(after, m.now, high)}}
		lo = []change{{d, m.tables.transmission(after, m.now, low)}}
	}
	n := m.derive(hi, lo)
	n.doors = slices.Clone(m.doors)
	n.doors[d] = after
	return n, nil
}

// answered copies the replies with some changed.
func answered(replies, changed map[msp.Control]msp.Reply) map[msp.Control]msp.Reply {
	out := make(map[msp.Control]msp.Reply, len(replies)+len(changed))
	for k, v := range replies {
		out[k] = v
	}
	for k, v := range changed {
		out[k] = v
	}
	return out
}

// Compromise gives the model that asks for these providers only.
func (m *Model) Compromise(ids ...string) (*Model, error) {
	n := m.derive(nil, nil)
	n.only = []int32{}
	for _, id := range ids {
		p, err := m.provider(id)
		if err != nil {
			return nil, err
		}
		n.only = append(n.only, p)
	}
	n.only = sorted(n.only)
	return n, nil
}
