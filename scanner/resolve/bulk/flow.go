package bulk

import (
	"strconv"
	"time"
)

// pump sends ready questions while windows and rate allow.
func (r *run) pump() {
	for r.ready.len() > 0 {
		i := r.ready.items[r.ready.head]
		if r.slots[i].state != ready { // a late answer ended it while it waited
			r.ready.pop()
			continue
		}
		p := r.pick(&r.slots[i])
		switch {
		case p == nil && r.dead():
			r.ready.pop()
			r.finish(i, verdict{reason: "unreachable"})
			continue
		case p == nil || !r.mayspend():
			return
		}
		r.ready.pop()
		if !r.send(i, p) {
			return
		}
	}
}

// pick gives the resolver for a question's next query, nil if none has room:
// another than the last, if there is a choice.
func (r *run) pick(s *slot) *peer {
	var second *peer
	for n := range r.peers {
		p := r.peers[(r.next+n)%len(r.peers)]
		if p.down && r.now-p.trial < trialEvery || !p.down && !p.window.open(p.flying) {
			continue
		}
		if s == nil || s.peer != p {
			return p
		}
		second = p
	}
	return second
}

// mayspend reports whether the rate allows one more query now.
func (r *run) mayspend() bool {
	if r.cfg.Rate <= 0 {
		return true
	}
	burst := max(1, r.cfg.Rate/50)
	r.tokens = min(burst, r.tokens+(r.now-r.filled).Seconds()*r.cfg.Rate)
	r.filled = r.now
	return r.tokens >= 1
}

func (r *run) spend() {
	if r.cfg.Rate > 0 {
		r.tokens--
	}
}

// send queues one query; false = no socket could be opened.
func (r *run) send(i int32, p *peer) bool {
	o, err := r.sender(p)
	if err != nil {
		p.trouble = err
		r.enqueue(i)
		p.down, p.trial = true, r.now
		return false
	}
	s := &r.slots[i]
	s.edns = s.edns && p.plain < ednsStrikes
	if old := s.flights[1]; old.port != nil {
		old.port.release(old.id)
	}
	s.flights[1] = s.flights[0]
	s.flights[0] = flight{port: o, id: r.enlist(o, i), sent: r.now}
	r.wheel.set(r.slots, i, r.now+p.trips.wait(s.tries))
	s.state, s.peer, p.trial = flying, p, r.now
	s.tries++
	p.flying++
	p.queries++
	r.stats.Queries++
	r.next = (p.index + 1) % len(r.peers)
	r.spend()
	r.queued++
	if len(o.out) == batchSize {
		r.flush(o)
		p.turn = (p.turn + 1) % len(p.ports)
	}
	return true
}

// land ends the wait of a question for datagrams and timers.
func (r *run) land(i int32) {
	s := &r.slots[i]
	r.wheel.clear(r.slots, i)
	if s.state == flying {
		s.peer.flying--
	}
	for n := range s.flights {
		if f := &s.flights[n]; f.port != nil {
			f.port.release(f.id)
			f.port = nil
		}
	}
}

// receive takes one datagram.
func (r *run) receive(o *port, datagram []byte) {
	if len(datagram) < headerSize || o.ids[be16(datagram, 0)] == 0 {
		r.stats.Stray++
		return
	}
	i := o.ids[be16(datagram, 0)] - 1
	s := &r.slots[i]
	status := r.reader.read(datagram, r.asked(s, o.peer, false))
	if status == mismatch {
		r.stats.Stray++ // late, or false: the answer may yet come
		return
	}
	f, late := s.flights[0], false
	if f.port != o || int(f.id) != be16(datagram, 0) {
		f, late = s.flights[1], true
	}
	r.heard(o.peer, f.sent)
	if !late && s.state == flying && status != failed {
		o.peer.window.reply(f.sent, o.peer.flying)
	}
	if status == failed && (late || s.state != flying) {
		return // said before
	}
	r.decide(i, o.peer, status)
}

func (r *run) asked(s *slot, p *peer, tcp bool) asked {
	return asked{
		name: s.name[:s.size], qtype: s.question.Type, recurse: !r.cfg.Authoritative,
		edns: s.edns, tcp: tcp, bare: p.bare == denialsBare,
	}
}

// heard notes that a resolver lives.
func (r *run) heard(p *peer, sent time.Duration) {
	p.replies++
	p.trips.sample(r.now - sent)
	p.heard, p.silent = r.now, 0
	if p.down {
		p.down = false
		p.window = newWindow(r.cfg.Window)
		p.window.start = r.now
	}
}

// decide goes on with a question after a reply.
func (r *run) decide(i int32, p *peer, st status) {
	s := &r.slots[i]
	s.rcode = r.reader.rcode
	if s.control && st == noEDNS {
		r.land(i)
		s.state, s.edns = ready, false
		r.send(i, p)
		return
	}
	if s.control {
		r.learn(i, p, st)
		return
	}
	switch st {
	case answered:
		s.peer = r.at(i, p)
		v := r.reader.outcome
		v.replied = true
		r.finish(i, v)
	case failed:
		r.refused(i, p)
	case noEDNS:
		r.land(i)
		p.plain++
		s.edns = false
		r.enqueue(i)
	case doubt:
		r.doubted(i, p)
	case truncated, malformed:
		if st == malformed {
			r.stats.Malformed++
		}
		s.reason = [...]string{malformed: "malformed", truncated: "truncated"}[st]
		r.toTCP(i)
	}
}

// at keeps the count of queries in flight right when another resolver's late
// answer ends the question, and gives the one that answered.
func (r *run) at(i int32, p *peer) *peer {
	s := &r.slots[i]
	if s.state == flying && s.peer != p {
		s.peer.flying--
		p.flying++
	}
	return p
}

// refused takes an error reply: a pause, then another try; the last over TCP.
func (r *run) refused(i int32, p *peer) {
	s := &r.slots[i]
	r.stats.Errors++
	p.window.fail(s.flights[0].sent, r.now)
	s.reason = rcodeWord(r.reader.rcode)
	r.land(i)
	s.errors++
	if s.errors >= maxErrors || s.tries >= r.cfg.Tries-1 {
		r.toTCP(i)
		return
	}
	s.state = resting
	r.wheel.set(r.slots, i, r.now+firstPause<<(s.errors-1))
}

func rcodeWord(rcode int) string {
	switch rcode {
	case rcodeFormErr:
		return "formerr"
	case rcodeServFail:
		return "servfail"
	case rcodeNotImp:
		return "notimp"
	case rcodeRefused:
		return "refused"
	}
	return "rcode" + strconv.Itoa(rcode)
}

// expired is called for each question whose timer ran out.
func (r *run) expired(i int32) {
	s := &r.slots[i]
	if s.state == resting {
		r.enqueue(i)
		return
	}
	p := s.peer
	p.flying--
	p.silent++
	r.stats.Timeouts++
	p.window.fail(s.flights[0].sent, r.now)
	if s.reason == "" || s.errors == 0 {
		s.reason = "timeout"
	}
	s.state = ready
	switch {
	case s.control && s.tries >= 3:
		r.learn(i, p, failed)
	case s.control:
		r.send(i, p)
	case s.tries >= r.cfg.Tries-1:
		r.toTCP(i)
	default:
		r.ready.push(i)
	}
}

// watch takes a resolver for silent when much went unanswered for a while. Until
// it is heard again it gets one query at a time.
func (r *run) watch(p *peer) {
	if p.silent >= silence && r.now-p.heard >= max(time.Second, 3*p.trips.wait(0)) {
		p.down = true
	}
}

// dead reports whether all resolvers have been silent past the grace.
func (r *run) dead() bool {
	for _, p := range r.peers {
		if !p.down || r.now-p.heard < r.cfg.Grace {
			return false
		}
	}
	return true
}
