package queue

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// someTasks gives n tasks, several about each name.
func someTasks(n int) []fact.Task {
	probes := []string{fact.ProbeHosts, fact.ProbeMX, fact.ProbeCAA}
	var list []fact.Task
	for i := range n {
		list = append(list, fact.Task{Probe: probes[i%len(probes)], Name: msp.Name(fmt.Sprintf("n%d.example", i/len(probes)))})
	}
	return list
}

func TestBookGroups(t *testing.T) {
	tasks := append(someTasks(9), someTasks(3)...) // the first name twice
	for i := range 70 {
		tasks = append(tasks, fact.Task{Probe: fact.ProbeDKIM, Name: "many.example", Type: fmt.Sprintf("s%02d", i)})
	}
	b := newBook("run", tasks, map[msp.Name]int{})
	require.Equal(t, 79, b.left(), "a task that is there twice is asked once")
	sizes := map[msp.Name][]int{}
	for e := b.next(); e != nil; e = b.next() {
		sizes[e.unit.Name] = append(sizes[e.unit.Name], len(e.unit.Tasks))
	}
	require.Equal(t, map[msp.Name][]int{"n0.example": {3}, "n1.example": {3}, "n2.example": {3}, "many.example": {64, 6}}, sizes)
}

func TestBookSplitsTheDead(t *testing.T) {
	b := newBook("run", someTasks(3), map[msp.Name]int{})
	e := b.next()
	b.markSent(e)
	b.answered(e.unit.Tasks[1])
	poisoned, split := b.dead(e.unit.ID)
	require.True(t, split)
	require.Empty(t, poisoned, "nobody is given up before it was alone")
	var alone []*entry
	for e := b.next(); e != nil; e = b.next() {
		require.Len(t, e.unit.Tasks, 1)
		b.markSent(e)
		alone = append(alone, e)
	}
	require.Len(t, alone, 2, "what has a fact is not asked again")
	poisoned, split = b.dead(alone[0].unit.ID)
	require.False(t, split)
	require.Equal(t, alone[0].unit.Tasks, poisoned)
	poisoned, split = b.dead("nobody")
	require.False(t, split)
	require.Empty(t, poisoned)
}

// TestBookHolds plays random events: every task is answered once, whatever is
// lost, split or said twice, and the counts stay right.
func TestBookHolds(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		tasks := someTasks(1 + random.IntN(60))
		b := newBook("run", tasks, map[msp.Name]int{})
		answered := map[fact.Task]int{}
		for step := 0; b.left() > 0; step++ {
			require.Less(t, step, 100000)
			playOne(random, b, answered)
			queued := 0
			for _, e := range b.entries {
				require.NotEmpty(t, e.open)
				if e.sent {
					queued++
				}
			}
			require.Equal(t, queued, b.queued)
		}
		require.Len(t, answered, len(tasks))
		for task, n := range answered {
			require.Equal(t, 1, n, task)
		}
		require.Empty(t, b.entries)
		require.Nil(t, b.next())
	}
}

// playOne is one random event.
func playOne(random *rand.Rand, b *book, answered map[fact.Task]int) {
	ids := slices.Sorted(maps.Keys(b.entries))
	id := ids[random.IntN(len(ids))]
	e := b.entries[id]
	switch random.IntN(6) {
	case 0, 1:
		if e := b.next(); e != nil && random.IntN(4) == 0 {
			b.again(e, false)
		} else if e != nil {
			b.markSent(e)
		}
	case 2:
		for _, gone := range b.missing(map[string]bool{id: true}) {
			b.again(b.entries[gone], true)
		}
	case 3:
		if !e.sent {
			return
		}
		poisoned, _ := b.dead(id)
		for _, t := range poisoned {
			answered[t]++
			b.answered(t)
		}
	default:
		t := e.unit.Tasks[random.IntN(len(e.unit.Tasks))]
		if e.sent && b.outstanding(t) {
			answered[t]++
			b.answered(t)
		}
		b.answered(fact.Task{Probe: "nobody's"})
	}
}
