package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// asker answers tasks and counts how often each was put.
type asker struct {
	mu    sync.Mutex
	put   map[fact.Task]int
	took  time.Duration
	fails error
	who   string
}

func (a *asker) Run(ctx context.Context, tasks []fact.Task, keep func(fact.Fact) error) error {
	for _, t := range tasks {
		a.mu.Lock()
		a.put[t]++
		a.mu.Unlock()
		select {
		case <-time.After(a.took):
		case <-ctx.Done():
			return ctx.Err()
		}
		if a.fails != nil {
			return a.fails
		}
		f, err := fact.New(t, fact.Present, "", map[string]string{"who": a.who, "html": "<&>"})
		if err != nil {
			return err
		}
		f.At = time.Now().UTC()
		f.Seal()
		if err := keep(f); err != nil {
			return err
		}
	}
	return nil
}

// storeOf makes a store of inventories that declare these domains.
func storeOf(t *testing.T, domains ...[]msp.Name) *shared {
	s, err := newShared(t.TempDir(), time.Now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.close()) })
	for _, list := range domains {
		s.declare(&msp.Inventory{Organisation: msp.Organisation{Domains: list[:1]}, Providers: []msp.Provider{{Domains: list[1:]}}})
	}
	return s
}

func noConsent(fact.Task) bool { return false }

// TestSharedOnce lets many organisations ask the same at once: each shared task is
// put once, and all get the same fact; what one alone declares is not kept.
func TestSharedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const organisations = 20
		var declared [][]msp.Name
		for o := range organisations {
			declared = append(declared, []msp.Name{msp.Name(fmt.Sprintf("o%d.example", o)), "p.example"})
		}
		s := storeOf(t, declared...)
		all := &asker{put: map[fact.Task]int{}, took: time.Second}
		var wg sync.WaitGroup
		facts := make([][]fact.Fact, organisations)
		for o := range organisations {
			wg.Go(func() {
				tasks := []fact.Task{
					{Probe: "hosts", Name: declared[o][0]},
					{Probe: "hosts", Name: "www." + declared[o][0]},
					{Probe: "hosts", Name: "p.example"},
					{Probe: "mx", Name: "p.example"},
					{Probe: "hosts", Name: "ns.elsewhere.example"}, // nobody declares it: a third party's
				}
				for i := range tasks { // in another order each
					k := (i*o + o) % len(tasks)
					tasks[i], tasks[k] = tasks[k], tasks[i]
				}
				r := sharing{&stake{s, noConsent}, all}
				err := r.Run(t.Context(), tasks, func(f fact.Fact) error { facts[o] = append(facts[o], f); return nil })
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		ids := map[fact.Task]string{}
		for o := range organisations {
			require.Len(t, facts[o], 5)
			for _, f := range facts[o] {
				require.Contains(t, []string{"", f.ID}, ids[f.Task])
				ids[f.Task] = f.ID
				require.JSONEq(t, `{"who":"","html":"<&>"}`, string(f.Data))
			}
		}
		require.Len(t, ids, 2*organisations+3)
		for task, n := range all.put {
			require.Equal(t, 1, n, "%v", task)
		}
		require.Equal(t, sharedStats{Asked: 2*organisations + 3, Kept: 3, Reused: 3 * (organisations - 1)}, s.stats)
		require.Len(t, s.at, 3)
	})
}

// TestSharedConsent: what an owner's consent may change does not cross from an
// organisation that has it to one that does not, either way.
func TestSharedConsent(t *testing.T) {
	s := storeOf(t, []msp.Name{"a.example", "p.example"}, []msp.Name{"b.example", "p.example"})
	policy := fact.Task{Probe: fact.ProbeMTASTS, Name: "p.example"}
	ask := func(who string, consented bool) (facts []fact.Fact) {
		r := sharing{&stake{s, func(fact.Task) bool { return consented }}, &asker{put: map[fact.Task]int{}, who: who}}
		require.NoError(t, r.Run(t.Context(), []fact.Task{policy}, func(f fact.Fact) error { facts = append(facts, f); return nil }))
		require.Len(t, facts, 1)
		return facts
	}
	require.JSONEq(t, `{"who":"first with","html":"<&>"}`, string(ask("first with", true)[0].Data))
	require.JSONEq(t, `{"who":"first without","html":"<&>"}`, string(ask("first without", false)[0].Data))
	require.JSONEq(t, `{"who":"first with","html":"<&>"}`, string(ask("second with", true)[0].Data))
	require.JSONEq(t, `{"who":"first without","html":"<&>"}`, string(ask("second without", false)[0].Data))
}

// TestSharedGivenUp: who waits for an organisation that fails asks for itself.
func TestSharedGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := storeOf(t, []msp.Name{"a.example", "p.example"}, []msp.Name{"b.example", "p.example"})
		task := fact.Task{Probe: "mx", Name: "p.example"}
		broken, sound := &asker{put: map[fact.Task]int{}, took: time.Second, fails: errors.New("cut")}, &asker{put: map[fact.Task]int{}}
		var wg sync.WaitGroup
		wg.Go(func() {
			err := sharing{&stake{s, noConsent}, broken}.Run(t.Context(), []fact.Task{task}, func(fact.Fact) error { return nil })
			if !errors.Is(err, broken.fails) {
				t.Errorf("%v", err)
			}
		})
		synctest.Wait()
		got := 0
		wg.Go(func() {
			err := sharing{&stake{s, noConsent}, sound}.Run(t.Context(), []fact.Task{task}, func(fact.Fact) error { got++; return nil })
			if err != nil {
				t.Error(err)
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			err := sharing{&stake{s, noConsent}, sound}.Run(ctx, []fact.Task{task}, func(fact.Fact) error { return nil })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		})
		synctest.Wait()
		cancel()
		wg.Wait()
		require.Equal(t, 1, got)
		require.Equal(t, 1, sound.put[task])
		require.Empty(t, s.asking)
	})
}

// TestSharedPreflight: one look at the resolver holds for ten minutes.
func TestSharedPreflight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := storeOf(t, []msp.Name{"a.example"})
		all := &asker{put: map[fact.Task]int{}}
		look := fact.Task{Probe: fact.ProbePreflight, Name: msp.Root, Server: "127.0.0.1:53"}
		for range 25 {
			require.NoError(t, sharing{&stake{s, noConsent}, all}.Run(t.Context(), []fact.Task{look}, func(fact.Fact) error { return nil }))
			time.Sleep(time.Minute)
		}
		require.Equal(t, 3, all.put[look])
	})
}

// TestSharedFile: the file of the store has no name while it is open, where the
// system allows that, and goes with it.
func TestSharedFile(t *testing.T) {
	dir := t.TempDir()
	s, err := newShared(dir, time.Now)
	require.NoError(t, err)
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Equal(t, runtime.GOOS == "windows", len(names) == 1)
	require.NoError(t, s.close())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// TestOrdered: so many at a time, results in order, the first error in order ends
// it, and no goroutine is left.
func TestOrdered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at, most, waiting atomic.Int32
		var got []int
		work := func(_ context.Context, i int) (int, error) {
			most.Store(max(most.Load(), at.Add(1)))
			defer at.Add(-1)
			time.Sleep(time.Duration((i*7)%5) * time.Second)
			waiting.Add(1)
			return i * i, nil
		}
		err := ordered(t.Context(), 50, 4, work, func(i, v int) error {
			require.Equal(t, i*i, v)
			require.LessOrEqual(t, waiting.Load(), int32(9), "what waits for its turn is bounded")
			waiting.Add(-1)
			got = append(got, v)
			return nil
		})
		require.NoError(t, err)
		require.Len(t, got, 50)
		require.Equal(t, int32(4), most.Load())

		bad, taken := errors.New("bad"), 0
		err = ordered(t.Context(), 50, 4, func(ctx context.Context, i int) (int, error) {
			switch i {
			case 5:
				time.Sleep(time.Minute)
				return 0, bad
			case 6:
				return 0, errors.New("later in order, sooner in time")
			}
			return i, ctx.Err()
		}, func(int, int) error { taken++; return nil })
		require.ErrorIs(t, err, bad)
		require.Equal(t, 5, taken)

		ctx, cancel := context.WithCancel(t.Context())
		err = ordered(ctx, 50, 4, func(ctx context.Context, i int) (int, error) { return i, ctx.Err() }, func(i, _ int) error {
			if i == 10 {
				cancel()
			}
			return nil
		})
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, ordered(t.Context(), 0, 4, work, func(int, int) error { return bad }))
	})
}

// TestPlaces holds which outputs are the portfolio's and which each organisation's.
func TestPlaces(t *testing.T) {
	outs := func(list ...string) (o []Output) {
		for i := 0; i < len(list); i += 2 {
			o = append(o, Output{list[i], list[i+1]})
		}
		return o
	}
	for _, tt := range []struct {
		name      string
		in        []Output
		only      bool
		own, each []Output
		err       string
	}{
		{"beside", outs("xlsx", "d/r.v1.xlsx", "csv", "r"), false, outs("xlsx", "d/r.v1.xlsx"), outs("xlsx", "d/r-{id}.v1.xlsx", "csv", "r-{id}"), ""},
		{"marked", outs("json", "p.json", "csv", "{id}/c.csv"), false, outs("json", "p.json"), outs("csv", "{id}/c.csv"), ""},
		{"only", outs("json", "p.json"), true, outs("json", "p.json"), nil, ""},
		{"stdout", outs("md", "-"), false, outs("md", "-"), nil, ""},
		{"no portfolio format on stdout", outs("csv", "-"), false, nil, nil, "a portfolio has no csv of its own"},
		{"no portfolio format beside marks", outs("json", "{id}.json", "sarif", "s"), false, nil, nil, "a portfolio has no sarif"},
		{"only and marked", outs("json", "{id}.json"), true, nil, nil, "exclude each other"},
	} {
		own, each, err := placesOf(tt.in, tt.only)
		if tt.err != "" {
			require.ErrorContains(t, err, tt.err, tt.name)
			continue
		}
		require.NoError(t, err, tt.name)
		require.Equal(t, tt.own, own, tt.name)
		require.Equal(t, tt.each, each, tt.name)
	}
	dir := t.TempDir()
	for name, want := range map[string]string{
		"": "", "run.ndjson": "run-{id}.ndjson", "run.ndjson.gz": "run-{id}.ndjson.gz", "d/{id}.ndjson": "d/{id}.ndjson",
		"kept": filepath.Join("kept", "{id}.ndjson.gz"), dir: filepath.Join(dir, "{id}.ndjson.gz"), "kept.ndjson/": filepath.Join("kept.ndjson", "{id}.ndjson.gz"),
	} {
		require.Equal(t, want, journalFile(name), name)
	}
	require.Equal(t, dir, folderOf(filepath.Join(dir, "new", "{id}", "x.json")))
	require.Equal(t, "there", folderOf("there/x.json"))
}
