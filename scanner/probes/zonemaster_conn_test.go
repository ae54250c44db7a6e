package probes

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/miekg/dns"
)

// resolverAddr is where the recursive resolver of an internet is dialled.
func resolverAddr() netip.AddrPort { return netip.MustParseAddrPort("203.0.113.53:53") }

// Dial connects to a server. A query that gets no answer ends in a timeout at
// once, so that silence costs no time.
func (n *internet) Dial(_ context.Context, network, address string) (net.Conn, error) {
	to := netip.MustParseAddrPort(address)
	if to != resolverAddr() && len(n.blocks[to.Addr()]) == 0 {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	return &conn{net: n, to: to, tcp: network == "tcp"}, nil
}

// conn answers each query while it is written.
type conn struct {
	net   *internet
	to    netip.AddrPort
	tcp   bool
	reply bytes.Buffer
}

func (c *conn) Write(b []byte) (int, error) {
	wire := b
	if c.tcp {
		wire = b[2:]
	}
	req := new(dns.Msg)
	if err := req.Unpack(wire); err != nil {
		return 0, fmt.Errorf("unpack query: %w", err)
	}
	var m *dns.Msg
	if c.to == resolverAddr() {
		c.net.mu.Lock()
		m = c.net.recurse(dns.CanonicalName(req.Question[0].Name), req.Question[0].Qtype)
		c.net.mu.Unlock()
		extra := m.Extra
		m.SetRcode(req, m.Rcode)
		m.RecursionAvailable, m.Authoritative, m.Extra = true, false, extra
		if m.IsEdns0() == nil && req.IsEdns0() != nil {
			m.SetEdns0(1232, false)
		}
	} else {
		m = c.net.answer(c.to.Addr(), req)
	}
	if m == nil {
		return len(b), nil
	}
	m.Compress = true
	if !c.tcp {
		m.Truncate(1232)
	}
	out, err := m.Pack()
	if err != nil {
		return 0, fmt.Errorf("pack answer: %w", err)
	}
	if c.tcp {
		c.reply.Write(binary.BigEndian.AppendUint16(nil, uint16(len(out))))
	}
	c.reply.Write(out)
	return len(b), nil
}

func (c *conn) Read(b []byte) (int, error) {
	if c.reply.Len() == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := c.reply.Read(b)
	if errors.Is(err, io.EOF) {
		err = os.ErrDeadlineExceeded
	}
	return n, err
}

func (c *conn) Close() error                     { return nil }
func (c *conn) LocalAddr() net.Addr              { return &net.UDPAddr{} }
func (c *conn) RemoteAddr() net.Addr             { return net.UDPAddrFromAddrPort(c.to) }
func (c *conn) SetDeadline(time.Time) error      { return nil }
func (c *conn) SetReadDeadline(time.Time) error  { return nil }
func (c *conn) SetWriteDeadline(time.Time) error { return nil }
