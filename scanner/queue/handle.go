package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"mspscan/msp/fact"
)

// handle runs one unit: facts first, and when the broker holds them all the unit
// is acknowledged.
func (w *worker) handle(ctx context.Context, m jetstream.Msg) {
	u, err := openUnit(w.cfg.Key, m.Data(), m.Headers().Get(signature), w.cfg.Now())
	if err != nil {
		w.refuse(m, err)
		return
	}
	meta, err := m.Metadata()
	if err != nil || Kind(w.cfg.Key, u.Header.Tool, u.Header.Zones, u.Header.Catalogue) != w.kind {
		w.once("handed a task back: " + errVersion.Error())
		w.back(m, nakDelay)
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go w.beat(ctx, m)
	c, err := w.crew(ctx, u.Header)
	if err == nil {
		d := &delivery{w: w, unit: u, count: meta.NumDelivered, answered: map[fact.Task]bool{}}
		err = c.answer(ctx, u, d)
	}
	switch {
	case err == nil:
		_ = m.Ack() // one that gets lost brings the unit again, and its facts count once
		w.mu.Lock()
		w.stats.Units++
		w.mu.Unlock()
	case errors.Is(err, ErrUnfit):
		w.mu.Lock()
		w.unfit = err
		w.mu.Unlock()
		w.back(m, 0)
	default:
		w.once("handed a task back: " + err.Error())
		w.back(m, nakDelay)
	}
}

// beat tells the broker that the unit is at work, until ctx ends.
func (w *worker) beat(ctx context.Context, m jetstream.Msg) {
	for pause(ctx, w.cfg.Tuning.AckWait/3) {
		_ = m.InProgress() // the next one may get through
	}
}

// delivery sends the facts of one unit.
type delivery struct {
	w     *worker
	unit  Unit
	count uint64

	mu       sync.Mutex
	answered map[fact.Task]bool
	flight   []*parcel
}

// parcel is a fact message until the broker holds it.
type parcel struct {
	message *nats.Msg
	future  jetstream.PubAckFuture // nil = could not be sent
}

// emit signs a fact and sends it. One that is too large for a message is sent as
// unknown: what it holds cannot be shown.
func (d *delivery) emit(f fact.Fact, spent int) error {
	a := Answer{Protocol: protocol, Run: d.unit.Header.Run, Unit: d.unit.ID, Worker: d.w.cfg.ID, Delivery: d.count, Spent: spent, Fact: f}
	body, sig, err := seal(d.w.cfg.Key, useFact, a)
	if errors.Is(err, errSize) {
		a.Fact = fact.Fact{Task: f.Task, Reason: "too_large", Vantage: f.Vantage, At: f.At}
		a.Fact.Seal()
		body, sig, err = seal(d.w.cfg.Key, useFact, a)
	}
	if err != nil {
		return err
	}
	m := nats.NewMsg(factSubject(d.unit.Header.Run))
	m.Data = body
	m.Header.Set(signature, sig)
	m.Header.Set(nats.MsgIdHdr, sig) // nobody without the key can take it before us
	future, err := d.w.link.js.PublishMsgAsync(m)
	if err != nil {
		future = nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answered[f.Task] = true
	d.flight = append(d.flight, &parcel{m, future})
	return nil
}

// settle waits until the broker holds every fact, sending again what did not get
// through. After AckWait the unit is another worker's in any case.
func (d *delivery) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, d.w.cfg.Tuning.AckWait)
	defer cancel()
	for _, p := range d.flight {
		for !p.arrived(ctx) {
			if !pause(ctx, faultTime) {
				return fmt.Errorf("the broker did not take the facts of %s", d.unit.Name)
			}
			future, err := d.w.link.js.PublishMsgAsync(p.message)
			if err != nil {
				future = nil
			}
			p.future = future
		}
	}
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	d.w.stats.Facts += len(d.flight)
	return nil
}

func (p *parcel) arrived(ctx context.Context) bool {
	if p.future == nil {
		return false
	}
	select {
	case <-p.future.Ok():
		return true
	case err := <-p.future.Err():
		return err == nil
	case <-ctx.Done():
		return false
	}
}

// maxCrews is how many groups of runs a worker keeps ready at a time.
const maxCrews = 4

// crewKey is what tells the crews of two headers apart.
type crewKey string

// crew is a Crew that is opened once, with the count of its users.
type crew struct {
	once  sync.Once
	inner Crew
	err   error
	users int
	last  time.Time
}

// crew gives the crew of a group of runs, opened at its first unit. The oldest idle one
// makes room.
func (w *worker) crew(ctx context.Context, h Header) (*crew, error) {
	h.Run = "" // the runs of a group share one
	key := crewKey(fmt.Sprintf("%+v", h))
	w.mu.Lock()
	c, ok := w.crews[key]
	if !ok {
		w.retire()
		c = &crew{}
		w.crews[key] = c
	}
	c.users++
	c.last = w.cfg.Now()
	w.mu.Unlock()
	c.once.Do(func() {
		c.inner, c.err = w.cfg.Open(context.WithoutCancel(ctx), h, w.turns.For(h))
	})
	if c.err == nil {
		return c, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c.users--
	if w.crews[key] == c {
		delete(w.crews, key) // the next unit may have better luck
	}
	return nil, c.err
}

// retire closes the idle crew that was used longest ago, if there are too many;
// the caller holds the lock.
func (w *worker) retire() {
	if len(w.crews) < maxCrews {
		return
	}
	var oldest crewKey
	for k, c := range w.crews {
		if c.users == 0 && (oldest == "" || c.last.Before(w.crews[oldest].last)) {
			oldest = k
		}
	}
	if oldest != "" {
		w.crews[oldest].close()
		delete(w.crews, oldest)
	}
}

// close frees what a crew holds.
func (c *crew) close() {
	if c.inner != nil {
		_ = c.inner.Close() // nothing of it is written
	}
}

// answer runs a unit and waits until its facts are with the broker.
func (c *crew) answer(ctx context.Context, u Unit, d *delivery) error {
	defer func() {
		d.w.mu.Lock()
		c.users--
		d.w.mu.Unlock()
	}()
	var mu sync.Mutex
	var failed error
	err := c.inner.Answer(ctx, u, func(f fact.Fact, spent int) {
		if err := d.emit(f, spent); err != nil {
			mu.Lock()
			failed = errors.Join(failed, err)
			mu.Unlock()
		}
	})
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	for _, t := range u.Tasks {
		if !d.answered[t] {
			return fmt.Errorf("no fact of %s %s", t.Probe, t.Name)
		}
	}
	return d.settle(ctx)
}
