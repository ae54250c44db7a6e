package bulk

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"mspscan/msp/fact"
)

const (
	maxSlots    = 32768                     // questions held at a time
	controlName = "mspscan-control.invalid" // cannot exist (RFC 6761 section 6.4)
	silence     = 30                        // timeouts in a row that make a resolver suspect
	trialEvery  = 500 * time.Millisecond    // how often a silent resolver is tried
	firstPause  = 250 * time.Millisecond    // after an error reply; doubles
	maxErrors   = 3                         // error replies over UDP; then TCP has the last word
	maxStreams  = 2                         // tries over TCP
	ednsStrikes = 3                         // questions that show that a resolver takes no EDNS
)

// run is one pass over a sequence of questions. All of it belongs to the one
// goroutine of Run; only the TCP pool and the plain network have others.
type run struct {
	ctx   context.Context
	cfg   Config
	done  func(Answer)
	net   network
	tcp   *tcpPool
	peers []*peer
	start time.Time
	now   time.Duration // since start

	slots   []slot
	free    []int32
	ready   queue
	streams queue // slots that wait for a TCP connection
	wheel   *wheel
	reader  reader
	next    int // peer whose turn it is
	queued  int // datagrams not yet flushed
	pending int // slots in use, without control questions
	tables  []*[1 << 16]int32

	tokens   float64 // of the rate
	filled   time.Duration
	random   *rand.ChaCha8
	bits     uint64
	bitsLeft int
	zones    map[string]string
	stopped  bool
	stats    Stats
}

func newRun(ctx context.Context, cfg Config, done func(Answer)) (*run, error) {
	var seed [32]byte
	if _, err := io.ReadFull(cfg.Random, seed[:]); err != nil {
		return nil, fmt.Errorf("draw entropy: %w", err)
	}
	r := &run{
		ctx: ctx, cfg: cfg, done: done, wheel: newWheel(), start: time.Now(),
		random: rand.NewChaCha8(seed), zones: map[string]string{}, tokens: 1,
	}
	if !cfg.Plain {
		r.net = newBatchNet()
	}
	if r.net == nil {
		r.net = newPlainNet(cfg.Dial)
	}
	r.tcp = newTCPPool(ctx, cfg)
	if err := r.openPeers(); err != nil {
		r.close()
		return nil, err
	}
	n := min(maxSlots, max(1024, 2*cfg.Window*len(cfg.Resolvers)))
	r.slots, r.free = make([]slot, n), make([]int32, n)
	for i := range n {
		r.free[i], r.slots[i].bucket = int32(n-1-i), -1
	}
	return r, nil
}

func (r *run) openPeers() error {
	for i, addr := range r.cfg.Resolvers {
		p := &peer{addr: addr, index: i, window: newWindow(r.cfg.Window)}
		p.trips.lowest, p.trips.highest = r.cfg.MinWait, r.cfg.MaxWait
		r.peers = append(r.peers, p)
		for range r.cfg.Sockets {
			o, err := r.openPort(p)
			if err != nil {
				return err
			}
			p.ports = append(p.ports, o)
		}
	}
	return nil
}

func (r *run) close() {
	r.tcp.close()
	for _, p := range r.peers {
		for _, o := range append(p.ports, p.old...) {
			o.socket.close()
		}
	}
	r.net.close()
}

// makeRoom works until another question can be sent; false = ctx ended.
func (r *run) makeRoom() bool {
	for {
		room := r.hasRoom()
		if room && r.queued < batchSize {
			return true
		}
		if r.ctx.Err() != nil {
			r.stopped = true
			return false
		}
		r.work(!room)
	}
}

// hasRoom reports whether a new question could go out at once.
func (r *run) hasRoom() bool {
	if r.ready.len() > 0 || len(r.free) < 2 || !r.mayspend() { // one slot is for a control question
		return false
	}
	return r.dead() || r.pick(nil) != nil
}

// take starts a question.
func (r *run) take(q Question) {
	i := r.claim(q)
	r.stats.Questions++
	r.pending++
	r.stats.MaxPending = max(r.stats.MaxPending, r.pending)
	s := &r.slots[i]
	name, ok := appendName(s.name[:0:maxName], q.Name)
	if !ok || len(name) > maxName || q.Type == 0 {
		r.finish(i, verdict{reason: "bad_question"})
		return
	}
	s.size = len(name)
	r.enqueue(i)
	r.pump()
}

// claim gives a free slot, cleared.
func (r *run) claim(q Question) int32 {
	last := len(r.free) - 1
	i := r.free[last]
	r.free = r.free[:last]
	s := &r.slots[i]
	s.question, s.size, s.edns, s.control = q, 0, true, false
	s.tries, s.errors, s.streams, s.rcode, s.reason, s.peer = 0, 0, 0, -1, "", nil
	return i
}

func (r *run) enqueue(i int32) {
	r.slots[i].state = ready
	r.ready.push(i)
}

// work is one turn: send what is queued, take what came, see to the timers.
func (r *run) work(idle bool) {
	r.flushAll()
	r.net.wait(r.patience(idle))
	r.now = time.Since(r.start)
	r.net.receive(r.receive)
	for res, ok := r.tcp.result(); ok; res, ok = r.tcp.result() {
		r.streamed(res)
	}
	r.wheel.expire(r.slots, r.now, r.expired)
	for _, p := range r.peers {
		p.window.tick(r.now, p.trips.wait(0))
		r.watch(p)
		r.sweep(p)
	}
	for r.streams.len() > 0 && r.startTCP(r.streams.items[r.streams.head]) {
		r.streams.pop()
	}
	r.pump()
}

// patience gives how long to wait for datagrams when there is nothing else to do.
func (r *run) patience(idle bool) time.Duration {
	switch {
	case !idle:
		return 0
	case r.cfg.Rate > 0:
		return time.Millisecond
	}
	return tickLength
}

func (r *run) flushAll() {
	for _, p := range r.peers {
		for i, o := range p.ports {
			if len(o.out) > 0 {
				r.flush(o)
				p.turn = (i + 1) % len(p.ports)
			}
		}
	}
	r.queued = 0
}

// drain works until every question taken has its answer.
func (r *run) drain() {
	for r.pending > 0 && !r.stopped {
		if r.ctx.Err() != nil {
			r.stopped = true
			break
		}
		r.work(true)
	}
	for i := range r.slots {
		if s := &r.slots[i]; s.state != idle && !s.control {
			r.finish(int32(i), verdict{reason: "canceled"})
		}
	}
}

func (r *run) failure() error {
	if r.stopped {
		return context.Cause(r.ctx)
	}
	return nil
}

func (r *run) finalStats() Stats {
	s := r.stats
	s.Elapsed = time.Since(r.start)
	for _, p := range r.peers {
		s.PerServer = append(s.PerServer, ServerStats{
			Resolver: p.addr, Queries: p.queries, Replies: p.replies,
			Window: int(p.window.size), Cuts: p.window.cuts, RTT: p.trips.smooth,
		})
	}
	return s
}

// finish hands the answer over and frees the slot. What reply it rests on is in
// r.reader.
func (r *run) finish(i int32, v verdict) {
	s := &r.slots[i]
	r.land(i)
	a := Answer{Question: s.question, Reason: v.reason, RCode: s.rcode, Tries: s.tries + s.streams, TCP: s.streams > 0 && s.state == overTCP}
	switch {
	case v.present:
		a.Outcome = fact.Present
		r.stats.Present++
	case v.absent:
		a.Outcome = fact.Absent
		r.stats.Absent++
	case v.broken:
		a.Outcome = fact.Broken
		r.stats.Broken++
	default:
		r.stats.Unknown++
	}
	if s.peer != nil {
		a.Resolver = s.peer.addr
	}
	if v.replied {
		r.describe(&a)
	}
	s.state = idle
	r.free = append(r.free, i)
	r.pending--
	r.done(a)
}

// describe fills in what the reply says.
func (r *run) describe(a *Answer) {
	d := &r.reader
	a.Addrs, a.Message, a.Referral = d.addrs, d.msg, d.referral
	if d.moved {
		a.Alias = nameText(d.end[:d.endLen])
	}
	if a.Outcome == fact.Absent && d.soa > 0 {
		n := expand(d.msg, d.soa, &d.next)
		a.SOA = r.zoneText(d.next[:n])
	}
}

// zoneText gives the text of a zone's name; most denials name the same few.
func (r *run) zoneText(wire []byte) string {
	if text, ok := r.zones[string(wire)]; ok {
		return text
	}
	if len(r.zones) >= 4096 {
		clear(r.zones)
	}
	text := nameText(wire)
	r.zones[string(wire)] = text
	return text
}
