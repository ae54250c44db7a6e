package exposure

import (
	"cmp"
	"slices"
	"sync"
)

// found is a set of candidates and what it takes off E.
type found struct {
	set   []candidate
	worth float64
}

// search looks for the sets of candidates that take most off one provider's E.
type search struct {
	v        *view
	pool     []candidate
	searched Searched    // candidates
	pairs    [][]float64 // worth of each pair of the pool
	paired   sync.Once
	two      found
	tripled  sync.Once
	three    found
}

type searchKey struct {
	source   int32
	controls bool
}

// newSearch gives the search among closings or among controls; the same one again
// for the same view of a model.
func (v *view) newSearch(controls bool) *search {
	seen, key := v.m.seen, searchKey{v.source, controls}
	seen.mu.Lock()
	s := seen.searches[key]
	seen.mu.Unlock()
	if s != nil {
		return s
	}
	s = &search{v: v.awake()}
	kind := closing
	if controls {
		kind = hardening
	}
	s.pool, s.searched = v.pool(v.candidates().list, kind)
	seen.mu.Lock()
	defer seen.mu.Unlock()
	if seen.searches == nil {
		seen.searches = map[searchKey]*search{}
	}
	seen.searches[key] = s
	return s
}

// worth gives what a set takes off E, never less than nothing.
func (s *search) worth(set []candidate) float64 { return s.v.worth(s.v.m.changes(set)) }

func (v *view) worth(changes []change) float64 { return max(0, v.money()-v.with(changes).money()) }

// pair gives the best two.
func (s *search) pair() found {
	s.paired.Do(func() { s.two = s.allPairs() })
	return s.two
}

func (s *search) allPairs() found {
	best := found{}
	s.pairs = make([][]float64, len(s.pool))
	for i := range s.pool {
		s.pairs[i] = make([]float64, len(s.pool))
	}
	s.v.m.parallel(len(s.pool), func(i int) {
		for j := i + 1; j < len(s.pool); j++ {
			s.pairs[i][j] = s.worth([]candidate{s.pool[i], s.pool[j]})
		}
	})
	for i := range s.pool {
		for j := i + 1; j < len(s.pool); j++ {
			w := s.pairs[i][j]
			s.pairs[j][i] = w
			if w > best.worth {
				best = found{[]candidate{s.pool[i], s.pool[j]}, w}
			}
		}
	}
	return best
}

// triple gives the best three. A set is worth at most each of its pairs and the
// bound of the third, so most need no look; what is left out can't win.
func (s *search) triple() found {
	s.tripled.Do(func() { s.three = s.allTriples(s.pair().worth) })
	return s.three
}

func (s *search) allTriples(atLeast float64) found {
	each := make([]found, len(s.pool))
	s.v.m.parallel(len(s.pool), func(i int) { each[i] = s.tripleFrom(i, atLeast) })
	best := found{worth: atLeast}
	for _, f := range each {
		if f.worth > best.worth {
			best = f
		}
	}
	return best
}

func (s *search) tripleFrom(i int, atLeast float64) found {
	best := found{worth: atLeast}
	for j := i + 1; j < len(s.pool); j++ {
		for k := j + 1; k < len(s.pool); k++ {
			if s.most(i, j, k) <= best.worth || s.v.m.stopped() {
				continue
			}
			set := []candidate{s.pool[i], s.pool[j], s.pool[k]}
			if w := s.worth(set); w > best.worth {
				best = found{set, w}
			}
		}
	}
	return best
}

func (s *search) most(i, j, k int) float64 {
	return min(s.pairs[i][j]+s.pool[k].bound, s.pairs[i][k]+s.pool[j].bound, s.pairs[j][k]+s.pool[i].bound)
}

// best gives the best set of at most k: exhaustive over the pool up to three,
// then the best triple widened by single steps or pairs, whichever brings more
// a change. The second result says that it is heuristic.
func (s *search) best(k int) (found, bool) {
	f := s.single()
	if k >= 2 {
		f = better(f, s.pair())
	}
	if k >= 3 {
		f = better(f, s.triple())
	}
	heuristic := false
	for len(f.set) < k && len(f.set) < len(s.pool) {
		next := s.widen(f, k)
		if len(next.set) == len(f.set) {
			break
		}
		f, heuristic = next, true
	}
	return f, heuristic
}

// tiny is the share of a worth below which a difference is rounding.
const tiny = 1e-9

// better gives the larger set only if it is worth more.
func better(small, large found) found {
	if large.worth > small.worth*(1+tiny) {
		return large
	}
	return small
}

func (s *search) single() found {
	best := found{}
	for _, c := range s.pool {
		if w := s.worth([]candidate{c}); w > best.worth && !s.v.m.stopped() {
			best = found{[]candidate{c}, w}
		}
	}
	return best
}

// widen adds the candidate, or the pair, that brings most a change.
func (s *search) widen(f found, k int) found {
	rest := slices.DeleteFunc(slices.Clone(s.pool), func(c candidate) bool { return slices.Contains(f.set, c) })
	one, two := f, f
	for i, c := range rest {
		one = better(one, s.with(f, c))
		for _, d := range rest[i+1:] {
			if len(f.set)+2 <= k && c.bound+d.bound > two.worth-f.worth {
				two = better(two, s.with(f, c, d))
			}
		}
	}
	if (two.worth-f.worth)/2 > (one.worth-f.worth)*(1+tiny) {
		return two
	}
	return one
}

func (s *search) with(f found, more ...candidate) found {
	set := append(slices.Clone(f.set), more...)
	return found{set, s.worth(set)}
}

// singles gives the best n candidates alone, best first. Where nothing is shared
// the worth of a change grows in a straight line with what it shuts, so the guess
// ranks well; the best by guess are computed in full.
func (v *view) singles(all []candidate, n int) []found {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.guess, a.guess) })
	list := make([]found, 0, n)
	for _, c := range all[:min(len(all), 2*n+poolSize)] {
		if w := v.worth(v.m.changes([]candidate{c})); w > tiny*v.money() {
			list = append(list, found{[]candidate{c}, w})
		}
	}
	slices.SortStableFunc(list, func(a, b found) int { return cmp.Compare(b.worth, a.worth) })
	return list[:min(n, len(list))]
}
