package bulk

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// server is a DNS server on loopback whose datagrams a test makes up.
type server struct {
	addr netip.AddrPort
	udp  *net.UDPConn
	tcp  net.Listener

	mu      sync.Mutex
	seen    map[string]int // datagrams by name
	streams int
}

// handler gives the datagrams that answer a query, n times asked before; a nil
// message is no answer. Over TCP the first counts.
type handler func(q *dns.Msg, n int, tcp bool) []*dns.Msg

func serve(t *testing.T, h handler) *server {
	return serveRaw(t, func(wire []byte, n int, tcp bool) [][]byte {
		q := new(dns.Msg)
		if q.Unpack(wire) != nil {
			return nil
		}
		var out [][]byte
		for _, m := range h(q, n, tcp) {
			if m == nil {
				continue
			}
			raw, err := m.Pack()
			if err != nil {
				t.Errorf("pack an answer: %v", err)
				return nil
			}
			out = append(out, raw)
		}
		return out
	})
}

func serveRaw(t *testing.T, h func(wire []byte, n int, tcp bool) [][]byte) *server {
	t.Helper()
	s := &server{seen: map[string]int{}}
	for range 20 { // a port that is free for both
		udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		tcp, err := net.Listen("tcp4", udp.LocalAddr().String())
		if err == nil {
			s.udp, s.tcp = udp, tcp
			break
		}
		udp.Close()
	}
	require.NotNil(t, s.udp, "no port is free for UDP and TCP")
	s.addr = s.udp.LocalAddr().(*net.UDPAddr).AddrPort()
	require.NoError(t, s.udp.SetReadBuffer(4<<20))
	var running sync.WaitGroup
	running.Go(func() { s.serveUDP(h) })
	running.Go(func() { s.serveTCP(h) })
	t.Cleanup(func() { s.udp.Close(); s.tcp.Close(); running.Wait() })
	return s
}

func (s *server) serveUDP(h func([]byte, int, bool) [][]byte) {
	buf := make([]byte, 4096)
	for {
		n, from, err := s.udp.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		wire := slices.Clone(buf[:n])
		for _, m := range h(wire, s.count(wire), false) {
			s.udp.WriteToUDPAddrPort(m, from)
		}
	}
}

func (s *server) count(wire []byte) int {
	name, _, _ := dns.UnpackDomainName(wire, headerSize)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[strings.ToLower(name)]++
	return s.seen[strings.ToLower(name)] - 1
}

func (s *server) serveTCP(h func([]byte, int, bool) [][]byte) {
	for {
		c, err := s.tcp.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			for {
				var size [2]byte
				if _, err := io.ReadFull(c, size[:]); err != nil {
					return
				}
				wire := make([]byte, binary.BigEndian.Uint16(size[:]))
				if _, err := io.ReadFull(c, wire); err != nil {
					return
				}
				s.mu.Lock()
				s.streams++
				s.mu.Unlock()
				out := h(wire, s.count(wire), true)
				if len(out) == 0 {
					return
				}
				c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out[0]))), out[0]...))
			}
		}()
	}
}

// truth answers as a resolver would that knows the zone test.: names that begin
// with "yes" have an address, the others do not exist.
func truth(q *dns.Msg, _ int, _ bool) []*dns.Msg {
	m := new(dns.Msg).SetReply(q)
	m.RecursionAvailable = true
	name := strings.ToLower(q.Question[0].Name)
	if strings.HasPrefix(name, "yes") && q.Question[0].Qtype == dns.TypeA {
		m.Answer = records(q.Question[0].Name + " 60 A 192.0.2.1")
		return []*dns.Msg{m}
	}
	if !strings.HasPrefix(name, "yes") {
		m.Rcode = dns.RcodeNameError
	}
	m.Ns = records("test. 60 SOA ns.test. h.test. 1 2 3 4 5")
	return []*dns.Msg{m}
}

// records reads lines; one that is no record makes a nil, which no message packs.
func records(lines ...string) []dns.RR {
	out := make([]dns.RR, len(lines))
	for i, l := range lines {
		out[i], _ = dns.NewRR(l)
	}
	return out
}

// quick is a configuration that does not keep a test waiting.
func quick(servers ...*server) Config {
	cfg := Config{MinWait: 20 * time.Millisecond, MaxWait: 100 * time.Millisecond, TCPTimeout: time.Second, Grace: time.Second}
	for _, s := range servers {
		cfg.Resolvers = append(cfg.Resolvers, s.addr)
	}
	return cfg
}

// ask runs questions of type A and gives the answers by name, with their own
// memory.
func ask(t *testing.T, cfg Config, names ...string) (map[string]Answer, Stats) {
	t.Helper()
	c, err := New(cfg)
	require.NoError(t, err)
	got := map[string]Answer{}
	stats, err := c.Run(context.Background(), questions(TypeA, names...), func(a Answer) {
		require.NotContains(t, got, a.Name, "answered twice")
		a.Addrs, a.Message = slices.Clone(a.Addrs), slices.Clone(a.Message)
		got[a.Name] = a
	})
	require.NoError(t, err)
	require.Len(t, got, len(names))
	return got, stats
}

func questions(qtype uint16, names ...string) func(yield func(Question) bool) {
	return func(yield func(Question) bool) {
		for _, n := range names {
			if !yield(Question{Name: n, Type: qtype}) {
				return
			}
		}
	}
}
