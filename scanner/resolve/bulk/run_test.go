package bulk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestEndedWhileItWaited: a question whose late answer came while it waited to be
// sent again is not sent, though it still stands in the queue; its slot may serve
// another question by then.
func TestEndedWhileItWaited(t *testing.T) {
	r := &run{slots: make([]slot, 2)}
	r.ready.push(0)
	r.slots[1].state = flying
	r.ready.push(1)
	r.pump()
	require.Zero(t, r.ready.len())
	require.Zero(t, r.stats.Queries)
	require.Equal(t, idle, r.slots[0].state)
	require.Equal(t, flying, r.slots[1].state)
}

func TestWheelSetTwice(t *testing.T) {
	w, slots := newWheel(), make([]slot, 2)
	slots[0].bucket, slots[1].bucket = -1, -1
	w.set(slots, 0, 10*time.Millisecond)
	w.set(slots, 1, 10*time.Millisecond)
	w.set(slots, 0, 30*time.Millisecond)
	var due []int32
	w.expire(slots, 20*time.Millisecond, func(i int32) { due = append(due, i) })
	require.Equal(t, []int32{1}, due)
	w.expire(slots, 50*time.Millisecond, func(i int32) { due = append(due, i) })
	require.Equal(t, []int32{1, 0}, due)
	require.Zero(t, w.count)
}
