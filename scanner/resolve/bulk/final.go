package bulk

// toTCP puts a question over TCP, now or when a connection is free.
func (r *run) toTCP(i int32) {
	r.land(i)
	s := &r.slots[i]
	if s.streams >= maxStreams {
		r.finish(i, verdict{reason: s.reason})
		return
	}
	if s.streams > 0 || s.reason == "timeout" {
		s.peer = r.other(s.peer)
	}
	s.state = overTCP
	s.streams++
	if r.streams.len() > 0 || !r.startTCP(i) {
		r.streams.push(i)
	}
}

// other gives the next resolver that is not down, or p.
func (r *run) other(p *peer) *peer {
	for n := 1; n < len(r.peers); n++ {
		if o := r.peers[(p.index+n)%len(r.peers)]; !o.down {
			return o
		}
	}
	return p
}

func (r *run) startTCP(i int32) bool {
	s := &r.slots[i]
	if !r.mayspend() {
		return false
	}
	query := appendQuery(make([]byte, 0, maxQuery), r.draw(), s.name[:s.size], s.question.Type, !r.cfg.Authoritative, s.edns)
	if !r.tcp.start(tcpJob{slot: i, to: s.peer.addr, query: query}) {
		return false
	}
	r.stats.TCP++
	r.spend()
	return true
}

// streamed takes what came of a question over TCP.
func (r *run) streamed(res tcpResult) {
	s := &r.slots[res.slot]
	if res.message == nil {
		if s.reason == "" || s.reason == "timeout" {
			s.reason = res.reason
		}
		r.toTCP(res.slot)
		return
	}
	st := r.reader.read(res.message, r.asked(s, s.peer, true))
	if st != mismatch {
		s.rcode = r.reader.rcode
		s.peer.heard = r.now
	}
	switch st {
	case answered:
		v := r.reader.outcome
		v.replied = true
		r.finish(res.slot, v)
	case failed: // said over UDP before, or by a resolver that was silent there
		s.reason = rcodeWord(r.reader.rcode)
		r.toTCP(res.slot)
	case noEDNS:
		s.edns = false
		r.toTCP(res.slot)
	default:
		s.reason = [...]string{mismatch: "mismatch", malformed: "malformed", truncated: "truncated"}[st]
		r.toTCP(res.slot)
	}
}

// doubted takes a denial over UDP that lacks its proof. If the resolver denies so
// in general, it is what a stub resolver says, and is believed; else the question
// goes over TCP, where nobody off the path can have put a word in.
func (r *run) doubted(i int32, p *peer) {
	s := &r.slots[i]
	s.reason = "no_soa"
	if s.flights[0].port == nil || r.reader.outcome.reason != "" || r.cfg.Authoritative || p.bare == denialsProved {
		s.reason = r.reader.outcome.reason
		r.peerOf(i, p)
		r.toTCP(i)
		return
	}
	r.peerOf(i, p)
	r.land(i)
	s.state = held
	p.held = append(p.held, i)
	if p.bare == denialsUnknown {
		r.askControl(p)
	}
}

// peerOf makes p the resolver that a question is with.
func (r *run) peerOf(i int32, p *peer) {
	r.land(i)
	r.slots[i].peer, r.slots[i].state = p, ready
}

// askControl asks p for a name that cannot exist.
func (r *run) askControl(p *peer) {
	p.bare = denialsAsked
	i := r.claim(Question{Name: controlName, Type: TypeA})
	s := &r.slots[i]
	name, _ := appendName(s.name[:0:maxName], controlName)
	s.size, s.control = len(name), true
	r.send(i, p)
}

// learn takes how p denies the control name, and goes on with what waited for it.
func (r *run) learn(i int32, p *peer, st status) {
	r.land(i)
	p.bare = denialsProved
	if st == doubt && r.reader.outcome.reason == "" {
		p.bare = denialsBare
	}
	r.slots[i].state = idle
	r.free = append(r.free, i)
	waiting := p.held
	p.held = nil
	for _, w := range waiting {
		r.enqueue(w)
	}
}
