package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"mspscan/msp"
	"mspscan/msp/fact"
)

// quick makes the waits of tests short.
func quick() Tuning {
	return Tuning{AckWait: time.Second, MaxDeliver: 3, Tick: 100 * time.Millisecond, Patience: 20 * time.Second}
}

func startServer(t *testing.T) *Server {
	srv, err := StartServer(Serve{Listen: netip.MustParseAddrPort("127.0.0.1:0"), Store: t.TempDir()}, testKey(t, "k"))
	require.NoError(t, err)
	t.Cleanup(srv.Close)
	return srv
}

// fakeCrew answers each task with a fact of its name; do may spoil a task.
type fakeCrew struct {
	ran *atomic.Int64
	do  func(ctx context.Context, t fact.Task) error
}

func (c fakeCrew) Answer(ctx context.Context, u Unit, emit func(fact.Fact, int)) error {
	for _, t := range u.Tasks {
		if err := c.do(ctx, t); err != nil {
			return err
		}
		c.ran.Add(1)
		emit(factOf(t), u.Spent+1)
	}
	return nil
}

func (c fakeCrew) Close() error { return nil }

func factOf(t fact.Task) fact.Fact {
	f := fact.Fact{Task: t, Outcome: fact.Present, Data: json.RawMessage(`{"of":"` + string(t.Name) + " " + t.Probe + `"}`), At: epoch}
	f.Seal()
	return f
}

// fleet is some workers that a test can stop.
type fleet struct {
	ran  atomic.Int64
	wait sync.WaitGroup
}

// work starts a worker; the function it gives tells it to stop.
func (f *fleet) work(t *testing.T, url string, change func(*WorkerConfig), do func(context.Context, fact.Task) error) (stop func()) {
	if do == nil {
		do = func(context.Context, fact.Task) error { return nil }
	}
	cfg := WorkerConfig{
		Dial: Dial{URL: url}, Key: testKey(t, "k"), ID: "w", Tool: "mspscan 1", Catalogue: "cat", Slots: 4, Grace: time.Second, Tuning: quick(), Now: time.Now,
		Open: func(context.Context, Header, *RunTurns) (Crew, error) { return fakeCrew{&f.ran, do}, nil },
	}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	f.wait.Go(func() {
		defer close(ended)
		if _, err := Work(ctx, cfg); err != nil && !errors.Is(err, ErrUnfit) {
			t.Errorf("worker: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); <-ended })
	return cancel
}

// record is a journal in memory: what is kept is not durable before sync.
type record struct {
	facts   map[fact.Task]fact.Fact
	durable int
	synced  int
}

func (r *record) keep(f fact.Fact) error {
	if _, twice := r.facts[f.Task]; twice {
		return errors.New("kept twice")
	}
	r.facts[f.Task] = f
	return nil
}

func (r *record) sync() error { r.durable = len(r.facts); r.synced++; return nil }

// coordinate connects a coordinator with a record.
func coordinate(t *testing.T, url string, change func(*CoordinatorConfig)) (*Coordinator, *record) {
	r := &record{facts: map[fact.Task]fact.Fact{}}
	cfg := CoordinatorConfig{
		Dial: Dial{URL: url}, Key: testKey(t, "k"), Header: Header{Run: "run1", Group: "run1", Tool: "mspscan 1", Started: time.Now(), Catalogue: "cat", Vantage: "v"},
		Tuning: quick(), Epoch: "e", Now: time.Now, Sync: r.sync, Consent: func(msp.Name) *Consent { return nil },
		Known: func(task fact.Task) bool { _, ok := r.facts[task]; return ok },
	}
	if change != nil {
		change(&cfg)
	}
	c, err := NewCoordinator(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close(context.Background(), true) })
	return c, r
}

// complete checks that every task has its fact, durable.
func complete(t *testing.T, r *record, tasks []fact.Task) {
	t.Helper()
	require.Len(t, r.facts, len(tasks))
	require.Equal(t, len(tasks), r.durable)
	for _, task := range tasks {
		require.Equal(t, factOf(task), r.facts[task])
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	c, r := coordinate(t, srv.URL(), nil)
	var f fleet
	f.work(t, srv.URL(), nil, nil)
	f.work(t, srv.URL(), func(w *WorkerConfig) { w.ID = "w2" }, nil)
	tasks := someTasks(300)
	require.NoError(t, c.Run(t.Context(), tasks[:200], r.keep))
	require.NoError(t, c.Run(t.Context(), tasks[200:], r.keep), "a second round")
	complete(t, r, tasks)
	s := c.Stats()
	require.Equal(t, 300, s.Facts)
	require.Empty(t, s.Refused)
	require.Equal(t, 300, s.Workers["w"]+s.Workers["w2"])
	require.Less(t, r.synced, 300, "facts are synced in batches")
}

// TestBrokerLosesAll stops the broker in the midst of a run, removes its store
// and starts it anew at the same address.
func TestBrokerLosesAll(t *testing.T) {
	t.Parallel()
	serve := Serve{Listen: netip.MustParseAddrPort("127.0.0.1:0"), Store: t.TempDir()}
	srv, err := StartServer(serve, testKey(t, "k"))
	require.NoError(t, err)
	url := srv.URL()
	serve.Listen = netip.MustParseAddrPort(url[len("nats://"):])
	c, r := coordinate(t, url, nil)
	var f fleet
	half := make(chan struct{})
	var once sync.Once
	f.work(t, url, nil, func(context.Context, fact.Task) error {
		if f.ran.Load() > 100 {
			once.Do(func() { close(half) })
		}
		time.Sleep(2 * time.Millisecond)
		return nil
	})
	tasks := someTasks(600)
	done := make(chan error, 1)
	go func() { done <- c.Run(context.Background(), tasks, r.keep) }()
	<-half
	srv.Close()
	require.NoError(t, os.RemoveAll(serve.Store))
	srv, err = StartServer(serve, testKey(t, "k"))
	require.NoError(t, err)
	t.Cleanup(srv.Close)
	require.NoError(t, <-done)
	complete(t, r, tasks)
	require.Positive(t, c.Stats().Again, "what was lost was published again")
}

// TestPoison has one task that no worker gets done: it alone is given up, and
// nothing of it stays in the queue.
func TestPoison(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	c, r := coordinate(t, srv.URL(), nil)
	tasks := someTasks(30)
	bad := tasks[4]
	var f fleet
	f.work(t, srv.URL(), nil, func(_ context.Context, task fact.Task) error {
		if task == bad {
			return errors.New("boom")
		}
		return nil
	})
	require.NoError(t, c.Run(t.Context(), tasks, r.keep))
	require.Len(t, r.facts, 30)
	require.Equal(t, fact.Unknown, r.facts[bad].Outcome)
	require.Equal(t, "poison", r.facts[bad].Reason)
	for _, task := range tasks {
		if task != bad {
			require.Equal(t, factOf(task), r.facts[task])
		}
	}
	require.Equal(t, 1, c.Stats().Poisoned)
	require.Equal(t, 1, c.Stats().Split)
	stream, err := c.link.js.Stream(t.Context(), streamTasks)
	require.NoError(t, err)
	require.Zero(t, stream.CachedInfo().State.Msgs)
}

// TestForgedFacts puts facts into the queue that are not a worker's: none counts.
func TestForgedFacts(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	c, r := coordinate(t, srv.URL(), nil)
	tasks := someTasks(3)
	lie := factOf(tasks[0])
	lie.Outcome = fact.Absent
	lie.Seal()
	send := func(k Key, a Answer) {
		a.Protocol = protocol
		body, sig, err := seal(k, useFact, a)
		require.NoError(t, err)
		m := nats.NewMsg(factSubject("run1"))
		m.Data = body
		m.Header.Set(signature, sig)
		_, err = c.link.js.PublishMsg(t.Context(), m)
		require.NoError(t, err)
	}
	send(testKey(t, "x"), Answer{Run: "run1", Fact: lie})                                                       // by another key
	send(testKey(t, "k"), Answer{Run: "run0", Fact: lie})                                                       // of another run, replayed
	send(testKey(t, "k"), Answer{Run: "run1", Fact: factOf(fact.Task{Probe: fact.ProbeMX, Name: "b.example"})}) // never asked
	_, err := c.link.js.Publish(t.Context(), factSubject("run1"), []byte("junk"))
	require.NoError(t, err)
	var f fleet
	f.work(t, srv.URL(), nil, nil)
	require.NoError(t, c.Run(t.Context(), tasks, r.keep))
	complete(t, r, tasks)
	require.Equal(t, map[string]int{"signature": 2, "run": 1, "task": 1}, c.Stats().Refused)
}

// TestForgedTasks puts an unsigned unit at the very place of the true one: no
// worker runs it, and the true one gets through behind it.
func TestForgedTasks(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	c, r := coordinate(t, srv.URL(), nil)
	tasks := someTasks(3)
	u := Unit{Protocol: protocol, Header: c.cfg.Header, Name: tasks[0].Name, Tasks: tasks, Issued: time.Now()}
	u.ID = newBook("run1", tasks, nil).unsent[0]
	body, err := json.Marshal(u)
	require.NoError(t, err)
	m := nats.NewMsg(taskSubject(c.kind, "run1", u.ID))
	m.Data = body
	m.Header.Set(signature, testKey(t, "x").sign(useTask, body))
	_, err = c.link.js.PublishMsg(t.Context(), m)
	require.NoError(t, err)
	var f fleet
	f.work(t, srv.URL(), nil, nil)
	require.NoError(t, c.Run(t.Context(), tasks, r.keep))
	complete(t, r, tasks)
	require.Equal(t, int64(3), f.ran.Load(), "the forged unit was not run")
}

// TestFactsTwice replays every fact message: each counts once.
func TestFactsTwice(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	c, r := coordinate(t, srv.URL(), nil)
	tasks := someTasks(60)
	spy, err := c.link.nc.SubscribeSync(factSubject("run1"))
	require.NoError(t, err)
	var f fleet
	f.work(t, srv.URL(), nil, nil)
	require.NoError(t, c.Run(t.Context(), tasks, r.keep))
	for range tasks {
		m, err := spy.NextMsg(5 * time.Second)
		require.NoError(t, err)
		again := nats.NewMsg(m.Subject)
		again.Data = m.Data
		again.Header.Set(signature, m.Header.Get(signature)) // without the id that the broker would know
		_, err = c.link.js.PublishMsg(t.Context(), again)
		require.NoError(t, err)
	}
	more := []fact.Task{{Probe: fact.ProbeMX, Name: "last.example"}}
	require.NoError(t, c.Run(t.Context(), more, r.keep))
	complete(t, r, append(tasks, more...))
	require.Equal(t, 60, c.Stats().Twice)
}

// TestNobodyFits: workers of another version or zones get no task, and the
// coordinator says why it gives up.
func TestNobodyFits(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	c, r := coordinate(t, srv.URL(), func(c *CoordinatorConfig) { c.Tuning.Patience = 1500 * time.Millisecond })
	var f fleet
	f.work(t, srv.URL(), func(w *WorkerConfig) { w.Tool = "mspscan 2" }, nil)
	f.work(t, srv.URL(), func(w *WorkerConfig) { w.Zones = "abc" }, nil)
	err := c.Run(t.Context(), someTasks(3), r.keep)
	require.ErrorIs(t, err, ErrNoWorker)
	require.ErrorContains(t, err, "1 of another version (mspscan 2, this is mspscan 1)")
	require.ErrorContains(t, err, "1 with other zone files")
	require.Zero(t, f.ran.Load())
	require.Empty(t, r.facts)
}

// TestSilentBroker: the wait for a broker that stays away has an end.
func TestSilentBroker(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	c, r := coordinate(t, srv.URL(), func(c *CoordinatorConfig) { c.Tuning.Patience = time.Second })
	srv.Close()
	err := c.Run(t.Context(), someTasks(3), r.keep)
	require.ErrorIs(t, err, ErrBroker)
	require.ErrorContains(t, err, srv.URL())
}

func TestConnectFaults(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	_, err := connect(t.Context(), Dial{URL: srv.URL()}, testKey(t, "x"))
	require.ErrorIs(t, err, ErrBroker)
	require.ErrorContains(t, err, "run key")
	url := srv.URL()
	srv.Close()
	_, err = connect(t.Context(), Dial{URL: url}, testKey(t, "k"))
	require.ErrorIs(t, err, ErrBroker)
	require.ErrorContains(t, err, url)
	for _, d := range []Dial{
		{},
		{URL: "127.0.0.1:4222"},
		{URL: "http://127.0.0.1"},
		{URL: "nats://"},
		{URL: "nats://a", Cert: "x"},
		{URL: "nats://a", Creds: "/none"},
		{URL: "tls://a", CA: "/none"},
	} {
		require.ErrorIs(t, d.Check(), ErrUsage, "%+v", d)
	}
	require.NoError(t, Dial{URL: "nats://a:1, tls://b:2"}.Check())
	require.NotContains(t, Dial{URL: "nats://me:secret@a"}.Shown(), "secret")
}

// TestDrain stops a worker that has units at work: they go back, and another
// worker does them.
func TestDrain(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	c, r := coordinate(t, srv.URL(), nil)
	var f fleet
	begun := make(chan struct{}, 100)
	stop := f.work(t, srv.URL(), func(w *WorkerConfig) { w.Grace = 100 * time.Millisecond }, func(ctx context.Context, _ fact.Task) error {
		begun <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	done := make(chan error, 1)
	tasks := someTasks(30)
	go func() { done <- c.Run(context.Background(), tasks, r.keep) }()
	<-begun
	stop()
	f.work(t, srv.URL(), func(w *WorkerConfig) { w.ID = "w2" }, nil)
	require.NoError(t, <-done)
	complete(t, r, tasks)
	require.Equal(t, 30, c.Stats().Workers["w2"])
}

// TestUnfit: a worker that finds itself unfit hands its units back and ends.
func TestUnfit(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	c, r := coordinate(t, srv.URL(), nil)
	var f, g fleet
	f.work(t, srv.URL(), nil, func(context.Context, fact.Task) error { return ErrUnfit })
	done := make(chan error, 1)
	tasks := someTasks(12)
	go func() { done <- c.Run(context.Background(), tasks, r.keep) }()
	f.wait.Wait()
	g.work(t, srv.URL(), nil, nil)
	require.NoError(t, <-done)
	complete(t, r, tasks)
}

// TestBudgetGoesAlong: what earlier units of a name spent stands in the next one.
func TestBudgetGoesAlong(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	c, r := coordinate(t, srv.URL(), nil)
	var f fleet
	f.work(t, srv.URL(), nil, nil)
	require.NoError(t, c.Run(t.Context(), []fact.Task{{Probe: fact.ProbeMX, Name: "a.example"}}, r.keep))
	require.NoError(t, c.Run(t.Context(), []fact.Task{{Probe: fact.ProbeCAA, Name: "a.example"}}, r.keep))
	require.Equal(t, 2, c.spent["a.example"])
}

// TestLargeFact: a fact that no message holds becomes unknown, not lost.
func TestLargeFact(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	c, r := coordinate(t, srv.URL(), nil)
	var f fleet
	f.work(t, srv.URL(), func(w *WorkerConfig) {
		w.Open = func(context.Context, Header, *RunTurns) (Crew, error) { return largeCrew{}, nil }
	}, nil)
	tasks := someTasks(1)
	require.NoError(t, c.Run(t.Context(), tasks, r.keep))
	require.Equal(t, "too_large", r.facts[tasks[0]].Reason)
	require.Equal(t, fact.Unknown, r.facts[tasks[0]].Outcome)
}

type largeCrew struct{}

func (largeCrew) Answer(_ context.Context, u Unit, emit func(fact.Fact, int)) error {
	f, err := fact.New(u.Tasks[0], fact.Present, "", make([]byte, maxMessage))
	f.Seal()
	emit(f, 0)
	return err
}

func (largeCrew) Close() error { return nil }

// TestOldAdvisories puts advisories into the stream that are not about a unit of
// the run as it stands: none is deleted, split or given up for them.
func TestOldAdvisories(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	c, r := coordinate(t, srv.URL(), nil)
	long := time.Now().Add(-time.Minute)
	for i := range 20 { // the numbers that the units will have
		body, err := json.Marshal(advisory{Sequence: uint64(i), Time: long})
		require.NoError(t, err)
		_, err = c.link.js.Publish(t.Context(), subjectDead+workersOf(c.kind), body)
		require.NoError(t, err)
	}
	_, err := c.link.js.Publish(t.Context(), subjectDead+workersOf(c.kind), []byte("junk"))
	require.NoError(t, err)
	var f fleet
	f.work(t, srv.URL(), nil, func(context.Context, fact.Task) error { time.Sleep(20 * time.Millisecond); return nil })
	tasks := someTasks(60)
	require.NoError(t, c.Run(t.Context(), tasks, r.keep))
	complete(t, r, tasks)
	require.Zero(t, c.Stats().Poisoned)
	require.Zero(t, c.Stats().Split)
}

// TestStall: units that nobody gets any more, though workers answer, are put out
// anew, and a run that gets nowhere has an end.
func TestStall(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	stall := func(c *CoordinatorConfig) { c.Tuning.Stall = 700 * time.Millisecond }
	c, r := coordinate(t, srv.URL(), stall)
	var f fleet
	var first atomic.Bool
	stuck := func(ctx context.Context, _ fact.Task) error {
		if first.CompareAndSwap(false, true) {
			<-ctx.Done() // alive, and never done
		}
		return nil
	}
	f.work(t, srv.URL(), nil, stuck)
	tasks := someTasks(1)
	require.NoError(t, c.Run(t.Context(), tasks, r.keep))
	complete(t, r, tasks)
	require.Positive(t, c.Stats().Again)
	never, kept := coordinate(t, srv.URL(), func(c *CoordinatorConfig) { stall(c); c.Header.Run = "run2"; c.Header.Catalogue = "dog" })
	f.work(t, srv.URL(), func(w *WorkerConfig) { w.Catalogue = "dog" }, func(ctx context.Context, _ fact.Task) error { <-ctx.Done(); return ctx.Err() })
	err := never.Run(t.Context(), tasks, kept.keep)
	require.ErrorIs(t, err, ErrStalled)
	require.ErrorContains(t, err, "no fact came for 2.8s")
	require.Empty(t, kept.facts)
}

func TestShown(t *testing.T) {
	for raw, want := range map[string]string{
		"nats://a:4222": "nats://a:4222", "nats://me:secret@a": "nats://me:xxxxx@a", "nats://secret@a, tls://b": "nats://xxxxx@a,tls://b",
		"nats://me:sec ret%zz@a": "xxxxx@a", "": "",
	} {
		require.Equal(t, want, Redacted(raw))
	}
	k := testKey(t, "k")
	for _, text := range []string{fmt.Sprint(k), fmt.Sprintf("%v %+v %#v", k, k, k), fmt.Sprintf("%+v", CoordinatorConfig{Key: k})} {
		require.Contains(t, text, "run key "+k.ID())
		require.NotContains(t, text, fmt.Sprintf("%d", k.secret))
	}
}

func TestPorts(t *testing.T) {
	d := Dial{URL: "nats://a, tls://b:5222,ws://c,wss://d, nats://[2001:db8::1]:1", Creds: "x", CertKey: "y"}
	require.Equal(t, []uint16{4222, 5222, 80, 443, 1}, d.Ports())
	require.Equal(t, []string{"x", "y"}, d.Files())
	require.Empty(t, Dial{}.Ports())
}
