package exposure

import (
	"cmp"
	"slices"

	"mspscan/msp"
	"mspscan/msp/graph"
	"mspscan/msp/graph/csr"
)

// Use says that a user relies on providers in a layer. Any one of them can
// serve: a single one is critical. A provider can itself be a user.
type Use struct {
	User, Layer string
	Providers   []string
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
// of several providers counts for each with an equal part.
type Layer struct {
	Name        string
	HHI, Excess float64
	Users       int // C
}

// uses is a set of uses on indices: parties first, then one node for each
// provider in a layer.
type uses struct {
	index  map[[2]string]int32 // id, layer; layer "" = the party
	groups []csr.Group
}

func newUses(list []Use) *uses {
	u := &uses{index: map[[2]string]int32{}}
	for _, use := range list {
		g := csr.Group{Owner: u.node(use.User, "")}
		for _, p := range use.Providers {
			_, known := u.index[[2]string{p, use.Layer}]
			n := u.node(p, use.Layer)
			g.Members = append(g.Members, n)
			if !known {
				u.groups = append(u.groups, csr.Group{Owner: n, Members: []int32{u.node(p, "")}})
			}
		}
		u.groups = append(u.groups, g)
	}
	return u
}

func (u *uses) node(id, layer string) int32 {
	key := [2]string{id, layer}
	n, ok := u.index[key]
	if !ok {
		n = int32(len(u.index))
		u.index[key] = n
	}
	return n
}

// Concentrations gives C and I of every provider in every layer, counted over
// the users given; a provider is no user of itself. Sorted by layer, falling C,
// falling I and provider.
func Concentrations(list []Use, users []string) []Concentration {
	u := newUses(list)
	users = slices.Compact(slices.Sorted(slices.Values(users)))
	var out []Concentration
	for key, n := range u.index {
		if key[1] == "" {
			continue
		}
		touched := csr.Compromise(len(u.index), u.groups, n)
		down := csr.Outage(len(u.index), u.groups, n)
		c := Concentration{Provider: key[0], Layer: key[1]}
		for _, id := range users {
			if id == c.Provider {
				continue
			}
			c.Users++
			if at, known := u.index[[2]string{id, ""}]; known {
				c.C += count(touched[at])
				c.I += count(down[at])
			}
		}
		out = append(out, c)
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
	providers := map[string]map[string]map[string]bool{} // layer, user, provider
	for _, use := range list {
		if !slices.Contains(users, use.User) || len(use.Providers) == 0 {
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
	l := Layer{Name: name, Users: len(byUser)}
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

// Uses reads who relies on whom from a graph: declared relationships in the
// layer of the provider's kind, with the alternatives named as redundancy; and
// what DNS shows, where the operators of one name are each other's redundancy.
func Uses(g *graph.Graph) []Use {
	inv := g.Inventory()
	kinds := map[string]string{}
	for _, p := range inv.Providers {
		kinds[p.ID] = p.Kind
	}
	var list []Use
	for _, r := range inv.Relationships {
		list = append(list, Use{User: r.Customer, Layer: kinds[r.Provider], Providers: append([]string{r.Provider}, r.Alternatives.Values...)})
	}
	byName := map[[3]string][]string{} // user, layer, name
	for _, d := range g.Dependencies() {
		if layer := layerOfTrust(d.Trust); layer != "" {
			for _, n := range d.Domains {
				key := [3]string{d.From, layer, string(n)}
				byName[key] = append(byName[key], d.To)
			}
		}
	}
	for key, providers := range byName {
		list = append(list, Use{User: key[0], Layer: key[1], Providers: slices.Compact(slices.Sorted(slices.Values(providers)))})
	}
	slices.SortFunc(list, func(a, b Use) int {
		return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Layer, b.Layer), slices.Compare(a.Providers, b.Providers))
	})
	return slices.CompactFunc(list, func(a, b Use) bool {
		return a.User == b.User && a.Layer == b.Layer && slices.Equal(a.Providers, b.Providers)
	})
}

// layerOfTrust gives the layer of a dependency whose outage takes something
// down; "" for those that only send, report, issue or verify.
func layerOfTrust(t msp.Trust) string {
	switch t {
	case msp.TrustControl:
		return "dns"
	case msp.TrustReceive:
		return "mail"
	case msp.TrustServe:
		return "hosting"
	case msp.TrustRemoteAccess:
		return "remote_access"
	}
	return ""
}
