package queue

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The times of leases.
const (
	stale     = 100 * time.Millisecond // a turn of a batch that nobody took for so long is gone
	horizon   = time.Second            // how far ahead a turn is reserved: what a killed worker wastes, at most
	holdTime  = 8 * time.Second        // after which a place in flight is free though nobody gave it back; over the longest exchange
	clockAge  = time.Minute            // between two looks at the broker's clock
	pollTime  = 25 * time.Millisecond  // between two looks at a full server
	faultTime = 250 * time.Millisecond // between two tries while the broker is away
)

// lease is what the workers share about one server: when the next message may
// go, and the places in flight by the time at which each is free in any case.
// All times are the broker's, in nanoseconds since 1970.
type lease struct {
	Next int64   `json:"next"`
	Held []int64 `json:"held,omitempty"`
}

// terms are the limits of a lease.
type terms struct {
	interval time.Duration // between two messages
	places   int           // messages in flight; 0 = no limit
	count    int           // turns to take at once
}

// take reserves turns at now: from when on, and the lease as it is then. If wait
// is not 0 nothing was reserved, and it is worth looking again after it.
func (l lease) take(now time.Time, t terms) (next lease, at time.Time, wait time.Duration) {
	n := now.UnixNano()
	held := slices.DeleteFunc(slices.Clone(l.Held), func(until int64) bool { return until <= n })
	if t.places > 0 && len(held) >= t.places {
		return l, time.Time{}, pollTime
	}
	from := max(n, l.Next)
	if ahead := time.Duration(from - n); ahead > max(horizon, t.interval) {
		return l, time.Time{}, ahead - max(horizon, t.interval)
	}
	if t.places > 0 {
		until := from + int64(holdTime)
		for slices.Contains(held, until) {
			until++ // it names the place, too
		}
		held = append(held, until)
	}
	return lease{Next: from + int64(t.count)*int64(t.interval), Held: held}, time.Unix(0, from), 0
}

// give frees the place that ends at until.
func (l lease) give(until int64) lease {
	return lease{Next: l.Next, Held: slices.DeleteFunc(slices.Clone(l.Held), func(u int64) bool { return u == until })}
}

// intervalOf gives the time between two messages at a rate a second, a little
// over its due so that no second holds one more.
func intervalOf(rate float64) time.Duration {
	return time.Duration(1.02 / rate * float64(time.Second))
}

// Turns shares out the right to send over all workers of all runs on a broker:
// one key of a bucket for each authoritative server, changed by compare-and-set.
// Sharding servers over workers would need no broker for it, but who serves a
// name is only known while it is asked, and one look-up asks parents, too.
type Turns struct {
	link   *link
	worker string
	now    func() time.Time
	cut    atomic.Int64 // who gave up waiting because the broker was away

	mu     sync.Mutex
	bucket jetstream.KeyValue
	floor  time.Time // no turn before: a bucket made anew knows nothing of those reserved in the old one
	offset time.Duration
	looked time.Time
	queues map[string]*line // who of this process asks about a key
}

// line is where those of this process who want turns at the same key wait for
// each other.
type line struct {
	turn  chan struct{}
	users int
}

func newTurns(l *link, worker string, now func() time.Time) *Turns {
	return &Turns{link: l, worker: worker, now: now, queues: map[string]*line{}}
}

// open finds the bucket, makes it if it is not there, and reads the broker's clock.
func (t *Turns) open(ctx context.Context) (jetstream.KeyValue, time.Duration, time.Time, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bucket != nil && t.now().Sub(t.looked) < clockAge {
		return t.bucket, t.offset, t.floor, nil
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	kv, err := t.link.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: bucketRates, Description: "turns of mspscan's workers at name servers", TTL: 10 * time.Minute, Storage: jetstream.MemoryStorage, History: 1,
	})
	if errors.Is(err, jetstream.ErrBucketExists) {
		kv, err = t.link.js.KeyValue(ctx, bucketRates)
	}
	if err != nil {
		return nil, 0, time.Time{}, err
	}
	status, err := kv.Status(ctx)
	if err != nil {
		return nil, 0, time.Time{}, err
	}
	if s, ok := status.(*jetstream.KeyValueBucketStatus); ok {
		t.floor = s.StreamInfo().Created.Add(horizon)
	}
	before := t.now()
	key := "clock." + t.worker
	if _, err = kv.Put(ctx, key, nil); err != nil {
		return nil, 0, time.Time{}, err
	}
	middle := before.Add(t.now().Sub(before) / 2)
	entry, err := kv.Get(ctx, key)
	if err != nil {
		return nil, 0, time.Time{}, err
	}
	t.bucket, t.offset, t.looked = kv, entry.Created().Sub(middle), t.now()
	return t.bucket, t.offset, t.floor, nil
}

// forget makes the next turn look for the bucket again.
func (t *Turns) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bucket = nil
}

// join waits for one's turn in the line of a key; leave must be called behind it.
// ok = false if ctx ended first.
func (t *Turns) join(ctx context.Context, key string) (leave func(), ok bool) {
	t.mu.Lock()
	l := t.queues[key]
	if l == nil {
		l = &line{turn: make(chan struct{}, 1)}
		t.queues[key] = l
	}
	l.users++
	t.mu.Unlock()
	gone := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(t.queues, key)
		}
	}
	select {
	case l.turn <- struct{}{}:
		return func() { <-l.turn; gone() }, true
	case <-ctx.Done():
		gone()
		return nil, false
	}
}

// take waits for turns at key; the time is this process's. place names what give
// frees. ok = false if ctx ended first. taken is looked at as soon as the caller
// is first in line: another one may have brought what it wants; nil = never.
func (t *Turns) take(ctx context.Context, key string, w terms, taken func() bool) (at time.Time, place int64, ok bool) {
	leave, ok := t.join(ctx, key)
	if !ok {
		return time.Time{}, 0, false
	}
	defer leave()
	if taken != nil && taken() {
		return time.Time{}, 0, true
	}
	for {
		at, place, wait := t.try(ctx, key, w)
		if wait == 0 {
			return at, place, true
		}
		if !pause(ctx, wait) {
			if wait == faultTime {
				t.cut.Add(1)
			}
			return time.Time{}, 0, false
		}
	}
}

// try asks for turns once; wait = 0 if it got them.
func (t *Turns) try(ctx context.Context, key string, w terms) (at time.Time, place int64, wait time.Duration) {
	kv, offset, floor, err := t.open(ctx)
	if err != nil {
		return time.Time{}, 0, faultTime
	}
	old, revision, err := read(ctx, kv, key)
	if err != nil {
		t.forget()
		return time.Time{}, 0, faultTime
	}
	old.Next = max(old.Next, floor.UnixNano())
	next, at, wait := old.take(t.now().Add(offset), w)
	if wait > 0 {
		return time.Time{}, 0, wait
	}
	if err := write(ctx, kv, key, next, revision); err != nil {
		if !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			t.forget()
			return time.Time{}, 0, faultTime
		}
		return time.Time{}, 0, time.Millisecond // another one was faster
	}
	if len(next.Held) > 0 {
		place = next.Held[len(next.Held)-1]
	}
	return at.Add(-offset), place, 0
}

// give frees a place; if that cannot be said, it is free after holdTime.
func (t *Turns) give(ctx context.Context, key string, place int64) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTime)
	defer cancel()
	for range 16 {
		kv, _, _, err := t.open(ctx)
		if err != nil {
			return
		}
		old, revision, err := read(ctx, kv, key)
		if err != nil {
			return
		}
		if err := write(ctx, kv, key, old.give(place), revision); err == nil || !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			return
		}
	}
}

func read(ctx context.Context, kv jetstream.KeyValue, key string) (lease, uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	e, err := kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return lease{}, 0, nil
	}
	if err != nil {
		return lease{}, 0, err
	}
	var l lease
	if err := json.Unmarshal(e.Value(), &l); err != nil {
		return lease{}, e.Revision(), nil // not ours: begin anew
	}
	return l, e.Revision(), nil
}

func write(ctx context.Context, kv jetstream.KeyValue, key string, l lease, revision uint64) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	body, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = kv.Update(ctx, key, body, revision)
	return err
}

// pause waits; false = ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// RunTurns are the turns of one run: its own rates.
type RunTurns struct {
	turns   *Turns
	overall *batch // nil = no limit
	server  terms  // interval 0 = no limit
}

// For gives the turns of a run by its header.
func (t *Turns) For(h Header) *RunTurns {
	r := &RunTurns{turns: t}
	if h.RatePerServer > 0 {
		r.server = terms{interval: intervalOf(h.RatePerServer), places: max(h.InFlight, 1), count: 1}
	}
	if h.Rate > 0 {
		w := terms{interval: intervalOf(h.Rate), count: min(max(int(h.Rate/20), 1), 64)}
		r.overall = &batch{key: "run." + h.Group, terms: w}
	}
	return r
}

// Turn waits until a message may go to an authoritative server, over all workers;
// the zero address counts against the run's overall rate only. The caller calls
// done when the exchange is over. ok = false if ctx ended first.
func (r *RunTurns) Turn(ctx context.Context, server netip.Addr) (done func(), ok bool) {
	nothing := func() {}
	if !server.IsValid() {
		return nothing, r.overall == nil || r.overall.wait(ctx, r.turns)
	}
	if r.server.interval == 0 {
		return nothing, ctx.Err() == nil
	}
	key := "server." + strings.ReplaceAll(server.Unmap().WithZone("").String(), ":", "_")
	at, place, ok := r.turns.take(ctx, key, r.server, nil)
	if !ok {
		return nothing, false
	}
	if !pause(ctx, at.Sub(r.turns.now())) {
		r.turns.give(ctx, key, place)
		return nothing, false
	}
	return func() { r.turns.give(ctx, key, place) }, true
}

// Cut counts who gave up waiting for a turn because the broker was away: what they
// did not learn says nothing of the name that they asked about.
func (r *RunTurns) Cut() int64 {
	if r.turns == nil {
		return 0
	}
	return r.turns.cut.Load()
}

// batch takes several turns of a run at once and hands them out in order: at
// hundreds a second one request for each would cost more than the query.
type batch struct {
	key   string
	terms terms

	mu    sync.Mutex
	times []time.Time // turns that were taken and not yet used, in order
}

func (b *batch) wait(ctx context.Context, t *Turns) bool {
	for {
		if at, ok := b.pop(t.now()); ok {
			return pause(ctx, at.Sub(t.now()))
		}
		at, _, ok := t.take(ctx, b.key, b.terms, b.left)
		if !ok {
			return false
		}
		if !at.IsZero() {
			b.push(at)
		}
	}
}

// pop takes the next turn. Those that nobody wanted for a while are gone: used
// all at once they would be a burst.
func (b *batch) pop(now time.Time) (time.Time, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.times) > 0 {
		at := b.times[0]
		b.times = b.times[1:]
		if now.Sub(at) <= stale {
			return at, true
		}
	}
	return time.Time{}, false
}

// left reports whether there are turns to take.
func (b *batch) left() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.times) > 0
}

func (b *batch) push(from time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.terms.count {
		b.times = append(b.times, from.Add(time.Duration(i)*b.terms.interval))
	}
}
