package resolve

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/miekg/dns"

	"mspscan/msp/fact"
)

// send asks srv once over one transport and keeps the evidence. The reply is nil
// exactly if why is not empty.
func (s *session) send(ctx context.Context, srv *server, q query, tcp bool) (r *reply, why string) {
	if !s.client.spend(s.ctx) {
		return nil, "budget"
	}
	id, err := s.client.id()
	if err != nil {
		return nil, "unreachable"
	}
	start := time.Now()
	r, why = s.client.roundTrip(ctx, srv, q, id, tcp)
	if s.ctx.Err() != nil && r == nil {
		why = stopped(s.ctx)
	}
	if r != nil {
		srv.heard.Store(true)
		srv.speaksEDNS.Store(srv.speaksEDNS.Load() || r.msg.IsEdns0() != nil)
	}
	srv.breaker.report(r != nil || why == "mismatch" || why == "malformed")
	s.record(srv, q, tcp, r, why, time.Since(start))
	return r, why
}

// record appends the exchange to the evidence.
func (s *session) record(srv *server, q query, tcp bool, r *reply, why string, took time.Duration) {
	e := fact.Query{
		Server: srv.addr.String(), Proto: network(tcp), Question: q.question(),
		Millis: math.Round(took.Seconds()*1e5) / 100, Error: why, Options: q.options(),
	}
	if r != nil {
		e.Rcode, e.Flags = rcodeText(r.msg.Rcode), flagsText(r.msg.MsgHdr)
		if r.msg.Truncated {
			e.Error = "truncated"
		}
	}
	s.queries = append(s.queries, e)
}

// roundTrip opens a connection of its own, sends q and reads one message. The
// fresh socket gives a fresh source port and drops packets of other addresses
// (RFC 5452 section 9.2).
func (c *Client) roundTrip(ctx context.Context, srv *server, q query, id uint16, tcp bool) (*reply, string) {
	wire, err := q.pack(id)
	if err != nil {
		return nil, "bad_question"
	}
	conn, err := c.connect(ctx, srv, tcp)
	if err != nil {
		return nil, failure(ctx, err)
	}
	defer func() { _ = conn.Close() }() // the answer is read, or there is none
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	buf := c.buffers.Get().(*[maxMessage]byte)
	defer c.buffers.Put(buf)
	n, err := talk(conn, wire, buf[:], tcp)
	if err != nil {
		return nil, failure(ctx, err)
	}
	r, err := parseReply(buf[:n], id, q)
	if err != nil {
		return nil, err.Error()
	}
	r.tcp = tcp
	return r, ""
}

// connect opens a connection. Where packets are lost, a new attempt after a while
// gets through sooner than the old one, which waits longer and longer
// (RFC 6298 section 5.5).
func (c *Client) connect(ctx context.Context, srv *server, tcp bool) (net.Conn, error) {
	for {
		attempt, cancel := context.WithTimeout(ctx, c.cfg.UDPWait)
		conn, err := c.dial(attempt, network(tcp), srv.addr.String())
		cancel()
		if err == nil && tcp && !srv.rate.wait(ctx) { // the server sees the query now, not when the turn came
			return nil, errors.Join(ctx.Err(), conn.Close())
		}
		if err == nil || ctx.Err() != nil || failure(ctx, err) != "timeout" {
			return conn, err
		}
	}
}

// talk writes wire and reads one message into buf.
func talk(conn net.Conn, wire, buf []byte, tcp bool) (int, error) {
	if !tcp {
		if _, err := conn.Write(wire); err != nil {
			return 0, fmt.Errorf("send query: %w", err)
		}
		return conn.Read(buf)
	}
	framed := append(binary.BigEndian.AppendUint16(nil, uint16(len(wire))), wire...) // RFC 7766 section 8
	if _, err := conn.Write(framed); err != nil {
		return 0, fmt.Errorf("send query: %w", err)
	}
	if _, err := io.ReadFull(conn, buf[:2]); err != nil {
		return 0, fmt.Errorf("read length: %w", err)
	}
	n := int(binary.BigEndian.Uint16(buf))
	if _, err := io.ReadFull(conn, buf[:n]); err != nil {
		return 0, fmt.Errorf("read message: %w", err)
	}
	return n, nil
}

// failure gives the reason word of a failed exchange.
func failure(ctx context.Context, err error) string {
	var timeout net.Error
	switch {
	case ctx.Err() == context.Canceled:
		return "canceled"
	case outOfSockets(err):
		return "no_route" // it lies with us: no socket to ask from
	case ctx.Err() != nil, errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return "no_route" // it lies with us: most often no IPv6 here
	}
	return "unreachable"
}

func network(tcp bool) string {
	if tcp {
		return "tcp"
	}
	return "udp"
}

// rcodeText gives NOERROR, NXDOMAIN, … or RCODE11.
func rcodeText(rcode int) string {
	if s, ok := dns.RcodeToString[rcode]; ok {
		return s
	}
	return fmt.Sprintf("RCODE%d", rcode)
}

// flagsText gives the flags as dig prints them.
func flagsText(h dns.MsgHdr) string {
	var words []string
	for _, f := range []struct {
		on   bool
		word string
	}{
		{h.Response, "qr"},
		{h.Authoritative, "aa"},
		{h.Truncated, "tc"},
		{h.RecursionDesired, "rd"},
		{h.RecursionAvailable, "ra"},
		{h.AuthenticatedData, "ad"},
		{h.CheckingDisabled, "cd"},
	} {
		if f.on {
			words = append(words, f.word)
		}
	}
	return strings.Join(words, " ")
}
