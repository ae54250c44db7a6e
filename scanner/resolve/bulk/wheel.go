package bulk

import "time"

const (
	tickLength = 2 * time.Millisecond
	wheelSize  = 4096 // ticks: 8 seconds
)

// wheel is the timers of all questions: a list of slots for each tick. Setting
// and clearing take the same time however many there are.
type wheel struct {
	heads [wheelSize]int32 // first slot due in the tick, -1 = none
	now   int64            // ticks done
	count int
}

func newWheel() *wheel {
	w := &wheel{}
	for i := range w.heads {
		w.heads[i] = -1
	}
	return w
}

// set makes slot i due at the time given. A time past the wheel's turn comes up
// early, and the slot is set again then.
func (w *wheel) set(slots []slot, i int32, due time.Duration) {
	w.clear(slots, i)
	tick := min(max(int64(due/tickLength)+1, w.now+1), w.now+wheelSize-1)
	s := &slots[i]
	s.due, s.bucket, s.prev, s.next = due, int32(tick%wheelSize), -1, w.heads[tick%wheelSize]
	if s.next >= 0 {
		slots[s.next].prev = i
	}
	w.heads[s.bucket] = i
	w.count++
}

// clear takes slot i off, if it is on.
func (w *wheel) clear(slots []slot, i int32) {
	s := &slots[i]
	if s.bucket < 0 {
		return
	}
	if s.prev >= 0 {
		slots[s.prev].next = s.next
	} else {
		w.heads[s.bucket] = s.next
	}
	if s.next >= 0 {
		slots[s.next].prev = s.prev
	}
	s.bucket = -1
	w.count--
}

// expire hands over every slot that is due at now, in the order of ticks.
func (w *wheel) expire(slots []slot, now time.Duration, due func(i int32)) {
	for last := int64(now / tickLength); w.now < last; {
		if w.count == 0 || last-w.now > wheelSize {
			w.now = max(w.now+1, last-wheelSize)
		} else {
			w.now++
		}
		for i := w.heads[w.now%wheelSize]; i >= 0; i = w.heads[w.now%wheelSize] {
			w.clear(slots, i)
			if slots[i].due > now {
				w.set(slots, i, slots[i].due)
			} else {
				due(i)
			}
		}
	}
}
