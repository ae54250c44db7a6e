package scanner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"mspscan/msp/fact"
)

// The defaults of RunConfig.
const (
	DefaultWorkers     = 32
	DefaultTaskTimeout = 5 * time.Minute
)

// RunConfig says how tasks are run. Zero values mean the defaults named.
type RunConfig struct {
	Probes  []Probe
	Env     Env
	Workers int // tasks at the same time; 0 = DefaultWorkers

	// TaskTimeout bounds one task, waiting for rate limits included; 0 =
	// DefaultTaskTimeout. What a probe has not learnt by then is unknown.
	TaskTimeout time.Duration

	Vantage string                   // whose eyes, for the facts
	Now     func() time.Time         // time of each fact; nil = Env.Now for all
	Scope   func(t fact.Task) string // what a task's queries are counted against; nil = its name
	Clock   func() time.Time         // for Progress; nil = no times in it
	Observe func(p Progress)         // called at each start and end of a task, one call at a time; nil = nobody
}

// Progress is how far a run is.
type Progress struct {
	Total    int
	Done     int
	Outcomes map[fact.Outcome]int
	Started  time.Time  // of the run
	InFlight []InFlight // longest first
}

// InFlight is a task at work.
type InFlight struct {
	Task  fact.Task
	Since time.Time
}

// Rate gives tasks done per second at now, 0 before the first second of a
// measurable run.
func (p Progress) Rate(now time.Time) float64 {
	if took := now.Sub(p.Started).Seconds(); took > 0 && !p.Started.IsZero() {
		return float64(p.Done) / took
	}
	return 0
}

// Run runs each task once and hands its fact to emit, one at a time, in the
// order in which they end; the facts themselves do not hang on that order. It
// stops at the first error of emit, and soon after ctx ends: tasks that were not
// finished are not emitted, and the error is that of ctx. A task of an unknown
// probe is an error before anything is run.
func Run(ctx context.Context, cfg RunConfig, tasks []fact.Task, emit func(fact.Fact) error) error {
	probes, err := index(cfg.Probes, tasks)
	if err != nil {
		return err
	}
	tasks = slices.Clone(tasks)
	slices.SortFunc(tasks, compareTasks)
	tasks = slices.Compact(tasks)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &run{cfg: withRunDefaults(cfg), probes: probes, emit: emit, cancel: cancel, working: map[fact.Task]time.Time{}}
	r.progress = Progress{Total: len(tasks), Outcomes: map[fact.Outcome]int{}, Started: r.clock()}
	queue := make(chan fact.Task)
	var wg sync.WaitGroup
	for range min(r.cfg.Workers, max(1, len(tasks))) {
		wg.Go(func() {
			for t := range queue {
				r.do(ctx, t)
			}
		})
	}
	feed(ctx, queue, tasks)
	wg.Wait()
	return context.Cause(ctx)
}

func feed(ctx context.Context, queue chan<- fact.Task, tasks []fact.Task) {
	defer close(queue)
	for _, t := range tasks {
		select {
		case queue <- t:
		case <-ctx.Done():
			return
		}
	}
}

// index maps probes by name and holds the tasks against it.
func index(probes []Probe, tasks []fact.Task) (map[string]Probe, error) {
	byName := map[string]Probe{}
	var known []string
	for _, p := range probes {
		byName[p.Name] = p
		known = append(known, p.Name)
	}
	slices.Sort(known)
	for _, t := range tasks {
		if _, ok := byName[t.Probe]; !ok {
			return nil, fmt.Errorf("run task for %s: no probe %q; known: %s", t.Name, t.Probe, strings.Join(known, ", "))
		}
	}
	return byName, nil
}

func withRunDefaults(cfg RunConfig) RunConfig {
	if cfg.Workers <= 0 {
		cfg.Workers = DefaultWorkers
	}
	if cfg.TaskTimeout <= 0 {
		cfg.TaskTimeout = DefaultTaskTimeout
	}
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return cfg.Env.Now }
	}
	if cfg.Scope == nil {
		cfg.Scope = func(t fact.Task) string { return string(t.Name) }
	}
	return cfg
}

func compareTasks(a, b fact.Task) int {
	switch {
	case a.Less(b):
		return -1
	case b.Less(a):
		return 1
	}
	return 0
}

// run is one call of Run.
type run struct {
	cfg    RunConfig
	probes map[string]Probe
	emit   func(fact.Fact) error
	cancel context.CancelCauseFunc

	mu       sync.Mutex
	working  map[fact.Task]time.Time
	progress Progress
}

// do runs one task.
func (r *run) do(ctx context.Context, t fact.Task) {
	if ctx.Err() != nil {
		return
	}
	r.started(t)
	scoped, cancel := context.WithTimeout(WithScope(ctx, r.cfg.Scope(t)), r.cfg.TaskTimeout)
	f := r.probes[t.Probe].Run(scoped, r.cfg.Env, t)
	cancel()
	f.Task, f.Vantage, f.At = t, r.cfg.Vantage, r.cfg.Now()
	f.Seal()
	r.ended(ctx, t, f)
}

func (r *run) started(t fact.Task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.working[t] = r.clock()
	r.report()
}

// ended emits the fact unless the run is being stopped: what a probe says after
// that is about the stop, not about the name.
func (r *run) ended(ctx context.Context, t fact.Task, f fact.Fact) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.working, t)
	if ctx.Err() != nil {
		return
	}
	if err := r.emit(f); err != nil {
		r.cancel(fmt.Errorf("keep fact of %s %s: %w", t.Probe, t.Name, err))
		return
	}
	r.progress.Done++
	r.progress.Outcomes[f.Outcome]++
	r.report()
}

// report tells the observer; the caller holds the lock.
func (r *run) report() {
	if r.cfg.Observe == nil {
		return
	}
	p := r.progress
	p.Outcomes = map[fact.Outcome]int{}
	for o, n := range r.progress.Outcomes {
		p.Outcomes[o] = n
	}
	for t, since := range r.working {
		p.InFlight = append(p.InFlight, InFlight{Task: t, Since: since})
	}
	slices.SortFunc(p.InFlight, func(a, b InFlight) int {
		if c := a.Since.Compare(b.Since); c != 0 {
			return c
		}
		return compareTasks(a.Task, b.Task)
	})
	r.cfg.Observe(p)
}

func (r *run) clock() time.Time {
	if r.cfg.Clock == nil {
		return time.Time{}
	}
	return r.cfg.Clock()
}
