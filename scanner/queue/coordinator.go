package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"mspscan/msp"
	"mspscan/msp/fact"
	"mspscan/scanner"
)

// The bounds of a coordinator.
const (
	factBatch   = 256  // facts between two syncs of the journal, at most
	queueWindow = 4096 // units in the queue at a time
)

// ErrNoWorker is the cause when no fitting worker showed for the whole of
// Tuning.Patience.
var ErrNoWorker = errors.New("no worker")

// ErrStalled is the cause when workers answer, but no fact comes for a multiple of
// Tuning.Stall.
var ErrStalled = errors.New("no progress")

// CoordinatorConfig says what a coordinator works with.
type CoordinatorConfig struct {
	Dial   Dial
	Key    Key
	Header Header
	Tuning Tuning
	Epoch  string // random: tells this coordinator from an earlier one of the same run
	Now    func() time.Time

	// Sync makes durable what was kept before. Facts are acknowledged after it.
	Sync func() error
	// Known reports whether a fact of the task is in the record already.
	Known func(t fact.Task) bool
	// Consent gives what the owner of a name says to active probes, nil if the name
	// is no party's. It is asked in active runs only.
	Consent func(name msp.Name) *Consent
	// Observe is told how far the round is; nil = nobody.
	Observe func(scanner.Progress)
	// Say is told what a person should know while it waits; nil = nobody.
	Say func(text string)
}

// Stats counts what happened to a run on the way.
type Stats struct {
	Units       int            // published, each once however often
	Again       int            // published anew because the broker had lost them
	Facts       int            // kept
	Twice       int            // facts that came once more
	Redelivered int            // units of which a fact came from a later delivery
	Refused     map[string]int // facts that did not count, by reason
	Split       int            // units split to find the task that does the harm
	Poisoned    int            // tasks given up as unknown(poison)
	Workers     map[string]int // facts kept, by worker
}

// Coordinator hands out tasks and collects facts. It is for one goroutine.
type Coordinator struct {
	cfg   CoordinatorConfig
	link  *link
	kind  string
	spent map[msp.Name]int
	stats Stats

	facts    chan jetstream.Msg
	stop     func()             // ends the flow into facts; nil = none is open
	consumer jetstream.Consumer // of facts
	dead     jetstream.Consumer // of advisories
	ticked   time.Time
	alive    time.Time          // last sign of life of a fitting worker
	fresh    time.Time          // when the last fact was kept, or all was put out anew
	done     map[fact.Task]bool // tasks of which a fact was kept
	redone   map[string]bool    // units counted as redelivered
	waiting  bool               // it was said that there is no worker
}

// NewCoordinator connects to the broker and makes the streams. The error wraps
// ErrBroker or ErrUsage.
func NewCoordinator(ctx context.Context, cfg CoordinatorConfig) (*Coordinator, error) {
	if len(cfg.Key.secret) == 0 {
		return nil, fmt.Errorf("%w: %w", ErrUsage, errNoKey)
	}
	if !token(cfg.Header.Run) || !token(cfg.Header.Group) {
		return nil, fmt.Errorf("%w: run id %q of %q", ErrUsage, cfg.Header.Run, cfg.Header.Group)
	}
	cfg.Tuning = cfg.Tuning.withDefaults()
	cfg.Dial.Name = "mspscan scan " + cfg.Header.Run
	l, err := connect(ctx, cfg.Dial, cfg.Key)
	if err != nil {
		return nil, err
	}
	h := cfg.Header
	c := &Coordinator{
		cfg: cfg, link: l, kind: Kind(cfg.Key, h.Tool, h.Zones, h.Catalogue), spent: map[msp.Name]int{},
		stats: Stats{Refused: map[string]int{}, Workers: map[string]int{}}, redone: map[string]bool{}, done: map[fact.Task]bool{},
	}
	c.alive = cfg.Now()
	if err := c.attach(ctx); err != nil {
		l.close()
		return nil, fmt.Errorf("%w at %s: %w", ErrBroker, l.name, err)
	}
	return c, nil
}

// Stats gives the counts so far.
func (c *Coordinator) Stats() Stats {
	s := c.stats
	s.Refused, s.Workers = maps.Clone(s.Refused), maps.Clone(s.Workers)
	return s
}

// Turns gives the coordinator's own share in the turns of its run.
func (c *Coordinator) Turns() *RunTurns {
	return newTurns(c.link, "scan-"+c.cfg.Header.Run, c.cfg.Now).For(c.cfg.Header)
}

// Close leaves the broker. A run that is finished takes its streams' share with
// it; of one that was cut the tasks go and the facts stay for its resumption.
func (c *Coordinator) Close(ctx context.Context, finished bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTime)
	defer cancel()
	c.detach()
	defer c.link.close()
	if !c.link.nc.IsConnected() {
		return // what is left goes by its age
	}
	if s, err := c.link.js.Stream(ctx, streamTasks); err == nil {
		_ = s.Purge(ctx, jetstream.WithPurgeSubject(taskSubject(c.kind, c.cfg.Header.Run, "*"))) // else it goes by its age
	}
	if !finished {
		return
	}
	if s, err := c.link.js.Stream(ctx, streamFacts); err == nil {
		_ = s.DeleteConsumer(ctx, "run-"+c.cfg.Header.Run)
		_ = s.Purge(ctx, jetstream.WithPurgeSubject(factSubject(c.cfg.Header.Run)))
	}
}

// attach opens the flow of facts, after making what is not there.
func (c *Coordinator) attach(ctx context.Context) error {
	c.detach()
	consumer, err := factConsumer(ctx, c.link.js, c.cfg.Header.Run)
	if err != nil {
		return err
	}
	if c.dead, err = deadConsumer(ctx, c.link.js, c.kind, c.cfg.Header.Started); err != nil {
		return err
	}
	flow := make(chan jetstream.Msg, factBatch)
	over := make(chan struct{})
	using, err := consumer.Consume(func(m jetstream.Msg) {
		select {
		case flow <- m:
		case <-over:
		}
	}, jetstream.PullMaxMessages(2*factBatch), jetstream.PullExpiry(10*time.Second), jetstream.PullHeartbeat(2*time.Second))
	if err != nil {
		return fmt.Errorf("take facts: %w", err)
	}
	c.consumer, c.facts = consumer, flow
	c.stop = func() { close(over); using.Stop() }
	return nil
}

func (c *Coordinator) detach() {
	if c.stop != nil {
		c.stop()
	}
	c.stop, c.facts, c.consumer = nil, nil, nil
}

// Run puts each task to the workers and hands its fact to keep, one at a time, in
// the order in which they come. A task that no worker survives is kept as
// unknown(poison). It stops at the first error of keep or Sync, when ctx ends, and
// when no fitting worker shows for too long.
func (c *Coordinator) Run(ctx context.Context, tasks []fact.Task, keep func(fact.Fact) error) error {
	r := &round{c: c, book: newBook(c.cfg.Header.Run, tasks, c.spent), keep: keep}
	r.progress = scanner.Progress{Total: r.book.left(), Outcomes: map[fact.Outcome]int{}, Started: c.cfg.Now()}
	c.alive, c.fresh = c.cfg.Now(), c.cfg.Now()
	for r.book.left() > 0 {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if err := r.step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// round is one call of Run.
type round struct {
	c        *Coordinator
	book     *book
	keep     func(fact.Fact) error
	progress scanner.Progress
	stalls   int // in a row
}

// step publishes what there is room for, takes the facts that are there and,
// from time to time, looks for what was lost. Only an error of the record, or the
// end of all patience, is an error of step.
func (r *round) step(ctx context.Context) error {
	c := r.c
	if c.stop == nil {
		if err := c.attach(ctx); err != nil {
			if err := c.patience(err); err != nil {
				return err
			}
			pause(ctx, faultTime)
			return nil
		}
	}
	r.publish(ctx)
	if err := r.collect(ctx); err != nil {
		return err
	}
	if c.cfg.Now().Sub(c.ticked) < c.cfg.Tuning.Tick {
		return nil
	}
	err := r.reconcile(ctx)
	if err != nil && ctx.Err() == nil {
		c.detach() // the broker is away, or came back without our streams
	}
	c.ticked = c.cfg.Now()
	c.who()
	if err == nil {
		return errors.Join(c.patience(nil), r.stalled(ctx))
	}
	return c.patience(err)
}

// publish fills the queue up to its window.
func (r *round) publish(ctx context.Context) {
	type sending struct {
		entry  *entry
		future jetstream.PubAckFuture
	}
	for r.book.queued < queueWindow && ctx.Err() == nil {
		var flight []sending
		for len(flight) < factBatch && r.book.queued+len(flight) < queueWindow {
			e := r.book.next()
			if e == nil {
				break
			}
			m, err := r.message(e)
			var f jetstream.PubAckFuture
			if err == nil {
				f, err = r.c.link.js.PublishMsgAsync(m)
			}
			if err != nil {
				r.book.again(e, false)
				break
			}
			flight = append(flight, sending{e, f})
		}
		failed := len(flight) == 0
		for _, s := range flight {
			if r.sent(ctx, s.entry, s.future) != nil {
				failed = true
				r.book.again(s.entry, false)
			}
		}
		if failed {
			return
		}
	}
}

// sent waits for the broker's word on a unit. That one stands there already is
// as good.
func (r *round) sent(ctx context.Context, e *entry, f jetstream.PubAckFuture) error {
	var err error
	select {
	case <-f.Ok():
	case err = <-f.Err():
	case <-ctx.Done():
		return ctx.Err()
	}
	var api *jetstream.APIError
	if errors.As(err, &api) && api.ErrorCode == errPerSubject {
		err = nil
	}
	if err != nil {
		return err
	}
	r.book.markSent(e)
	if e.attempt == 0 {
		r.c.stats.Units++
	} else {
		r.c.stats.Again++
	}
	return nil
}

// errPerSubject is the code of "maximum messages per subject exceeded".
const errPerSubject = 10077

// message makes a unit's message: issued now, with the budget as it stands.
func (r *round) message(e *entry) (*nats.Msg, error) {
	c := r.c
	u := e.unit
	u.Header, u.Issued, u.Spent = c.cfg.Header, c.cfg.Now().UTC(), r.book.spent[u.Name]
	if c.cfg.Header.Active {
		u.Consent = c.cfg.Consent(u.Name)
	}
	body, sig, err := seal(c.cfg.Key, useTask, u)
	if err != nil {
		return nil, err
	}
	m := nats.NewMsg(taskSubject(c.kind, u.Header.Run, u.ID))
	m.Data = body
	m.Header.Set(signature, sig)
	m.Header.Set(nats.MsgIdHdr, c.cfg.Key.sign("id", fmt.Appendf(nil, "%s %s %d", u.ID, c.cfg.Epoch, e.attempt))[:32])
	return m, nil
}

// collect waits a moment for facts, takes those that are there, makes them
// durable and only then acknowledges them.
func (r *round) collect(ctx context.Context) error {
	var acks []jetstream.Msg
	timer := time.NewTimer(min(100*time.Millisecond, r.c.cfg.Tuning.Tick))
	defer timer.Stop()
	select {
	case m := <-r.c.facts:
		acks = append(acks, m)
	case <-timer.C:
	case <-ctx.Done():
		return nil
	}
more:
	for len(acks) > 0 && len(acks) < factBatch {
		select {
		case m := <-r.c.facts:
			acks = append(acks, m)
		default:
			break more
		}
	}
	if len(acks) == 0 {
		return nil
	}
	for _, m := range acks {
		if err := r.take(m); err != nil {
			return err
		}
	}
	if err := r.c.cfg.Sync(); err != nil {
		return err
	}
	for _, m := range acks {
		_ = m.Ack() // one that gets lost brings the fact again, and it counts once
	}
	r.report()
	return nil
}

// take judges one message of the fact queue.
func (r *round) take(m jetstream.Msg) error {
	s := &r.c.stats
	a, why := openAnswer(r.c.cfg.Key, r.c.cfg.Header.Run, m.Data(), m.Headers().Get(signature))
	t := a.Fact.Task
	switch {
	case why == nil && r.book.outstanding(t):
		return r.accept(a)
	case why == nil && (r.c.done[t] || r.c.cfg.Known(t)):
		s.Twice++
	case why == nil:
		s.Refused[errTask.Error()]++
	default:
		s.Refused[why.Error()]++
	}
	return nil
}

// accept keeps the fact of an answer that counts.
func (r *round) accept(a Answer) error {
	s := &r.c.stats
	r.c.alive, r.c.waiting = r.c.cfg.Now(), false
	r.book.paid(a.Fact.Task.Name, a.Spent)
	if a.Delivery > 1 && !r.c.redone[a.Unit] {
		r.c.redone[a.Unit] = true
		s.Redelivered++
	}
	s.Workers[a.Worker]++
	return r.put(a.Fact)
}

// put keeps a fact.
func (r *round) put(f fact.Fact) error {
	if err := r.keep(f); err != nil {
		return err
	}
	r.book.answered(f.Task)
	r.c.fresh, r.stalls = r.c.cfg.Now(), 0
	r.c.done[f.Task] = true
	r.c.stats.Facts++
	r.progress.Done++
	r.progress.Outcomes[f.Outcome]++
	return nil
}

func (r *round) report() {
	if r.c.cfg.Observe != nil {
		p := r.progress
		p.Outcomes = maps.Clone(p.Outcomes)
		r.c.cfg.Observe(p)
	}
}
