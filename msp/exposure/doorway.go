package exposure

import "math/bits"

// doorway is what a provider reaches once one door is shut. It prices every
// lesser change of the door, too: in the trials in which the door stays open all
// is as it was, in the others it is as if the door were closed. So any number of
// controls on a door cost one run.
type doorway struct {
	v     *view
	door  int32
	money float64 // E as it is
	open  openness
	flood *flood // as it is; nil where no trial can matter
	shut  *flood
	mark  []bool // nodes that may change
	run   *runner
}

// doorway shuts a door. The runner belongs to the result until it is done with.
func (v *view) doorway(d int32, r *runner) *doorway {
	c := &doorway{v: v, door: d, money: v.money(), open: openness{t: append([]float64(nil), v.open.t...)}, run: r}
	if v.sampledMatters(d) {
		c.flood = v.awake().flood
		c.shut, c.mark = r.with(c.flood, nil, []int32{d})
	}
	return c
}

// worth gives what a door that is open to t, less than it is now, takes off E.
func (c *doorway) worth(t float64) float64 {
	c.open.t[c.door] = t
	n := &view{m: c.v.m, source: c.v.source, open: c.open, p: append([]float64(nil), c.v.p...)}
	if c.flood != nil {
		c.sampled(n, t)
	}
	n.refactor(c.v, []change{{c.door, t}})
	return max(0, c.money-n.money())
}

// sampled fills in the assets that are sampled.
func (c *doorway) sampled(n *view, t float64) {
	var still []uint64
	if t > 0 {
		still = c.v.m.sampler.remembered(c.v.m.doors[c.door], change{c.door, t})
	}
	for i, a := range n.m.s.assets {
		at, known := c.flood.local[a.node]
		if c.v.parts[i].diagram == nil && known && c.mark[at] {
			n.p[i] = n.m.share(c.hits(int(at), still))
		}
	}
}

// hits counts the trials in which a node is reached without the door, or with it
// where it is still open.
func (c *doorway) hits(at int, still []uint64) int {
	hits, n := 0, len(c.flood.nodes)
	for b := range c.flood.blocks {
		with, without := &c.flood.reached[b*n+at], &c.shut.reached[b*n+at]
		for w := range without {
			reached := without[w]
			if still != nil {
				reached |= with[w] & still[b*block+w]
			}
			hits += bits.OnesCount64(reached)
		}
	}
	return hits
}
