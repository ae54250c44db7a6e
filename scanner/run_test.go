package scanner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// lengthProbe finds the length of the name, after a while.
func lengthProbe(name string, wait func()) Probe {
	return Probe{Name: name, Run: func(ctx context.Context, _ Env, t fact.Task) fact.Fact {
		wait()
		f, _ := fact.New(t, fact.Present, "", map[string]any{"length": len(t.Name), "scope": Scope(ctx)})
		return f
	}}
}

func tasksFor(n int, probes ...string) []fact.Task {
	var tasks []fact.Task
	for i := range n {
		for _, p := range probes {
			tasks = append(tasks, fact.Task{Probe: p, Name: msp.Name(fmt.Sprintf("n%d.example", i))})
		}
	}
	return tasks
}

func collect(t *testing.T, cfg RunConfig, tasks []fact.Task) []fact.Fact {
	t.Helper()
	var facts []fact.Fact
	require.NoError(t, Run(context.Background(), cfg, tasks, func(f fact.Fact) error {
		facts = append(facts, f)
		return nil
	}))
	slices.SortFunc(facts, func(a, b fact.Fact) int { return compareTasks(a.Task, b.Task) })
	return facts
}

func TestRunGivesTheSameFactsInAnyOrder(t *testing.T) {
	now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	jitter := func() { time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond) }
	cfg := RunConfig{Probes: []Probe{lengthProbe("a", jitter), lengthProbe("b", jitter)}, Env: Env{Now: now}, Vantage: "127.0.0.1:53"}
	tasks := tasksFor(100, "a", "b")
	one := cfg
	one.Workers = 1
	want := collect(t, one, tasks)
	require.Len(t, want, 200)
	require.Equal(t, now, want[0].At)
	require.Equal(t, "127.0.0.1:53", want[0].Vantage)
	require.NotEmpty(t, want[0].ID)
	require.JSONEq(t, `{"length":10,"scope":"n0.example"}`, string(want[0].Data))
	for range 3 {
		rand.Shuffle(len(tasks), func(i, j int) { tasks[i], tasks[j] = tasks[j], tasks[i] })
		require.Equal(t, want, collect(t, cfg, append(tasks, tasks[:20]...)), "a task twice is run once")
	}
}

func TestRunUnknownProbe(t *testing.T) {
	ran := false
	cfg := RunConfig{Probes: []Probe{lengthProbe("spf", func() { ran = true })}}
	err := Run(context.Background(), cfg, tasksFor(1, "spf", "spff"), func(fact.Fact) error { return nil })
	require.EqualError(t, err, `run task for n0.example: no probe "spff"; known: spf`)
	require.False(t, ran)
}

func TestRunBoundsWorkers(t *testing.T) {
	for _, workers := range []int{1, 3, 0} {
		synctest.Test(t, func(t *testing.T) {
			var now, most atomic.Int64
			p := lengthProbe("a", func() {
				n := now.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				time.Sleep(time.Second)
				now.Add(-1)
			})
			collect(t, RunConfig{Probes: []Probe{p}, Workers: workers}, tasksFor(100, "a"))
			want := int64(workers)
			if workers == 0 {
				want = DefaultWorkers
			}
			require.Equal(t, want, most.Load())
		})
	}
}

func TestRunStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		p := Probe{Name: "a", Run: func(ctx context.Context, _ Env, task fact.Task) fact.Fact {
			select {
			case <-ctx.Done():
				return fact.Fact{Task: task, Reason: "canceled"}
			case <-time.After(time.Second):
				return fact.Fact{Task: task, Outcome: fact.Absent}
			}
		}}
		var got []fact.Fact
		time.AfterFunc(2500*time.Millisecond, cancel)
		start := time.Now()
		err := Run(ctx, RunConfig{Probes: []Probe{p}, Workers: 10}, tasksFor(100, "a"), func(f fact.Fact) error {
			got = append(got, f)
			return nil
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 2500*time.Millisecond, time.Since(start))
		require.Len(t, got, 20)
		for _, f := range got {
			require.Equal(t, fact.Absent, f.Outcome, "what was cut off is not emitted")
		}
	})
}

func TestRunEmitError(t *testing.T) {
	full := errors.New("disk full")
	n := 0
	err := Run(context.Background(), RunConfig{Probes: []Probe{lengthProbe("a", func() {})}}, tasksFor(50, "a"), func(fact.Fact) error {
		if n++; n == 3 {
			return full
		}
		return nil
	})
	require.ErrorIs(t, err, full)
	require.Equal(t, 3, n)
}

func TestRunTaskTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Probe{Name: "a", Run: func(ctx context.Context, _ Env, task fact.Task) fact.Fact {
			<-ctx.Done()
			return fact.Fact{Task: task, Reason: "timeout"}
		}}
		start := time.Now()
		facts := collect(t, RunConfig{Probes: []Probe{p}, TaskTimeout: 7 * time.Second}, tasksFor(2, "a"))
		require.Equal(t, 7*time.Second, time.Since(start))
		require.Len(t, facts, 2)
		require.Equal(t, fact.Unknown, facts[0].Outcome)
	})
}

func TestRunProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := lengthProbe("slow", func() { time.Sleep(10 * time.Second) })
		fast := lengthProbe("fast", func() { time.Sleep(time.Second) })
		var mu sync.Mutex
		var seen []Progress
		cfg := RunConfig{Probes: []Probe{slow, fast}, Workers: 2, Clock: time.Now, Observe: func(p Progress) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, p)
		}}
		tasks := append(tasksFor(6, "fast"), tasksFor(1, "slow")...)
		collect(t, cfg, tasks)
		last := seen[len(seen)-1]
		require.Equal(t, 7, last.Total)
		require.Equal(t, 7, last.Done)
		require.Equal(t, map[fact.Outcome]int{fact.Present: 7}, last.Outcomes)
		require.Empty(t, last.InFlight)
		require.Len(t, seen, 14)
		require.InDelta(t, 7/13.0, last.Rate(last.Started.Add(13*time.Second)), 1e-9)
		require.Zero(t, last.Rate(last.Started))
		for _, p := range seen {
			require.True(t, slices.IsSortedFunc(p.InFlight, func(a, b InFlight) int { return a.Since.Compare(b.Since) }))
		}
	})
}

// rewriter answers every name; honest denies every name.
type stub func(Question) Answer

func (s stub) Resolve(_ context.Context, q Question) Answer { return s(q) }

func TestPreflight(t *testing.T) {
	denies := Answer{Outcome: fact.Absent, Rcode: "NXDOMAIN"}
	lies := Answer{Outcome: fact.Present, Rcode: "NOERROR", Records: []Record{{Type: "A", Fields: []string{"192.0.2.1"}}}}
	keys := Answer{Outcome: fact.Present, Rcode: "NOERROR", AD: true}
	for name, tt := range map[string]struct {
		resolver stub
		want     fact.Preflight
	}{
		"honest":                        {func(Question) Answer { return denies }, fact.Preflight{Reachable: true}},
		"validates":                     {func(q Question) Answer { return pick(q.Name == msp.Root, keys, denies) }, fact.Preflight{Reachable: true, Validates: true}},
		"rewrites":                      {func(Question) Answer { return lies }, fact.Preflight{Reachable: true, Rewrites: true}},
		"rewrites one top-level domain": {func(q Question) Answer { return pick(q.Name.Within("com"), lies, denies) }, fact.Preflight{Reachable: true, Rewrites: true}},
		"rewrites by alias": {func(q Question) Answer {
			return Answer{Rcode: "NXDOMAIN", Outcome: fact.Absent, Chain: []fact.Hop{{From: q.Name, To: "search.example"}}}
		}, fact.Preflight{Reachable: true, Rewrites: true}},
		"dead":    {func(Question) Answer { return Answer{Reason: "timeout"} }, fact.Preflight{}},
		"refuses": {func(Question) Answer { return Answer{Reason: "refused", Rcode: "REFUSED"} }, fact.Preflight{Reachable: true}},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			n, asked := 0, map[msp.Name]bool{}
			random := func() string { n++; return fmt.Sprintf("Random%d", n) }
			r := stub(func(q Question) Answer {
				mu.Lock()
				defer mu.Unlock()
				asked[q.Name] = true
				return tt.resolver(q)
			})
			tt.want.Resolver = "192.0.2.53:53"
			require.Equal(t, tt.want, Preflight(context.Background(), r, "192.0.2.53:53", random, "com"))
			require.Len(t, asked, 7)
			require.True(t, asked["random1.invalid"] && asked["random6.com"])
		})
	}
}

func pick(cond bool, a, b Answer) Answer {
	if cond {
		return a
	}
	return b
}
