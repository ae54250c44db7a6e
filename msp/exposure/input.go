package exposure

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"mspscan/msp"
)

// Input is what the model needs to know. Order does not matter, and a thing
// that stands twice counts once: an asset keeps its larger value, a door with
// the same id unites its targets and keeps the weaker answer of each control.
type Input struct {
	Organisation string // id; a door that targets it reaches every asset
	Currency     string
	Assets       []Asset
	Providers    []Party // whose compromise is asked for
	Doors        []Door
}

// Asset is something of value.
type Asset struct {
	ID, Name    string
	Criticality string // "" = not stated
	Value       msp.Money
}

// Party is a provider.
type Party struct {
	ID, Name  string
	Frequency msp.Frequency // of its compromise; the zero value = nobody gave one
}

// Door is one access item or internal edge. An Assumed door stands for access
// that was never stated: certain in the high reading, closed in the low one.
type Door struct {
	ID       string
	Kind     msp.AccessKind
	Assumed  bool
	From     string   // id of a provider or asset
	Targets  []string // ids
	Shares   string   // doors with one label have one draw
	Controls map[msp.Control]msp.Reply
	Costs    msp.FixCosts // of fixes of this door; an absent key is not known
}

// node is a party or an asset; nodes are sorted by id.
type node struct {
	id, name string
	asset    int32 // index into assets, -1
	party    bool
	often    msp.Frequency
}

// door is a Door on node indices; doors are sorted by id.
type door struct {
	id       string
	kind     msp.AccessKind
	assumed  bool
	level    msp.Level
	from     int32
	targets  []int32 // sorted; the organisation's assets in place of itself
	stated   []int32 // as stated, for words: may name the organisation
	shares   string
	controls map[msp.Control]msp.Reply
	costs    map[string]float64
}

// asset is an Asset with what it is worth.
type asset struct {
	id, name    string
	node        int32
	criticality string
	value       float64
	defaulted   bool
}

// structure is the part of a model that no answer changes.
type structure struct {
	org, currency string
	nodes         []node
	index         map[string]int32
	assets        []asset
	providers     []int32   // nodes, sorted by id
	out, in       [][]int32 // doors by node
	net           net
	total         float64 // V
}

// net is the doors of a model in flat rows: the ways of node n are off[n] to
// off[n+1]-1, in the order of doors.
type net struct {
	off  []int32
	ways []way
}

// way leads through a door to one of its targets.
type way struct {
	door, to int32
	control  bool
}

func newNet(out [][]int32, doors []door) net {
	n := net{off: make([]int32, 1, len(out)+1)}
	for _, list := range out {
		for _, d := range list {
			for _, to := range doors[d].targets {
				n.ways = append(n.ways, way{d, to, doors[d].level == fullControl})
			}
		}
		n.off = append(n.off, int32(len(n.ways)))
	}
	return n
}

// of gives the ways of a node.
func (n *net) of(node int32) []way { return n.ways[n.off[node]:n.off[node+1]] }

func newAsset(a Asset, t Tables) (asset, error) {
	out := asset{id: a.ID, name: a.Name, criticality: a.Criticality, value: a.Value.Mean()}
	if !a.Value.Known {
		v, ok := t.Values[a.Criticality]
		if !ok {
			v = t.Values[""]
		}
		out.value, out.defaulted = v, true
	}
	if !(out.value >= 0) || math.IsInf(out.value, 0) {
		return out, fmt.Errorf("weigh asset %q: its value is %v; an amount of 0 or more is wanted", a.ID, out.value)
	}
	return out, nil
}

// addAssets sorts the assets by id and adds them up in that order.
func (s *structure) addAssets(list []Asset, t Tables) error {
	byID := map[string]asset{}
	for _, a := range list {
		n, err := newAsset(a, t)
		if err != nil {
			return err
		}
		if old, dup := byID[a.ID]; dup && old.value >= n.value {
			continue
		}
		byID[a.ID] = n
	}
	for _, a := range byID {
		s.assets = append(s.assets, a)
	}
	slices.SortFunc(s.assets, func(a, b asset) int { return strings.Compare(a.id, b.id) })
	for _, a := range s.assets {
		s.total += a.value
	}
	if math.IsInf(s.total, 0) {
		return fmt.Errorf("weigh assets: the values add up to more than a number can hold")
	}
	return nil
}

// addNodes gives every id of assets, providers and the organisation an index in
// the order of ids.
func (s *structure) addNodes(in Input) error {
	byID := map[string]node{in.Organisation: {id: in.Organisation, asset: -1}}
	for i, a := range s.assets {
		if a.id == in.Organisation {
			return fmt.Errorf("weigh model: id %q is used twice", a.id)
		}
		byID[a.id] = node{id: a.id, name: a.name, asset: int32(i)}
	}
	for _, p := range in.Providers {
		old, dup := byID[p.ID]
		if dup && !old.party {
			return fmt.Errorf("weigh model: id %q is used twice", p.ID)
		}
		byID[p.ID] = node{id: p.ID, name: p.Name, asset: -1, party: true, often: oftener(old.often, p.Frequency)}
	}
	for _, n := range byID {
		s.nodes = append(s.nodes, n)
	}
	slices.SortFunc(s.nodes, func(a, b node) int { return strings.Compare(a.id, b.id) })
	s.index = make(map[string]int32, len(s.nodes))
	for i, n := range s.nodes {
		s.index[n.id] = int32(i)
		if n.asset >= 0 {
			s.assets[n.asset].node = int32(i)
		}
		if n.party {
			s.providers = append(s.providers, int32(i))
		}
	}
	return nil
}

// newDoors sorts the doors by id and joins those with one id.
func (s *structure) newDoors(in Input, t Tables, now time.Time) ([]door, error) {
	byID := map[string]door{}
	for _, d := range in.Doors {
		n, err := s.newDoor(d, t)
		if err != nil {
			return nil, err
		}
		if old, dup := byID[d.ID]; dup {
			if n, err = join(old, n, now); err != nil {
				return nil, err
			}
		}
		byID[d.ID] = n
	}
	doors := make([]door, 0, len(byID))
	for _, d := range byID {
		doors = append(doors, d)
	}
	slices.SortFunc(doors, func(a, b door) int { return strings.Compare(a.id, b.id) })
	s.out, s.in = make([][]int32, len(s.nodes)), make([][]int32, len(s.nodes))
	for i, d := range doors {
		s.out[d.from] = append(s.out[d.from], int32(i))
		for _, to := range d.targets {
			s.in[to] = append(s.in[to], int32(i))
		}
	}
	s.net = newNet(s.out, doors)
	return doors, nil
}

func (s *structure) newDoor(d Door, t Tables) (door, error) {
	from, ok := s.index[d.From]
	if !ok {
		return door{}, fmt.Errorf("weigh door %q: %q is no node", d.ID, d.From)
	}
	if _, known := t.Base[d.Kind]; !known && !d.Assumed {
		return door{}, fmt.Errorf("weigh door %q: kind %q is not in tables %s", d.ID, d.Kind, t.Version)
	}
	costs, err := meansOf(d.Costs, d.ID)
	if err != nil {
		return door{}, err
	}
	n := door{
		id: d.ID, kind: d.Kind, assumed: d.Assumed, level: d.Kind.Level(), from: from,
		shares: d.Shares, controls: d.Controls, costs: costs,
	}
	for _, id := range d.Targets {
		to, ok := s.index[id]
		if !ok {
			return door{}, fmt.Errorf("weigh door %q: target %q is no node", d.ID, id)
		}
		n.stated = append(n.stated, to)
		n.targets = append(n.targets, s.expand(to)...)
	}
	n.stated, n.targets = sorted(n.stated), sorted(n.targets)
	return n, nil
}

// expand gives what holding a node means: the organisation's node stands for
// itself and all of its assets.
func (s *structure) expand(n int32) []int32 {
	list := []int32{n}
	if s.nodes[n].id == s.org {
		for _, a := range s.assets {
			list = append(list, a.node)
		}
	}
	return list
}

func sorted(list []int32) []int32 {
	slices.Sort(list)
	return slices.Compact(list)
}

// join makes one door of two with the same id.
func join(a, b door, now time.Time) (door, error) {
	if a.from != b.from || a.kind != b.kind || a.shares != b.shares {
		return door{}, fmt.Errorf("weigh door %q: the id is used for two different doors", a.id)
	}
	a.assumed = a.assumed || b.assumed
	a.targets = sorted(append(slices.Clone(a.targets), b.targets...))
	a.stated = sorted(append(slices.Clone(a.stated), b.stated...))
	merged := map[msp.Control]msp.Reply{}
	for c, r := range a.controls {
		if other, both := b.controls[c]; both {
			merged[c] = weaker(r, other, now)
		}
	}
	a.controls, a.costs = merged, dearer(a.costs, b.costs)
	return a, nil
}

// weaker gives the answer that leaves the door further open.
func weaker(a, b msp.Reply, now time.Time) msp.Reply {
	if strength(b, now) < strength(a, now) {
		return b
	}
	return a
}

func strength(r msp.Reply, now time.Time) int {
	switch {
	case r.Answer == msp.Unknown:
		return 1
	case r.Answer != msp.Yes:
		return 0
	case r.Expired(now):
		return 0
	case r.Evidence == msp.Verified:
		return 3
	}
	return 2
}
