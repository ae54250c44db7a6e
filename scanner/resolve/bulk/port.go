package bulk

import (
	"fmt"
	"net/netip"
	"time"
)

// batchSize is how many datagrams go to the system in one call.
const batchSize = 64

// socket is a connected UDP socket: the system drops what others than its peer
// send to it.
type socket interface {
	// send gives the messages to the system, at most batchSize. One that it refuses
	// counts as sent and lost; the error is the latest such refusal.
	send(messages [][]byte) error
	close()
}

// network opens sockets and waits for what comes to them.
type network interface {
	open(to netip.AddrPort, owner *port) (socket, error)
	// wait returns when a datagram is there, at the latest after d.
	wait(d time.Duration)
	// receive hands over the datagrams that are there. The bytes are valid during
	// the call.
	receive(each func(owner *port, datagram []byte))
	close()
}

// port is one socket with the ids in flight over it.
type port struct {
	peer    *peer
	socket  socket
	ids     *[1 << 16]int32 // slot + 1; 0 = free
	live    int             // ids taken
	queries int
	retired time.Duration // when it was replaced

	out [][]byte // messages to send, slices of buf
	buf [batchSize][maxQuery]byte
}

// peer is one resolver.
type peer struct {
	addr    netip.AddrPort
	index   int
	window  window
	trips   trips
	flying  int
	ports   []*port // in use
	turn    int     // which of them sends
	old     []*port // replaced, waiting for late answers
	plain   int     // replies that did not take EDNS
	queries int
	replies int

	trouble error         // the latest error of a send
	heard   time.Duration // when the latest reply came; the start of the run before
	silent  int           // timeouts since
	down    bool
	trial   time.Duration // when a query last tried a resolver that is down

	bare denials // whether it denies without SOA
	held []int32 // slots that wait to know it
}

// denials is whether a resolver leaves the SOA out when it denies a name that
// cannot exist, as stub resolvers do: only then is such a denial of another name
// worth anything.
type denials int

const (
	denialsUnknown denials = iota
	denialsAsked
	denialsProved
	denialsBare
)

// sender gives the port for the next query, replaced if it is used up.
func (r *run) sender(p *peer) (*port, error) {
	old := p.ports[p.turn]
	if old.queries < r.cfg.Rotate && old.live < 1<<15 {
		return old, nil
	}
	r.flush(old)
	fresh, err := r.openPort(p)
	if err != nil {
		return nil, err
	}
	old.retired = r.now
	p.old = append(p.old, old)
	p.ports[p.turn] = fresh
	return fresh, nil
}

func (r *run) openPort(p *peer) (*port, error) {
	o := &port{peer: p}
	var err error
	if o.socket, err = r.net.open(p.addr, o); err != nil {
		return nil, fmt.Errorf("open socket to %s: %w", p.addr, err)
	}
	if n := len(r.tables); n > 0 {
		o.ids, r.tables = r.tables[n-1], r.tables[:n-1]
	} else {
		o.ids = new([1 << 16]int32)
	}
	r.stats.Ports++
	return o, nil
}

// sweep closes the replaced ports of p that nothing more is expected on.
func (r *run) sweep(p *peer) {
	kept := p.old[:0]
	for _, o := range p.old {
		if o.live > 0 {
			kept = append(kept, o)
			continue
		}
		o.socket.close()
		r.tables = append(r.tables, o.ids)
	}
	clear(p.old[len(kept):])
	p.old = kept
}

// enlist draws a free id for slot i and queues its query; the id is unpredictable
// (RFC 5452 section 4.3).
func (r *run) enlist(o *port, i int32) uint16 {
	id := r.draw()
	for o.ids[id] != 0 {
		id = r.draw()
	}
	o.ids[id] = i + 1
	o.live++
	o.queries++
	s := &r.slots[i]
	n := len(o.out)
	q := appendQuery(o.buf[n][:0], id, s.name[:s.size], s.question.Type, !r.cfg.Authoritative, s.edns)
	o.out = append(o.out, q)
	return id
}

func (o *port) release(id uint16) {
	o.ids[id] = 0
	o.live--
}

// draw gives 16 bits of the generator.
func (r *run) draw() uint16 {
	if r.bitsLeft == 0 {
		r.bits, r.bitsLeft = r.random.Uint64(), 4
	}
	id := uint16(r.bits)
	r.bits >>= 16
	r.bitsLeft--
	return id
}

// flush sends what is queued at o.
func (r *run) flush(o *port) {
	if len(o.out) == 0 {
		return
	}
	if err := o.socket.send(o.out); err != nil {
		o.peer.trouble = err
	}
	o.out = o.out[:0]
}
