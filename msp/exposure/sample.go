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
	memo  map[change][]uint64 // lanes of doors changed, forgotten when full
	spare []*runner           // not in use
}

// borrow gives a runner that nobody uses.
func (s *sampler) borrow() *runner {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.spare)
	if n == 0 {
		return &runner{}
	}
	r := s.spare[n-1]
	s.spare = s.spare[:n-1]
	return r
}

func (s *sampler) giveBack(r *runner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spare = append(s.spare, r)
}

// memoSize bounds the memo: 4,096 doors at 10,240 trials are 5 MB.
const memoSize = 4096

// precision is the number of bits of U.
const precision = 32

func newSampler(t Tables) *sampler {
	return &sampler{seed: t.Seed, words: (t.Trials + word - 1) / word, memo: map[change][]uint64{}}
}

// drawOf names a door's draw: its own, or that of its shared credential.
func (s *sampler) drawOf(d door) uint64 {
	if d.shares != "" {
		return hash(s.seed, "shares", d.shares)
	}
	return hash(s.seed, "door", d.id)
}

// lanes gives the trials in which a door is open with probability t, filled up
// to whole blocks with trials that nobody looks at.
func (s *sampler) lanes(d door, t float64) []uint64 {
	draw, limit := s.drawOf(d), uint64(math.Round(min(max(t, 0), 1)*(1<<precision)))
	l := make([]uint64, (s.words+block-1)/block*block)
	for w := range s.words {
		l[w] = below(draw, uint64(w), limit)
	}
	return l
}

// remembered is lanes for a door that a search changes again and again. Doors of
// one index are the same door in every model made from one.
func (s *sampler) remembered(d door, c change) []uint64 {
	s.mu.Lock()
	l, ok := s.memo[c]
	s.mu.Unlock()
	if ok {
		return l
	}
	l = s.lanes(d, c.t)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.memo) >= memoSize {
		clear(s.memo)
	}
	s.memo[c] = l
	return l
}

// allLanes gives the trials in which each door is open.
func (s *sampler) allLanes(doors []door, t []float64) [][]uint64 {
	out := make([][]uint64, len(doors))
	for i, d := range doors {
		out[i] = s.lanes(d, t[i])
	}
	return out
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
