package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// tcpJob is one question for TCP.
type tcpJob struct {
	slot  int32
	to    netip.AddrPort
	query []byte
}

// tcpResult is how it ended: a message with the query's id, or the reason word
// why there is none.
type tcpResult struct {
	slot    int32
	message []byte
	reason  string
}

// tcpPool puts questions over TCP, a few at a time. Connections are kept for the
// next question (RFC 7766 section 6.2.1).
type tcpPool struct {
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	timeout time.Duration
	jobs    chan tcpJob
	results chan tcpResult
	workers sync.WaitGroup
	cancel  context.CancelFunc
	busy    int // jobs handed over and not back
}

func newTCPPool(ctx context.Context, cfg Config) *tcpPool {
	ctx, cancel := context.WithCancel(ctx)
	p := &tcpPool{
		dial: cfg.Dial, timeout: cfg.TCPTimeout, cancel: cancel,
		jobs: make(chan tcpJob, cfg.Connections), results: make(chan tcpResult, cfg.Connections),
	}
	for range cfg.Connections {
		p.workers.Add(1)
		go p.work(ctx)
	}
	return p
}

func (p *tcpPool) close() {
	p.cancel()
	close(p.jobs)
	p.workers.Wait()
}

// start hands a job over; false = all connections are busy.
func (p *tcpPool) start(j tcpJob) bool {
	if p.busy == cap(p.jobs) {
		return false
	}
	p.busy++
	p.jobs <- j // there is room for all that are busy
	return true
}

// result gives one that is done, if there is one.
func (p *tcpPool) result() (tcpResult, bool) {
	if p.busy == 0 {
		return tcpResult{}, false
	}
	select {
	case r := <-p.results:
		p.busy--
		return r, true
	default:
		return tcpResult{}, false
	}
}

func (p *tcpPool) work(ctx context.Context) {
	defer p.workers.Done()
	var conn net.Conn
	var to netip.AddrPort
	defer func() { drop(conn) }()
	for j := range p.jobs {
		if to != j.to {
			drop(conn)
			conn, to = nil, j.to
		}
		var r tcpResult
		r, conn = p.ask(ctx, conn, j)
		p.results <- r
	}
}

func drop(conn net.Conn) {
	if conn != nil {
		_ = conn.Close() // nothing is written that could be lost
	}
}

// ask puts j over conn, or over a new connection if there is none or the server
// has closed it (RFC 7766 section 6.2.4), and gives the connection to keep.
func (p *tcpPool) ask(ctx context.Context, conn net.Conn, j tcpJob) (tcpResult, net.Conn) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	if conn != nil {
		if m, err := exchange(ctx, conn, j.query); err == nil {
			return tcpResult{slot: j.slot, message: m}, conn
		}
		drop(conn)
	}
	conn, err := p.dial(ctx, "tcp", j.to.String())
	if err != nil {
		return tcpResult{slot: j.slot, reason: reasonOf(ctx, err)}, nil
	}
	m, err := exchange(ctx, conn, j.query)
	if err != nil {
		drop(conn)
		return tcpResult{slot: j.slot, reason: reasonOf(ctx, err)}, nil
	}
	return tcpResult{slot: j.slot, message: m}, conn
}

var errOtherID = errors.New("a message with another id")

// exchange sends one query and reads one message with its id.
func exchange(ctx context.Context, conn net.Conn, query []byte) ([]byte, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	framed := append([]byte{byte(len(query) >> 8), byte(len(query))}, query...) // RFC 7766 section 8
	if _, err := conn.Write(framed); err != nil {
		return nil, fmt.Errorf("send query: %w", err)
	}
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, fmt.Errorf("read length: %w", err)
	}
	m := make([]byte, be16(size[:], 0))
	if _, err := io.ReadFull(conn, m); err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	if len(m) < headerSize || m[0] != query[0] || m[1] != query[1] {
		return nil, errOtherID
	}
	return m, nil
}

// reasonOf gives the reason word of a failed exchange.
func reasonOf(ctx context.Context, err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, errOtherID):
		return "mismatch"
	case ctx.Err() == context.Canceled:
		return "canceled"
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, os.ErrDeadlineExceeded):
		return "timeout"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return "no_route" // it lies with us
	}
	return "unreachable"
}

func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) }
