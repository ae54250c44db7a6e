package exposure

import (
	"time"

	"mspscan/msp"
)

// reading says how unknown answers are counted.
type reading bool

const (
	high reading = true  // unknown counts as no
	low  reading = false // unknown counts as yes, verified
)

// transmission gives the probability that somebody who controls a door's node
// gets through it. Families are multiplied in one fixed order and the maximum
// knows none, so the order of controls does not matter.
func (t Tables) transmission(d door, now time.Time, as reading) float64 {
	if d.assumed {
		if as == high {
			return 1
		}
		return 0
	}
	open := t.Base[d.kind]
	for _, f := range families() {
		open *= 1 - t.strongest(f, d, now, as)
	}
	return open
}

// strongest gives the largest r × e of a family.
func (t Tables) strongest(f Family, d door, now time.Time, as reading) float64 {
	best := 0.0
	for _, s := range t.Controls {
		if s.Family != f {
			continue
		}
		reply, stated := d.controls[s.Control]
		if stated {
			best = max(best, s.On(d.kind)*t.effect(reply, now, as))
		}
	}
	return best
}

// effect gives e: how much of a control's share counts. No and not applicable
// contribute nothing in both readings.
func (t Tables) effect(r msp.Reply, now time.Time, as reading) float64 {
	switch {
	case r.Answer == msp.Unknown && as == low:
		return t.Verified
	case r.Answer != msp.Yes:
		return 0
	case r.Expired(now):
		return t.Expired
	case r.Evidence == msp.Verified:
		return t.Verified
	}
	return t.Attested
}

// transmissions gives t of every door.
func (t Tables) transmissions(doors []door, now time.Time, as reading) []float64 {
	out := make([]float64, len(doors))
	for i, d := range doors {
		out[i] = t.transmission(d, now, as)
	}
	return out
}
