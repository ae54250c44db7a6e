package bulk

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// plainNet asks through package net: one goroutine a socket reads. It works on
// every system, and with sockets of a caller's own making.
type plainNet struct {
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	packets chan packet
	buffers sync.Pool
	stop    chan struct{}
	readers sync.WaitGroup
	timer   *time.Timer
	first   packet // that ended a wait
}

type packet struct {
	owner *port
	buf   *[maxReply]byte
	size  int
}

// maxReply is the longest datagram that is read whole: more than EDNS allows the
// resolver to send.
const maxReply = 4096

func newPlainNet(dial func(ctx context.Context, network, address string) (net.Conn, error)) *plainNet {
	n := &plainNet{dial: dial, packets: make(chan packet, 1024), stop: make(chan struct{}), timer: time.NewTimer(time.Hour)}
	n.buffers.New = func() any { return new([maxReply]byte) }
	return n
}

func (n *plainNet) open(to netip.AddrPort, owner *port) (socket, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := n.dial(ctx, "udp", to.String())
	if err != nil {
		return nil, err
	}
	n.readers.Add(1)
	go n.read(conn, owner)
	return plainSocket{conn}, nil
}

// read hands on what comes until the socket is closed. Errors in between are
// those that ICMP messages cause.
func (n *plainNet) read(conn net.Conn, owner *port) {
	defer n.readers.Done()
	for {
		buf := n.buffers.Get().(*[maxReply]byte)
		size, err := conn.Read(buf[:])
		if err != nil {
			n.buffers.Put(buf)
			if isClosed(err) || !n.pause() {
				return
			}
			continue
		}
		select {
		case n.packets <- packet{owner, buf, size}:
		case <-n.stop:
			return
		}
	}
}

// pause waits a moment; false = the run is over.
func (n *plainNet) pause() bool {
	select {
	case <-time.After(time.Millisecond):
		return true
	case <-n.stop:
		return false
	}
}

func (n *plainNet) wait(d time.Duration) {
	if d <= 0 || n.first.owner != nil || len(n.packets) > 0 {
		return
	}
	n.timer.Reset(d)
	select {
	case n.first = <-n.packets:
	case <-n.timer.C:
	}
}

func (n *plainNet) receive(each func(owner *port, datagram []byte)) {
	if n.first.owner != nil {
		n.hand(n.first, each)
		n.first = packet{}
	}
	for range 4 * batchSize {
		select {
		case p := <-n.packets:
			n.hand(p, each)
		default:
			return
		}
	}
}

func (n *plainNet) hand(p packet, each func(owner *port, datagram []byte)) {
	each(p.owner, p.buf[:p.size])
	n.buffers.Put(p.buf)
}

func (n *plainNet) close() {
	close(n.stop)
	n.timer.Stop()
	n.readers.Wait()
}

type plainSocket struct{ conn net.Conn }

func (s plainSocket) send(messages [][]byte) error {
	var last error
	for _, m := range messages {
		if _, err := s.conn.Write(m); err != nil {
			last = err
		}
	}
	return last
}

func (s plainSocket) close() { _ = s.conn.Close() } // nothing is written that could be lost
