package exposure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mspscan/msp"
	"mspscan/msp/graph/csr"
)

// Choke is a door or a node that every way from a provider to some assets
// passes: gone it, gone their exposure.
type Choke struct {
	ID     string
	Door   bool     // else a node: an asset or a provider
	Assets []string // that lie behind it, sorted
	Money  float64  // E of those assets, high reading
}

// split is the graph in which doors are nodes: who controls node n and who reads
// it are n and N+n, door d is 2N+d.
type split struct {
	n    int32
	from []int32
	to   []int32
}

// newSplit takes the doors that are open in the high reading.
func newSplit(m *Model) *split {
	s := &split{n: int32(len(m.s.nodes))}
	for n := range s.n {
		s.add(n, s.n+n)
	}
	for i, d := range m.doors {
		if m.hi.t[i] <= 0 {
			continue
		}
		s.add(d.from, 2*s.n+int32(i))
		for _, to := range d.targets {
			if d.level < fullControl {
				to += s.n
			}
			s.add(2*s.n+int32(i), to)
		}
	}
	return s
}

func (s *split) add(from, to int32) { s.from, s.to = append(s.from, from), append(s.to, to) }

// Chokes gives the choke points of a provider, the dearest first: the dominators
// of its assets.
func (m *Model) Chokes(provider string) ([]Choke, error) {
	p, err := m.provider(provider)
	if err != nil {
		return nil, err
	}
	s := newSplit(m)
	g, err := csr.New(2*len(m.s.nodes)+len(m.doors), s.from, s.to)
	if err != nil {
		return nil, fmt.Errorf("find choke points: %w", err)
	}
	idom := g.Dominators(p)
	behind := map[int32][]int32{}
	for i, a := range m.s.assets {
		for at := s.n + a.node; idom[at] >= 0 && at != p; at = idom[at] {
			if at != s.n+a.node && at != a.node {
				behind[at] = append(behind[at], int32(i))
			}
		}
	}
	return m.chokes(p, s.n, behind), nil
}

func (m *Model) chokes(p, n int32, behind map[int32][]int32) []Choke {
	reached := m.view(p).p
	list := make([]Choke, 0, len(behind))
	for at, assets := range behind {
		c := Choke{}
		if c.Door = at >= 2*n; c.Door {
			c.ID = m.doors[at-2*n].id
		} else {
			c.ID = m.s.nodes[at%n].id
		}
		for _, i := range assets {
			c.Assets = append(c.Assets, m.s.assets[i].id)
			c.Money += m.s.assets[i].value * reached[i]
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b Choke) int {
		return cmp.Or(cmp.Compare(b.Money, a.Money), strings.Compare(a.ID, b.ID))
	})
	return list
}

// singles fills in the doors of each path that dominate its asset.
func (m *Model) singles(paths []msp.PathExposure) {
	s := newSplit(m)
	g, err := csr.New(2*len(m.s.nodes)+len(m.doors), s.from, s.to)
	if err != nil { // doors lie between nodes
		return
	}
	var idom []int32
	last := ""
	for i := range paths {
		path := &paths[i]
		p := m.s.index[path.Provider]
		if m.stopped() {
			return
		}
		if path.Provider != last {
			idom, last = g.Dominators(p), path.Provider
		}
		on := map[string]bool{}
		for at := s.n + m.s.index[path.Asset]; at != p && idom[at] >= 0; at = idom[at] {
			if at >= 2*s.n {
				on[m.doors[at-2*s.n].id] = true
			}
		}
		for _, d := range path.Doors {
			if on[d] {
				path.Single = append(path.Single, d)
			}
		}
	}
}

// Cut gives a smallest set of doors that must close so that a compromise of the
// provider reaches none of the assets, sorted; no part of it is enough. Without
// assets it takes the critical ones. Nothing to close is an empty set.
func (m *Model) Cut(provider string, assets ...string) ([]string, error) {
	p, err := m.provider(provider)
	if err != nil {
		return nil, err
	}
	jewels, err := m.jewels(assets)
	if err != nil {
		return nil, err
	}
	ids := []string{}
	if len(jewels) == 0 {
		return ids, nil
	}
	c, err := m.cut(p, jewels)
	if err != nil {
		return nil, fmt.Errorf("cut %s off: %w", provider, err)
	}
	for _, d := range c {
		ids = append(ids, m.doors[d].id)
	}
	return ids, nil
}

func (m *Model) jewels(ids []string) ([]int32, error) {
	var nodes []int32
	for _, a := range m.s.assets {
		if len(ids) == 0 && a.criticality == "critical" || slices.Contains(ids, a.id) {
			nodes = append(nodes, a.node)
		}
	}
	for _, id := range ids {
		if n, ok := m.s.index[id]; !ok || m.s.nodes[n].asset < 0 {
			return nil, fmt.Errorf("find asset: %q is not in the model", id)
		}
	}
	return nodes, nil
}

// cut splits every door into an entry and an exit with one bounded edge between
// them, and joins the jewels to one sink.
func (m *Model) cut(p int32, jewels []int32) ([]int32, error) {
	s := newSplit(m)
	exit := 2*s.n + int32(len(m.doors))
	sink := exit + int32(len(m.doors))
	for i, f := range s.from {
		if f >= 2*s.n {
			s.from[i] = f - 2*s.n + exit
		}
	}
	bounded := len(s.from)
	for d := range m.doors {
		s.add(2*s.n+int32(d), exit+int32(d))
	}
	for _, j := range jewels {
		s.add(s.n+j, sink)
	}
	capacity := make([]int64, len(s.from))
	for i := range capacity {
		capacity[i] = csr.Unbounded
		if i >= bounded && i < bounded+len(m.doors) {
			capacity[i] = 1
		}
	}
	c, err := csr.MinCut(int(sink)+1, s.from, s.to, capacity, p, sink)
	if err != nil {
		return nil, err
	}
	doors := make([]int32, len(c.Edges))
	for i, e := range c.Edges {
		doors[i] = e - int32(bounded)
	}
	return doors, nil
}

// provider finds a provider's node by id.
func (m *Model) provider(id string) (int32, error) {
	p, ok := m.s.index[id]
	if !ok || !m.s.nodes[p].party {
		return 0, fmt.Errorf("find provider: %q is not in the model", id)
	}
	return p, nil
}
