package bulk

import (
	"math"
	"time"
)

const (
	firstWindow = 64
	growth      = 16   // queries by which the window widens in a round trip, past slow start
	margin      = 0.05 // share of failures above the usual that is put up with
	maxUsual    = 0.6
)

// window is how many queries may be in flight at one resolver. It doubles with
// each round trip until the first failures come in a burst, or the round trip
// gets long, then widens slowly. A burst halves it. If that made answers fewer
// and failures no rarer, the loss is the path's and not the load's: the cut is
// taken back, and that share of failures is the usual one from then on.
type window struct {
	size, limit float64
	slow        bool    // slow start
	usual       float64 // share of failures that no cut has cured
	cuts        int

	start     time.Duration // of the period looked at; queries sent before do not count
	good, bad int
	judging   bool    // the period follows a cut
	from      float64 // window before the cut
	fromRate  float64 // answers a second before the cut
	fromShare float64
}

func newWindow(limit int) window {
	return window{size: min(firstWindow, float64(limit)), limit: float64(limit), slow: true}
}

// open reports whether one more query may go out beside n in flight.
func (w *window) open(n int) bool { return float64(n) < w.size }

// reply counts an answer to a query sent at sent, with n in flight.
func (w *window) reply(sent time.Duration, n int) {
	if sent >= w.start {
		w.good++
	}
	if float64(n) < w.size/2 {
		return // not what holds the run back
	}
	if w.slow {
		w.size++
	} else {
		w.size += growth / w.size
	}
	w.size = min(w.size, w.limit)
}

// fail counts a timeout or an error reply to a query sent at sent, and halves the
// window when there are too many.
func (w *window) fail(sent, now time.Duration) {
	if sent < w.start {
		return
	}
	w.bad++
	expected := (w.usual + margin) * float64(w.good+w.bad)
	if w.judging || float64(w.bad) <= expected+2*math.Sqrt(expected)+4 {
		return
	}
	w.judging, w.from, w.fromRate, w.fromShare = true, w.size, w.rate(now), w.share()
	w.size = max(1, w.size/2)
	w.cuts++
	w.renew(now)
}

// tick ends the period if it is long enough, given the wait for an answer.
func (w *window) tick(now, wait time.Duration) {
	if now-w.start < 2*wait || w.good+w.bad < 16 && now-w.start < 8*wait {
		return
	}
	share := w.share()
	switch {
	case w.judging && w.good+w.bad > 0 && w.rate(now) < 0.75*w.fromRate && share > 0.6*w.fromShare:
		w.size, w.usual = w.from, min(maxUsual, share)
	case w.judging:
		w.slow = false
	case share < w.usual:
		w.usual = (3*w.usual + share) / 4
	}
	w.judging = false
	w.renew(now)
}

func (w *window) renew(now time.Duration) { w.start, w.good, w.bad = now, 0, 0 }

func (w *window) rate(now time.Duration) float64 {
	return float64(w.good) / max(now-w.start, time.Millisecond).Seconds()
}

func (w *window) share() float64 { return float64(w.bad) / float64(max(1, w.good+w.bad)) }

// trips follows the round trips of a resolver (RFC 6298 section 2).
type trips struct {
	smooth, spread, least time.Duration
	lowest, highest       time.Duration // bounds of wait
}

// sample takes one round trip.
func (t *trips) sample(d time.Duration) {
	if t.smooth == 0 {
		t.smooth, t.spread, t.least = d, d/2, d
		return
	}
	t.least = min(t.least, d)
	off := d - t.smooth
	t.smooth += off / 8
	if off < 0 {
		off = -off
	}
	t.spread += (off - t.spread) / 4
}

// wait gives how long to wait for the answer to a question's n-th query, n from 0.
func (t *trips) wait(n int) time.Duration {
	d := time.Second
	if t.smooth > 0 {
		d = t.smooth + 4*t.spread
	}
	d = min(max(d, t.lowest), t.highest)
	return min(d<<min(n, 8), t.highest)
}
