package resolve

import (
	"context"
	"math"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// server is one address to ask, with what the run knows of it.
type server struct {
	addr    netip.AddrPort
	slots   chan struct{} // queries in flight
	streams chan struct{} // of these over TCP; nil = no limit of its own
	rate    *window       // nil = no limit of its own
	breaker *breaker      // resolvers only
	used    time.Time     // authoritative only; under the lock of the client

	heard      atomic.Bool // a reply came from it
	speaksEDNS atomic.Bool // with an OPT record

	mu     sync.Mutex
	silent int // questions in a row without any reply
}

// note keeps how a question to the server ended.
func (s *server) note(replied bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if replied {
		s.silent = 0
	} else {
		s.silent++
	}
}

// dead reports whether the server has been silent for several questions.
func (s *server) dead() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.breaker == nil && s.silent >= deadAfter
}

// acquire waits for a free place among the queries in flight; the caller must
// call the function it gives when the exchange is over.
func (s *server) acquire(ctx context.Context) (release func(), ok bool) {
	select {
	case s.slots <- struct{}{}:
		return func() { <-s.slots }, true
	case <-ctx.Done():
		return nil, false
	}
}

// stream waits until one more connection may be opened, if this is one and the
// server has a limit; the caller must call the function it gives when it is closed.
func (s *server) stream(ctx context.Context, tcp bool) (closed func(), ok bool) {
	if !tcp || s.streams == nil {
		return func() {}, true
	}
	select {
	case s.streams <- struct{}{}:
		return func() { <-s.streams }, true
	case <-ctx.Done():
		return nil, false
	}
}

// window lets at most len(sent) events pass in any span.
type window struct {
	mu   sync.Mutex
	sent []time.Time // ring of the latest events
	next int
	span time.Duration
}

// maxWindow bounds the events that a window looks back on: where a rate is higher,
// its span is less than a second, so that a server costs little memory whatever
// the rate.
const maxWindow = 512

// newWindow allows rate events a second; nil (no limit) if rate is negative.
func newWindow(rate float64) *window {
	if rate <= 0 {
		return nil
	}
	n := max(1, int(math.Floor(min(rate, maxWindow))))
	span := time.Duration(float64(n) / rate * float64(time.Second))
	return &window{sent: make([]time.Time, n), span: span + span/20}
}

// wait blocks until the event may pass; false = ctx ended first. Callers pass
// in the order in which they came.
func (w *window) wait(ctx context.Context) bool {
	if w == nil {
		return ctx.Err() == nil
	}
	w.mu.Lock()
	now := time.Now()
	at := w.sent[w.next].Add(w.span)
	if at.Before(now) {
		at = now
	}
	w.sent[w.next] = at
	w.next = (w.next + 1) % len(w.sent)
	w.mu.Unlock()
	return sleep(ctx, at.Sub(now))
}

// sleep waits for d; false = ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// breaker stops the rush at a resolver that went silent: questions wait while
// one at a time tries it, and fail at once when it stays dead past the grace. A
// resolver that is alive keeps silent, too, about names whose servers are dead;
// ping tells the two apart.
type breaker struct {
	grace time.Duration
	ping  func(context.Context) bool // a question that a living resolver answers at once; nil = the question itself

	mu     sync.Mutex
	fails  int
	opened time.Time
	probed time.Time
}

// The states that a question finds a breaker in.
const (
	closed = iota // ask
	trial         // try the resolver, on behalf of all
	wait          // another one tries it
	dead          // give up
)

// admit waits until a question may be sent; false = the resolver is taken for
// dead, or ctx ended.
func (b *breaker) admit(ctx context.Context) bool {
	for {
		switch b.look(time.Now()) {
		case closed:
			return true
		case dead:
			return false
		case trial:
			if b.ping == nil || b.ping(ctx) {
				return true
			}
			if b.past(time.Now()) {
				return false
			}
		}
		if !sleep(ctx, 50*time.Millisecond) {
			return false
		}
	}
}

func (b *breaker) look(now time.Time) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.fails < breakerLimit:
		return closed
	case now.Sub(b.probed) >= 500*time.Millisecond:
		b.probed = now
		return trial
	case now.Sub(b.opened) < b.grace:
		return wait
	}
	return dead
}

// past reports whether the grace is over.
func (b *breaker) past(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fails >= breakerLimit && now.Sub(b.opened) >= b.grace
}

// report keeps how an exchange ended.
func (b *breaker) report(replied bool) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if replied {
		b.fails = 0
		return
	}
	if b.fails++; b.fails == breakerLimit {
		b.opened = time.Now()
		b.probed = b.opened
	}
}
