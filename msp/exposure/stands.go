package exposure

import (
	"cmp"
	"slices"

	"mspscan/msp"
	"mspscan/msp/graph/csr"
)

// Stand says on whom one user stands in a layer, directly or through services.
// Outage is AND within a redundancy group, compromise is OR: a second provider
// makes the one rarer and the other likelier.
type Stand struct {
	Layer   string
	Direct  []string // whom it uses itself, sorted
	Own     bool     // it serves itself beside them
	Stops   []string // each of whom takes the layer from it by an outage of its own, sorted
	Touches []string // each of whose compromise touches the layer, sorted
	// The chance that the layer is lost, and that it is touched, if every party
	// fails and is broken into with the chance asked for, each by itself. Hi and Lo
	// of the outage differ where there are too many ways to add up.
	Outage     msp.Range
	Compromise float64
}

// Stands gives the layers in which a user relies on others, in the order of
// LayerNames, then by name; chance is that of a party's failure or compromise.
func Stands(list []Use, user string, chance float64) []Stand {
	u := newUses(list)
	needs := csr.NewNeeds(len(u.index), u.groups)
	byLayer := map[string]*Stand{}
	for _, use := range list {
		if use.User != user || len(use.Providers) == 0 {
			continue
		}
		s := byLayer[use.Layer]
		if s == nil {
			s = &Stand{Layer: use.Layer}
			byLayer[use.Layer] = s
		}
		s.Direct, s.Own = append(s.Direct, use.Providers...), s.Own || use.Own
	}
	out := make([]Stand, 0, len(byLayer))
	for _, layer := range sortedKeys(byLayer) {
		s := byLayer[layer]
		slices.Sort(s.Direct)
		s.Direct = slices.Compact(s.Direct)
		u.stand(needs, s, user, chance)
		out = append(out, *s)
	}
	slices.SortStableFunc(out, func(a, b Stand) int { return cmp.Compare(layerOrder(a.Layer), layerOrder(b.Layer)) })
	return out
}

func layerOrder(name string) int {
	if i := slices.Index(LayerNames(), name); i >= 0 {
		return i
	}
	return len(LayerNames())
}

// stand finds out who stops and who touches the need of a user in a layer.
func (u *uses) stand(needs *csr.Needs, s *Stand, user string, chance float64) {
	need := u.index[useKey{aNeed, user, s.Layer}]
	touching, bearing := needs.Touching(need), needs.Bearing(need)
	f := factors{needs: needs, need: need, chance: chance, left: mostFactors}
	still := 1.0
	for _, key := range u.parties() {
		n := u.index[key]
		if key.id == user || !bearing[n] {
			continue
		}
		if touching[n] {
			s.Touches = append(s.Touches, key.id)
			still *= 1 - chance
		}
		if needs.Outage(n)[need] {
			s.Stops = append(s.Stops, key.id)
		} else {
			f.parties = append(f.parties, n)
		}
	}
	s.Compromise = 1 - still
	s.Outage = f.outage(len(s.Stops))
}

// parties gives the nodes of parties, sorted by id.
func (u *uses) parties() []useKey {
	var list []useKey
	for key := range u.index {
		if key.kind == aParty {
			list = append(list, key)
		}
	}
	slices.SortFunc(list, func(a, b useKey) int { return cmp.Compare(a.id, b.id) })
	return list
}

// The bounds of adding up an outage: how often the fixpoint is run, and the
// chance of a case that is not looked into.
const (
	mostFactors = 5000
	tinyChance  = 1e-9
)

// factors adds up the chance of an outage case by case: of a set of parties that
// take a need down together, the first fails or does not.
type factors struct {
	needs   *csr.Needs
	need    int32
	parties []int32 // none of which takes it down alone
	chance  float64
	left    int // runs of the fixpoint
	sum     msp.Range
}

// outage gives the chance, where singles more parties take the need down alone.
func (f *factors) outage(singles int) msp.Range {
	still := 1.0
	for range singles {
		still *= 1 - f.chance
	}
	f.split(nil, f.parties, 1)
	return msp.Range{Hi: 1 - still*(1-f.sum.Hi), Lo: 1 - still*(1-f.sum.Lo)}
}

func (f *factors) down(failed ...int32) bool {
	f.left--
	return f.needs.Outage(failed...)[f.need]
}

// split adds the chance that the need is down where some parties have failed,
// the open ones may and all others have not.
func (f *factors) split(failed, open []int32, weight float64) {
	switch {
	case f.left <= 0 || weight < tinyChance:
		f.sum.Hi += weight
	case f.down(failed...):
		f.sum.Hi, f.sum.Lo = f.sum.Hi+weight, f.sum.Lo+weight
	case f.down(slices.Concat(failed, open)...):
		at := slices.Index(open, f.pivot(failed, open))
		rest := slices.Delete(slices.Clone(open), at, at+1)
		f.split(failed, rest, weight*(1-f.chance))
		f.split(append(slices.Clone(failed), open[at]), rest, weight*f.chance)
	}
}

// pivot gives a party of a least set of open ones that take the need down.
func (f *factors) pivot(failed, open []int32) int32 {
	set := slices.Clone(open)
	for i := 0; i < len(set) && len(set) > 1; {
		if less := slices.Delete(slices.Clone(set), i, i+1); f.down(slices.Concat(failed, less)...) {
			set = less
			continue
		}
		i++
	}
	return set[0]
}
