package scantest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/miekg/dns"

	"mspscan/msp"
)

// Net is a running World. Close it when done.
type Net struct {
	world    *World
	resolver *endpoint

	mu      sync.Mutex
	servers map[netip.Addr]*endpoint
	down    map[netip.Addr]bool
	rules   []Rule
	seen    []Seen
	closed  bool
	wait    sync.WaitGroup
}

// Seen is a query that reached a server of the Net.
type Seen struct {
	Server netip.Addr // virtual address; invalid = the resolver
	Proto  string
	Name   msp.Name
	Type   string
	EDNS   bool // it had an OPT record
	At     time.Time
}

// Start opens the resolver on a free loopback port. The authoritative servers
// open when they are first dialled.
func (w *World) Start() (*Net, error) {
	n := &Net{world: w, servers: map[netip.Addr]*endpoint{}, down: map[netip.Addr]bool{}}
	e, err := n.open(netip.Addr{})
	if err != nil {
		return nil, fmt.Errorf("start resolver: %w", err)
	}
	n.resolver = e
	return n, nil
}

// Resolver gives the address of the recursive resolver, for UDP and TCP.
func (n *Net) Resolver() netip.AddrPort { return n.resolver.addr }

// Dial connects to a virtual address such as "192.0.2.53:53", network "udp" or
// "tcp". The resolver's own address is dialled as it is. Where nobody listens
// the connection is refused.
func (n *Net) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	if to != n.resolver.addr {
		e, err := n.serverAt(to)
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		to = e.addr
	}
	var d net.Dialer
	return d.DialContext(ctx, network, to.String())
}

// serverAt opens the server of a virtual address at first use.
func (n *Net) serverAt(to netip.AddrPort) (*endpoint, error) {
	addr := to.Addr().Unmap()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, net.ErrClosed
	}
	if e, ok := n.servers[addr]; ok && to.Port() == 53 {
		return e, nil
	}
	if _, there := n.world.answerAt(addr, ".", dns.TypeSOA, false); !there || to.Port() != 53 {
		return nil, syscall.ECONNREFUSED
	}
	e, err := n.open(addr)
	if err != nil {
		return nil, err
	}
	n.servers[addr] = e
	return e, nil
}

// Serves reports whether a server of the world lives at addr.
func (n *Net) Serves(addr netip.Addr) bool {
	_, there := n.world.answerAt(addr.Unmap(), ".", dns.TypeSOA, false)
	return there
}

// Down makes the server at addr silent (or speak again): its queries are
// dropped, and the resolver gets nothing from it.
func (n *Net) Down(addr netip.Addr, down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down[addr] = down
}

func (n *Net) isDown(addr netip.Addr) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.down[addr]
}

// Queries gives what reached the servers so far, in order.
func (n *Net) Queries() []Seen {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.seen)
}

// Close stops all servers and waits for them.
func (n *Net) Close() error {
	n.mu.Lock()
	n.closed = true
	all := []*endpoint{n.resolver}
	for _, e := range n.servers {
		all = append(all, e)
	}
	n.mu.Unlock()
	var errs []error
	for _, e := range all {
		errs = append(errs, e.close())
	}
	n.wait.Wait()
	return errors.Join(errs...)
}

// serve makes the truthful answer to a query that came to e, nil for one that
// gets none.
func (n *Net) serve(e *endpoint, req *dns.Msg, tcp bool) *dns.Msg {
	m := new(dns.Msg)
	m.SetReply(req)
	m.RecursionAvailable = e.recursive()
	opt := req.IsEdns0()
	do := opt != nil && opt.Do()
	if opt != nil {
		m.SetEdns0(1232, do)
	}
	switch q := req.Question[0]; {
	case opt != nil && opt.Version() != 0: // RFC 6891 section 6.1.3
		m.Rcode = dns.RcodeBadVers
	case req.Opcode != dns.OpcodeQuery:
		m.Rcode = dns.RcodeNotImplemented
	case q.Qclass != dns.ClassINET || e.recursive() && !req.RecursionDesired:
		m.Rcode = dns.RcodeRefused
	default:
		n.fill(e, m, q, do, tcp)
	}
	return m
}

// fill answers one question into m.
func (n *Net) fill(e *endpoint, m *dns.Msg, q dns.Question, do, tcp bool) {
	qname := canonical(q.Name)
	var r response
	var ede uint16
	switch {
	case q.Qtype == dns.TypeAXFR || q.Qtype == dns.TypeIXFR:
		rrs, ok := n.world.mayTransfer(e.at, qname)
		if r = (response{rcode: dns.RcodeRefused}); ok && tcp {
			r = response{aa: true, answer: rrs}
		}
	case e.recursive():
		r, ede = n.recurse(qname, q.Qtype, do)
	default:
		r, _ = n.world.answerAt(e.at, qname, q.Qtype, do)
		if n.world.manners[e.at] == recursive {
			m.RecursionAvailable = true
			if !r.aa && m.RecursionDesired {
				r, ede = n.recurse(qname, q.Qtype, do)
			}
		}
	}
	m.Rcode, m.Authoritative = r.rcode, r.aa
	m.Answer, m.Ns, m.Extra = r.answer, r.ns, append(r.extra, m.Extra...)
	if opt := m.IsEdns0(); opt != nil && r.rcode == dns.RcodeServerFailure && ede != 0 {
		opt.Option = append(opt.Option, &dns.EDNS0_EDE{InfoCode: ede})
	}
}

// pack gives the message as the transport takes it.
func pack(m, req *dns.Msg, tcp bool) ([]byte, error) {
	if !tcp {
		size := dns.MinMsgSize
		if opt := req.IsEdns0(); opt != nil {
			size = max(size, min(int(opt.UDPSize()), 1232))
		}
		m.Truncate(size)
	}
	m.Compress = true // Truncate switches it off
	return m.Pack()
}
