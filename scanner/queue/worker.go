package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"mspscan/msp/fact"
)

// The defaults and bounds of a worker.
const (
	DefaultSlots = 16               // units at the same time
	DefaultGrace = 20 * time.Second // that units at work get to end in, once the worker is told to stop
	fetchTime    = time.Second      // of one request for units
	nakDelay     = 2 * time.Second  // before a unit that could not be run is handed out again
)

// Crew answers the units of the runs of one group, as their header says. It is safe
// for use by several goroutines.
type Crew interface {
	// Answer runs the unit's tasks and hands the fact of each to emit, with the
	// queries of the scope's budget used so far. emit is safe for concurrent use.
	// An error means that the unit was not done: it goes back to the queue.
	Answer(ctx context.Context, u Unit, emit func(f fact.Fact, spent int)) error
	Close() error
}

// ErrUnfit is the cause when a worker must not answer at all, such as behind a
// resolver that tells lies. The worker hands its units back and ends.
var ErrUnfit = errors.New("this worker is not fit for the run")

// WorkerConfig says what a worker works with.
type WorkerConfig struct {
	Dial      Dial
	Key       Key
	ID        string // of the worker, as facts and logs name it
	Tool      string // "mspscan 1.2.3"
	Zones     string // SHA-256 of the zone files that it serves itself; "" = none
	Catalogue string // hash
	Slots     int    // units at the same time; 0 = DefaultSlots
	Grace     time.Duration
	Tuning    Tuning
	Now       func() time.Time
	Say       func(text string) // for a person; nil = nobody

	// Open makes the crew of a group of runs; the header names no run. turns shares the rates with the other workers.
	Open func(ctx context.Context, h Header, turns *RunTurns) (Crew, error)
}

// WorkerStats counts what a worker did.
type WorkerStats struct {
	Units, Facts, Refused, Back int // Back: handed back to the queue
}

// Work takes units until ctx ends, then lets those at work end within Grace and
// hands the rest back. The error wraps ErrUsage, ErrBroker or ErrUnfit; the end of
// ctx is none.
func Work(ctx context.Context, cfg WorkerConfig) (WorkerStats, error) {
	if len(cfg.Key.secret) == 0 {
		return WorkerStats{}, fmt.Errorf("%w: %w", ErrUsage, errNoKey)
	}
	if cfg.Slots <= 0 {
		cfg.Slots = DefaultSlots
	}
	if cfg.Grace <= 0 {
		cfg.Grace = DefaultGrace
	}
	if cfg.Say == nil {
		cfg.Say = func(string) {}
	}
	cfg.Tuning = cfg.Tuning.withDefaults()
	cfg.Dial.Name = "mspscan worker " + cfg.ID
	l, err := connect(ctx, cfg.Dial, cfg.Key)
	if err != nil {
		return WorkerStats{}, err
	}
	defer l.close()
	w := &worker{
		cfg: cfg, link: l, kind: Kind(cfg.Key, cfg.Tool, cfg.Zones, cfg.Catalogue), turns: newTurns(l, cfg.ID, cfg.Now),
		slots: make(chan struct{}, cfg.Slots), crews: map[crewKey]*crew{},
	}
	return w.work(ctx)
}

// worker is one call of Work.
type worker struct {
	cfg   WorkerConfig
	link  *link
	kind  string
	turns *Turns
	slots chan struct{} // taken by units at work
	wait  sync.WaitGroup

	mu    sync.Mutex
	crews map[crewKey]*crew
	stats WorkerStats
	unfit error
	said  map[string]bool
}

func (w *worker) work(ctx context.Context) (WorkerStats, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	sub, err := w.link.nc.Subscribe(subjectWho, w.present)
	if err != nil {
		return WorkerStats{}, fmt.Errorf("%w at %s: %w", ErrBroker, w.link.name, err)
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection ends with it
	busy, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var consumer jetstream.Consumer
	for ctx.Err() == nil && w.fit() == nil && !w.link.nc.IsClosed() {
		if consumer == nil {
			if consumer, err = taskConsumer(ctx, w.link.js, w.kind, w.cfg.Tuning); err != nil {
				consumer = nil
				w.once("waiting for JetStream: " + err.Error())
				pause(ctx, faultTime)
				continue
			}
		}
		if err := w.fetch(ctx, busy, consumer); err != nil {
			consumer = nil // the broker is away, or came back without it
			pause(ctx, faultTime)
		}
	}
	var gone error
	if w.link.nc.IsClosed() {
		gone = fmt.Errorf("%w at %s: the connection is closed: %w", ErrBroker, w.link.name, w.link.nc.LastError())
	}
	w.drain(cancel)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stats, errors.Join(w.unfit, gone)
}

func (w *worker) fit() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.unfit
}

// once says a thing once.
func (w *worker) once(text string) {
	w.mu.Lock()
	if w.said == nil {
		w.said = map[string]bool{}
	}
	again := w.said[text] || len(w.said) > 100
	w.said[text] = true
	w.mu.Unlock()
	if !again {
		w.cfg.Say(text)
	}
}

// drain waits for the units at work, and cuts them when the grace is over.
func (w *worker) drain(cut func()) {
	done := make(chan struct{})
	go func() { w.wait.Wait(); close(done) }()
	timer := time.NewTimer(w.cfg.Grace)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		cut()
		<-done
	}
	_ = w.link.nc.FlushTimeout(requestTime) // the last acknowledgements
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.crews {
		c.close()
	}
}

// present answers who is there.
func (w *worker) present(m *nats.Msg) {
	p := Presence{Worker: w.cfg.ID, Tool: w.cfg.Tool, Kind: w.kind, Key: w.cfg.Key.ID(), Zones: w.cfg.Zones}
	if body, err := json.Marshal(p); err == nil && m.Reply != "" {
		_ = m.Respond(body) // who asked will ask again
	}
}

// fetch asks for as many units as there are free slots, and no more: a unit that
// waited in this process would be taken for stuck.
func (w *worker) fetch(ctx, busy context.Context, consumer jetstream.Consumer) error {
	n := w.free(ctx)
	if n == 0 {
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	batch, err := consumer.Fetch(n, jetstream.FetchContext(waiting))
	if err == nil {
		for m := range batch.Messages() {
			n--
			if ctx.Err() != nil {
				w.back(m, 0)
				<-w.slots
				continue
			}
			w.wait.Go(func() {
				defer func() { <-w.slots }()
				w.handle(busy, m)
			})
		}
		if err = batch.Error(); errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			err = nil // nothing more was there
		}
	}
	for range n {
		<-w.slots
	}
	return err
}

// free takes all free slots, at least one; 0 if ctx ended.
func (w *worker) free(ctx context.Context) int {
	select {
	case w.slots <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	for n := 1; ; n++ {
		select {
		case w.slots <- struct{}{}:
		default:
			return n
		}
	}
}

// back hands a unit back to the queue.
func (w *worker) back(m jetstream.Msg, delay time.Duration) {
	_ = m.NakWithDelay(delay) // one that gets lost: AckWait does the same, later
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats.Back++
}

// refuse takes a message that is none of ours off the queue.
func (w *worker) refuse(m jetstream.Msg, why error) {
	w.once(fmt.Sprintf("refused a task message: %s", why))
	_ = m.TermWithReason(why.Error())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats.Refused++
}
