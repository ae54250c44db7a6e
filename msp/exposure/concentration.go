package exposure

import (
	"cmp"
	"slices"

	"mspscan/msp/graph/csr"
)

// Use says that a user relies on providers in a layer. Any one of them can
// serve: a single one is critical. Spares could take over and are not in use:
// they save from an outage, and a compromise of them touches nobody. Own says that
// the user serves itself beside them. A provider can itself be a user.
type Use struct {
	User, Layer string
	Providers   []string
	Spares      []string
	Own         bool
}

// Concentration counts the users that stand on a provider in a layer, directly
// or through services that use it (Kashaf, Sekar and Agarwal, IMC 2020): C by any
// use, whom its compromise touches; I by critical uses alone, whom its outage
// takes down.
type Concentration struct {
	Provider, Layer string
	C, I            int
	Users           int // that were counted
}

// Layer sums up how concentrated a layer is: HHI = Σ (share of users)², and
// Excess = HHI − 1/C, which is 0 if every user had a provider to itself. A user
// of several providers counts for each with an equal part, and for itself where
// it serves itself too.
type Layer struct {
	Name        string
	HHI, Excess float64
	Users       int // C
	Providers   int
}

// uses is a set of uses on indices: parties, one node for each provider in a
// layer, and one for each user's need in a layer.
type uses struct {
	index  map[useKey]int32
	groups []csr.Group
}

// useKey names a node: a party, a provider in a layer, or what a user needs in a
// layer.
type useKey struct {
	kind      useKind
	id, layer string
}

type useKind uint8

const (
	aParty useKind = iota
	aService
	aNeed
	itself // what a user does in a layer of its own: nothing that fails
)

func newUses(list []Use) *uses {
	u := &uses{index: map[useKey]int32{}}
	for _, use := range list {
		user, need := u.node(useKey{aParty, use.User, ""}), useKey{aNeed, use.User, use.Layer}
		if _, known := u.index[need]; !known {
			u.groups = append(u.groups, csr.Group{Owner: user, Members: []int32{u.node(need)}})
		}
		g := csr.Group{Owner: u.index[need]}
		for _, p := range use.Providers {
			g.Members = append(g.Members, u.service(p, use.Layer))
		}
		for _, p := range use.Spares {
			g.Spares = append(g.Spares, u.service(p, use.Layer))
		}
		if use.Own {
			g.Spares = append(g.Spares, u.node(useKey{itself, use.User, use.Layer}))
		}
		u.groups = append(u.groups, g)
	}
	return u
}

// service gives the node of a provider in a layer, which stands on the provider.
func (u *uses) service(provider, layer string) int32 {
	key := useKey{aService, provider, layer}
	n, known := u.index[key]
	if !known {
		n = u.node(key)
		u.groups = append(u.groups, csr.Group{Owner: n, Members: []int32{u.node(useKey{aParty, provider, ""})}})
	}
	return n
}

func (u *uses) node(key useKey) int32 {
	n, ok := u.index[key]
	if !ok {
		n = int32(len(u.index))
		u.index[key] = n
	}
	return n
}

// Concentrations gives C and I of every provider in every layer, counted over
// the users given; a provider is no user of itself, and those that nobody uses are
// left out. Sorted by layer, falling C,
// falling I and provider.
func Concentrations(list []Use, users []string) []Concentration {
	u := newUses(list)
	needs := csr.NewNeeds(len(u.index), u.groups)
	users = slices.Compact(slices.Sorted(slices.Values(users)))
	var out []Concentration
	for key, n := range u.index {
		if key.kind != aService {
			continue
		}
		touched, down := needs.Compromise(n), needs.Outage(n)
		c := Concentration{Provider: key.id, Layer: key.layer}
		for _, id := range users {
			if id == c.Provider {
				continue
			}
			c.Users++
			if at, known := u.index[useKey{aParty, id, ""}]; known {
				c.C += count(touched[at])
				c.I += count(down[at])
			}
		}
		if c.C > 0 {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b Concentration) int {
		return cmp.Or(cmp.Compare(a.Layer, b.Layer), cmp.Compare(b.C, a.C), cmp.Compare(b.I, a.I), cmp.Compare(a.Provider, b.Provider))
	})
	return out
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Layers gives the concentration of each layer over the users given, by their
// direct uses, sorted by name.
func Layers(list []Use, users []string) []Layer {
	asked := map[string]bool{}
	for _, id := range users {
		asked[id] = true
	}
	providers := map[string]map[string]map[string]bool{} // layer, user, provider; the user itself where it serves itself
	for _, use := range list {
		if !asked[use.User] || len(use.Providers) == 0 {
			continue
		}
		if providers[use.Layer] == nil {
			providers[use.Layer] = map[string]map[string]bool{}
		}
		if providers[use.Layer][use.User] == nil {
			providers[use.Layer][use.User] = map[string]bool{}
		}
		for _, p := range use.Providers {
			providers[use.Layer][use.User][p] = true
		}
		if use.Own {
			providers[use.Layer][use.User][use.User] = true
		}
	}
	var out []Layer
	for _, name := range sortedKeys(providers) {
		out = append(out, layerOf(name, providers[name]))
	}
	return out
}

func layerOf(name string, byUser map[string]map[string]bool) Layer {
	parts := map[string]float64{}
	for _, user := range sortedKeys(byUser) {
		for p := range byUser[user] {
			parts[p] += 1 / float64(len(byUser[user]))
		}
	}
	l := Layer{Name: name, Users: len(byUser), Providers: len(parts)}
	for _, p := range sortedKeys(parts) {
		share := parts[p] / float64(l.Users)
		l.HHI += share * share
	}
	l.Excess = max(0, l.HHI-1/float64(l.Users))
	return l
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
