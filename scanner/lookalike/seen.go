package lookalike

// seen is a set of names by a hash of 64 bits, a third of the size of a map of
// strings. Among a million names two share a hash once in 37 million runs; the
// later of them would be left out.
type seen struct {
	slots []uint64
	n     int
}

func newSeen() seen { return seen{slots: make([]uint64, 1<<12)} }

// add puts a name in and reports whether it is new.
func (s *seen) add(name []byte) bool {
	if 2*s.n >= len(s.slots) {
		s.grow()
	}
	if !s.put(hash(name)) {
		return false
	}
	s.n++
	return true
}

func (s *seen) put(h uint64) bool {
	mask := uint64(len(s.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case 0:
			s.slots[i] = h
			return true
		case h:
			return false
		}
	}
}

func (s *seen) grow() {
	old := s.slots
	s.slots = make([]uint64, 2*len(old))
	for _, h := range old {
		if h != 0 {
			s.put(h)
		}
	}
}

// hash is FNV-1a with a final mix, so that the low bits can choose a slot; 0
// stands for an empty slot and is never given.
func hash(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	h ^= h >> 29
	return max(h, 1)
}
