package scantest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// endpoint is one server: a UDP and a TCP socket on the same loopback port.
type endpoint struct {
	net  *Net
	at   netip.Addr // virtual address; invalid = the resolver
	addr netip.AddrPort
	udp  *net.UDPConn
	tcp  *net.TCPListener

	mu    sync.Mutex
	conns map[net.Conn]bool
	done  chan struct{}
	asked map[string]int // queries per name, type, transport
}

func (e *endpoint) recursive() bool { return !e.at.IsValid() }

// open starts the server of a virtual address.
func (n *Net) open(at netip.Addr) (*endpoint, error) {
	e := &endpoint{net: n, at: at, conns: map[net.Conn]bool{}, done: make(chan struct{}), asked: map[string]int{}}
	for try := 0; ; try++ { // the port that TCP got may be taken for UDP
		err := e.listen()
		if err == nil {
			break
		}
		if try == 20 {
			return nil, err
		}
	}
	n.wait.Add(2)
	go e.serveUDP()
	go e.serveTCP()
	return e, nil
}

func (e *endpoint) listen() error {
	local := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)
	tcp, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(local))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	addr := tcp.Addr().(*net.TCPAddr).AddrPort()
	udp, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return errors.Join(fmt.Errorf("listen: %w", err), tcp.Close())
	}
	e.tcp, e.udp, e.addr = tcp, udp, addr
	return nil
}

func (e *endpoint) close() error {
	close(e.done)
	err := errors.Join(e.udp.Close(), e.tcp.Close())
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range e.conns {
		_ = c.Close() // it may have closed itself just now
	}
	return err
}

func (e *endpoint) serveUDP() {
	defer e.net.wait.Done()
	buf := make([]byte, 65535)
	for {
		n, from, err := e.udp.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		wire := append([]byte(nil), buf[:n]...)
		e.net.wait.Add(1)
		go func() {
			defer e.net.wait.Done()
			e.sendUDP(e.handle(wire, false), from)
		}()
	}
}

// sendUDP sends the packets in turn, each after its delay.
func (e *endpoint) sendUDP(packets []packet, to netip.AddrPort) {
	for _, p := range packets {
		if !e.pause(p.after) {
			return
		}
		if !p.elsewhere {
			_, _ = e.udp.WriteToUDPAddrPort(p.data, to) // a lost datagram is lost
			continue
		}
		if c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(to)); err == nil {
			_, _ = c.Write(p.data)
			_ = c.Close()
		}
	}
}

// acceptPause is how long a server waits that could not accept a connection.
const acceptPause = 5 * time.Millisecond

func (e *endpoint) serveTCP() {
	defer e.net.wait.Done()
	for {
		c, err := e.tcp.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // no file left to open: others are closed soon
			if !e.pause(acceptPause) {
				return
			}
			continue
		}
		e.net.wait.Add(1)
		go func() {
			defer e.net.wait.Done()
			e.serveConn(c)
		}()
	}
}

// serveConn answers the queries of one connection until it ends or is idle.
func (e *endpoint) serveConn(c *net.TCPConn) {
	e.mu.Lock()
	e.conns[c] = true
	e.mu.Unlock()
	defer func() {
		_ = c.Close()
		e.mu.Lock()
		delete(e.conns, c)
		e.mu.Unlock()
	}()
	for {
		var size [2]byte
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return
		}
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		wire := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, wire); err != nil {
			return
		}
		if !e.sendTCP(c, e.handle(wire, true)) {
			return
		}
	}
}

// sendTCP writes the packets; false = the connection is over.
func (e *endpoint) sendTCP(c *net.TCPConn, packets []packet) bool {
	for _, p := range packets {
		if !e.pause(p.after) {
			return false
		}
		switch p.way {
		case wayHang:
			<-e.done
			return false
		case wayReset:
			_ = c.SetLinger(0) // close sends RST
			return false
		case wayClose:
			return false
		}
		data := p.data
		if p.way != wayRaw {
			data = append(binary.BigEndian.AppendUint16(nil, uint16(len(p.data))), p.data...)
		}
		if !e.write(c, data, p.drip) {
			return false
		}
	}
	return true
}

// write sends data, octet by octet if drip is set.
func (e *endpoint) write(c net.Conn, data []byte, drip time.Duration) bool {
	if drip == 0 {
		_, err := c.Write(data)
		return err == nil
	}
	for i := range data {
		if _, err := c.Write(data[i : i+1]); err != nil || !e.pause(drip) {
			return false
		}
	}
	return true
}

// pause waits; false = the server is closing.
func (e *endpoint) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-e.done:
		return false
	}
}

// handle turns one query into the packets that answer it.
func (e *endpoint) handle(wire []byte, tcp bool) []packet {
	req := new(dns.Msg)
	if err := req.Unpack(wire); err != nil || req.Response || len(req.Question) != 1 {
		return nil
	}
	q := req.Question[0]
	seen := Seen{Server: e.at, Proto: proto(tcp), Name: toName(q.Name), Type: dns.Type(q.Qtype).String(), EDNS: req.IsEdns0() != nil, At: time.Now()}
	rule, ok := e.net.observe(seen)
	if e.net.isDown(e.at) {
		return hang(tcp)
	}
	truth := e.net.serve(e, req, tcp)
	if !ok {
		return honest(truth, req, tcp)
	}
	return rule.apply(&exchange{req: req, truth: truth, tcp: tcp, nth: e.count(seen)})
}

// count numbers the queries for one question over one transport, from 1.
func (e *endpoint) count(s Seen) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	key := fmt.Sprint(s.Name, " ", s.Type, " ", s.Proto)
	e.asked[key]++
	return e.asked[key]
}

// observe logs the query and gives the fault that applies to it.
func (n *Net) observe(s Seen) (Rule, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen = append(n.seen, s)
	for _, r := range n.rules {
		if r.matches(s) {
			return r, true
		}
	}
	return Rule{}, false
}

func proto(tcp bool) string {
	if tcp {
		return "tcp"
	}
	return "udp"
}
