package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"mspscan/msp/fact"
)

// reconcile compares what should be in the queue with what is. An error means
// that the broker is away or lost a stream.
func (r *round) reconcile(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	if err := r.buried(ctx); err != nil {
		return err
	}
	return r.lost(ctx)
}

// lost publishes anew what the broker has lost. The order of the two looks
// matters: a worker's facts are in their stream before its unit leaves the
// queue, so a unit that is gone while no fact waits will not be answered.
func (r *round) lost(ctx context.Context) error {
	stream, err := r.c.link.js.Stream(ctx, streamTasks)
	if err != nil {
		return fmt.Errorf("look at the queue: %w", err)
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(taskSubject(r.c.kind, r.c.cfg.Header.Run, "*")))
	if err != nil {
		return fmt.Errorf("look at the queue: %w", err)
	}
	queued := map[string]bool{}
	for subject := range info.State.Subjects {
		queued[unitOf(subject)] = true
	}
	gone := r.book.missing(queued)
	facts, err := r.c.consumer.Info(ctx)
	if err != nil {
		return fmt.Errorf("look at the facts: %w", err)
	}
	if len(gone) == 0 || facts.NumPending > 0 || facts.NumAckPending > 0 || len(r.c.facts) > 0 {
		return nil
	}
	for _, id := range gone {
		r.book.again(r.book.entries[id], true)
	}
	return nil
}

// buried takes the advisories of units that were handed out too often: such a
// message stays in a work queue for ever unless it is deleted.
func (r *round) buried(ctx context.Context) error {
	for range 4 { // what is left waits for the next tick: a flood must not hold up the rest
		batch, err := r.c.dead.FetchNoWait(factBatch)
		if err != nil {
			return fmt.Errorf("look for dead units: %w", err)
		}
		n := 0
		for m := range batch.Messages() {
			n++
			var a advisory
			if json.Unmarshal(m.Data(), &a) != nil {
				continue
			}
			if err := r.bury(ctx, a); err != nil {
				return err
			}
		}
		if err := batch.Error(); err != nil {
			return fmt.Errorf("look for dead units: %w", err)
		}
		if n == 0 {
			break
		}
	}
	return nil
}

// advisory is the broker's word that a message was handed out too often.
type advisory struct {
	Sequence uint64    `json:"stream_seq"`
	Time     time.Time `json:"timestamp"`
}

// bury deletes a dead unit of this run and splits it or gives its task up. A
// message that is younger than its advisory is another one: the stream was lost
// and made anew since.
func (r *round) bury(ctx context.Context, a advisory) error {
	stream, err := r.c.link.js.Stream(ctx, streamTasks)
	if err != nil {
		return fmt.Errorf("look at the queue: %w", err)
	}
	m, err := stream.GetMsg(ctx, a.Sequence)
	var refused *jetstream.APIError
	if errors.Is(err, jetstream.ErrMsgNotFound) || errors.As(err, &refused) && refused.Code < 500 {
		return nil // gone; or the broker takes the number for nonsense, as one can be that somebody made up
	}
	if err != nil {
		return fmt.Errorf("read a dead unit: %w", err)
	}
	mine := taskSubject(r.c.kind, r.c.cfg.Header.Run, "")
	if !strings.HasPrefix(m.Subject, mine) || m.Time.After(a.Time) {
		return nil // another run's, or not the one that was meant
	}
	if err := stream.DeleteMsg(ctx, a.Sequence); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("delete a dead unit: %w", err)
	}
	poisoned, split := r.book.dead(unitOf(m.Subject))
	if split {
		r.c.stats.Split++
	}
	for _, t := range poisoned {
		f := fact.Fact{Task: t, Reason: "poison", Vantage: r.c.cfg.Header.Vantage, At: r.c.cfg.Now().UTC()}
		f.Seal()
		r.c.stats.Poisoned++
		if err := r.put(f); err != nil {
			return &recordError{err}
		}
	}
	if len(poisoned) == 0 {
		return nil
	}
	if err := r.c.cfg.Sync(); err != nil {
		return &recordError{err}
	}
	return nil
}

// maxStalls is how often in a row all is put out anew before a run is given up.
const maxStalls = 3

// stalled puts all units out anew when workers answer but no fact has come for
// long: a broker that is killed at the wrong moment can forget that a unit was
// handed out too often, and then nobody gets it again.
func (r *round) stalled(ctx context.Context) error {
	c := r.c
	if c.cfg.Now().Sub(c.fresh) < c.cfg.Tuning.Stall {
		return nil
	}
	if r.stalls >= maxStalls {
		return fmt.Errorf("%w: workers answer at %s, but no fact came for %s", ErrStalled, c.link.name, time.Duration(maxStalls+1)*c.cfg.Tuning.Stall)
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	stream, err := c.link.js.Stream(ctx, streamTasks)
	if err == nil {
		err = stream.Purge(ctx, jetstream.WithPurgeSubject(taskSubject(c.kind, c.cfg.Header.Run, "*")))
	}
	if err != nil {
		return nil //nolint:nilerr // the broker went away: looked at again at the next tick
	}
	for _, id := range r.book.missing(nil) {
		r.book.again(r.book.entries[id], true)
	}
	r.stalls++
	c.fresh = c.cfg.Now()
	c.say(fmt.Sprintf("no fact came for %s: the tasks are put out anew", c.cfg.Tuning.Stall))
	return nil
}

// recordError marks an error of the record among those of the broker.
type recordError struct{ err error }

func (e *recordError) Error() string { return e.err.Error() }
func (e *recordError) Unwrap() error { return e.err }

// Presence is how a worker answers who is there.
type Presence struct {
	Worker string `json:"worker"`
	Tool   string `json:"tool"`
	Kind   string `json:"kind"`
	Key    string `json:"key"` // id of the run key
	Zones  string `json:"zones,omitempty"`
}

// How long a coordinator listens for workers, and to how many.
const (
	whoTime    = 300 * time.Millisecond
	maxWorkers = 10000
)

// who asks which workers are there once no fact has come for a while, and says
// what is wrong if none of them fits.
func (c *Coordinator) who() {
	if c.cfg.Now().Sub(c.alive) < 2*c.cfg.Tuning.Tick {
		return
	}
	if !c.link.nc.IsConnected() {
		c.say("lost NATS at " + c.link.name + "; connecting again")
		return
	}
	there := c.ask()
	if slices.ContainsFunc(there, func(p Presence) bool { return p.Kind == c.kind }) {
		c.alive, c.waiting = c.cfg.Now(), false
		return
	}
	c.say(c.nobody(there) + "; waiting")
}

// say tells a person once until there is a sign of life again.
func (c *Coordinator) say(text string) {
	if c.cfg.Say != nil && !c.waiting {
		c.waiting = true
		c.cfg.Say(text)
	}
}

// ask collects the workers that answer.
func (c *Coordinator) ask() []Presence {
	inbox := c.link.nc.NewRespInbox()
	sub, err := c.link.nc.SubscribeSync(inbox)
	if err != nil {
		return nil
	}
	defer func() { _ = sub.Unsubscribe() }() // the inbox is ours alone
	if err := c.link.nc.PublishRequest(subjectWho, inbox, nil); err != nil {
		return nil
	}
	var list []Presence
	for deadline := c.cfg.Now().Add(whoTime); ; {
		m, err := sub.NextMsg(deadline.Sub(c.cfg.Now()))
		if err != nil {
			return list
		}
		var p Presence
		if json.Unmarshal(m.Data, &p) == nil {
			list = append(list, p)
		}
		if len(list) == maxWorkers {
			return list
		}
	}
}

// nobody says why none of the workers fits.
func (c *Coordinator) nobody(there []Presence) string {
	h := c.cfg.Header
	tools, keys, zones := 0, 0, 0
	tool := ""
	for _, p := range there {
		switch {
		case p.Key != c.cfg.Key.ID():
			keys++
		case p.Tool != h.Tool:
			tools++
			tool = p.Tool[:min(len(p.Tool), 60)]
		default:
			zones++
		}
	}
	var why []string
	if keys > 0 {
		why = append(why, fmt.Sprintf("%d with another run key", keys))
	}
	if tools > 0 {
		why = append(why, fmt.Sprintf("%d of another version (%s, this is %s)", tools, tool, h.Tool))
	}
	if zones > 0 {
		why = append(why, fmt.Sprintf("%d with other zone files or another catalogue", zones))
	}
	if len(why) == 0 {
		return "no worker answers at " + c.link.name
	}
	return "no worker at " + c.link.name + " fits this run: " + strings.Join(why, ", ")
}

// patience ends the wait for a worker. err is what the broker last said.
func (c *Coordinator) patience(err error) error {
	var record *recordError
	if errors.As(err, &record) {
		return record.err
	}
	if c.cfg.Now().Sub(c.alive) < c.cfg.Tuning.Patience {
		return nil
	}
	if err != nil || !c.link.nc.IsConnected() {
		return fmt.Errorf("%w at %s is gone for %s", ErrBroker, c.link.name, c.cfg.Tuning.Patience)
	}
	return fmt.Errorf("%w: %s", ErrNoWorker, c.nobody(c.ask()))
}
