package exposure

import (
	"math"
	"math/bits"
	"sync"
)

// sampler holds the coupled draws: lane i of a door is open iff U(seed, door, i)
// < t, with U fixed by the door's id (or by the credential that it shares).
// Raising t only adds open lanes. 64 trials are one machine word, and U is
// compared bit by bit over the whole word.
type sampler struct {
	seed  uint64
	words int
	mu    sync.Mutex
	memo  map[lanesKey][]uint64
}

type lanesKey struct {
	draw uint64
	t    uint64
}

// precision is the number of bits of U.
const precision = 32

func newSampler(t Tables) *sampler {
	return &sampler{seed: t.Seed, words: (t.Trials + word - 1) / word, memo: map[lanesKey][]uint64{}}
}

func (s *sampler) trials() int { return s.words * word }

// drawOf names a door's draw: its own, or that of its shared credential.
func (s *sampler) drawOf(d door) uint64 {
	if d.shares != "" {
		return hash(s.seed, "shares", d.shares)
	}
	return hash(s.seed, "door", d.id)
}

// lanes gives the trials in which a draw succeeds with probability t.
func (s *sampler) lanes(draw uint64, t float64) []uint64 {
	key := lanesKey{draw, uint64(math.Round(min(max(t, 0), 1) * (1 << precision)))}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l, ok := s.memo[key]; ok {
		return l
	}
	l := make([]uint64, s.words)
	for w := range l {
		l[w] = below(key.draw, uint64(w), key.t)
	}
	s.memo[key] = l
	return l
}

// below gives the lanes of word w whose U, of precision bits, is less than t.
// From the lowest bit of t on, a lane is below if its bit is smaller, or equal
// and the lower bits are below.
func below(draw, w, t uint64) uint64 {
	switch {
	case t == 0:
		return 0
	case t >= 1<<precision:
		return ^uint64(0)
	}
	less := uint64(0)
	for b := bits.TrailingZeros64(t); b < precision; b++ {
		u := mix(draw ^ mix(w*precision+uint64(b)+1))
		if t>>b&1 == 1 {
			less |= ^u
		} else {
			less &= ^u
		}
	}
	return less
}

// hash is FNV-1a (64 bits) over the parts, with a zero byte between them.
func hash(seed uint64, parts ...string) uint64 {
	h := uint64(14695981039346656037)
	for _, p := range parts {
		for i := 0; i < len(p); i++ {
			h = (h ^ uint64(p[i])) * 1099511628211
		}
		h *= 1099511628211
	}
	return mix(h ^ mix(seed))
}

// mix is the finaliser of splitmix64.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// flood is one run of all trials from one source: which nodes are controlled
// and which are reached at any level, a bit a trial.
type flood struct {
	control, reached [][]uint64
}

// flood spreads control through the doors that are open, trial by trial.
func (s *sampler) flood(st *structure, doors []door, lanes [][]uint64, source int32) flood {
	f := flood{make([][]uint64, len(st.nodes)), make([][]uint64, len(st.nodes))}
	f.control[source] = make([]uint64, s.words)
	for w := range f.control[source] {
		f.control[source][w] = ^uint64(0)
	}
	queued := make([]bool, len(st.nodes))
	for queue := []int32{source}; len(queue) > 0; queue = queue[1:] {
		n := queue[0]
		queued[n] = false
		for _, d := range st.out[n] {
			for _, to := range doors[d].targets {
				s.spread(&f.reached[to], f.control[n], lanes[d])
				if doors[d].level == fullControl && s.spread(&f.control[to], f.control[n], lanes[d]) && !queued[to] {
					queued[to] = true
					queue = append(queue, to)
				}
			}
		}
	}
	return f
}

// spread adds the trials of from in which the door is open; true = something
// was added.
func (s *sampler) spread(to *[]uint64, from, open []uint64) bool {
	if *to == nil {
		*to = make([]uint64, s.words)
	}
	dst, added := *to, uint64(0)
	for w, f := range from {
		more := f & open[w] &^ dst[w]
		added |= more
		dst[w] |= more
	}
	return added != 0
}

// share gives the part of trials that are set.
func (s *sampler) share(set []uint64) float64 {
	n := 0
	for _, w := range set {
		n += bits.OnesCount64(w)
	}
	return float64(n) / float64(s.trials())
}
